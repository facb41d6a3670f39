"""Verification: do the reference's landmarks stand out of the query's map where they should?

Promise: :func:`refine` moves candidate alignments to their best tempo, offset
and pitch, and scores them by the best stretch of the query; no landmark of the
query is needed, so noise and other music that add or hide query landmarks do
little harm. The score of a stretch is a sum of cell values less what unrelated
music would give, in deviations: about normal for a random alignment.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vault_index import kernels, keys
from vault_index.protocols import BINS, STEPS_PER_BIN, STEPS_PER_FRAME, FeaturesLike
from vault_index.shard import PITCH_BITS, Shard, unpacked

PENALTY: Final = 0.35
"""Taken off every landmark's value, in deviations: what the same key and tempo may give."""

STRETCHES: Final = (2.5, 5.0, 10.0)
"""Lengths (s) of stretches that are tried, besides the whole window."""
LEAST_LANDMARKS: Final = 12
_UNIT: Final = 32.0  # map values per local deviation


@dataclass(frozen=True, eq=False)
class QueryMap:
    """The query's dense map with the mean and deviation that a random landmark meets."""

    values: NDArray[np.int8]  # (frames * BINS,), flat, in 1/32 of a local deviation
    frames: int
    mean: float
    deviation: float
    cells: NDArray[np.int64]  # frame * BINS + bin of the query's own landmarks, sorted
    times: NDArray[np.float64]  # of those landmarks, steps
    pitches: NDArray[np.float64]  # of those landmarks, bins

    @cached_property
    def address(self) -> int:
        """Where the values lie."""
        return kernels.address(self.values, np.int8)

    @cached_property
    def scale(self) -> float:
        """Deviations per map value."""
        return 1 / (_UNIT * self.deviation)

    @cached_property
    def level(self) -> float:
        """Taken off in deviations: what a random landmark meets, and the penalty."""
        return self.mean / self.deviation + PENALTY


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
    pairs: int = 0
    follows: bool = False  # continues a passage of the window before

    def at(self, query: float) -> float:
        """The reference time (steps on the shard's time line) of a query time."""
        return self.place + (query - self.anchor) * self.tempo

    def shifted(self, by: float) -> "Alignment":
        """The same with query times counted from ``by`` steps earlier."""
        return replace(self, anchor=self.anchor + by, begin=self.begin + by, end=self.end + by)

    def near(self, other: "Alignment") -> bool:
        """Whether both tell the same: same track, pitch and about the same line, of the same part of the query."""
        if self.track != other.track or abs(self.shift - other.shift) > 1.5:
            return False
        if min(self.end, other.end) <= max(self.begin, other.begin):
            return False
        middle = (self.begin + self.end) / 2
        return abs(self.at(middle) - other.at(middle)) < 80 and abs(self.tempo / other.tempo - 1) < 0.06


def query_map(query: FeaturesLike, share: NDArray[np.float32], start: float = 0.0, stop: float = 1e12) -> QueryMap:
    """The part of the query's map between two times (steps); ``share`` weighs bins by how often references use them.

    Times in the result count from the first frame of that part."""
    dense = query.dense
    if dense is None:
        raise ValueError("a query needs its dense map")
    first, last = int(start) // STEPS_PER_FRAME, int(min(stop // STEPS_PER_FRAME + 1, len(dense)))
    part = dense[first:last]
    low, high = np.searchsorted(query.peak_times, [start, stop])
    times = query.peak_times[low:high].astype(np.float64) - first * STEPS_PER_FRAME
    pitches = query.peak_pitches[low:high].astype(np.float64) / STEPS_PER_BIN
    cells = np.rint(times / STEPS_PER_FRAME).astype(np.int64) * BINS + np.rint(pitches).astype(np.int64)
    order = np.argsort(cells, kind="stable")
    if len(part) == 0 or not share.any():
        return QueryMap(np.zeros(BINS, np.int8), 1, 0.0, 1.0, cells[order], times[order], pitches[order])
    mean, deviation = _background(part, share)
    return QueryMap(
        np.ascontiguousarray(part).reshape(-1), len(part), mean, deviation, cells[order], times[order], pitches[order]
    )


def _background(part: NDArray[np.int8], share: NDArray[np.float32]) -> tuple[float, float]:
    """Mean and deviation that landmarks meet at random times of the query."""
    total, square = np.zeros(BINS), np.zeros(BINS)
    for at in range(0, len(part), 4096):
        rows = part[at : at + 4096].astype(np.float32) / _UNIT
        total += rows.sum(axis=0)
        square += (rows * rows).sum(axis=0)
    mean = float(total @ share) / len(part)
    spread = float(square @ share) / len(part) - mean * mean
    return mean, max(0.2, float(np.sqrt(max(0.0, spread))))


@dataclass(frozen=True, eq=False)
class Landmarks:
    """One track's landmarks inside the window, around a pivot."""

    times: NDArray[np.float64]  # steps from ``place``
    pitches: NDArray[np.float64]  # bins


def landmarks_near(shard: Shard, track: int, place: float, before: float, after: float) -> Landmarks:
    """Landmarks from ``place - before`` to ``place + after`` (steps on the shard's time line)."""
    entry = shard.tracks[track]
    own = shard.landmarks[entry.first : entry.first + entry.count]
    local = place - entry.base * keys.UNIT
    low = int(np.searchsorted(own, _bound(local - before)))
    high = int(np.searchsorted(own, _bound(local + after)))
    times, pitches = unpacked(own[low:high])
    return Landmarks(times.astype(np.float64) - local, pitches.astype(np.float64) / STEPS_PER_BIN)


def _bound(time: float) -> np.uint32:
    """The first packed landmark that a time could have."""
    return np.uint32(min(max(0.0, np.ceil(time)), (1 << (32 - PITCH_BITS)) - 1)) << np.uint32(PITCH_BITS)


def values_at(query: QueryMap, marks: Landmarks, anchor: float, tempo: float, shift: float) -> NDArray[np.float32]:
    """Standardised map value at each landmark, zero outside the query."""
    out, scratch = np.empty(len(marks.times), np.float32), np.empty((2, len(marks.times)), np.int32)
    kernels.values(
        query.address, query.frames, query.scale, query.level,
        kernels.address(marks.times, np.float64), kernels.address(marks.pitches, np.float64), len(marks.times),
        anchor, tempo, shift, kernels.address(scratch, np.int32), kernels.address(out, np.float32),
    )  # fmt: skip
    return out


def pairs(
    query: QueryMap, marks: Landmarks, anchor: float, tempo: float, shift: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Landmarks of the reference and of the query that fall on each other: indices into both.

    Two frames and about one bin of play; each query landmark is used once."""
    own, other = np.empty(len(marks.times), np.int64), np.empty(len(marks.times), np.int64)
    used = np.zeros(len(query.cells), np.uint8)
    made = kernels.pairs(
        kernels.address(query.cells, np.int64), len(query.cells), kernels.address(marks.times, np.float64),
        kernels.address(marks.pitches, np.float64), len(marks.times), anchor, tempo, shift,
        kernels.address(used, np.uint8), kernels.address(own, np.int64), kernels.address(other, np.int64),
    )  # fmt: skip
    return own[:made], other[:made]
