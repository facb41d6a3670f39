"""What a sample of a recording's spectra says: how high it reaches, and whether it is noise or a test tone.

Hints for a reviewer, measured on one frame in each half second.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

FRAME: Final = 4096
STEP_S: Final = 0.5
MAX_FRAMES: Final = 4096
RANGE_DB: Final = 80.0
EXPONENTIAL_FLATNESS: Final = 0.5615
"""exp(-Euler's constant): geometric over arithmetic mean of exponentially distributed values, which is what a
periodogram of stationary Gaussian noise gives around its mean, whatever the colour of the noise."""
TONE_BINS: Final = 3
TONE_ENERGY: Final = 0.98
_TINY: Final = 1e-20


class Spectra:
    """Collects power spectra; ``add`` takes successive blocks of one mono signal."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._step = round(STEP_S * rate)
        self._window = np.hanning(FRAME).astype(np.float32)
        self._frames: list[NDArray[np.float32]] = []

    def add(self, signal: NDArray[np.float32]) -> None:
        """``signal``: shape (n,); frames are taken within each block alone."""
        if len(signal) < FRAME or len(self._frames) >= MAX_FRAMES:
            return
        starts = np.arange(0, len(signal) - FRAME + 1, self._step)
        frames = signal[starts[:, None] + np.arange(FRAME)] * self._window
        power = np.abs(np.fft.rfft(frames)).astype(np.float32) ** 2
        self._frames.extend(row for row in power if row.sum() > _TINY)

    def bandwidth_hz(self) -> float:
        """Highest frequency within :data:`RANGE_DB` of the strongest; 0 for silence."""
        if not self._frames:
            return 0.0
        mean = np.mean(self._frames, axis=0)
        strong = np.flatnonzero(mean >= mean.max() * 10 ** (-RANGE_DB / 10))
        return float(strong[-1] * self._rate / FRAME)

    def noise_share(self) -> float:
        """1 for stationary noise of any colour, towards 0 for anything with shape in time."""
        if len(self._frames) < 4:
            return 0.0
        power = np.array(self._frames, dtype=np.float64)
        mean = power.mean(axis=0)
        heard = mean >= mean.max() * 10 ** (-RANGE_DB / 10)
        scatter = np.maximum(power[:, heard] / mean[heard], _TINY)
        flatness = float(np.exp(np.log(scatter).mean()))
        return float(min(1.0, flatness / EXPONENTIAL_FLATNESS)) if heard.sum() >= FRAME // 64 else 0.0

    def tone_share(self) -> float:
        """Share of frames in which the recording's commonest strongest frequency holds nearly all energy."""
        if not self._frames:
            return 0.0
        power = np.array(self._frames)
        top = np.bincount(power.argmax(axis=1)).argmax()
        near = power[:, max(0, top - TONE_BINS) : top + TONE_BINS + 1].sum(axis=1)
        return float(np.mean(near >= TONE_ENERGY * power.sum(axis=1)))
