"""Read decoded recordings as arrays, whole or in blocks.

Promise: :func:`blocks`, :func:`analysis_blocks` and :func:`samples_sha256`
hold one block in memory however long the recording is; :func:`read_analysis`
holds all of it (64 kB per second). Only files that we wrote come here: one
that can't be read is Corrupt, a fault of ours.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from vault_domain.errors import Corrupt

from vault_audio.canonical import ANALYSIS_RATE

if TYPE_CHECKING:
    import soundfile

Samples = NDArray[np.float32]

_HASH_FRAMES: Final = 1 << 18


def read_analysis(path: Path) -> Samples:
    """Analysis audio of ``path`` (``analysis.flac``), mono, shape (n,), -1 to 1."""
    with _opened(path) as file:
        _check(path, file)
        return np.asarray(file.read(dtype="float32"), dtype=np.float32)


def analysis_blocks(path: Path, block_s: float) -> Iterator[Samples]:
    """Analysis audio in successive blocks of ``block_s`` seconds (the last one shorter)."""
    with _opened(path) as file:
        _check(path, file)
        for block in file.blocks(round(block_s * ANALYSIS_RATE), dtype="float32"):
            yield np.asarray(block, dtype=np.float32)


def samples_sha256(path: Path) -> str:
    """SHA-256 of a decoded file's samples, interleaved, as 24-bit little-endian.

    The same sound has the same hash under other tags, in another lossless
    container, and at a padded depth.
    """
    digest = hashlib.sha256()
    with _opened(path) as file:
        for block in file.blocks(_HASH_FRAMES, dtype="int32", always_2d=True):
            digest.update(np.ascontiguousarray(block, dtype="<i4").view(np.uint8).reshape(-1, 4)[:, 1:].tobytes())
    return digest.hexdigest()


def blocks(path: Path, frames: int) -> Iterator[Samples]:
    """Successive blocks of a decoded FLAC file, shape (up to frames, channels), -1 to 1."""
    with _opened(path) as file:
        for block in file.blocks(frames, dtype="float32", always_2d=True):
            yield np.asarray(block, dtype=np.float32)


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
