"""Log-mel features for training jobs that need no raw audio: one frozen setting.

Setting 1, with r the recording's own rate: mono as the mean of the channels;
frames of round(0.032 r) samples every round(0.010 r), Hann window (periodic),
none of them padded except the only one of a recording shorter than a frame;
power spectrum by an FFT of the next power of two, divided by the window's
energy; 80 triangular bands, equally wide on the mel scale 2595 log10(1 + f/700)
from 20 Hz to the lower of 8 kHz and r/2, each a weighted mean of its bins (the
nearest bin where a band lies between two); natural logarithm, of 1e-10 at
least; float16. :func:`log_mel` holds one block in memory, and its result.
"""

import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vault_audio.recordings import blocks, sample_rate

SETTING: Final = 1
BANDS: Final = 80
LOW_HZ, HIGH_HZ = 20.0, 8000.0
WINDOW_S, HOP_S = 0.032, 0.010
FLOOR: Final = 1e-10
BLOCK_FRAMES: Final = 2048

Features = NDArray[np.float16]
Samples = NDArray[np.float32]


def log_mel(path: Path) -> Features:
    """Features of a decoded FLAC file, shape=(frames, 80), natural logarithm of power."""
    rate = sample_rate(path)
    pieces = [_bands(frames, rate) for frames in _framed(path, rate)]
    return np.concatenate(pieces) if pieces else np.zeros((0, BANDS), np.float16)


def to_npy(features: Features) -> bytes:
    """The bytes that are served: NumPy's own format, version 1.0, rows one after the other."""
    out = io.BytesIO()
    np.lib.format.write_array(out, np.ascontiguousarray(features), version=(1, 0), allow_pickle=False)
    return out.getvalue()


def _framed(path: Path, rate: int) -> Iterator[Samples]:
    """Frames, shape=(up to BLOCK_FRAMES, window), over the whole recording."""
    window, hop = round(WINDOW_S * rate), round(HOP_S * rate)
    rest, seen = np.zeros(0, np.float32), 0
    for block in blocks(path, BLOCK_FRAMES * hop):
        rest = np.concatenate([rest, block.mean(axis=1, dtype=np.float32)])
        count = (len(rest) - window) // hop + 1 if len(rest) >= window else 0
        if count:
            yield np.lib.stride_tricks.sliding_window_view(rest, window)[: count * hop : hop]
            rest, seen = rest[count * hop :], seen + count
    if not seen and len(rest):
        yield np.pad(rest, (0, window - len(rest)))[np.newaxis]


def _bands(frames: Samples, rate: int) -> Features:
    window = frames.shape[1]
    shape = _hann(window)
    spectrum = np.fft.rfft(frames * shape, n=_fft_size(window), axis=1)
    power = (spectrum.real**2 + spectrum.imag**2) / np.sum(shape**2)
    return np.log(np.maximum(power @ _filters(rate, window), FLOOR)).astype(np.float16)


def _fft_size(window: int) -> int:
    return 1 << (window - 1).bit_length()


@cache
def _hann(window: int) -> NDArray[np.float64]:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)


@cache
def _filters(rate: int, window: int) -> NDArray[np.float64]:
    """Weights, shape=(bins, bands); every column sums to 1."""
    size = _fft_size(window)
    hertz = np.arange(size // 2 + 1) * rate / size
    edges = _hertz(np.linspace(_mel(LOW_HZ), _mel(min(HIGH_HZ, rate / 2)), BANDS + 2))
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    column = hertz[:, np.newaxis]
    found = np.maximum(0.0, np.minimum((column - low) / (centre - low), (high - column) / (high - centre)))
    nearest = np.abs(column - centre).argmin(axis=0)
    for band in np.flatnonzero(found.sum(axis=0) == 0):
        found[nearest[band], band] = 1.0
    return np.asarray(found / found.sum(axis=0), np.float64)


def _mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(700 * (10 ** (mel / 2595) - 1), np.float64)
