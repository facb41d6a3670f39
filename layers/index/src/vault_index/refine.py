"""From a voted cell to an exact alignment: try small changes, keep what scores best.

Promise: :func:`coarse` and :func:`fine` return alignments with tempo to about
0.2 %, offset to a quarter frame and pitch to a quarter bin where the evidence
allows. While trials are compared, the landmarks are the same for all of them:
otherwise a trial would win by squeezing more reference into the window.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vault_index import kernels, keys
from vault_index.protocols import STEPS_PER_SECOND
from vault_index.shard import Shard
from vault_index.verify import (
    LEAST_LANDMARKS,
    STRETCHES,
    Alignment,
    QueryMap,
    landmarks_near,
    pairs,
    values_at,
)
from vault_index.votes import Candidates

HIT: Final = 0.8
"""A landmark counts as found when its cell stands this many deviations above the penalty."""
WORTH: Final = 4.0
"""Below this score an alignment is not refined further: no share of pairs would lift it out of the unrelated ones."""
_LEAST: Final = 3
_MOST_VALUES: Final = 4_000_000  # compared at once: of hours of landmarks, every so many are enough to choose by
_DROP: Final = 8.0
_SNAP: Final = 0.97
"""An unchanged tempo or pitch is preferred when it explains this share of the best score."""
_SNAP_TEMPO: Final = 0.006
_SNAP_STEPS: Final = 5.0
"""A tempo that moves the ends of the stretch by less than this (31 ms) can't be told from none."""
_POLISH_ROUNDS: Final = 2
_POLISH_LEAST: Final = 8
_POLISH_LOSS: Final = 0.97
_SNAP_SHIFT: Final = 0.5
_LENGTHS: Final = np.array(STRETCHES)
_LENGTHS_AT: Final = kernels.address(_LENGTHS, np.float64)


@dataclass(frozen=True, eq=False)
class Grid:
    """Trials: every tempo (factor) with every offset (steps) and every pitch shift (bins)."""

    tempos: NDArray[np.float64]
    offsets: NDArray[np.float64]
    shifts: NDArray[np.float64]

    @cached_property
    def addresses(self) -> tuple[int, int, int, int, int, int]:
        """Where each axis lies, and its length."""
        tempos, offsets, shifts = (
            kernels.address(axis, np.float64) for axis in (self.tempos, self.offsets, self.shifts)
        )
        return tempos, len(self.tempos), offsets, len(self.offsets), shifts, len(self.shifts)

    @cached_property
    def reach(self) -> tuple[float, float]:
        """The least tempo factor and the greatest offset."""
        return float(self.tempos.min()), float(np.abs(self.offsets).max())

    def at(self, trial: int) -> tuple[float, float, float]:
        """The trial of this number."""
        rest, shift = divmod(trial, len(self.shifts))
        tempo, offset = divmod(rest, len(self.offsets))
        return float(self.tempos[tempo]), float(self.offsets[offset]), float(self.shifts[shift])


def _grid(tempos: list[float], offsets: list[float], shifts: list[float]) -> Grid:
    return Grid(np.array(tempos), np.array(offsets), np.array(shifts))


_COARSE: Final = _grid([0.984, 0.992, 1.0, 1.008, 1.016], [8.0 * k for k in range(-2, 3)], [0.0])
_MIDDLE: Final = _grid([0.996, 1.0, 1.004], [-6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0], [-0.5, 0.0, 0.5])
_FINE: Final = _grid([0.998, 1.0, 1.002], [-1.0, 0.0, 1.0], [-0.25, 0.0, 0.25])
_ONE: Final = _grid([1.0], [0.0], [0.0])


def coarse(shard: Shard, query: QueryMap, found: Candidates, row: int, start: float, stop: float) -> Alignment:
    """A candidate at its best coarse trial; query window in steps."""
    seed = Alignment(
        int(found.track[row]), float(found.tempo[row]), float(found.shift[row]), float(found.anchor[row]),
        float(found.place[row]), int(found.votes[row]), -1e9, start, stop, 0, 0,
    )  # fmt: skip
    return moved(shard, query, seed, _COARSE, start, stop)


def fine(shard: Shard, query: QueryMap, seed: Alignment, start: float, stop: float) -> Alignment:
    """The alignment moved to its best tempo, offset and pitch within the window, and scored there."""
    middle = moved(shard, query, seed, _MIDDLE, start, stop)
    if middle.score < WORTH:
        return middle
    found = scored(shard, query, moved(shard, query, middle, _FINE, start, stop), start, stop)
    return counted(shard, query, _simplest(shard, query, _polished(shard, query, found, start, stop), start, stop))


