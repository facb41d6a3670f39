"""What a prompt asks to stay away from: "not like ...", "without copying ...", "anything but a cover of ...".

A **stretch** begins with a negation and goes on over little words (``BRIDGES``) up to what is to be avoided; signs that
end a clause, quotation marks and any other word end it ("but", "more"). An even number of negations is a wish ("not
unlike ...", "nothing less than ..."), and so are "not only ..." and "why not ...". "No drums, like ..." and "can't get
enough of ..." avoid nobody: in doubt, a name is wanted.

Languages that put the negation after the name are not read; there the name is wanted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vault_prompts.phrases import AFFIRMED, BRIDGES, CYRILLIC_NEGATIONS, NEGATIONS, phrases
from vault_prompts.reading import Word

_END = re.compile('[.,;:!?()"“”„«»‹›「」『』《》。，！？、/]')
_WEIGHED = tuple((one, 1) for one in phrases(NEGATIONS)) + tuple((one, 2) for one in phrases(AFFIRMED))
_STARTING: dict[str, list[tuple[tuple[str, ...], int]]] = {}
for _pair in sorted(_WEIGHED, key=lambda pair: len(pair[0]), reverse=True):
    _STARTING.setdefault(_pair[0][0], []).append(_pair)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of words, and where it lies in the text. What is avoided begins at the word ``before``."""

    first: int
    before: int
    start: int
    end: int

    def turns_from(self, word: int) -> bool:
        """Whether what begins with this word is avoided. Names may begin with little words."""
        return self.first < word <= self.before

    def covers(self, start: int, end: int) -> bool:
        """Whether this part of the text lies inside."""
        return self.start <= start and end <= self.end


def stretches(cleaned: str, found_words: Sequence[Word]) -> tuple[Stretch, ...]:
    """Every stretch of a cleaned prompt, in order."""
    plain = [word.plain for word in found_words]
    made, at = [], 0
    while at < len(plain):
        end, negations = _stretch(cleaned, found_words, plain, at)
        if negations % 2:
            made.append(Stretch(at, end, found_words[at].start, found_words[end - 1].end))
        at = max(end, at + 1)
    return tuple(made)


def without(cleaned: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text without these spans."""
    made, at = [], 0
    for start, end in sorted(spans):
        made.append(cleaned[at : max(at, start)])
        at = max(at, end)
    return " ".join("".join([*made, cleaned[at:]]).split())


def _stretch(cleaned: str, found_words: Sequence[Word], plain: Sequence[str], first: int) -> tuple[int, int]:
    """Where a stretch that begins here ends, and how many negations it has."""
    size, negations = _negation(plain, first, found_words[first])
    at = first + size
    while negations and at < len(plain) and not _END.search(cleaned, found_words[at - 1].end, found_words[at].start):
        size, more = _negation(plain, at, found_words[at])
        if not size and (plain[at] not in BRIDGES or found_words[at].unspaced):
            break
        at, negations = at + max(size, 1), negations + more
    return at, negations


def _negation(plain: Sequence[str], at: int, word: Word) -> tuple[int, int]:
    """The words and the weight of the longest negation that begins here.

    What sounds alike is told apart by its script: Japanese and Russian "no", French "ne", which says little.
    """
    if (plain[at] not in CYRILLIC_NEGATIONS) if word.foreign else (plain[at] == "ne"):
        return 0, 0
    for phrase, weight in _STARTING.get(plain[at], ()):
        if tuple(plain[at : at + len(phrase)]) == phrase:
            return len(phrase), weight
    return 0, 0
