"""From a voted cell to an exact alignment: try small changes, keep what scores best.

Promise: :func:`coarse` and :func:`fine` return alignments with tempo to about
0.2 %, offset to a quarter frame and pitch to a quarter bin where the evidence
allows. While trials are compared, the landmarks are the same for all of them:
otherwise a trial would win by squeezing more reference into the window.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vault_index.protocols import STEPS_PER_SECOND
from vault_index.shard import Shard
from vault_index.verify import Alignment, QueryMap, best_stretch, landmarks_near, values_at
from vault_index.votes import Candidates

Grid = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]

HIT: Final = 0.8
"""A landmark counts as found when its cell stands this many deviations above the penalty."""
_LEAST: Final = 3
_SNAP: Final = 0.97
"""An unchanged tempo or pitch is preferred when it explains this share of the best score."""
_SNAP_TEMPO: Final = 0.006
_SNAP_SHIFT: Final = 0.5


def _grid(tempos: list[float], offsets: list[float], shifts: list[float]) -> Grid:
    made = np.meshgrid(np.array(tempos), np.array(offsets), np.array(shifts), indexing="ij")
    return made[0].ravel(), made[1].ravel(), made[2].ravel()


_COARSE: Final = _grid([0.984, 0.992, 1.0, 1.008, 1.016], [4.0 * k for k in range(-4, 5)], [0.0])
_MIDDLE: Final = _grid([0.995, 0.9975, 1.0, 1.0025, 1.005], [-4.0, -2.0, 0.0, 2.0, 4.0], [-0.5, 0.0, 0.5])
_FINE: Final = _grid([0.999, 1.0, 1.001], [-1.0, 0.0, 1.0], [-0.25, 0.0, 0.25])
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
    return _simplest(shard, query, found, start, stop)


def long(shard: Shard, query: QueryMap, seed: Alignment, start: float, stop: float) -> Alignment:
    """As :func:`fine` for a long stretch, where a small change of tempo moves the ends by much."""
    reach = max(1.0, (stop - start) / 1600)
    steps = [k * 0.002 / reach for k in range(-4, 5)]
    grid = _grid([1 + k for k in steps], [-6.0, -3.0, 0.0, 3.0, 6.0], [-0.25, 0.0, 0.25])
    found = moved(shard, query, seed, grid, start, stop)
    exact = _grid([1 + k / 4 for k in steps], [-2.0, -1.0, 0.0, 1.0, 2.0], [0.0])
    found = scored(shard, query, moved(shard, query, found, exact, start, stop), start, stop)
    return _simplest(shard, query, found, start, stop)


def _simplest(shard: Shard, query: QueryMap, found: Alignment, start: float, stop: float) -> Alignment:
    """The same with tempo one and shift none, where that explains the evidence nearly as well."""
    tempo = 1.0 if abs(found.tempo - 1) < _SNAP_TEMPO else found.tempo
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


def _best(
    shard: Shard, query: QueryMap, seed: Alignment, grid: Grid, before: float, after: float
) -> Alignment:
    marks = landmarks_near(shard, seed.track, seed.place, before, after)
    if len(marks.times) < _LEAST:
        return seed
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