def counted(shard: Shard, query: QueryMap, found: Alignment) -> Alignment:
    """The alignment with its number of landmark pairs within the best stretch."""
    marks = landmarks_near(
        shard, found.track, found.place, (found.anchor - found.begin) * found.tempo + 1,
        (found.end - found.anchor) * found.tempo + 1,
    )  # fmt: skip
    return replace(found, pairs=len(pairs(query, marks, found.anchor, found.tempo, found.shift)[0]))


def extended(shard: Shard, query: QueryMap, found: Alignment, length: float) -> Alignment:
    """The best stretch grown both ways, within a query of ``length`` steps, for as long as that gains; same score.

    It stops where the sum of values has fallen by :data:`_DROP` from its height: unrelated
    music loses the penalty with every landmark."""
    before, after = found.anchor * found.tempo, (length - found.anchor) * found.tempo
    marks = landmarks_near(shard, found.track, found.place, before, after)
    if len(marks.times) < _LEAST:
        return found
    values = values_at(query, marks, found.anchor, found.tempo, found.shift)
    heard = found.anchor + marks.times / found.tempo
    low, high = (int(at) for at in np.searchsorted(heard, [found.begin - 0.5, found.end + 0.5]))
    first = low - _grown(values[:low][::-1])
    last = high + _grown(values[high:])
    if last - first < _LEAST:
        return found
    return replace(
        found, begin=float(heard[first]), end=float(heard[last - 1]),
        landmarks=last - first, hits=int(np.count_nonzero(values[first:last] > HIT)),
    )  # fmt: skip


def _grown(values: NDArray[np.float32]) -> int:
    """How many values to take from the front for the greatest sum, looking past losses of ``_DROP`` at most."""
    if len(values) == 0:
        return 0
    total = np.cumsum(values, dtype=np.float64)
    height = np.maximum(np.maximum.accumulate(total), 0.0)
    ended = np.flatnonzero(total < height - _DROP)
    seen = total[: ended[0]] if len(ended) else total
    if len(seen) == 0 or seen.max() <= 0:
        return 0
    return int(seen.argmax()) + 1


def _polished(shard: Shard, query: QueryMap, found: Alignment, start: float, stop: float) -> Alignment:
    """Tempo, offset and pitch from landmark pairs, where there are enough: their times are sharper than the map's."""
    best = found
    for _ in range(_POLISH_ROUNDS):
        reach = (best.anchor - start) * best.tempo, (stop - best.anchor) * best.tempo
        marks = landmarks_near(shard, best.track, best.place, *reach)
        own, other = pairs(query, marks, best.anchor, best.tempo, best.shift)
        if len(own) < _POLISH_LEAST:
            return best
        times, heard = marks.times[own], query.times[other]
        slope, start_time = _line(times, heard, best.anchor, best.tempo)
        if not 0.9 < slope * best.tempo < 1.1:
            return best
        turn = float(np.median(query.pitches[other] - marks.pitches[own]))
        trial = scored(shard, query, replace(best, tempo=1 / slope, anchor=start_time, shift=turn), start, stop)
        if trial.score < _POLISH_LOSS * best.score:
            return best
        best = trial
    return best


def _line(times: NDArray[np.float64], heard: NDArray[np.float64], anchor: float, tempo: float) -> tuple[float, float]:
    """Slope and value at zero of ``heard`` over ``times``: least squares, far residuals weighed down."""
    slope, value = 1 / tempo, anchor
    for width in (8.0, 4.0, 3.0):
        weight = 1 / (1 + ((heard - value - slope * times) / width) ** 2)
        total = weight.sum()
        mean_t, mean_h = (weight * times).sum() / total, (weight * heard).sum() / total
        spread = (weight * (times - mean_t) ** 2).sum()
        if spread < 1.0:
            return slope, value
        slope = float((weight * (times - mean_t) * (heard - mean_h)).sum() / spread)
        value = float(mean_h - slope * mean_t)
    return slope, value


