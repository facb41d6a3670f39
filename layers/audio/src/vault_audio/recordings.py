"""Read decoded recordings as arrays, whole or in blocks.

Promise: :func:`stream_analysis` and :func:`blocks` hold one block in memory
however long the recording is; :func:`read_analysis` and
:func:`decode_for_matching` hold all of it (64 kB per second).
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from vault_domain.errors import Corrupt

from vault_audio.canonical import ANALYSIS_RATE
from vault_audio.decode import Limits, decode_analysis

if TYPE_CHECKING:
    import soundfile

Samples = NDArray[np.float32]

OFFLINE: Final = Limits(max_duration_s=6 * 3600, max_source_bytes=8 << 30)
"""For files of the operator's own: long mixes are welcome, everything else is as for uploads."""


def read_analysis(path: Path) -> Samples:
    """Analysis audio of ``path`` (``analysis.flac``), mono, shape (n,), -1 to 1."""
    with _opened(path) as file:
        _check(path, file)
        return np.asarray(file.read(dtype="float32"), dtype=np.float32)


def decode_for_matching(path: Path, limits: Limits = OFFLINE, *, ffmpeg: Path | None = None) -> Samples:
    """Any accepted file as analysis audio, mono 16 kHz, shape (n,); leaves nothing behind."""
    with tempfile.TemporaryDirectory() as folder:
        return read_analysis(decode_analysis(path, Path(folder), limits, ffmpeg=ffmpeg))


def stream_analysis(
    path: Path, block_s: float = 60.0, limits: Limits = OFFLINE, *, ffmpeg: Path | None = None
) -> Iterator[Samples]:
    """Any accepted file as successive blocks of analysis audio; the file is judged before the first block."""
    with tempfile.TemporaryDirectory() as folder:
        analysis = decode_analysis(path, Path(folder), limits, ffmpeg=ffmpeg)
        with _opened(analysis) as file:
            _check(analysis, file)
            for block in file.blocks(round(block_s * ANALYSIS_RATE), dtype="float32"):
                yield np.asarray(block, dtype=np.float32)


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
