"""Loudness after ITU-R BS.1770-4: K-weighted energy per 100 ms, and gated means of it in LUFS.

The filter's loop is C (``weighting.c``), built with this package.
"""

import ctypes
import math
import sysconfig
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from vault_domain.audio_rules import LOUDNESS_FLOOR

Energy = NDArray[np.float64]
"""K-weighted mean squares per hop, summed over channels, shape (n,)."""

HOPS_PER_BLOCK: Final = 4  # 400 ms blocks overlapping by 75 %
_OFFSET: Final = -0.691  # BS.1770-4, annex 1, equation 2
_TINY: Final = 1e-12


def _bound() -> "ctypes._NamedFuncPointer":
    library = np.ctypeslib.load_library(f"_weighting{sysconfig.get_config_var('EXT_SUFFIX')}", Path(__file__).parent)
    doubles = np.ctypeslib.ndpointer(np.float64, flags="C_CONTIGUOUS")
    function = library.lv_weighted_energy
    function.restype = ctypes.c_int64
    function.argtypes = (
        np.ctypeslib.ndpointer(np.float32, ndim=2, flags="C_CONTIGUOUS"),
        ctypes.c_int64, ctypes.c_int32, ctypes.c_int64, doubles, doubles, doubles,
    )  # fmt: skip
    return function


_weighted_energy: Final = _bound()


class KWeighting:
    """The K filter over successive blocks of one recording."""

    def __init__(self, rate: int, channels: int) -> None:
        self._coefficients = coefficients(rate)
        self._state = np.zeros(4 * channels)

    def energy(self, block: NDArray[np.float32], hop: int) -> Energy:
        """Mean squares of the whole hops in ``block``, shape (frames, channels), contiguous.

        Every block but the last is whole hops long; BS.1770-4 leaves out an unfinished one.
        """
        out = np.empty(len(block) // hop)
        _weighted_energy(block, len(block), block.shape[1], hop, self._coefficients, self._state, out)
        return out


def integrated(energy: Energy) -> float:
    """Integrated loudness in LUFS: blocks of 400 ms, gates at -70 LUFS and 10 LU under the mean of what is left."""
    if len(energy) < HOPS_PER_BLOCK:
        return LOUDNESS_FLOOR
    blocks = np.convolve(energy, np.full(HOPS_PER_BLOCK, 1 / HOPS_PER_BLOCK), mode="valid")
    heard = blocks[blocks > _mean_square(LOUDNESS_FLOOR)]
    if not len(heard):
        return LOUDNESS_FLOOR
    gated = heard[heard > heard.mean() / 10]
    return lufs(gated.mean())


def lufs(mean_square: float) -> float:
    """LUFS of a K-weighted mean square, not under the floor."""
    return max(LOUDNESS_FLOOR, _OFFSET + 10 * math.log10(max(float(mean_square), _TINY)))


def _mean_square(loudness: float) -> float:
    return float(10 ** ((loudness - _OFFSET) / 10))


def coefficients(rate: int) -> NDArray[np.float64]:
    """Both stages of the K filter at ``rate``: b0, b1, b2, a1, a2 of the shelf, then of the high pass.

    BS.1770-4 gives them as biquads at 48 kHz; the analogue corner
    frequencies and Q behind them (as used by libebur128) give other rates.
    """
    shelf, shelf_q, gain = 1681.974450955533, 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    k = math.tan(math.pi * shelf / rate)
    middle = gain**0.4996667741545416
    norm = 1 + k / shelf_q + k * k
    first = [(gain + middle * k / shelf_q + k * k) / norm, 2 * (k * k - gain) / norm,
             (gain - middle * k / shelf_q + k * k) / norm,
             2 * (k * k - 1) / norm, (1 - k / shelf_q + k * k) / norm]  # fmt: skip
    low, low_q = 38.13547087602444, 0.5003270373238773
    k = math.tan(math.pi * low / rate)
    norm = 1 + k / low_q + k * k
    return np.array([*first, 1.0, -2.0, 1.0, 2 * (k * k - 1) / norm, (1 - k / low_q + k * k) / norm])
