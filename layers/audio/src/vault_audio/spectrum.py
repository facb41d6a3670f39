"""A log-frequency map of the sound in which copies look alike.

Promise: :func:`normalised_blocks` turns mono 16 kHz samples of any length into
frames of :data:`BINS` values, each saying how far that cell stands out of its
neighbourhood (in local standard deviations). Gain cancels out, slow filters
(equalisers, telephones, codecs' low-pass) nearly do. Memory is bounded: the
signal is walked in blocks, and the result does not depend on their size beyond
float rounding, because each block carries its context.

Two window lengths are used, as a constant-Q transform would: 256 ms under
600 Hz (semitones there are 6 Hz apart), 128 ms above. The long one runs on the
signal decimated by 8, which costs a tenth of a long transform at full rate.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE: Final = 16_000
HOP: Final = 400  # 25 ms: 40 frames per second
FRAMES_PER_SECOND: Final = RATE // HOP
BINS_PER_OCTAVE: Final = 24
BINS: Final = 144
LOWEST_HZ: Final = 110.0

_LOW_BINS: Final = 59  # up to 587 Hz on the long window
_DECIMATE: Final = 8
_LOW_FFT: Final = 512  # at 2 kHz: 256 ms
_HIGH_FFT: Final = 2048  # at 16 kHz: 128 ms
_TAPS: Final = 97
_CONTEXT: Final = 32  # frames computed around a block, more than any neighbourhood used
_BLOCK: Final = 1200  # frames per block: 30 s
_BATCH: Final = 100  # transforms at a time, so that they stay in the cache

_HALF_TIME: Final = 20  # normalisation neighbourhood: 41 frames
_HALF_BINS: Final = 12  # by 25 bins
_SOFTEN_DB: Final = 2.0  # added to the local deviation, so that flat regions stay near zero
_FLOOR: Final = np.float32(1e-12)  # power of a tone at -120 dB: below any 16-bit noise

STEP_16: Final = np.float32(2**-15)

Floats = NDArray[np.float32]
Sound = Floats | NDArray[np.int16]
"""Mono samples at :data:`RATE`, shape (n,): full scale is 1, or 2**15 in 16 bit (which may lie in a file)."""


def frame_count(samples: int) -> int:
    """Frames of a signal: one per started hop, centred on multiples of it."""
    return 0 if samples == 0 else (samples - 1) // HOP + 1


def normalised_blocks(samples: Sound, context: int = 8) -> Iterator[tuple[int, int, int, Floats]]:
    """Walk the signal; yield ``(start, skip, keep, z)``.

    ``z`` has shape (frames, BINS); rows ``skip : skip + keep`` are the frames
    ``start .. start + keep``, the others are up to ``context`` neighbours.
    """
    total = frame_count(len(samples))
    for start in range(0, total, _BLOCK):
        stop = min(start + _BLOCK, total)
        first, last = max(0, start - _CONTEXT), min(total, stop + _CONTEXT)
        z = local_normalise(log_spectrum(samples, first, last))
        low, high = max(0, start - context), min(total, stop + context)
        yield start, start - low, stop - start, z[low - first : high - first]


def log_spectrum(samples: Sound, first: int, last: int) -> Floats:
    """Level in dB of frames ``first .. last``, shape (frames, BINS)."""
    reach = _HIGH_FFT + _LOW_FFT * _DECIMATE + _TAPS
    begin = first * HOP - reach
    piece = _padded(samples, begin, (last - 1) * HOP + reach + HOP)
    low_signal = _decimated(piece)
    power = np.empty((last - first, BINS), np.float32)
    low_weights, high_weights = _pooling()
    for at in range(first, last, _BATCH):
        to = min(at + _BATCH, last)
        rows = slice(at - first, to - first)
        offset = at * HOP - begin
        power[rows, _LOW_BINS:] = _pooled(piece, offset, HOP, _HIGH_FFT, to - at, high_weights)
        low_offset, low_hop = offset // _DECIMATE, HOP // _DECIMATE
        power[rows, :_LOW_BINS] = _pooled(low_signal, low_offset, low_hop, _LOW_FFT, to - at, low_weights)
    np.add(power, _FLOOR, out=power)
    np.log10(power, out=power)
    power *= np.float32(10.0)
    return power


def local_normalise(level: Floats) -> Floats:
    """How far each cell stands out of the 41 frames by 25 bins around it, in deviations."""
    centred: Floats = np.asarray(level - np.float32(level.mean(dtype=np.float64)), np.float32)
    mean = _box(centred)
    square = _box(centred * centred)
    np.subtract(square, mean * mean, out=square)
    np.maximum(square, 0, out=square)
    np.sqrt(square, out=square)
    square += _SOFTEN_DB
    centred -= mean
    centred /= square
    return centred


def _padded(samples: Sound, begin: int, end: int) -> Floats:
    """Samples ``begin .. end`` with silence where the signal does not reach; never NaN or infinite."""
    out = np.zeros(end - begin, np.float32)
    low, high = max(begin, 0), min(end, len(samples))
    if high > low:
        piece = samples[low:high]
        out[low - begin : high - begin] = piece * STEP_16 if piece.dtype == np.int16 else piece
    np.nan_to_num(out, copy=False, nan=0.0, posinf=1.0, neginf=-1.0)
    np.clip(out, -8.0, 8.0, out=out)
    return out


def _decimated(piece: Floats) -> Floats:
    """Every eighth sample after a linear-phase low-pass at 700 Hz; time zero stays time zero."""
    half = _TAPS // 2
    padded = np.concatenate([np.zeros(half, np.float32), piece, np.zeros(half, np.float32)])
    count = (len(piece) - 1) // _DECIMATE + 1
    step = padded.strides[0]
    windows = np.lib.stride_tricks.as_strided(padded, (count, _TAPS), (step * _DECIMATE, step), writeable=False)
    return np.asarray(np.ascontiguousarray(windows) @ _low_pass(), np.float32)


@lru_cache(maxsize=1)
def _low_pass() -> Floats:
    n = np.arange(_TAPS) - _TAPS // 2
    cutoff = 950.0 / RATE
    taps = 2 * cutoff * np.sinc(2 * cutoff * n) * np.hamming(_TAPS)
    return np.asarray(taps / taps.sum(), np.float32)


def _pooled(signal: Floats, offset: int, hop: int, size: int, count: int, weights: Floats) -> Floats:
    """Power spectra of ``count`` windows centred on ``offset + k * hop``, pooled to log-frequency bins."""
    start = offset - size // 2
    step = signal.strides[0]
    frames = np.lib.stride_tricks.as_strided(signal[start:], (count, size), (step * hop, step), writeable=False)
    used = weights.shape[0]
    spectrum = np.fft.rfft(frames * _window(size), axis=1)[:, :used]
    power = spectrum.real**2 + spectrum.imag**2
    return np.asarray(power @ weights, np.float32)


@lru_cache(maxsize=2)
def _window(size: int) -> Floats:
    """Hann window scaled so that a full-scale tone has power about one."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    return np.asarray(window * 2 / window.sum(), np.float32)


