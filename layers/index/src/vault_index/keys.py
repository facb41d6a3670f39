"""Triplets of landmarks as hash keys that don't know absolute pitch or time.

Promise: :func:`triplets` gives the same keys for a passage wherever it starts
and whatever key it is transposed to. A change of tempo is undone by the caller,
who multiplies the query's times by a trial tempo factor first.

A key holds two pitch intervals (in bins) and two time gaps (in 50 ms) between
an anchor and two of the landmarks that follow it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vault_index.protocols import STEPS_PER_BIN

UNIT: Final = 8  # landmark steps per time unit: 50 ms
LEAST_GAP: Final = 8.0
WIDEST_GAP: Final = 256.0  # 1.6 s
INTERVAL: Final = 20  # bins, either way
_LOOK: Final = 28  # landmarks after the anchor that are considered as followers
_SPAN: Final = 2 * INTERVAL + 1
_GAPS: Final = int(WIDEST_GAP) // UNIT + 1
_MIX: Final = np.uint32(2654435761)

FOLLOWERS_STORED: Final = 4
PAIRS_STORED: Final = 5
"""Of the six pairs of followers the one of the two farthest is not stored: a sixth of the index, for little."""
FOLLOWERS_ASKED: Final = 5


@dataclass(frozen=True)
class Keys:
    """Parallel arrays: 32-bit key hash, and the anchor's position in the peak list."""

    hashes: NDArray[np.uint32]
    anchors: NDArray[np.int32]


def triplets(
    times: NDArray[np.float64],
    pitches: NDArray[np.float64],
    followers: int,
    probe: bool = False,
    most: int | None = None,
) -> Keys:
    """Keys of landmarks sorted by time; ``probe`` adds each key's likeliest neighbour.

    ``most`` limits the pairs of followers per anchor."""
    count = len(times)
    if count < 3:
        return Keys(np.zeros(0, np.uint32), np.zeros(0, np.int32))
    follower, valid = _followers(times, pitches, followers)
    anchors = np.arange(count)[:, None]
    gap = (times[follower] - times[anchors]) / UNIT
    interval = (pitches[follower] - pitches[anchors]) / STEPS_PER_BIN + INTERVAL
    first, second = (side[:most] for side in np.triu_indices(followers, 1))
    both = valid[:, first] & valid[:, second]
    anchor = np.broadcast_to(anchors, both.shape)[both].astype(np.int32)
    parts = np.stack([interval[:, first][both], interval[:, second][both], gap[:, first][both], gap[:, second][both]])
    rounded = np.rint(parts)
    hashes = _hash(rounded)
    if not probe:
        return Keys(hashes, anchor)
    rest = parts - rounded
    doubtful = np.abs(rest).argmax(axis=0)
    column = np.arange(parts.shape[1])
    rounded[doubtful, column] += np.where(rest[doubtful, column] >= 0, 1.0, -1.0)
    return Keys(np.concatenate([hashes, _hash(rounded)]), np.concatenate([anchor, anchor]))


def _followers(
    times: NDArray[np.float64], pitches: NDArray[np.float64], followers: int
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The first ``followers`` landmarks after each anchor inside its zone; shape (n, followers)."""
    count = len(times)
    look = min(_LOOK, count - 1)
    index = np.arange(count)[:, None] + np.arange(1, look + 1)[None, :]
    inside = index < count
    clipped = np.minimum(index, count - 1)
    gap = times[clipped] - times[:, None]
    interval = np.abs(pitches[clipped] - pitches[:, None])
    inside &= (gap >= LEAST_GAP) & (gap <= WIDEST_GAP - UNIT) & (interval <= (INTERVAL - 0.5) * STEPS_PER_BIN)
    rank = np.cumsum(inside, axis=1)
    chosen = inside & (rank <= followers)
    out = np.zeros((count, followers), np.intp)
    valid = np.zeros((count, followers), np.bool_)
    rows, cols = np.nonzero(chosen)
    slot = rank[rows, cols] - 1
    out[rows, slot] = clipped[rows, cols]
    valid[rows, slot] = True
    return out, valid


def _hash(parts: NDArray[np.float64]) -> NDArray[np.uint32]:
    cells = parts.astype(np.int64)
    code = ((cells[0] * _SPAN + cells[1]) * _GAPS + cells[2]) * _GAPS + cells[3]
    return np.asarray((code & 0xFFFFFFFF).astype(np.uint32) * _MIX, np.uint32)
