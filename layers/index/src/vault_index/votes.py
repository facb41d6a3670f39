"""Candidate alignments: triplets of the query vote for (tempo, pitch shift, offset).

Promise: :func:`candidates` looks a window of query landmarks up in one shard
and returns the alignments that most anchors agree on. The work has a bound that
does not grow with the shard: when the posting lists found are longer than the
stage's budget, the longest lists, which say least, are left out.

Votes are sparse. They are first counted in a hashed table (a sketch); only hits
in its fullest cells are then counted exactly, each query anchor once.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vault_index import keys
from vault_index.protocols import STEPS_PER_BIN
from vault_index.shard import MAX_UNITS, Shard

TEMPO_STEP: Final = 1.04
UNCHANGED: Final = 18
TEMPOS: Final = TEMPO_STEP ** np.arange(-UNCHANGED, 13)
"""Trial tempo factors (query faster than reference), 0.49 to 1.60; ``TEMPOS[UNCHANGED]`` is one."""

WIDEST_SHIFT: Final = 26  # bins: 13 semitones
_CELL: Final = 8  # time units per voting cell: 400 ms
_PAD: Final = 1 << 23  # keeps offsets positive
_SKETCH_BITS: Final = 18
_SURVIVORS: Final = 24_000
_LEAST: Final = 3


@dataclass(frozen=True)
class Stage:
    """One step of the cascade: which tempos, which pitch shifts, how many postings at most."""

    name: str
    tempos: tuple[int, ...]
    shift: str  # "none", "speed" (pitch follows tempo) or "any"
    budget: int
    probe: bool = True


@dataclass(frozen=True, eq=False)
class Window:
    """A stretch of query landmarks; times in 6.25 ms from the query's start."""

    times: NDArray[np.float64]
    pitches: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Parallel arrays. ``anchor`` is a query time (steps), ``place`` the reference time (steps on
    the shard's time line) that it falls on, ``shift`` in bins."""

    tempo: NDArray[np.float64]
    shift: NDArray[np.int64]
    anchor: NDArray[np.float64]
    place: NDArray[np.float64]
    votes: NDArray[np.int64]
    track: NDArray[np.int64]

    def shifted(self, by: float) -> "Candidates":
        """The same with query times counted from ``by`` steps earlier."""
        return replace(self, anchor=self.anchor + by)


class Lookups:
    """The window's keys at each trial tempo, computed when first needed."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self._made: dict[tuple[int, bool], tuple[keys.Keys, NDArray[np.int64]]] = {}

    def at(self, tempo: int, probe: bool) -> tuple[keys.Keys, NDArray[np.int64]]:
        """Keys, and each landmark's time in reference units, at ``TEMPOS[tempo]``."""
        if (tempo, probe) not in self._made:
            times = self.window.times * TEMPOS[tempo]
            found = keys.triplets(times, self.window.pitches, keys.FOLLOWERS_ASKED, probe)
            self._made[tempo, probe] = found, np.rint(times / keys.UNIT).astype(np.int64)
        return self._made[tempo, probe]


def candidates(
    shard: Shard, lookups: Lookups, stage: Stage, most: int, excluded: frozenset[int] = frozenset()
) -> Candidates:
    """The best ``most`` alignments that this stage finds, outside the excluded tracks."""
    hits = _hits(shard, lookups, stage)
    found = _count(shard, lookups, hits, most + 4 * len(excluded))
    wanted = np.flatnonzero(~np.isin(found.track, np.fromiter(excluded, np.int64, len(excluded))))[:most]
    return Candidates(
        found.tempo[wanted], found.shift[wanted], found.anchor[wanted], found.place[wanted],
        found.votes[wanted], found.track[wanted],
    )  # fmt: skip


def postings_touched(shard: Shard, lookups: Lookups, stage: Stage) -> int:
    """How many postings the stage's keys have in this shard, all pitches counted."""
    total = 0
    for tempo in stage.tempos:
        bucket = (lookups.at(tempo, stage.probe)[0].hashes >> np.uint32(32 - shard.bits)).astype(np.int64)
        total += int((shard.starts[bucket + 1] - shard.starts[bucket]).sum())
    return total


@dataclass(frozen=True, eq=False)
class _Hits:
    tempo: NDArray[np.int64]
    anchor: NDArray[np.int64]
    offset: NDArray[np.int64]  # reference minus scaled query time, units
    shift: NDArray[np.int64]  # query minus reference pitch, bins


def _hits(shard: Shard, lookups: Lookups, stage: Stage) -> _Hits:
    bins = np.rint(lookups.window.pitches / STEPS_PER_BIN).astype(np.int64)
    parts = [lookups.at(tempo, stage.probe) for tempo in stage.tempos]
    hashes = np.concatenate([found.hashes for found, _ in parts])
    anchor = np.concatenate([found.anchors for found, _ in parts]).astype(np.int64)
    sizes = [len(found.hashes) for found, _ in parts]
    tempo = np.repeat(np.array(stage.tempos, np.int64), sizes)
    time = np.concatenate([units[found.anchors] for found, units in parts])
    bucket = (hashes >> np.uint32(32 - shard.bits)).astype(np.int64)
    start, stop = shard.starts[bucket], shard.starts[bucket + 1]
    if stage.shift != "any":
        target = bins[anchor] - _linked_shift(stage, tempo)
        start, stop = _narrowed(shard.postings, start, stop, target)
    length = _within_budget(stop - start, stage.budget)
    lookup = np.repeat(np.arange(len(length)), length)
    ends = np.cumsum(length)
    posting = shard.postings[np.repeat(start - (ends - length), length) + np.arange(len(lookup))].astype(np.int64)
    shift = bins[anchor][lookup] - (posting >> 24)
    offset = (posting & (MAX_UNITS - 1)) - time[lookup]
    near = np.abs(shift) <= WIDEST_SHIFT
    lookup = lookup[near]
    return _Hits(tempo[lookup], anchor[lookup], offset[near], shift[near])


def _linked_shift(stage: Stage, tempo: NDArray[np.int64]) -> NDArray[np.int64]:
    """The pitch shift that goes with a tempo factor: none, or that of a changed playing speed."""
    if stage.shift == "none":
        return np.zeros(len(tempo), np.int64)
    return np.asarray(np.rint(24 * np.log2(TEMPOS[tempo])), np.int64)


def _narrowed(
    postings: NDArray[np.uint32], start: NDArray[np.int64], stop: NDArray[np.int64], pitch: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The part of each list whose pitch is within a bin of the expected one (lists are sorted by it)."""
    low = np.clip(pitch - 1, 0, 255) << 24
    high = np.clip(pitch + 2, 0, 255) << 24
    return _bisect(postings, start, stop, low), _bisect(postings, start, stop, high)


def _bisect(
    postings: NDArray[np.uint32], start: NDArray[np.int64], stop: NDArray[np.int64], value: NDArray[np.int64]
) -> NDArray[np.int64]:
    low, high = start.copy(), stop.copy()
    for _ in range(int((stop - start).max(initial=0)).bit_length()):
        open_ = low < high
        middle = (low + high) >> 1
        less = open_ & (postings[np.minimum(middle, len(postings) - 1)] < value)
        low = np.where(less, middle + 1, low)
        high = np.where(open_ & ~less, middle, high)
    return low


def _within_budget(length: NDArray[np.int64], budget: int) -> NDArray[np.int64]:
    """List lengths, the longest ones set to zero until the sum fits."""
    if int(length.sum()) <= budget:
        return length
    ordered = np.sort(length)
    fitting = int(np.searchsorted(np.cumsum(ordered), budget, side="right"))
    longest = int(ordered[fitting - 1]) if fitting else 0
    return np.where(length <= longest, length, 0)


def _count(shard: Shard, lookups: Lookups, hits: _Hits, most: int) -> Candidates:
    tempo, anchor, offset, shift = _survivors(hits)
    cell = ((tempo << 30) | (((offset + _PAD) // _CELL) << 7)) + shift + 64
    order = np.argsort((cell << 12) | np.minimum(anchor, 4095), kind="stable")
    cell, anchor, offset = cell[order], anchor[order], offset[order]
    fresh = np.ones(len(cell), np.bool_)
    fresh[1:] = (cell[1:] != cell[:-1]) | (anchor[1:] != anchor[:-1])
    cell, anchor, offset = cell[fresh], anchor[fresh], offset[fresh]
    unique, first, count = np.unique(cell, return_index=True, return_counts=True)
    total = _with_neighbours(unique, count)
    best = np.argsort(-total, kind="stable")[:most]
    best = best[total[best] >= _LEAST]
    return _described(shard, lookups, unique[best], total[best], first[best], count[best], anchor, offset)


def _survivors(
    hits: _Hits,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Hits in the fullest cells of a hashed table, at most about ``_SURVIVORS`` of them."""
    if len(hits.tempo) <= _SURVIVORS:
        return hits.tempo, hits.anchor, hits.offset, hits.shift
    cell = ((offset_cells(hits.offset) * 67 + hits.shift + 33) * 61 + hits.tempo) & 0xFFFFFFFF
    slot = ((cell * 2654435761) & 0xFFFFFFFF) >> (32 - _SKETCH_BITS)
    table = np.bincount(slot, minlength=1 << _SKETCH_BITS)
    sizes = np.bincount(table)
    from_top = np.cumsum((sizes * np.arange(len(sizes)))[::-1])[::-1]
    level = int(np.argmax(from_top <= _SURVIVORS)) if from_top[-1] <= _SURVIVORS else len(sizes) - 1
    kept = np.flatnonzero(table[slot] >= max(level, 2))
    return hits.tempo[kept], hits.anchor[kept], hits.offset[kept], hits.shift[kept]


def offset_cells(offset: NDArray[np.int64]) -> NDArray[np.int64]:
    """The voting cell of an offset in units."""
    return np.asarray((offset + _PAD) // _CELL)


def _with_neighbours(unique: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each cell's votes and those of the better neighbour in time and in pitch."""
    total = count.copy()
    if not len(unique):
        return total
    for step in (1 << 7, 1):
        best = np.zeros_like(count)
        for wanted in (unique - step, unique + step):
            at = np.minimum(np.searchsorted(unique, wanted), len(unique) - 1)
            best = np.maximum(best, np.where(unique[at] == wanted, count[at], 0))
        total += best
    return total


def _described(
    shard: Shard,
    lookups: Lookups,
    cells: NDArray[np.int64],
    votes: NDArray[np.int64],
    first: NDArray[np.int64],
    count: NDArray[np.int64],
    anchor: NDArray[np.int64],
    offset: NDArray[np.int64],
) -> Candidates:
    """Turn cells into alignments; the middle one of a cell's hits stands for all."""
    tempo_index = cells >> 30
    tempo = TEMPOS[np.clip(tempo_index, 0, len(TEMPOS) - 1)]
    shift = (cells & 127) - 64
    middle_anchor = np.array(
        [np.median(anchor[a : a + n]) for a, n in zip(first, count, strict=True)], np.float64
    ).astype(np.int64)
    middle_offset = np.array([np.median(offset[a : a + n]) for a, n in zip(first, count, strict=True)], np.float64)
    at = lookups.window.times[middle_anchor] if len(cells) else np.zeros(0)
    place = middle_offset * keys.UNIT + at * tempo
    track = np.searchsorted(shard.bases, place / keys.UNIT + keys.UNIT, side="right") - 1
    known = track >= 0
    return Candidates(tempo[known], shift[known], at[known], place[known], votes[known], track[known])
