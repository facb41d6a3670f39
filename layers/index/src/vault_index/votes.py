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
_POOL: Final = 1000  # cells described
_STRETCH_BITS: Final = 5
_PER_TRACK: Final = 4


@dataclass(frozen=True)
class Stage:
    """One step of the cascade: which tempos, which pitch shifts, how many postings at most."""

    name: str
    tempos: tuple[int, ...]
    shift: str  # "none", "speed" (pitch follows tempo) or "any"
    budget: int
    probe: bool = True
    followers: int = keys.FOLLOWERS_ASKED
    most: int = 32
    """Candidates that go on to verification."""


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

    def only(self, rows: list[int]) -> "Candidates":
        """These rows, in this order."""
        return Candidates(
            self.tempo[rows], self.shift[rows], self.anchor[rows], self.place[rows], self.votes[rows], self.track[rows]
        )


class Lookups:
    """The window's keys at each trial tempo, computed when first needed."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.asked: dict[tuple[str, Stage], _Asked] = {}
        self._made: dict[tuple[int, bool, int], tuple[keys.Keys, NDArray[np.int64]]] = {}

    def at(self, tempo: int, stage: Stage) -> tuple[keys.Keys, NDArray[np.int64]]:
        """Keys, and each landmark's time in reference units, at ``TEMPOS[tempo]``."""
        known = (tempo, stage.probe, stage.followers)
        if known not in self._made:
            times = self.window.times * TEMPOS[tempo]
            found = keys.triplets(times, self.window.pitches, stage.followers, stage.probe)
            self._made[known] = found, np.rint(times / keys.UNIT).astype(np.int64)
        return self._made[known]


def candidates(shard: Shard, lookups: Lookups, stage: Stage, excluded: frozenset[int] = frozenset()) -> Candidates:
    """The best alignments that this stage finds, outside the excluded tracks."""
    hits = _hits(shard, _asked(shard, lookups, stage), stage, _silenced(shard, excluded))
    found = _count(shard, lookups, hits, _POOL)
    return found.only(spread(found, excluded)[: stage.most])


def _silenced(shard: Shard, excluded: frozenset[int]) -> NDArray[np.bool_] | None:
    """Stretches of the shard's time line, 1.6 s each, that belong to excluded tracks; gaps are wider than one."""
    if not excluded:
        return None
    out = np.zeros((MAX_UNITS >> _STRETCH_BITS) + 1, np.bool_)
    for number in excluded:
        track = shard.tracks[number]
        out[track.base >> _STRETCH_BITS : (track.base + int(track.duration_s * 20) + 1 >> _STRETCH_BITS) + 1] = True
    return out


def spread(found: Candidates, excluded: frozenset[int]) -> list[int]:
    """Which candidates to keep: a few per track, so that one that repeats itself leaves room for others."""
    kept: list[int] = []
    taken: dict[int, int] = {}
    for number, track in enumerate(found.track.tolist()):
        if track not in excluded and taken.get(track, 0) < _PER_TRACK:
            taken[track] = taken.get(track, 0) + 1
            kept.append(number)
    return kept


def postings_touched(shard: Shard, lookups: Lookups, stage: Stage) -> int:
    """How many postings the stage's keys have in this shard, all pitches counted."""
    asked = _asked(shard, lookups, stage)
    return int((asked.stop - asked.start).sum())


@dataclass(frozen=True, eq=False)
class _Asked:
    """One row per key looked up: the posting list, and what its hits are compared with."""

    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    tempo: NDArray[np.int32]
    anchor: NDArray[np.int32]
    time: NDArray[np.int32]  # anchor's time in reference units
    pitch: NDArray[np.int32]  # anchor's bin


@dataclass(frozen=True, eq=False)
class _Hits:
    tempo: NDArray[np.int32]
    anchor: NDArray[np.int32]
    offset: NDArray[np.int32]  # reference minus scaled query time, units
    shift: NDArray[np.int32]  # query minus reference pitch, bins


def _asked(shard: Shard, lookups: Lookups, stage: Stage) -> _Asked:
    """The stage's keys, less those that this shard does not know; remembered for the shard."""
    known = (shard.sha256, replace(stage, shift="any", budget=0, name="", most=0))
    if known not in lookups.asked:
        bins = np.rint(lookups.window.pitches / STEPS_PER_BIN).astype(np.int32)
        parts = [lookups.at(tempo, stage) for tempo in stage.tempos]
        bucket = np.concatenate([found.hashes for found, _ in parts]) >> np.uint32(32 - shard.bits)
        start, stop = shard.starts[bucket], shard.starts[1:][bucket]
        full = np.flatnonzero(stop > start)
        anchor = np.concatenate([found.anchors for found, _ in parts])[full]
        tempo = np.repeat(np.array(stage.tempos, np.int32), [len(found.hashes) for found, _ in parts])[full]
        time = np.concatenate([units[found.anchors] for found, units in parts]).astype(np.int32)[full]
        lookups.asked[known] = _Asked(start[full], stop[full], tempo, anchor, time, bins[anchor])
    return lookups.asked[known]