def long(shard: Shard, query: QueryMap, seed: Alignment, start: float, stop: float) -> Alignment:
    """As :func:`fine` for a long stretch, where a small change of tempo moves the ends by much."""
    reach = max(1.0, (stop - start) / 1600)
    steps = [k * 0.002 / reach for k in range(-4, 5)]
    grid = _grid([1 + k for k in steps], [-6.0, -3.0, 0.0, 3.0, 6.0], [-0.25, 0.0, 0.25])
    found = moved(shard, query, seed, grid, start, stop)
    exact = _grid([1 + k / 4 for k in steps], [-2.0, -1.0, 0.0, 1.0, 2.0], [0.0])
    found = scored(shard, query, moved(shard, query, found, exact, start, stop), start, stop)
    found = _polished(shard, query, found, start, stop)
    return counted(shard, query, _capped(shard, query, _simplest(shard, query, found, start, stop), start, stop))


def _capped(shard: Shard, query: QueryMap, found: Alignment, start: float, stop: float) -> Alignment:
    """The same alignment with the score of its best ten seconds.

    Over a longer stretch a score says less, not more: pieces in one key and tempo stand a little above chance
    all the time, and the sum of that grows with the root of the length."""
    best = _best(shard, query, found, _ONE, *_reach(found, start, stop), whole=False)
    return replace(found, score=best.score)


def _simplest(shard: Shard, query: QueryMap, found: Alignment, start: float, stop: float) -> Alignment:
    """The same with tempo one and shift none, where that explains the evidence nearly as well."""
    reach = max(_SNAP_TEMPO, 2 * _SNAP_STEPS / max(found.end - found.begin, 80.0))
    tempo = 1.0 if abs(found.tempo - 1) < reach else found.tempo
    shift = 0.0 if abs(found.shift) <= _SNAP_SHIFT else found.shift
    if (tempo, shift) == (found.tempo, found.shift):
        return found
    pivot = (found.begin + found.end) / 2
    place = found.place + (pivot - found.anchor) * found.tempo
    plain = replace(found, tempo=tempo, shift=shift, anchor=pivot, place=place)
    plain = scored(shard, query, moved(shard, query, plain, _OFFSETS, start, stop), start, stop)
    return plain if plain.score >= _SNAP * found.score else found


_OFFSETS: Final = _grid([1.0], [-2.0, -1.0, 0.0, 1.0, 2.0], [0.0])


def scored(shard: Shard, query: QueryMap, seed: Alignment, start: float, stop: float) -> Alignment:
    """The alignment as it is, scored over the whole window."""
    return _best(shard, query, seed, _ONE, *_reach(seed, start, stop))


def _reach(seed: Alignment, start: float, stop: float) -> tuple[float, float]:
    """Steps of the reference before and after the seed's place that the window holds."""
    return (seed.anchor - start) * seed.tempo, (stop - seed.anchor) * seed.tempo


def moved(shard: Shard, query: QueryMap, seed: Alignment, grid: Grid, start: float, stop: float) -> Alignment:
    """The best of the grid's trials around ``seed``."""
    ratio, play = grid.reach
    before = (seed.anchor - start) * seed.tempo * ratio - play
    after = (stop - seed.anchor) * seed.tempo * ratio - play
    return _best(shard, query, seed, grid, before, after)


def _best(
    shard: Shard, query: QueryMap, seed: Alignment, grid: Grid, before: float, after: float, *, whole: bool = True
) -> Alignment:
    """The grid's best trial for the landmarks from ``before`` to ``after`` steps around the seed's place.

    ``whole``: the stretch of all of them counts too, however long."""
    entry = shard.tracks[seed.track]
    result = np.empty(6)
    compared = kernels.trial(
        query.address, query.frames, query.scale, query.level, shard.landmarks_address + 4 * entry.first, entry.count,
        seed.place - entry.base * keys.UNIT, before, after, seed.anchor, seed.tempo, seed.shift, *grid.addresses,
        _MOST_VALUES, HIT, _LEAST, LEAST_LANDMARKS, _LENGTHS_AT, len(_LENGTHS), whole, STEPS_PER_SECOND,
        result.ctypes.data,
    )  # fmt: skip
    if compared < 0:
        raise MemoryError("no memory to score an alignment in")
    if compared < _LEAST:
        return seed
    trial, score, begin, end, landmarks, hits = result.tolist()
    tempo, offset, shift = grid.at(int(trial))
    return replace(
        seed, tempo=tempo * seed.tempo, shift=shift + seed.shift, place=seed.place + offset, score=score,
        begin=begin, end=end, landmarks=int(landmarks), hits=int(hits),
    )  # fmt: skip
