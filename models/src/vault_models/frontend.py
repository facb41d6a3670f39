"""The log-frequency front end, as numpy: the reference for what the exported graph computes.

Mono 16 kHz; frames of 2048 samples every 512, frame t centred on sample
``512 t + 256``; power pooled into 80 bands, 16 per octave from 110 Hz; natural
logarithm. Training and export build on these constants; changing one changes
every embedding, so they are numbered: ``SETTINGS``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SETTINGS = 1
RATE = 16000
WINDOW = 2048
HOP = 512
BANDS = 80
PER_OCTAVE = 16
LOWEST = 110.0
FLOOR = 1e-10
BEFORE = (WINDOW - HOP) // 2  # samples of padding before the first frame, and after the last


def window() -> NDArray[np.float64]:
    """Periodic Hann window, scaled so that a full-scale sine has a peak power of 1/4."""
    shape = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    scaled: NDArray[np.float64] = shape / shape.sum()
    return scaled


def band_matrix(*, margin: int = 0) -> NDArray[np.float64]:
    """Weights (1025 bins, bands), each column summing to 1; ``margin`` adds bands below and above."""
    bins = np.arange(WINDOW // 2 + 1) * RATE / WINDOW
    centres = LOWEST * 2.0 ** (np.arange(-margin, BANDS + margin) / PER_OCTAVE)
    reach = np.maximum(centres * (2 ** (1 / PER_OCTAVE) - 1), RATE / WINDOW)
    weights = np.maximum(0.0, 1 - np.abs(bins[:, None] - centres) / reach)
    total: NDArray[np.float64] = weights / weights.sum(axis=0)
    return total


def log_bands(audio: NDArray[np.float32], *, margin: int = 0) -> NDArray[np.float32]:
    """Log band powers (frames, bands) of mono 16 kHz ``audio``; whole hops only."""
    frames = len(audio) // HOP
    padded = np.pad(audio[: frames * HOP], (BEFORE, BEFORE)).astype(np.float32)
    every = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][:frames]
    shape = window().astype(np.float32)
    matrix = band_matrix(margin=margin).astype(np.float32)
    out = np.empty((frames, matrix.shape[1]), dtype=np.float32)
    for start in range(0, frames, 2048):
        spectrum = np.fft.rfft(every[start : start + 2048] * shape)
        out[start : start + 2048] = np.log((spectrum.real**2 + spectrum.imag**2) @ matrix + FLOOR)
    return out
