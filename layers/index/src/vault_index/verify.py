"""Verification: do the reference's landmarks stand out of the query's map where they should?

Promise: :func:`refine` moves candidate alignments to their best tempo, offset
and pitch, and scores them by the best stretch of the query; no landmark of the
query is needed, so noise and other music that add or hide query landmarks do
little harm. The score of a stretch is a sum of cell values less what unrelated
music would give, in deviations: about normal for a random alignment.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vault_index.protocols import BINS, STEPS_PER_BIN, STEPS_PER_FRAME
from vault_index.shard import Shard

PENALTY: Final = 0.35
"""Taken off every landmark's value, in deviations: what the same key and tempo may give."""

_STRETCHES: Final = (2.5, 5.0, 10.0)  # seconds
_LEAST_LANDMARKS: Final = 12
_TOP: Final = 4.0


@dataclass(frozen=True, eq=False)
class QueryMap:
    """The query's dense map with the mean and deviation that a random landmark meets."""

    values: NDArray[np.float32]  # (frames * BINS,), flat
    frames: int
    mean: float
    deviation: float


@dataclass(frozen=True)
class Alignment:
    """``reference = place + tempo * (query - anchor)`` in steps; ``shift`` in bins, query minus reference."""

    track: int
    tempo: float
    shift: float
    anchor: float
    place: float
    votes: int
    score: float
    begin: float  # query steps of the best stretch
    end: float
    landmarks: int
    hits: int

    def at(self, query: float) -> float:
        """The reference time (steps on the shard's time line) of a query time."""
        return self.place + (query - self.anchor) * self.tempo

    def shifted(self, by: float) -> "Alignment":
        """The same with query times counted from ``by`` steps earlier."""
        return replace(self, anchor=self.anchor + by, begin=self.begin + by, end=self.end + by)

    def near(self, other: "Alignment") -> bool:
        """Whether both tell the same: same track, pitch and about the same line."""
        if self.track != other.track or abs(self.shift - other.shift) > 1.5:
            return False
        middle = (self.begin + self.end) / 2
        return abs(self.at(middle) - other.at(middle)) < 80 and abs(self.tempo / other.tempo - 1) < 0.06


def query_map(dense: NDArray[np.int8], share: NDArray[np.float32]) -> QueryMap:
    """Prepare a dense map (frames, BINS); ``share`` weighs bins by how often references use them."""
    values = np.minimum(dense.astype(np.float32) / 32, _TOP)
    if len(values) == 0 or not share.any():
        return QueryMap(np.zeros(BINS, np.float32), 1, 0.0, 1.0)
    mean = float(values.mean(axis=0) @ share)
    square = float((values * values).mean(axis=0) @ share)
    return QueryMap(values.reshape(-1), len(values), mean, max(0.2, float(np.sqrt(max(0.0, square - mean * mean)))))


@dataclass(frozen=True, eq=False)
class _Landmarks:
    """One track's landmarks inside the window, around a pivot."""

    times: NDArray[np.float64]  # steps from ``place``
    pitches: NDArray[np.float64]  # bins


def landmarks_near(
    shard: Shard, track: int, place: float, before: float, after: float
) -> _Landmarks:
    """Landmarks from ``place - before`` to ``place + after`` (steps on the shard's time line)."""
    entry = shard.tracks[track]
    times = shard.times[entry.first : entry.first + entry.count]
    local = place - entry.base * 8
    low = int(np.searchsorted(times, max(0.0, local - before)))
    high = int(np.searchsorted(times, max(0.0, local + after)))
    pitches = shard.pitches[entry.first + low : entry.first + high].astype(np.float64)
    return _Landmarks(times[low:high].astype(np.float64) - local, pitches / STEPS_PER_BIN)


def values_at(
    query: QueryMap,
    marks: _Landmarks,
    anchor: float,
    tempos: NDArray[np.float64],
    offsets: NDArray[np.float64],
    shifts: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Standardised map values for each trial and landmark, shape (trials, landmarks)."""
    frame = (anchor + (marks.times[None, :] - offsets[:, None]) / tempos[:, None]) / STEPS_PER_FRAME
    row = np.rint(frame).astype(np.int32)
    col = np.rint(marks.pitches[None, :] + shifts[:, None]).astype(np.int32)
    inside = (row >= 0) & (row < query.frames) & (col >= 0) & (col < BINS)
    flat = np.where(inside, row * BINS + col, 0)
    value = (query.values[flat] - np.float32(query.mean)) / np.float32(query.deviation) - np.float32(PENALTY)
    return np.where(inside, value, np.float32(0))


def best_stretch(
    values: NDArray[np.float32], times: NDArray[np.float64]
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Per trial the best normalised sum over a stretch, and its first and last landmark (exclusive).

    ``times`` are landmark times in query seconds."""
    trials, count = values.shape
    total = np.zeros((trials, count + 1), np.float32)
    np.cumsum(values, axis=1, out=total[:, 1:])
    best = np.full(trials, -np.inf, np.float32)
    first, last = np.zeros(trials, np.int64), np.zeros(trials, np.int64)
    whole = float(times[-1] - times[0]) if count else 0.0
    for length in (*[x for x in _STRETCHES if x < whole], whole):
        starts = int(np.searchsorted(times, times[-1] - length, side="right")) if count else 0
        start = np.arange(max(starts, 1))
        stop = np.searchsorted(times, times[start] + length, side="right")
        scale = 1 / np.sqrt(np.maximum(stop - start, _LEAST_LANDMARKS))
        score = (total[:, stop] - total[:, start]) * scale.astype(np.float32)
        at = score.argmax(axis=1)
        top = score[np.arange(trials), at]
        better = top > best
        best = np.where(better, top, best)
        first, last = np.where(better, at, first), np.where(better, stop[at], last)
    return best, first, last
