"""Chromaprint fingerprints compared: whole tracks as AcoustID does, and passages inside them.

Promise: pure functions of two raw fingerprints. :func:`compare` aligns two
whole recordings. :func:`match` finds every passage of the query that also
sounds, untransposed and at the same tempo, in the reference. Both see level,
equaliser and encoding changes through; neither sees tempo or pitch changes.

A pair of unrelated items differs in nearly half of its 32 bits, a copied one
in a few. Between, chance decides, and the more items the less: the limits
below are where 250 pairs of unrelated pieces, each over all alignments, ended
(lowest window error of 5 s: 0.245, 1 % of pairs under 0.30; of 2 s: 0.14).

Two stretches of silence, or of one held chord, are equal without being copied:
where both fingerprints stand still, a position counts as a weak match only.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vault_audio.chromaprint import ITEM_S, WINDOW_S, Items

BITS: Final = 32
MAX_ALIGN_S: Final = 120 * ITEM_S
"""AcoustID's whole-track comparison looks at alignments up to 120 items apart
(acoustid-server, ``ACOUSTID_MAX_ALIGN_OFFSET``)."""

SEED_ITEMS: Final = 40
SEED_ERROR: Final = 0.24
SHORT_ITEMS: Final = 16
SHORT_ERROR: Final = 0.12
GROW_ITEMS: Final = 16
GROW_ERROR: Final = 0.33
STILL_BITS: Final = 9
"""Bits charged where both stand still: over the seed limit (9 / 32), so stillness alone never matches."""

CENTRE_S: Final = 1.0
"""A passage begins and ends this long after its first and last item's start. Measured on 60 splices at
random places (error of both edges: median 0.1 s, nine in ten under 0.6 s): most classifiers look at the
first half of an item's window, so its weight lies before the middle."""

EDGE_ITEMS: Final = 3
EDGE_ERROR: Final = 0.25

NEAR_ITEMS: Final = 8
MAX_SPANS: Final = 16
_CELLS: Final = 4_000_000  # cells of the alignment matrix held at once: bounds memory at about 50 MB

Bits = NDArray[np.int32]


@dataclass(frozen=True)
class Comparison:
    """Two whole recordings at their best alignment; ``similarity`` = coverage x (1 - 2 x error), 0 to 1."""

    offset_s: float
    overlap_s: float
    bit_error_rate: float
    similarity: float


@dataclass(frozen=True)
class Passage:
    """A passage that two recordings share, in seconds; ``bit_error_rate`` 0 is identical, 0.5 unrelated."""

    query_start: float
    query_end: float
    ref_start: float
    ref_end: float
    bit_error_rate: float
    items: int

    @property
    def similarity(self) -> float:
        """1 for identical, 0 for unrelated: a raw score, to be calibrated by who uses it."""
        return max(0.0, 1.0 - 2.0 * self.bit_error_rate)


def compare(query: Items, ref: Items, max_offset_s: float = MAX_ALIGN_S) -> Comparison:
    """Align two whole recordings within ``max_offset_s`` and count differing bits over the overlap.

    Overlaps under half of the shorter one are not considered: they would let
    a few equal items at the edges stand for the whole.
    """
    shorter = min(len(query), len(ref))
    reach = min(round(max_offset_s / ITEM_S), max(len(query), len(ref)))
    best = Comparison(0.0, 0.0, 0.5, 0.0)
    if not shorter:
        return best
    for offset in range(-reach, reach + 1):
        bits = _diagonal(query, ref, offset)
        if 2 * len(bits) < shorter:
            continue
        error = float(bits.mean()) / BITS
        similarity = len(bits) / shorter * max(0.0, 1 - 2 * error)
        if similarity > best.similarity:
            best = Comparison(offset * ITEM_S, len(bits) * ITEM_S, error, similarity)
    return best


def match(query: Items, ref: Items, max_spans: int = MAX_SPANS) -> list[Passage]:
    """Shared passages, strongest first; empty when there are none or an input is too short."""
    if min(len(query), len(ref)) < SHORT_ITEMS:
        return []
    if len(query) > len(ref):
        return [_turned(passage) for passage in match(ref, query, max_spans)]
    width = min(SEED_ITEMS, len(query))
    found: list[tuple[int, int, int, Passage]] = []
    for offset, at in _seeds(query, ref, width, _seed_error(width)):
        if len(found) == max_spans:
            break
        middle = at + width // 2
        if any(abs(offset - o) <= NEAR_ITEMS and first <= middle <= last for o, first, last, _ in found):
            continue
        first, last = _grown(_diagonal(query, ref, offset), middle - max(0, -offset))
        first, last = first + max(0, -offset), last + max(0, -offset)
        found.append((offset, first, last, _passage(query, ref, offset, first, last)))
    return sorted((passage for *_, passage in found), key=lambda p: -p.similarity * p.items**0.5)