@lru_cache(maxsize=1)
def _pooling() -> tuple[Floats, Floats]:
    """Weights from FFT bins to log-frequency bins, for the low and for the high band."""
    centres = LOWEST_HZ * 2.0 ** (np.arange(BINS) / BINS_PER_OCTAVE)
    low = _triangles(centres[:_LOW_BINS], RATE / _DECIMATE / _LOW_FFT)
    high = _triangles(centres[_LOW_BINS:], RATE / _HIGH_FFT)
    return low, high


def _triangles(centres: NDArray[np.float64], resolution: float) -> Floats:
    """Triangles one bin wide on the log axis, never narrower than the transform resolves."""
    width = np.maximum(centres * (2.0 ** (1 / BINS_PER_OCTAVE) - 1), resolution)
    top = int(np.ceil((centres[-1] + width[-1]) / resolution)) + 1
    hz = np.arange(top) * resolution
    weights = np.maximum(0.0, 1.0 - np.abs(hz[:, None] - centres[None, :]) / width[None, :])
    return np.asarray(weights / weights.sum(axis=0), np.float32)


def _box(values: Floats) -> Floats:
    """Mean over the normalisation neighbourhood, cut (not padded) at the edges."""
    return _running_mean(_running_mean(values, _HALF_BINS, 1), _HALF_TIME, 0)


def _running_mean(values: Floats, half: int, axis: int) -> Floats:
    length = values.shape[axis]
    total = np.cumsum(values, axis=axis, dtype=np.float64)
    high = np.minimum(np.arange(length) + half, length - 1)
    low = np.arange(length) - half - 1
    upper = total.take(high, axis=axis)
    inside = low >= 0
    clipped = np.maximum(low, 0)
    lower = total.take(clipped, axis=axis)
    shape = (-1, 1) if axis == 0 else (1, -1)
    lower *= inside.reshape(shape)
    upper -= lower
    upper /= (high - np.maximum(low, -1)).reshape(shape)
    return np.asarray(upper, np.float32)
