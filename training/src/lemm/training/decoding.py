"""Objects of a run as arrays: FLAC as samples, features as they are stored."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Audio:
    """Samples, shape=(channels, frames), float32 within -1 and 1, and their rate in Hz."""

    samples: NDArray[np.float32]
    rate: int


def decode_audio(data: bytes) -> Audio:
    """A track's FLAC as samples. Raises ``ValueError`` for anything else."""
    import soundfile

    try:
        samples, rate = soundfile.read(io.BytesIO(data), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise ValueError("not audio that can be read") from error
    return Audio(np.ascontiguousarray(samples.T), int(rate))


def decode_features(data: bytes) -> NDArray[np.float16]:
    """Log-mel features, shape=(frames, bands), natural logarithm of power. Raises ``ValueError``."""
    found = np.load(io.BytesIO(data), allow_pickle=False)
    if not isinstance(found, np.ndarray) or found.dtype != np.float16 or found.ndim != 2:
        raise ValueError("not features of this setting")
    return found
