"""Drum sounds, drawn from a seed: sweeps for skins, filtered noise for metal."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Samples = NDArray[np.float32]
KIT: dict[int, str] = {36: "kick", 38: "snare", 39: "clap", 42: "hat", 45: "tom", 46: "open", 70: "shaker"}


def draw_kit(rng: Generator, rate: int) -> dict[int, Samples]:
    """One mono float32 sound per drum; two kits share no sample."""
    return {number: _scale(_MAKERS[name](rng, rate)) for number, name in KIT.items()}


def _scale(sound: Samples) -> Samples:
    return sound * np.float32(0.8 / (np.abs(sound).max() + 1e-9))


def _time(seconds: float, rate: int) -> Samples:
    return np.arange(int(seconds * rate), dtype=np.float32) / np.float32(rate)


def _skin(rng: Generator, rate: int, low: float, high: float, seconds: float) -> Samples:
    """A tone that falls from ``high`` to ``low`` Hz while it dies."""
    t = _time(seconds, rate)
    bend = float(rng.uniform(0.015, 0.06))
    hz = low + (high - low) * np.exp(-t / np.float32(bend))
    tone = np.sin(2 * np.pi * np.cumsum(hz) / rate)
    skin: Samples = (tone * np.exp(-t / np.float32(seconds / 5))).astype(np.float32)
    return skin


def _noise(rng: Generator, rate: int, seconds: float, low: float, high: float) -> Samples:
    """Noise between ``low`` and ``high`` Hz that dies over ``seconds``."""
    t = _time(seconds, rate)
    spectrum = np.fft.rfft(rng.standard_normal(len(t)))
    hz = np.fft.rfftfreq(len(t), 1 / rate)
    shape = 1 / np.sqrt(1 + (low / (hz + 1)) ** 6) / np.sqrt(1 + (hz / high) ** 6)
    noise = np.fft.irfft(spectrum * shape, len(t))
    burst: Samples = (noise * np.exp(-t / (seconds / 5))).astype(np.float32)
    return burst


def _mixed(first: Samples, second: Samples, share: float) -> Samples:
    out = np.zeros(max(len(first), len(second)), dtype=np.float32)
    out[: len(first)] += _scale(first) * np.float32(share)
    out[: len(second)] += _scale(second) * np.float32(1 - share)
    return out


def _kick(rng: Generator, rate: int) -> Samples:
    body = _skin(rng, rate, rng.uniform(38, 62), rng.uniform(120, 320), rng.uniform(0.25, 0.55))
    click = _noise(rng, rate, 0.02, 800, 6000)
    return _mixed(body, click, float(rng.uniform(0.75, 0.97)))


def _snare(rng: Generator, rate: int) -> Samples:
    body = _skin(rng, rate, rng.uniform(150, 230), rng.uniform(240, 400), 0.18)
    wires = _noise(rng, rate, rng.uniform(0.15, 0.4), rng.uniform(700, 2000), rng.uniform(6000, 12000))
    return _mixed(body, wires, float(rng.uniform(0.2, 0.6)))


def _clap(rng: Generator, rate: int) -> Samples:
    tail = _noise(rng, rate, rng.uniform(0.15, 0.35), 600, rng.uniform(2500, 5000))
    out = np.zeros(len(tail) + int(0.04 * rate), dtype=np.float32)
    for delay in np.sort(rng.uniform(0, 0.035, 3)):
        start = int(delay * rate)
        out[start : start + len(tail)] += tail
    return out


def _tom(rng: Generator, rate: int) -> Samples:
    pitch = rng.uniform(75, 150)
    return _skin(rng, rate, pitch, pitch * rng.uniform(1.2, 1.8), rng.uniform(0.3, 0.6))


_MAKERS: dict[str, Callable[[Generator, int], Samples]] = {
    "kick": _kick,
    "snare": _snare,
    "clap": _clap,
    "tom": _tom,
    "hat": lambda g, r: _noise(g, r, g.uniform(0.04, 0.1), g.uniform(4000, 8000), 15000),
    "open": lambda g, r: _noise(g, r, g.uniform(0.25, 0.6), g.uniform(4000, 7000), 14000),
    "shaker": lambda g, r: _noise(g, r, g.uniform(0.05, 0.12), g.uniform(2500, 5000), 9000),
}
