"""Titles of the vault's tracks that a prompt asks for: "cover of silver harbour", "Grindelhoven's Hello", 『銀の港町』.

A title is found where its words stand, whatever their case. It says little by itself, so it counts only

1. beside its own artist: "hello by Grindelhoven", "Grindelhoven's hello";
2. alone in quotation marks of any language, single ones too; after "the song" and its like; after a version of a work
   ("a remix of") and before "remix" and its like; where its own artist is meant elsewhere in the prompt;
3. after a part of a work ("the chorus from");
4. after "like" and its like, or by its capitals alone.

How much of that is enough depends on the title. One **word**, or two ordinary ones ("Hello", "Blue Sky"), are everyday
language: except in 1 they need a capital that says something, and two grounds of 2, or their artist. Three and more
**ordinary** words ("Time After Time") count in 1 to 3, whatever their case. So do titles with a **rare** word ("Silver
Harbour"; of two words only with capitals in 3), which count in 4 too, with capitals.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from vault_domain.names import KnownTitle, name_id

from vault_prompts.names import Found
from vault_prompts.phrases import (
    COVERS,
    IN_TITLES,
    KINDS,
    OF_PLACES,
    PARTS,
    SAID,
    TITLED,
    VERSIONS,
    WITH_TITLES,
    ends_with,
    phrases,
)
from vault_prompts.reading import Word, clean, words
from vault_prompts.titled import Told, few_capitals, starts_sentence
from vault_prompts.words import all_common

Weight = Literal["word", "ordinary", "rare"]
MOST_WORDS = 8
"""Of a longer title the first so many are looked for."""
LEAST_SIGNS = 3
_SAID, _PARTS, _COVERS, _LIKE = phrases(SAID), phrases(PARTS), phrases(COVERS), phrases(TITLED)
_OPEN, _CLOSE = frozenset("\"“”„«»‹›「『《〈'‘’‚`´"), frozenset("\"“”«»‹›」』》〉'‘’`´")
_SPACED = frozenset("«»‹›")
"""Marks that stand apart from what they hold, in French."""
_BETWEEN = frozenset(["by", "von", "par", "por", "door", "av", "di", "de", "s", "from"])


@dataclass(frozen=True, slots=True)
class Asked:
    """A title that a prompt asks for: its spelling in the vault, first and last word."""

    title: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Known:
    title: str
    artists: frozenset[str]
    weight: Weight


class TitleIndex:
    """A list of titles, ready to be searched for."""

    def __init__(self, titles: Iterable[KnownTitle] = ()) -> None:
        artists: dict[str, set[str]] = defaultdict(set)
        spelt: dict[str, tuple[str, Weight]] = {}
        for one in titles:
            parts = [word.plain for word in words(clean(one.title)) if word.plain]
            key = "".join(parts[:MOST_WORDS])
            if len(key) >= LEAST_SIGNS and not key.isdigit():
                artists[key] |= {name_id(artist) for artist in one.artists}
                spelt.setdefault(key, (one.title, _weight(parts)))
        self._known = {key: _Known(title, frozenset(artists[key]), weight) for key, (title, weight) in spelt.items()}

    def __len__(self) -> int:
        return len(self._known)

    def asked(self, told: Told, finds: Sequence[Found]) -> tuple[Asked, ...]:
        """Every title that is asked for, the longest where several overlap; none that is the name of somebody meant."""
        taken = {place for one in finds for place in range(one.first, one.last + 1)}
        made: list[Asked] = []
        for first, last, known in self._spelt(told.words):
            if taken.isdisjoint(range(first, last + 1)) and _is_asked(_Place(told, finds, first, last), known):
                made.append(Asked(known.title, first, last))
                taken |= set(range(first, last + 1))
        return tuple(sorted(made, key=lambda one: one.first))

    def _spelt(self, found_words: Sequence[Word]) -> Iterator[tuple[int, int, _Known]]:
        """Every row of words that is a title, the longest first."""
        for size in range(min(MOST_WORDS, len(found_words)) if self._known else 0, 0, -1):
            for first in range(len(found_words) - size + 1):
                read = [word.readings for word in found_words[first : first + size]]
                keys = ("".join(one[min(n, len(one) - 1)] for one in read) for n in range(max(map(len, read))))
                known = next((self._known[key] for key in keys if key in self._known), None) if all(read) else None
                if known is not None:
                    yield first, first + size - 1, known


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a title stands in a prompt."""

    told: Told
    finds: Sequence[Found]
    first: int
    last: int

    def after(self, among: tuple[tuple[str, ...], ...]) -> bool:
        """Whether one of these phrases stands before it."""
        return ends_with([word.plain for word in self.told.words[max(0, self.first - 7) : self.first]], among)

    @property
    def following(self) -> str:
        """The next word of the same clause, or nothing."""
        at = self.last + 1
        return "" if at >= len(self.told.words) or self.told.parted(at) else self.told.words[at].plain

    @property
    def quoted(self) -> bool:
        """Whether it alone stands in quotation marks."""
        start, end = self.told.words[self.first].start, self.told.words[self.last].end
        before, behind = self.told.cleaned[:start], self.told.cleaned[end:].lstrip(".!?,…。")
        if before[-2:-1] in _SPACED:
            before, behind = before[:-1], behind.removeprefix(" ")
        return bool(before) and bool(behind) and before[-1] in _OPEN and behind[0] in _CLOSE

    @property
    def capitals(self) -> bool:
        """Whether it is written with capitals that say something."""
        own = [word for word in self.told.words[self.first : self.last + 1] if word.plain not in IN_TITLES]
        if not own or not all(word.capital and not word.unspaced for word in own):
            return False
        return (len(own) > 1 or not starts_sentence(self.first, self.told)) and few_capitals(
            self.first, self.last + 1, self.told
        )

    def of(self, artists: frozenset[str]) -> list[Found]:
        """Where its artists are meant."""
        return [
            one for one in self.finds
            if not artists.isdisjoint(name_id(name) for name in (one.known.name, *one.known.aliases))
        ]  # fmt: skip

    def beside(self, one: Found) -> bool:
        """Whether nothing, or a little word such as "by", is between."""
        low, high = (one.last + 1, self.first) if one.last < self.first else (self.last + 1, one.first)
        return all(word.plain in _BETWEEN for word in self.told.words[low:high]) and high - low < 2


