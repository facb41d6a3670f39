"""Songs that are named without quotation marks: "the riff of Silver Harbour", "Silver Harbour by Grindelhoven".

A **run** is words with capitals, and little words between them, up to a sign that ends a clause. It is a title

- after "the song" and its like (``SAID``), whatever it is;
- after a part of a work or a version ("the hook from", "a remix of"; ``PARTS``), from two capitals on;
- before "by" and its like with a known artist, or in English with another run of two capitals;
- after a known artist's genitive ("Grindelhoven's Silver Harbour").

Capitals count where they say something: not at the start of a sentence, not where most words have one. What is a known
artist, a place of two words ("New Orleans") or ends as a kind of music ("Delta Blues") is no title. Titles in small
letters are left to the classifier.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vault_prompts.avoided import Stretch
from vault_prompts.phrases import BEFORE_AUTHORS, IN_TITLES, KINDS, OF_PLACES, PARTS, SAID, ends_with, phrases
from vault_prompts.reading import Word

_END = re.compile('[.,;:!?()"“”„«»/|\n]|--| [-–—] ')
_SENTENCE = re.compile(r"[.!?:;]\s*[\"“„«'(\[]*$")
_GENITIVE = re.compile("['’´`][sS]?$")
_SAID, _PARTS = phrases(SAID), phrases(PARTS)
_INFORMATIVE = 0.6
_TWO, _NEAR = 2, 8
LONGEST = 12
"""Words of a title."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Words ``first`` to ``end`` (exclusive), so many of them with a capital."""

    first: int
    end: int
    capitals: int


@dataclass(frozen=True, slots=True)
class Told:
    """A prompt's words, the first and last word of each artist that is meant, and what it turns from."""

    cleaned: str
    words: Sequence[Word]
    artists: Sequence[tuple[int, int]]
    avoided: Sequence[Stretch] = ()

    def parted(self, at: int) -> bool:
        """Whether a clause ends before this word."""
        return _END.search(self.cleaned, self.words[at - 1].end, self.words[at].start) is not None


def names_title(told: Told) -> bool:
    """Whether a title stands there, and is wanted."""
    turned = 0
    for one in _runs(told):
        if any(stretch.turns_from(one.first) for stretch in told.avoided):
            turned = max(turned, one.end)
        elif one.first >= turned and _is_title(one, told):
            return True
    return False


def _is_title(one: _Run, told: Told) -> bool:
    before = [word.plain for word in told.words[max(0, one.first - 7) : one.first]]
    if any(first <= one.first <= last for first, last in told.artists):
        return False
    starts = starts_sentence(one.first, told)
    if not starts and ends_with(before, _SAID) and few_capitals(one.first, one.end, told):
        return True
    last = told.words[one.end - 1].plain
    if last in KINDS or (one.end - one.first == _TWO and told.words[one.first].plain in OF_PLACES):
        return False
    if any(last == one.first - 1 and _GENITIVE.search(told.words[last].text) for _, last in told.artists):
        return few_capitals(one.first, one.end, told)
    if one.capitals >= _TWO and ends_with(before, _PARTS) and few_capitals(one.first, one.end, told):
        return True
    return (one.capitals >= _TWO or not starts) and _by_somebody(one, told)


def _by_somebody(one: _Run, told: Told) -> bool:
    at = one.end
    if at + 1 >= len(told.words) or told.words[at].plain not in BEFORE_AUTHORS or told.parted(at):
        return False
    if any(first in (at + 1, at + 2) for first, _ in told.artists):
        return True
    other = _run(at + 1, told)
    return told.words[at].plain == "by" and one.capitals >= _TWO and other is not None and other.capitals >= _TWO


def _runs(told: Told) -> Iterator[_Run]:
    """Every run, and what is left of it from each of its capitals on: nouns have capitals too."""
    for first in range(len(told.words)):
        one = _run(first, told)
        if one is not None:
            yield one


def _run(first: int, told: Told) -> _Run | None:
    if not _capital(told.words[first]):
        return None
    end, capitals, at = first + 1, 1, first + 1
    beyond = min((name for name, _ in told.artists if name > first), default=len(told.words))
    while at < beyond and at - first < LONGEST and not told.parted(at):
        if _capital(told.words[at]):
            end, capitals = at + 1, capitals + 1
        elif told.words[at].plain not in IN_TITLES:
            break
        at += 1
    return _Run(first, end, capitals)


def _capital(word: Word) -> bool:
    return word.capital and not word.unspaced


def starts_sentence(first: int, told: Told) -> bool:
    """Whether the capital of this word may be owed to the start of a sentence."""
    start = told.words[first].start
    return first == 0 or _SENTENCE.search(told.cleaned[max(0, start - _NEAR) : start].rstrip()) is not None


def few_capitals(first: int, end: int, told: Told) -> bool:
    """Whether words but these have few capitals, so that theirs say something; artists' names aside."""
    named = {n for first, last in told.artists for n in range(first, last + 1)} | set(range(first, end))
    others = [word for n, word in enumerate(told.words) if n not in named and word.text.isalpha()]
    return bool(others) and sum(word.capital for word in others) / len(others) < _INFORMATIVE
