"""Unchanged copies by single landmarks: for what is mixed or noisy beyond the reach of triplets.

Promise: :func:`candidates` finds offsets at which more landmarks of the query
coincide with landmarks of the shard, at the same pitch and tempo, than chance
explains. A triplet needs three landmarks to survive together, this needs one at
a time: it still works where a fifth do. The work is bounded: of the query's
landmarks those at the rarest pitches are compared, :data:`MOST_HITS` pairs in
all; in an index of weeks too few are left to find anything, and None is said.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vault_index import kernels, keys
from vault_index.protocols import BINS, STEPS_PER_BIN
from vault_index.shard import Shard, unpacked
from vault_index.votes import Candidates, Window, spread

MOST_HITS: Final = 6_000_000
_FEWEST: Final = 40  # landmarks compared
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
        self.starts = np.searchsorted(pitch[order], np.arange(BINS + 1)).astype(np.int64)
        self.last = int(self.units.max(initial=0))

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        return self.units.nbytes + self.starts.nbytes


def by_pitch(shard: Shard) -> ByPitch:
    """The shard's landmarks by pitch, sorted once and kept with it."""
    return shard.derived.once(ByPitch, lambda: ByPitch(shard))


def candidates(
    shard: Shard, sorted_: ByPitch, window: Window, excluded: frozenset[int] = frozenset(), portion: float = 1.0
) -> Candidates | None:
    """Offsets (tempo one, no shift) where landmarks coincide; None: the index is too large to compare with.

    ``portion`` is the shard's part of the index."""
    pitch, time = _rarest(sorted_, *_asked(window), int(MOST_HITS * portion))
    if len(pitch) < min(_FEWEST, len(window.times)):
        return None
    reach = int(window.times[-1]) // keys.UNIT + 2 if len(window.times) else 2
    length = sorted_.last + 2 * reach
    table, upcoming = np.empty(length + 1, np.uint16), np.empty(len(pitch), np.int64)
    units, votes, surplus = np.empty(_POOL, np.int64), np.empty(_POOL), np.empty(_POOL)
    made = kernels.coincide(
        kernels.address(sorted_.units, np.int32), kernels.address(sorted_.starts, np.int64),
        kernels.address(pitch, np.int32), kernels.address(time, np.int32), len(pitch), reach, length, _NEAR, _LEAST_Z,
        kernels.address(upcoming, np.int64), kernels.address(table, np.uint16), _POOL,
        kernels.address(units, np.int64), kernels.address(votes, np.float64), kernels.address(surplus, np.float64),
    )  # fmt: skip
    if made < 0:
        raise MemoryError("no memory to count coincidences in")
    best = np.argsort(-surplus[:made], kind="stable")
    return _described(shard, window, units[best] - reach, votes[best], excluded)


def _asked(window: Window) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Pitch bin and time (units) of what is compared: each landmark at its bin and at the nearer one on either side."""
    exact = window.pitches / STEPS_PER_BIN
    near = np.rint(exact)
    pitch = np.concatenate([near, near + np.where(exact >= near, 1, -1)]).astype(np.int32)
    time = np.tile(np.rint(window.times / keys.UNIT).astype(np.int32), 2)
    known = (pitch >= 0) & (pitch < BINS)
    return pitch[known], time[known]


def _rarest(
    sorted_: ByPitch, pitch: NDArray[np.int32], time: NDArray[np.int32], most: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Those with the fewest partners in the shard, until there are ``most`` pairs."""
    partners = sorted_.starts[pitch + 1] - sorted_.starts[pitch]
    order = np.argsort(partners, kind="stable")
    kept = np.sort(order[(np.cumsum(partners[order]) <= most) & (partners[order] > 0)])
    return pitch[kept], time[kept]


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
