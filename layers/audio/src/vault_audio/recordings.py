"""Read decoded recordings as arrays, whole or in blocks.

Promise: :func:`blocks` holds one block in memory however long the recording is; :func:`read_analysis` holds all of
it (64 kB per second). Only files that we wrote come here: one that can't be read is Corrupt, a fault of ours.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from vault_domain.errors import Corrupt

from vault_audio.canonical import ANALYSIS_RATE

if TYPE_CHECKING:
    import soundfile

Samples = NDArray[np.float32]


def read_analysis(path: Path) -> Samples:
    """Analysis audio of ``path``, FLAC or AU whatever its name, mono, shape (n,), -1 to 1."""
    with _opened(path) as file:
        _check(path, file)
        return np.asarray(file.read(dtype="float32"), dtype=np.float32)


def blocks(path: Path, frames: int) -> Iterator[Samples]:
    """Successive blocks of a decoded file, shape (up to frames, channels), -1 to 1."""
    with _opened(path) as file:
        for block in file.blocks(frames, dtype="float32", always_2d=True):
            yield np.asarray(block, dtype=np.float32)


class SamplesHash:
    """SHA-256 of a recording's samples, interleaved, as 24-bit little-endian.

    The same sound has the same hash under other tags, in another lossless
    container, and at a padded depth.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, block: NDArray[np.int32]) -> None:
        """The next block, full scale at 2**31."""
        words = np.ascontiguousarray(block, dtype="<i4").view(np.uint8).reshape(-1, 4)
        packed = np.empty((len(words), 3), np.uint8)
        for place in range(3):  # column by column: five times as fast as cutting rows
            packed[:, place] = words[:, place + 1]
        self._digest.update(packed.data)

    def hexdigest(self) -> str:
        """Of all blocks so far."""
        return self._digest.hexdigest()


def sample_rate(path: Path) -> int:
    """Rate of a decoded file in hertz."""
    with _opened(path) as file:
        return int(file.samplerate)


def _opened(path: Path) -> "soundfile.SoundFile":
    import soundfile  # here: callers that only decode never load it

    try:
        return soundfile.SoundFile(str(path))
    except soundfile.LibsndfileError as error:
        raise Corrupt(f"{path.name}: not a decoded recording") from error


def _check(path: Path, file: "soundfile.SoundFile") -> None:
    if file.samplerate != ANALYSIS_RATE or file.channels != 1:
        raise Corrupt(f"{path.name}: analysis audio is mono at {ANALYSIS_RATE} Hz")
