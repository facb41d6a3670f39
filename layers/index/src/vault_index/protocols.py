"""What the index reads of a recording's features, without knowing who made them."""

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

SETTINGS: Final = 1
"""Analysis settings whose landmarks this build can index and compare."""

STEPS_PER_SECOND: Final = 160  # landmark times count 6.25 ms
STEPS_PER_FRAME: Final = 4  # the dense map has 40 frames per second
STEPS_PER_BIN: Final = 8  # landmark pitches count 1/192 octave
BINS: Final = 144
BINS_PER_SEMITONE: Final = 2.0


class FeaturesLike(Protocol):
    """The structural type of packed or freshly extracted features."""

    @property
    def settings(self) -> int: ...
    @property
    def duration_s(self) -> float: ...
    @property
    def peak_times(self) -> NDArray[np.uint32]: ...
    @property
    def peak_pitches(self) -> NDArray[np.uint16]: ...
    @property
    def peak_levels(self) -> NDArray[np.uint8]: ...
    @property
    def dense(self) -> NDArray[np.int8] | None: ...
    @property
    def track_vector(self) -> NDArray[np.float32] | None: ...
    @property
    def segment_vectors(self) -> NDArray[np.float32] | None: ...
    @property
    def segment_times(self) -> NDArray[np.float32] | None: ...
    @property
    def melody(self) -> NDArray[np.uint8] | None: ...
