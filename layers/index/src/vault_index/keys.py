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

from vault_index import kernels

UNIT: Final = 8  # landmark steps per time unit: 50 ms
FOLLOWERS_STORED: Final = 4
PAIRS_STORED: Final = 4
"""Of the six pairs of followers, the two with the farthest are not stored: a third of the index, for nothing."""
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

    Times in landmark steps, pitches in 1/8 bins. An anchor's followers are the first after it that are
    50 ms to 1.55 s later and at most 19.5 bins away; ``most`` limits the pairs of them that make keys."""
    pairs = followers * (followers - 1) // 2 if most is None else most
    room = len(times) * pairs * (1 + probe)
    hashes, anchors = np.empty(room, np.uint32), np.empty(room, np.int32)
    made = kernels.triplets(
        kernels.address(times, np.float64), kernels.address(pitches, np.float64), len(times), followers, pairs, probe,
        kernels.address(hashes, np.uint32), kernels.address(anchors, np.int32),
    )  # fmt: skip
    return Keys(hashes[:made], anchors[:made])
