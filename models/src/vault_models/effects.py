"""Exact effects: what a platform, a room or a careless copyist does to sound.

Every function takes mono float32 (n,) and plain parameters, and returns as
many samples. Nothing here is random except noise, whose generator is passed.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Samples = NDArray[np.float32]
NOISE_COLOURS = {"white": 0.0, "pink": -0.5, "brown": -1.0, "blue": 0.5}


def decibels(value: float) -> float:
    """Amplitude factor of ``value`` dB."""
    return float(10.0 ** (value / 20.0))


def level(audio: Samples) -> float:
    """Root mean square, never zero."""
    return float(np.sqrt(np.mean(audio * audio)) + 1e-9)


def _filtered(audio: Samples, rate: int, response: NDArray[np.float64], hz: NDArray[np.float64]) -> Samples:
    size = 1 << int(np.ceil(np.log2(len(audio) + 1)))
    gains = np.interp(np.fft.rfftfreq(size, 1 / rate), hz, response)
    out: Samples = np.fft.irfft(np.fft.rfft(audio, size) * gains, size)[: len(audio)].astype(np.float32)
    return out


def equalise(audio: Samples, rate: int, bands: list[tuple[float, float]]) -> Samples:
    """Smooth gains: ``bands`` are (Hz, dB), interpolated over log frequency."""
    hz = np.geomspace(20, rate / 2, 256)
    known = sorted(bands)
    db = np.interp(np.log(hz), np.log([b[0] for b in known]), [b[1] for b in known])
    return _filtered(audio, rate, 10 ** (db / 20), hz)


def band_limit(audio: Samples, rate: int, low: float, high: float) -> Samples:
    """Keep ``low`` to ``high`` Hz with slopes of about 24 dB per octave."""
    hz = np.geomspace(5, rate / 2, 512)
    response = 1 / np.sqrt((1 + (low / hz) ** 8) * (1 + (hz / high) ** 8))
    return _filtered(audio, rate, response, hz)


def add_noise(audio: Samples, rng: Generator, snr_db: float, colour: str = "white") -> Samples:
    """Add noise of a colour at ``snr_db`` below the signal's own level."""
    spectrum = np.fft.rfft(rng.standard_normal(len(audio)))
    tilt = np.maximum(np.arange(len(spectrum)), 1.0) ** NOISE_COLOURS[colour]
    noise = np.fft.irfft(spectrum * tilt, len(audio)).astype(np.float32)
    out: Samples = audio + noise * np.float32(level(audio) / decibels(snr_db) / level(noise))
    return out


def reverberate(audio: Samples, rng: Generator, rate: int, seconds: float, wet_db: float) -> Samples:
    """A room of ``seconds`` decay; ``wet_db`` is the reverberant level against the direct one."""
    t = np.arange(max(8, int(seconds * rate))) / rate
    response = rng.standard_normal(len(t)) * np.exp(-6.9 * t / seconds)
    size = 1 << int(np.ceil(np.log2(len(audio) + len(t))))
    tail = np.fft.irfft(np.fft.rfft(audio, size) * np.fft.rfft(response, size), size)[: len(audio)]
    wet = tail.astype(np.float32)
    out: Samples = audio + wet * np.float32(level(audio) * decibels(wet_db) / level(wet))
    return out


def compress(audio: Samples, rate: int, threshold_db: float, ratio: float) -> Samples:
    """Feed-forward compressor on a 20 ms envelope; ``threshold_db`` is relative to the signal's level."""
    size = max(1, rate // 50)
    blocks = np.pad(audio, (0, -len(audio) % size)).reshape(-1, size)
    loud = 20 * np.log10(np.sqrt(np.mean(blocks**2, axis=1)) / level(audio) + 1e-6)
    over = np.maximum(loud - threshold_db, 0.0)
    gain = 10 ** (-over * (1 - 1 / ratio) / 20)
    centres = (np.arange(len(gain)) + 0.5) * size
    out: Samples = audio * np.interp(np.arange(len(audio)), centres, gain).astype(np.float32)
    return out


def limit(audio: Samples, drive_db: float) -> Samples:
    """Drive into a soft clipper; the peak stays where it was."""
    peak = float(np.abs(audio).max()) + 1e-9
    out: Samples = np.tanh(audio * np.float32(decibels(drive_db) / peak)) * np.float32(peak)
    return out


def quantise(audio: Samples, bits: int) -> Samples:
    """Round to ``bits`` of a full-scale word."""
    steps = float(2 ** (bits - 1))
    out: Samples = (np.round(audio * steps) / steps).astype(np.float32)
    return out


def mix_in(audio: Samples, other: Samples, balance_db: float) -> Samples:
    """Add ``other`` (looped to length), ``balance_db`` below ``audio``'s level."""
    looped = np.resize(other, len(audio))
    out: Samples = audio + looped * np.float32(level(audio) / decibels(balance_db) / level(looped))
    return out


def splice(audio: Samples, host: Samples, at: int, fade: int = 160) -> Samples:
    """Lay ``audio`` into ``host`` from sample ``at``, matched in level, with short cross-fades."""
    out = host.copy()
    count = min(len(audio), len(host) - at)
    ramp = np.clip(np.minimum(np.arange(count), np.arange(count)[::-1]) / max(1, fade), 0, 1).astype(np.float32)
    matched = audio[:count] * np.float32(level(host) / level(audio))
    out[at : at + count] = out[at : at + count] * (1 - ramp) + matched * ramp
    return out
