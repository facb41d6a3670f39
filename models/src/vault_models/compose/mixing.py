"""From parts to a stereo master: placing, echo, reverb, and a limiter that never clips."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Samples = NDArray[np.float32]
CEILING = 0.9


@dataclass(frozen=True, slots=True)
class Strip:
    """One part on the desk: mono ``sound`` (n,), ``pan`` -1..1, ``width`` in seconds, reverb ``send``."""

    sound: Samples
    gain: float
    pan: float
    width: float
    send: float


def echo(sound: Samples, delay: int, feedback: float, repeats: int = 3) -> Samples:
    """Add ``repeats`` fading copies, ``delay`` samples apart."""
    out = sound.copy()
    for i in range(1, repeats + 1):
        if i * delay < len(sound):
            out[i * delay :] += np.float32(feedback**i) * sound[: len(sound) - i * delay]
    return out


def mix(strips: list[Strip], rng: Generator, rate: int, seconds: float, wet: float) -> Samples:
    """Pan, widen, send and sum: (n, 2) float32 with a reverb tail of ``seconds``."""
    count = len(strips[0].sound)
    out = np.zeros((2, count), dtype=np.float32)
    bus = np.zeros(count, dtype=np.float32)
    for strip in strips:
        level = _balance(strip)
        angle = (strip.pan + 1) * np.pi / 4
        out[0] += np.float32(np.cos(angle) * level) * strip.sound
        shift = int(strip.width * rate)
        right = np.float32(np.sin(angle) * level)
        out[1, shift:] += right * strip.sound[: count - shift]
        bus += np.float32(level * strip.send) * strip.sound
    if wet > 0:
        for side in range(2):
            out[side] += np.float32(wet) * _convolve(bus, _room(rng, rate, seconds))
    return np.ascontiguousarray(out.T)


def _balance(strip: Strip) -> float:
    """Bring a part to its ``gain``: parts differ in density, so level by the sounding part only."""
    power = strip.sound[:: max(1, len(strip.sound) // 200_000)] ** 2
    sounding = power[power > 1e-6]
    return strip.gain * 0.2 / float(np.sqrt(sounding.mean())) if len(sounding) else 0.0


def _room(rng: Generator, rate: int, seconds: float) -> Samples:
    """An impulse response: noise whose treble dies faster than its bass; unit energy."""
    t = np.arange(int(seconds * rate), dtype=np.float32) / np.float32(rate)
    noise = rng.standard_normal((2, len(t))).astype(np.float32)
    dull = np.cumsum(noise[0] - noise[0].mean())
    dull = dull - np.convolve(dull, np.full(64, 1 / 64, dtype=np.float32), mode="same")
    dull *= np.float32(1 / (dull.std() + 1e-9))
    tail = 0.6 * dull * np.exp(-6.9 * t / seconds) + 0.4 * noise[1] * np.exp(-14.0 * t / seconds)
    tail[: int(0.008 * rate)] = 0.0
    response: Samples = (tail / np.sqrt(np.sum(tail**2))).astype(np.float32)
    return response


def _convolve(sound: Samples, response: Samples) -> Samples:
    """Overlap-add convolution in blocks, cut to the sound's length; memory stays bounded."""
    size = 1 << max(17, int(np.ceil(np.log2(2 * len(response)))))
    step = size - len(response) + 1
    spectrum = np.fft.rfft(response, size)
    out = np.zeros(len(sound) + size, dtype=np.float32)
    for start in range(0, len(sound), step):
        block = np.fft.irfft(np.fft.rfft(sound[start : start + step], size) * spectrum, size)
        out[start : start + size] += block.astype(np.float32)
    return out[: len(sound)]


def master(audio: Samples, rate: int, level_db: float, fade: float) -> Samples:
    """Set the loudness in place, limit below ``CEILING`` with a soft knee, fade in and out."""
    rms = float(np.sqrt(np.mean(audio[:: max(1, len(audio) // 500_000)] ** 2)))
    audio *= np.float32(10 ** (level_db / 20) / (rms + 1e-9))
    np.tanh(audio, out=audio)
    audio *= np.float32(CEILING)
    edge = min(len(audio) // 2, int(0.005 * rate))
    audio[:edge] *= np.linspace(0, 1, edge, dtype=np.float32)[:, None]
    tail = min(len(audio) // 2, int(fade * rate))
    if tail:
        audio[-tail:] *= np.cos(np.linspace(0, np.pi / 2, tail, dtype=np.float32))[:, None]
    return audio
