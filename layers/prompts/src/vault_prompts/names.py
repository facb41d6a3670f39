"""Where a prompt names somebody: exact, misspelt, disguised or in another script.

The index is made once for a list and asked for every prompt. A name is found

- **exact**: the letters and digits of one to six words in a row are those of a name or alias, in any reading;
- **squeezed**: the same without repeated letters ("metaaallica"), from five letters on;
- **near**: up to three words, one letter off for five to seven letters, two from eight on, a swap counting as one;
- **sounded**: words of another script whose transliteration has the consonants of a name, and most of its letters;
- **written**: aliases in scripts without spaces, anywhere.

Where finds overlap the longest counts, among the listed names and among the vault's artists apart: anybody can upload
under any name, so one that contains a listed name, or is nearly one, hides nothing. Both are found then, and the listed
one decides; an admin who lists such an artist as participating settles it.

What was found is not yet an artist that is meant: ``vault_prompts.cues`` weighs what stands around it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from rapidfuzz.distance import OSA, Indel
from rapidfuzz.process import cdist
from vault_domain.names import KnownName

from vault_prompts.phrases import EDGES, FIRST_OF_NAMES
from vault_prompts.reading import Word, clean, readings, skeleton, squeezed, words
from vault_prompts.words import all_common

MOST_WORDS = 6
NEAR_WORDS = 3
NEAR_FROM, NEAR_TWO_FROM = 5, 8
SKELETON_FROM = 4
SOUNDS_ALIKE = 0.7
VAULT = "vault"
_EDGES = EDGES | FIRST_OF_NAMES


@dataclass(frozen=True, slots=True)
class Found:
    """A name in a prompt: which, how, and from which word to which (inclusive)."""

    known: KnownName
    how: str
    first: int
    last: int
    common: bool
    """Ordinary words, which count only with a cue."""


@dataclass(frozen=True, slots=True)
class _Form:
    key: str
    known: KnownName
    common: bool


class NameIndex:
    """A list of names, ready to be searched for."""

    def __init__(self, names: Iterable[KnownName]) -> None:
        known = tuple(names)
        self._listed = _Table(one for one in known if one.source != VAULT)
        self._vault = _Table(one for one in known if one.source == VAULT and not self._listed.spells(one.name))

    def __len__(self) -> int:
        return len(self._listed) + len(self._vault)

    def find(self, cleaned: str, found_words: Sequence[Word]) -> tuple[Found, ...]:
        """Every name in a prompt, in order; the longest of those listed and the longest of the vault's artists."""
        windows = _windows(found_words)
        both = [one for table in (self._listed, self._vault) for one in table.find(cleaned, found_words, windows)]
        return tuple(sorted(both, key=lambda one: one.first))