def _hits(shard: Shard, asked: _Asked, stage: Stage, silenced: NDArray[np.bool_] | None) -> _Hits:
    start, stop = asked.start, asked.stop
    if stage.shift != "any":
        start, stop = _narrowed(shard.postings, start, stop, asked.pitch - _linked_shift(stage, asked.tempo))
    length = _within_budget(stop - start, stage.budget)
    ends = np.cumsum(length)
    total = int(ends[-1]) if len(ends) else 0
    at = np.repeat(start - (ends - length), length)
    at += np.arange(total)
    posting = shard.postings[at]
    shift = np.repeat(asked.pitch, length)
    shift -= (posting >> np.uint32(24)).astype(np.int32)
    wanted = (shift <= WIDEST_SHIFT) & (shift >= -WIDEST_SHIFT)
    if silenced is not None:
        wanted &= ~silenced[(posting & np.uint32(MAX_UNITS - 1)) >> np.uint32(_STRETCH_BITS)]
    near = np.flatnonzero(wanted)
    lookup = np.repeat(np.arange(len(length), dtype=np.int32), length)[near]
    offset = (posting[near] & np.uint32(MAX_UNITS - 1)).astype(np.int32) - asked.time[lookup]
    return _Hits(asked.tempo[lookup], asked.anchor[lookup], offset, shift[near])


def _linked_shift(stage: Stage, tempo: NDArray[np.int32]) -> NDArray[np.int64]:
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
    values, many = np.unique(length, return_counts=True)
    fitting = np.cumsum(values * many) <= budget
    longest = int(values[fitting].max(initial=0))
    return np.where(length <= longest, length, 0)


def _count(shard: Shard, lookups: Lookups, hits: _Hits, most: int) -> Candidates:
    kept = _survivors(hits)
    tempo, anchor = hits.tempo[kept].astype(np.int64), hits.anchor[kept].astype(np.int64)
    offset, shift = hits.offset[kept].astype(np.int64), hits.shift[kept].astype(np.int64)
    cell = ((tempo << 30) | (offset_cells(offset) << 7)) + shift + 64
    code = (cell << 12) | np.minimum(anchor, 4095)
    order = np.argsort(code, kind="stable")
    code, offset = code[order], offset[order]
    fresh = np.ones(len(code), np.bool_)
    fresh[1:] = code[1:] != code[:-1]
    cell, anchor, offset = code[fresh] >> 12, code[fresh] & 4095, offset[fresh]
    unique, first, count = np.unique(cell, return_index=True, return_counts=True)
    total = _with_neighbours(unique, count)
    best = np.argsort(-total, kind="stable")[:most]
    best = best[total[best] >= _LEAST]
    return _described(shard, lookups, unique[best], total[best], first[best], count[best], anchor, offset)


def _survivors(hits: _Hits) -> NDArray[np.int64]:
    """Which hits lie in the fullest cells of a hashed table, at most about ``_SURVIVORS`` of them."""
    if len(hits.tempo) <= _SURVIVORS:
        return np.arange(len(hits.tempo))
    cell = (hits.offset + np.int32(_PAD)) // np.int32(_CELL)
    mixed = cell.astype(np.uint32) * np.uint32(2654435761)
    mixed += hits.shift.astype(np.uint32) * np.uint32(2246822519) + hits.tempo.astype(np.uint32) * np.uint32(3266489917)
    mixed ^= mixed >> np.uint32(15)
    mixed *= np.uint32(668265263)
    slot = (mixed >> np.uint32(32 - _SKETCH_BITS)).astype(np.int64)
    table = np.bincount(slot, minlength=1 << _SKETCH_BITS)
    sizes = np.bincount(table)
    from_top = np.cumsum((sizes * np.arange(len(sizes)))[::-1])[::-1]
    level = int(np.argmax(from_top <= _SURVIVORS)) if from_top[-1] <= _SURVIVORS else len(sizes) - 1
    return np.flatnonzero(table[slot] >= max(level, 2))


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
    """Turn cells into alignments: the mean offset of a cell's hits at its middle anchor."""
    tempo_index = cells >> 30
    tempo = TEMPOS[np.clip(tempo_index, 0, len(TEMPOS) - 1)]
    shift = (cells & 127) - 64
    if len(cells) == 0:
        none, nothing = np.zeros(0), np.zeros(0, np.int64)
        return Candidates(none, nothing, none, none, nothing, nothing)
    middle = first + count // 2
    at = lookups.window.times[anchor[middle]]
    sums = np.concatenate([[0.0], np.cumsum(offset, dtype=np.float64)])
    middle_offset = (sums[first + count] - sums[first]) / count
    place = middle_offset * keys.UNIT + at * tempo
    track = np.searchsorted(shard.bases, place / keys.UNIT + keys.UNIT, side="right") - 1
    known = track >= 0
    return Candidates(tempo[known], shift[known], at[known], place[known], votes[known], track[known])
