"""Unchanged copies by single landmarks: for what is mixed or noisy beyond the reach of triplets.

Promise: :func:`candidates` finds offsets at which more landmarks of the query
coincide with landmarks of the shard, at the same pitch and tempo, than chance
explains. A triplet needs three landmarks to survive together, this needs one at
a time: it still works where a fifth do. It compares with every landmark of the
shard, so it is for shards of :data:`MOST_HITS`, hours not weeks; beyond, it
finds nothing.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vault_index import keys
from vault_index.protocols import BINS, STEPS_PER_BIN
from vault_index.shard import Shard, unpacked
from vault_index.votes import Candidates, Window, spread

MOST_HITS: Final = 4_000_000
MOST: Final = 16
_NEAR: Final = 200  # units either side that tell what chance gives: 10 s
_LEAST_Z: Final = 3.0
_POOL: Final = 200


class ByPitch:
    """A shard's landmarks sorted by pitch bin: times on its time line, in 50 ms units."""

    def __init__(self, shard: Shard) -> None:
        steps, eighths = unpacked(shard.landmarks)
        base = np.repeat(shard.bases, [track.count for track in shard.tracks])
        unit = (np.rint(steps / np.float64(keys.UNIT)).astype(np.int64) + base).astype(np.int32)
        pitch = np.rint(eighths / np.float64(STEPS_PER_BIN)).astype(np.int64)
        order = np.argsort(pitch, kind="stable")
        self.units = unit[order]
        self.starts = np.searchsorted(pitch[order], np.arange(BINS + 1))


def by_pitch(shard: Shard) -> ByPitch:
    """The shard's landmarks by pitch, sorted once and kept with it."""
    known = shard.derived.get("by_pitch")
    if not isinstance(known, ByPitch):
        known = shard.derived["by_pitch"] = ByPitch(shard)
    return known


def candidates(
    shard: Shard, sorted_: ByPitch, window: Window, excluded: frozenset[int] = frozenset(), portion: float = 1.0
) -> Candidates | None:
    """Offsets (tempo one, no shift) where landmarks coincide; None: the index is too large to compare with.

    ``portion`` is the shard's part of the index."""
    offsets = _offsets(sorted_, window, int(MOST_HITS * portion))
    if offsets is None:
        return None
    reach = int(window.times[-1]) // keys.UNIT + 2 if len(window.times) else 2
    last = int(sorted_.units.max(initial=0)) + reach + 2
    count = np.bincount(offsets + reach, minlength=last + 1).astype(np.float64)
    both = count[:-1] + count[1:]
    total = np.concatenate([[0.0], np.cumsum(both)])
    at = np.arange(len(both))
    low, high = np.maximum(at - _NEAR, 0), np.minimum(at + _NEAR + 1, len(both))
    chance = (total[high] - total[low]) / (high - low)
    surplus = (both - chance) / np.sqrt(chance + 1.0)
    peak = surplus.copy()
    peak[1:] = np.maximum(peak[1:], surplus[:-1])
    peak[:-1] = np.maximum(peak[:-1], surplus[1:])
    found = np.flatnonzero((surplus >= _LEAST_Z) & (surplus == peak))
    best = found[np.argsort(-surplus[found], kind="stable")[:_POOL]]
    return _described(shard, window, best - reach, both[best], excluded)


def _offsets(sorted_: ByPitch, window: Window, most: int) -> NDArray[np.int64] | None:
    """Reference minus query time of all pairs at the same pitch, to the nearer bin on either side."""
    exact = window.pitches / STEPS_PER_BIN
    near = np.rint(exact).astype(np.int64)
    other = near + np.where(exact >= near, 1, -1)
    pitch = np.concatenate([near, other])
    time = np.tile(np.rint(window.times / keys.UNIT).astype(np.int32), 2)
    known = (pitch >= 0) & (pitch < BINS)
    pitch, time = pitch[known], time[known]
    start, stop = sorted_.starts[pitch], sorted_.starts[pitch + 1]
    hits = int((stop - start).sum())
    if hits > most:
        return None
    parts = [sorted_.units[a:b] - t for a, b, t in zip(start, stop, time, strict=True)]
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, np.int64)


def _described(
    shard: Shard, window: Window, units: NDArray[np.int64], votes: NDArray[np.float64], excluded: frozenset[int]
) -> Candidates:
    """Alignments for these offsets; the track is the one at the middle of the query."""
    middle = float(window.times[len(window.times) // 2]) if len(window.times) else 0.0
    place = np.asarray((units + 0.5) * keys.UNIT + middle, np.float64)
    track = np.searchsorted(shard.bases, place / keys.UNIT + 1, side="right") - 1
    ones = np.ones(len(units))
    found = Candidates(
        ones, np.zeros(len(units), np.int64), ones * middle, place, votes.astype(np.int64), np.maximum(track, 0)
    )
    return found.only(spread(found, excluded)[:MOST])