def _seed_error(width: int) -> float:
    """The fewer items, the fewer bits may differ."""
    share = (width - SHORT_ITEMS) / (SEED_ITEMS - SHORT_ITEMS)
    return SHORT_ERROR + share * (SEED_ERROR - SHORT_ERROR)


def _seeds(query: Items, ref: Items, width: int, limit: float) -> list[tuple[int, int]]:
    """(offset, start in the query) of each alignment's best window under ``limit``, best first."""
    padding = np.zeros(len(query) - width, dtype=np.uint32)
    line = np.concatenate([padding, ref, padding])
    inside = np.zeros(len(line), dtype=bool)
    inside[len(padding) : len(padding) + len(ref)] = True
    windows = np.lib.stride_tricks.sliding_window_view
    items, valid, still = windows(line, len(query)), windows(inside, len(query)), windows(_still(line), len(query))
    query_still = _still(query)
    found: list[tuple[float, int, int]] = []
    rows = max(1, _CELLS // len(query))
    for start in range(0, len(items), rows):
        part = slice(start, start + rows)
        bits = np.bitwise_count(items[part] ^ query)
        np.maximum(bits, STILL_BITS, out=bits, where=still[part] & query_still)
        bits[~valid[part]] = BITS
        errors = _windowed(bits, width)
        at = errors.argmin(axis=1)
        lowest = errors[np.arange(len(at)), at] / (width * BITS)
        for row in np.flatnonzero(lowest <= limit):
            found.append((float(lowest[row]), start + int(row) - len(padding), int(at[row])))
    return [(offset, at) for _, offset, at in sorted(found)]


def _windowed(bits: NDArray[np.uint8], width: int) -> Bits:
    """Sums over ``width`` successive items of each row, shape (rows, n - width + 1)."""
    sums = np.zeros((bits.shape[0], bits.shape[1] + 1), dtype=np.int32)
    np.cumsum(bits, axis=1, dtype=np.int32, out=sums[:, 1:])
    return sums[:, width:] - sums[:, :-width]


def _still(items: Items) -> NDArray[np.bool_]:
    """Where an item is the same as the one before it."""
    out = np.zeros(len(items), dtype=bool)
    out[1:] = items[1:] == items[:-1]
    return out


def _diagonal(query: Items, ref: Items, offset: int) -> NDArray[np.uint8]:
    """Differing bits of query item i and reference item i + offset, over their overlap."""
    left, right = query[max(0, -offset) :], ref[max(0, offset) :]
    length = min(len(left), len(right))
    bits: NDArray[np.uint8] = np.bitwise_count(left[:length] ^ right[:length])
    return bits


def _grown(bits: NDArray[np.uint8], seed: int) -> tuple[int, int]:
    """First and last item around ``seed`` for which the error, smoothed, stays under the limit."""
    width = min(GROW_ITEMS, len(bits))
    smooth = np.convolve(bits, np.full(width, 1 / width), mode="same") / BITS
    reach = np.convolve(np.ones(len(bits)), np.full(width, 1 / width), mode="same")  # edges see fewer items
    good = smooth / reach <= GROW_ERROR
    good[seed] = True
    bad = np.flatnonzero(~good)
    before, after = bad[bad < seed], bad[bad > seed]
    return (int(before[-1]) + 1 if len(before) else 0), (int(after[0]) - 1 if len(after) else len(bits) - 1)


def _passage(query: Items, ref: Items, offset: int, first: int, last: int) -> Passage:
    bits = _diagonal(query[first : last + 1], ref[first + offset : last + offset + 1], 0)
    # Where a recording begins or ends inside the passage there is no further item to tell where it stops,
    # but the errors of the outermost ones do: none means that their whole window is shared.
    head = _mixed(bits[:EDGE_ITEMS]) if first == 0 or first + offset == 0 else 1.0
    tail = _mixed(bits[-EDGE_ITEMS:]) if last == len(query) - 1 or last + offset == len(ref) - 1 else 1.0
    start = first * ITEM_S + CENTRE_S * head
    end = last * ITEM_S + WINDOW_S - (WINDOW_S - CENTRE_S) * tail
    shift = offset * ITEM_S
    error = float(bits.mean()) / BITS
    return Passage(start, end, start + shift, end + shift, error, len(bits))


def _mixed(bits: NDArray[np.uint8]) -> float:
    """0 when these items are a copy, 1 when they differ as at the edge of one."""
    return min(1.0, float(bits.mean()) / BITS / EDGE_ERROR)


def _turned(passage: Passage) -> Passage:
    return replace(
        passage,
        query_start=passage.ref_start,
        query_end=passage.ref_end,
        ref_start=passage.query_start,
        ref_end=passage.query_end,
    )
