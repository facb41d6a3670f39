"""From a voted cell to an exact alignment: try small changes, keep what scores best.

Promise: :func:`coarse` and :func:`fine` return alignments with tempo to about
0.2 %, offset to a quarter frame and pitch to a quarter bin where the evidence
allows. While trials are compared, the landmarks are the same for all of them:
otherwise a trial would win by squeezing more reference into the window.
"""

import math
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vault_index.protocols import STEPS_PER_SECOND
from vault_index.shard import Shard
from vault_index.verify import LEAST_LANDMARKS, Alignment, QueryMap, best_stretch, landmarks_near, pairs, values_at
from vault_index.votes import Candidates

Grid = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]

HIT: Final = 0.8
"""A landmark counts as found when its cell stands this many deviations above the penalty."""
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


def _grid(tempos: list[float], offsets: list[float], shifts: list[float]) -> Grid:
    made = np.meshgrid(np.array(tempos), np.array(offsets), np.array(shifts), indexing="ij")
    return made[0].ravel(), made[1].ravel(), made[2].ravel()


_COARSE: Final = _grid([0.984, 0.992, 1.0, 1.008, 1.016], [8.0 * k for k in range(-2, 3)], [0.0])
_MIDDLE: Final = _grid([0.996, 1.0, 1.004], [-6.0, -4.0, -2.0, 0.0, 2.0, 4.0, 6.0], [-0.5, 0.0, 0.5])
_FINE: Final = _grid([0.998, 1.0, 1.002], [-1.0, 0.0, 1.0], [-0.25, 0.0, 0.25])
_ONE: Final = _grid([1.0], [0.0], [0.0])


def coarse(shard: Shard, query: QueryMap, found: Candidates, start: float, stop: float) -> list[Alignment]:
    """Each candidate at its best coarse trial; query window in steps."""
    out = []
    for i in range(len(found.tempo)):
        seed = Alignment(
            int(found.track[i]), float(found.tempo[i]), float(found.shift[i]), float(found.anchor[i]),
            float(found.place[i]), int(found.votes[i]), -1e9, start, stop, 0, 0,
        )  # fmt: skip
        out.append(moved(shard, query, seed, _COARSE, start, stop))
    return out


def fine(shard: Shard, query: QueryMap, seed: Alignment, start: float, stop: float) -> Alignment:
    """The alignment moved to its best tempo, offset and pitch within the window, and scored there."""
    middle = moved(shard, query, seed, _MIDDLE, start, stop)
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
    """The best stretch grown both ways, within a query of ``length`` steps, for as long as that gains.

    It stops where the sum of values has fallen by :data:`_DROP` from its height: unrelated
    music loses the penalty with every landmark."""
    before, after = found.anchor * found.tempo, (length - found.anchor) * found.tempo
    marks = landmarks_near(shard, found.track, found.place, before, after)
    if len(marks.times) < _LEAST:
        return found
    one = np.ones(1)
    values = values_at(query, marks, found.anchor, one * found.tempo, one * 0.0, one * found.shift)[0]
    heard = found.anchor + marks.times / found.tempo
    low, high = (int(at) for at in np.searchsorted(heard, [found.begin - 0.5, found.end + 0.5]))
    first = low - _grown(values[:low][::-1])
    last = high + _grown(values[high:])
    if last - first < _LEAST:
        return found
    score = float(values[first:last].sum()) / math.sqrt(max(last - first, LEAST_LANDMARKS))
    return replace(
        found, begin=float(heard[first]), end=float(heard[last - 1]), score=max(score, found.score),
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
    return counted(shard, query, _simplest(shard, query, found, start, stop))


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
    return _best(shard, query, seed, _ONE, (seed.anchor - start) * seed.tempo, (stop - seed.anchor) * seed.tempo)


def moved(shard: Shard, query: QueryMap, seed: Alignment, grid: Grid, start: float, stop: float) -> Alignment:
    """The best of the grid's trials around ``seed``."""
    play = float(np.abs(grid[1]).max())
    ratio = float(grid[0].min())
    before = (seed.anchor - start) * seed.tempo * ratio - play
    after = (stop - seed.anchor) * seed.tempo * ratio - play
    return _best(shard, query, seed, grid, before, after)


def _best(shard: Shard, query: QueryMap, seed: Alignment, grid: Grid, before: float, after: float) -> Alignment:
    marks = landmarks_near(shard, seed.track, seed.place, before, after)
    if len(marks.times) < _LEAST:
        return seed
    marks = marks.thinned(len(marks.times) * len(grid[0]) // _MOST_VALUES + 1)
    tempos, offsets, shifts = grid[0] * seed.tempo, grid[1], grid[2] + seed.shift
    values = values_at(query, marks, seed.anchor, tempos, offsets, shifts)
    seconds = (seed.anchor + marks.times / seed.tempo) / STEPS_PER_SECOND
    score, first, last = best_stretch(values, seconds)
    best = int(score.argmax())
    a, b = int(first[best]), int(last[best])
    return replace(
        seed, tempo=float(tempos[best]), shift=float(shifts[best]), place=seed.place + float(offsets[best]),
        score=float(score[best]), begin=float(seconds[a]) * STEPS_PER_SECOND,
        end=float(seconds[b - 1]) * STEPS_PER_SECOND, landmarks=b - a,
        hits=int(np.count_nonzero(values[best, a:b] > HIT)),
    )  # fmt: skip
