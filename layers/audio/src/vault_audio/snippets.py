"""A short piece of a recording, to be heard and drawn: mono at 16 kHz, which substitutes no recording.

Promise: only the wanted seconds are decoded, and everything here is a function
of them. Shapes: samples (n,), float32, -1 to 1.
"""

import io
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from vault_domain.errors import Corrupt

RATE: Final = 16_000
FLOOR_DB: Final = -80.0
_FFT: Final = 1024

Samples = NDArray[np.float32]


def cut(path: Path, start_s: float, end_s: float) -> Samples:
    """Seconds ``start_s`` to ``end_s`` of a FLAC file, mixed to mono and resampled."""
    import soundfile

    try:
        with soundfile.SoundFile(str(path)) as file:
            first = min(round(start_s * file.samplerate), file.frames)
            file.seek(first)
            frames = file.read(max(0, round(end_s * file.samplerate) - first), dtype="float32", always_2d=True)
            return _resampled(frames.mean(axis=1), file.samplerate)
    except soundfile.LibsndfileError as error:
        raise Corrupt(f"{path.name}: not a decoded recording") from error


def as_flac(samples: Samples) -> bytes:
    """The samples as a FLAC file of 16 bits."""
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, np.clip(samples, -1.0, 1.0), RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def peaks(samples: Samples, points: int) -> list[list[int]]:
    """Lowest and highest sample of ``points`` equal parts, each in -127 to 127: what a waveform is drawn from."""
    if not len(samples):
        return []
    edges = np.linspace(0, len(samples), min(points, len(samples)) + 1).astype(int)
    lows = np.minimum.reduceat(samples, edges[:-1])
    highs = np.maximum.reduceat(samples, edges[:-1])
    scaled = np.clip(np.rint(np.stack([lows, highs], axis=1) * 127), -127, 127)
    return [[int(low), int(high)] for low, high in scaled]


def mel_picture(samples: Samples, bands: int, frames: int) -> list[list[int]]:
    """Mel spectrogram, up to ``frames`` rows of ``bands`` levels, low band first; 0 is 80 dB under the loudest, 255 it.

    The mel scale is O'Shaughnessy's (2595 log10(1 + f / 700)), with triangular bands of equal height.
    """
    if len(samples) < _FFT:
        samples = np.pad(samples, (0, _FFT - len(samples)))
    count = min(frames, max(1, len(samples) // (_FFT // 4)))
    starts = np.linspace(0, len(samples) - _FFT, count).astype(int)
    pieces = samples[starts[:, None] + np.arange(_FFT)] * np.hanning(_FFT).astype(np.float32)
    power = np.abs(np.fft.rfft(pieces, axis=1)) ** 2 @ _filters(bands).T
    level = 10 * np.log10(np.maximum(power, 1e-10))
    above = np.clip((level - level.max()) / -FLOOR_DB + 1, 0, 1)
    return [[int(value) for value in row] for row in np.rint(above * 255)]


def _filters(bands: int) -> NDArray[np.float64]:
    """Weights of shape (bands, bins)."""
    top = 2595 * np.log10(1 + RATE / 2 / 700)
    corners = 700 * (10 ** (np.linspace(0, top, bands + 2) / 2595) - 1)
    bins = np.fft.rfftfreq(_FFT, 1 / RATE)
    low, mid, high = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    return np.maximum(0.0, np.minimum((bins - low) / (mid - low), (high - bins) / (high - mid)))


def _resampled(samples: NDArray[np.float32], rate: int) -> Samples:
    """To 16 kHz by cutting the spectrum: exact for a piece this short, but for its edges."""
    wanted = round(len(samples) * RATE / rate)
    if rate == RATE or not wanted:
        return np.asarray(samples, dtype=np.float32)
    spectrum = np.fft.rfft(samples)[: wanted // 2 + 1]
    return np.asarray(np.fft.irfft(spectrum, wanted) * (wanted / len(samples)), dtype=np.float32)
