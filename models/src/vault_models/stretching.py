"""Tempo, pitch and speed: exact transforms with exact factors, in plain numpy.

``tempo`` factors say how much faster the result plays (1.1: ten per cent
shorter), semitones how much higher it sounds. Lengths are whole samples, so
each function returns the factor it really applied. Two stretchers, a phase
vocoder and WSOLA, leave different marks: a detector should know both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
_WINDOW = 2048
_HOP = 512


def resample(audio: Samples, ratio: float) -> tuple[Samples, float]:
    """Give mono ``audio`` (n,) ``ratio`` times as many samples, band-limited; returns (audio, exact ratio)."""
    count = len(audio)
    target = max(1, round(count * ratio))
    padded = _smooth(count)  # a length that the transform likes, with room for the edges
    goal = max(2, round(padded * target / count))
    spectrum = np.fft.rfft(audio, padded)
    kept = np.zeros(goal // 2 + 1, dtype=spectrum.dtype)
    shared = min(len(kept), len(spectrum))
    kept[:shared] = spectrum[:shared]
    exact = goal / padded
    out = np.fft.irfft(kept, goal)[: max(1, round(count * exact))] * exact
    return out.astype(np.float32), exact


def _smooth(count: int) -> int:
    """The next multiple of a power of two with a few odd factors: quick to transform."""
    base = 1 << max(0, int(np.log2(count)) - 3)
    return int(np.ceil((count + 256) / base)) * base


def change_speed(audio: Samples, factor: float) -> tuple[Samples, float]:
    """Play faster and higher together, as a record does; returns (audio, exact factor)."""
    out, ratio = resample(audio, 1.0 / factor)
    return out, 1.0 / ratio


def stretch(audio: Samples, tempo: float) -> Samples:
    """Phase vocoder (Flanagan and Golden, 1966): tempo changes, pitch stays. Mono (n,)."""
    window = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    padded = np.pad(audio, (_WINDOW // 2, _WINDOW + _HOP))
    frames = int(np.ceil(len(audio) / tempo / _HOP)) + 1
    starts = np.minimum((np.arange(frames) * _HOP * tempo).astype(int), len(padded) - _WINDOW - _HOP)
    every = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)
    here = np.fft.rfft(every[starts] * window)
    there = np.fft.rfft(every[starts + _HOP] * window)
    advance = np.angle(there * np.conj(here))
    phase = np.cumsum(np.vstack([np.angle(here[:1]), advance[:-1]]), axis=0)
    turned = np.fft.irfft(np.abs(here) * np.exp(1j * phase), _WINDOW).astype(np.float32) * window
    return _overlap_add(turned, window, round(len(audio) / tempo), _WINDOW // 2)


def _overlap_add(frames: Samples, window: Samples, count: int, skip: int) -> Samples:
    out = np.zeros(len(frames) * _HOP + _WINDOW, dtype=np.float32)
    weight = np.zeros_like(out)
    for index, frame in enumerate(frames):
        out[index * _HOP : index * _HOP + _WINDOW] += frame
        weight[index * _HOP : index * _HOP + _WINDOW] += window**2
    out /= np.maximum(weight, np.float32(1e-3))
    return np.pad(out[skip : skip + count], (0, max(0, count - len(out) + skip)))


def stretch_wsola(audio: Samples, tempo: float, *, search: int = 256) -> Samples:
    """Waveform-similarity overlap-add (Verhelst and Roelands, 1993): crisp on speech and drums. Mono (n,)."""
    size, hop = 1024, 512
    window = np.hanning(size + 1)[:-1].astype(np.float32)
    count = round(len(audio) / tempo)
    padded = np.pad(audio, (search, size * 2 + search))
    out = np.zeros(count + 2 * size, dtype=np.float32)
    previous = search
    for start in range(0, count + hop, hop):
        ideal = min(search + int(start * tempo), len(padded) - size - search - 1)
        follow = padded[previous + hop : previous + hop + size]
        area = padded[ideal - search : ideal + search + size]
        match = np.fft.irfft(np.fft.rfft(area, 4096) * np.conj(np.fft.rfft(follow, 4096)), 4096)
        best = ideal - search + int(np.argmax(match[: 2 * search])) if start and len(follow) == size else ideal
        out[start : start + size] += padded[best : best + size] * window
        previous = best
    return out[:count]


def shift_pitch(audio: Samples, semitones: float, *, wsola: bool = False) -> Samples:
    """Raise by ``semitones`` and keep the duration: stretch, then resample by the inverse. Mono (n,)."""
    ratio = 2.0 ** (semitones / 12.0)
    longer = stretch_wsola(audio, 1.0 / ratio) if wsola else stretch(audio, 1.0 / ratio)
    out, _ = resample(longer, 1.0 / ratio)
    return np.pad(out[: len(audio)], (0, max(0, len(audio) - len(out))))