def _is_asked(place: _Place, known: _Known) -> bool:
    theirs = place.of(known.artists)
    if any(place.beside(one) for one in theirs):
        return True
    if known.weight == "word":
        if place.quoted and place.told.words[place.first].unspaced:
            return len(known.title) >= LEAST_SIGNS
        return place.capitals and _announced(place, bool(theirs))
    if place.quoted or theirs or place.after(_SAID) or place.after(_COVERS) or place.following in VERSIONS:
        return True
    long = place.last - place.first > 1
    if place.after(_PARTS) and (long or place.capitals):
        return True
    return known.weight == "rare" and place.capitals and (place.after(_LIKE) or _alone(place))


def _announced(place: _Place, theirs: bool) -> bool:
    """Whether an everyday word is said to be a work: in a place where nothing else would follow."""
    ends = place.quoted or place.following in WITH_TITLES
    said = place.after(_SAID) or place.after(_COVERS) or (place.quoted and place.after(_LIKE))
    return theirs or (ends and said)


def _alone(place: _Place) -> bool:
    """Whether its capitals alone say enough: rare words, no place and no kind of music."""
    parts = [word.plain for word in place.told.words[place.first : place.last + 1]]
    rare = [part for part in parts if not all_common([part])]
    return len(rare) > 1 and parts[0] not in OF_PLACES and parts[-1] not in KINDS


def _weight(parts: Sequence[str]) -> Weight:
    common = all_common(parts)
    if len(parts) == 1 or (common and len(parts) == 2):
        return "word"
    return "ordinary" if common else "rare"