class _Table:
    """Names of one kind, in every form that they are looked up by."""

    def __init__(self, names: Iterable[KnownName]) -> None:
        self._exact: dict[str, _Form] = {}
        self._squeezed: dict[str, _Form] = {}
        self._written: list[tuple[str, _Form]] = []
        for one in names:
            for spelling in (one.name, *one.aliases):
                self._add(one, spelling)
        by_length: dict[int, list[_Form]] = defaultdict(list)
        for key, form in self._squeezed.items():
            by_length[len(key)].append(_Form(key, form.known, form.common))
        self._near = {length: (forms, [form.key for form in forms]) for length, forms in by_length.items()}

    @cached_property
    def _skeletons(self) -> dict[str, list[_Form]]:
        """Made for the first prompt that is not all Latin."""
        made: dict[str, list[_Form]] = defaultdict(list)
        for key, form in self._exact.items():
            if len(skeleton(key)) >= SKELETON_FROM:
                made[skeleton(key)].append(form)
        return dict(made)

    def __len__(self) -> int:
        return len(self._exact)

    def find(self, cleaned: str, found_words: Sequence[Word], windows: Sequence["_Window"]) -> tuple[Found, ...]:
        """Every name in a prompt, the longest where several overlap, in order."""
        found = self._spelt(windows)
        taken = {place for one in found for place in range(one.first, one.last + 1)}
        left = [window for window in windows if not taken & set(range(window.first, window.last + 1))]
        found += [*self._misspelt(left), *self._sounded(left, found_words), *self._unspaced(cleaned, found_words)]
        return _longest(found)

    def _add(self, known: KnownName, spelling: str) -> None:
        parts_of = [word for word in words(clean(spelling)) if word.plain]
        parts = tuple(word.plain for word in parts_of)
        key = "".join(parts)
        if len(key) < 2:
            return
        common = known.common if known.common is not None else all_common(parts)
        form = _Form(key, known, common)
        self._exact.setdefault(key, form)
        for meant in readings(parts_of[0].text) if len(parts_of) == 1 else ():
            self._exact.setdefault(meant, _Form(meant, known, common or all_common((meant,))))
        if parts[0] in FIRST_OF_NAMES and len(parts) > 1 and not all_common(parts[1:]):
            self._exact.setdefault("".join(parts[1:]), form)
        if len(squeezed(key)) >= NEAR_FROM:
            self._squeezed.setdefault(squeezed(key), form)
        written = clean(spelling)
        if not written.isascii() and any(_unspaced(char) for char in written):
            self._written.append((written, form))

    def spells(self, name: str) -> bool:
        """Whether this is one of these names in another spelling."""
        said = words(clean(name))
        keys = {key for window in _windows(said) if window.last - window.first + 1 == len(said) for key in window.keys}
        return any(key in self._exact or squeezed(key) in self._squeezed for key in keys)

    def _spelt(self, windows: Sequence["_Window"]) -> list[Found]:
        found = []
        for window in windows:
            for key in window.keys:
                form, how = self._exact.get(key), "exact"
                if form is None and len(squeezed(key)) >= NEAR_FROM:
                    form, how = self._squeezed.get(squeezed(key)), "squeezed"
                if form is not None:
                    found.append(Found(form.known, how, window.first, window.last, form.common))
                    break
        return list(_longest(found))

    def _misspelt(self, windows: Sequence["_Window"]) -> list[Found]:
        asked: dict[int, list[tuple[str, _Window]]] = defaultdict(list)
        for window in windows:
            if not window.ordinary:
                for key in dict.fromkeys(squeezed(key) for key in window.keys):
                    if len(key) >= NEAR_FROM:
                        asked[len(key)].append((key, window))
        found = []
        for length, pairs in asked.items():
            far = 1 if length < NEAR_TWO_FROM else 2
            for near in range(max(NEAR_FROM, length - far), length + far + 1):
                forms, keys = self._near.get(near, ([], []))
                if not keys:
                    continue
                allowed = 1 if min(near, length) < NEAR_TWO_FROM else 2
                distances = cdist(
                    [key for key, _ in pairs], keys, scorer=OSA.distance, score_cutoff=allowed, dtype=np.uint8
                )
                for row, column in zip(*np.nonzero(distances <= allowed), strict=True):
                    form, window = forms[column], pairs[row][1]
                    found.append(Found(form.known, "near", window.first, window.last, form.common))
        return found

    def _sounded(self, windows: Sequence["_Window"], found_words: Sequence[Word]) -> list[Found]:
        found = []
        foreign = [word.foreign for word in found_words]
        for window in windows if any(foreign) else ():
            if not all(foreign[window.first : window.last + 1]):
                continue
            for key in window.keys:
                for form in self._skeletons.get(skeleton(key), ()):
                    if Indel.normalized_similarity(key, form.key) >= SOUNDS_ALIKE:
                        found.append(Found(form.known, "sounded", window.first, window.last, form.common))
        return found

    def _unspaced(self, cleaned: str, found_words: Sequence[Word]) -> list[Found]:
        found = []
        for written, form in self._written:
            place = cleaned.find(written)
            if place >= 0:
                inside = [
                    number for number, word in enumerate(found_words)
                    if word.start < place + len(written) and word.end > place
                ]  # fmt: skip
                if inside:
                    found.append(Found(form.known, "written", inside[0], inside[-1], False))
        return found


@dataclass(frozen=True, slots=True)
class _Window:
    first: int
    last: int
    keys: tuple[str, ...]
    ordinary: bool
    """Not worth a search for misspellings: ordinary words, or a little word at an edge."""


def _windows(found_words: Sequence[Word]) -> list[_Window]:
    """One to six words in a row, longest first, with their keys in every reading."""
    read = [word.readings for word in found_words]
    made = []
    for size in range(min(MOST_WORDS, len(read)), 0, -1):
        for first in range(len(read) - size + 1):
            part = read[first : first + size]
            depth = max(map(len, part))
            if not all(part):
                continue
            joined = ("".join([one[min(n, len(one) - 1)] for one in part]) for n in range(depth))
            keys = tuple(dict.fromkeys(joined))
            made.append(
                _Window(first, first + size - 1, keys, size > NEAR_WORDS or _ordinary([one[0] for one in part]))
            )
    return made


def _ordinary(plain: list[str]) -> bool:
    if plain[-1] in _EDGES or (plain[0] in _EDGES and plain[0] not in FIRST_OF_NAMES):
        return True
    return all_common(plain) or any(a in _EDGES and b in _EDGES for a, b in pairwise(plain))


def _longest(found: Iterable[Found]) -> tuple[Found, ...]:
    """Without what lies inside something longer; an exact find before a near one of the same words."""
    rank = {"exact": 0, "written": 1, "squeezed": 2, "near": 3, "sounded": 4}
    kept: list[Found] = []
    for one in sorted(found, key=lambda one: (one.first - one.last, rank[one.how], one.known.name)):
        if not any(one.first <= other.last and other.first <= one.last for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda one: one.first))


def _unspaced(char: str) -> bool:
    return "\u2e80" <= char <= "\ud7ff" or "\u0e00" <= char <= "\u0e7f"
