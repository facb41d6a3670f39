"""From a prompt to the numbers that the classifier reads; the only implementation, used in training and in use.

Settings number 1. Tokens, each hashed (CRC-32 of its UTF-8 bytes, modulo ``BUCKETS``):

- words: plain readings, pairs and triples of neighbours;
- letters: runs of 3 to 5 inside a word, its edges marked; of words in scripts without spaces also the signs as written;
- shapes: a word with a telling capital stands as ``Xx``, another one that is not known as ordinary as ``xx``; pairs and
  triples with a stand-in let the classifier learn "in the style of Xx" without any name;
- marks: quotation marks, whether the text has capitals, scripts.

Weights are 1 for each different token, divided by the root of their sum of squares, so that long prompts don't shout.
"""

import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vault_prompts.cues import titles
from vault_prompts.reading import Word, clean, script, words
from vault_prompts.words import all_common

SETTINGS = 1
BUCKETS = 2**14
CAPITAL, UNKNOWN = "Xx", "xx"
CAPITALS_TELL = 0.6
"""Above this share of words with capitals these say nothing."""
Ids = NDArray[np.int64]
Weights = NDArray[np.float32]


def featurise(text: str) -> tuple[Ids, Weights]:
    """Buckets (n,) ascending and weights (n,) of a prompt; one bucket of an empty mark for a text without words."""
    cleaned = clean(text)
    tokens = set(_tokens(cleaned, words(cleaned)))
    ids = np.array(sorted({zlib.crc32(one.encode("utf-8")) % BUCKETS for one in tokens}), dtype=np.int64)
    return ids, np.full(len(ids), 1 / np.sqrt(len(ids)), dtype=np.float32)


def _tokens(cleaned: str, found: Sequence[Word]) -> Iterator[str]:
    yield "mark:some"
    plain = [word.plain for word in found if word.plain]
    shaped = _shaped([word for word in found if word.plain])
    for size in (1, 2, 3):
        yield from ("w:" + " ".join(plain[n : n + size]) for n in range(len(plain) - size + 1))
        yield from ("s:" + " ".join(part) for part in _runs(shaped, size) if CAPITAL in part or UNKNOWN in part)
    for one in dict.fromkeys(one for one in plain if not one.isdigit()):
        edged = f"<{one}>"
        yield from (f"c:{edged[n : n + size]}" for size in (3, 4, 5) for n in range(len(edged) - size + 1))
    for word in found:
        if word.unspaced:
            yield from (f"u:{word.text[n : n + size]}" for size in (1, 2, 3) for n in range(len(word.text) - size + 1))
    if titles(cleaned):
        yield "mark:quoted"
    yield from (f"mark:{name}" for name in {script(char) for char in cleaned if char.isalpha()})
    if sum(word.capital for word in found[1:]) > 0:
        yield "mark:capital"


def _shaped(found: Sequence[Word]) -> list[str]:
    """Words that may be part of a name replaced; neighbours that were replaced alike become one."""
    rest = [word.capital for word in found[1:]]
    telling = bool(rest) and sum(rest) / len(rest) < CAPITALS_TELL
    made: list[str] = []
    for place, word in enumerate(found):
        one = word.plain
        if len(one) > 1 and telling and place > 0 and word.capital:
            one = CAPITAL
        elif len(one) > 1 and not all_common([one]):
            one = UNKNOWN
        if one not in (CAPITAL, UNKNOWN) or not made or made[-1] != one:
            made.append(one)
    return made


def _runs(parts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    if size == 2:
        yield from pairwise(parts)
    else:
        yield from (parts[n : n + size] for n in range(len(parts) - size + 1))
