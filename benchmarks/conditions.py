"""Distortion families of the copy benchmark: what is done to an excerpt, at which strengths.

Every family is a function from an excerpt at 16 kHz to a query; tempo and pitch
that it applies are stated, so that the match's own figures can be checked.
Time and pitch are changed by Rubber Band in a separate process, or by WSOLA or
resampling of our own; codecs run as real encoders.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from vault_models import codec, effects, stretching

RATE = 16_000
Samples = NDArray[np.float32]
Change = Callable[[Samples, Generator, Samples], Samples]
"""(excerpt, randomness, other music of at least the same length) -> query."""


@dataclass(frozen=True)
class Condition:
    """One family at one strength. ``seconds`` is the length of the copied passage in the query."""

    name: str
    group: str
    change: Change
    seconds: float = 10.0
    tempo: float = 1.0
    semitones: float = 0.0
    around: float = 0.0
    """Seconds of unrelated music that the passage is laid into; 0: none."""
    tags: tuple[str, ...] = field(default=())


def same(x: Samples, rng: Generator, other: Samples) -> Samples:
    return x


def coded(*names: str) -> Change:
    def change(x: Samples, rng: Generator, other: Samples) -> Samples:
        for name in names:
            x = codec.code(x, RATE, name)
        return x

    return change


def equalised(x: Samples, rng: Generator, other: Samples) -> Samples:
    sign = rng.choice([-9.0, 9.0], 5)
    return effects.equalise(x, RATE, list(zip((100.0, 350.0, 1000.0, 2800.0, 6500.0), sign.tolist(), strict=True)))


def telephone(x: Samples, rng: Generator, other: Samples) -> Samples:
    return effects.quantise(effects.band_limit(x, RATE, 300, 3400), 8)


def noisy(snr: float, colour: str = "white") -> Change:
    return lambda x, rng, other: effects.add_noise(x, rng, snr, colour)


def mixed(balance: float) -> Change:
    return lambda x, rng, other: effects.mix_in(x, other, balance)


def roomy(seconds: float) -> Change:
    return lambda x, rng, other: effects.reverberate(x, rng, RATE, seconds, 0.0)


def loud(x: Samples, rng: Generator, other: Samples) -> Samples:
    return effects.limit(effects.compress(x, RATE, -12, 6), 14)


def gained(decibels: float) -> Change:
    return lambda x, rng, other: x * np.float32(effects.decibels(decibels))


def bent(tempo: float, semitones: float) -> Change:
    return lambda x, rng, other: codec.rubberband(x, RATE, tempo, semitones)


def wsola(tempo: float) -> Change:
    return lambda x, rng, other: stretching.stretch_wsola(x, tempo)


def played(speed: float) -> Change:
    return lambda x, rng, other: stretching.change_speed(x, speed)[0]


def then(*steps: Change) -> Change:
    def change(x: Samples, rng: Generator, other: Samples) -> Samples:
        for step in steps:
            x = step(x, rng, other)
        return x

    return change


def standard() -> list[Condition]:
    """The families and strengths of the published table, and harder ones."""
    out = [
        Condition("exact", "coding", same),
        Condition("MP3 128k", "coding", coded("mp3-128")),
        Condition("MP3 32k", "coding", coded("mp3-32")),
        Condition("AAC 64k", "coding", coded("aac-64")),
        Condition("Opus 24k", "coding", coded("opus-24")),
        Condition("MP3 32k, then Opus 24k", "coding", coded("mp3-32", "opus-24")),
        Condition("gain -20 dB", "level", gained(-20)),
        Condition("compressor and limiter", "level", loud),
        Condition("EQ +-9 dB, five bands", "filter", equalised),
        Condition("telephone band, 8 bit", "filter", telephone),
        Condition("noise, SNR 10 dB", "noise", noisy(10)),
        Condition("noise, SNR 0 dB", "noise", noisy(0)),
        Condition("pink noise, SNR 0 dB", "noise", noisy(0, "pink")),
        Condition("reverb, direct = reverberant", "reverb", roomy(1.5)),
        Condition("mix, other 5 dB below", "mix", mixed(5)),
        Condition("mix at equal level", "mix", mixed(0)),
    ]
    changes = (-0.2, -0.1, -0.05, 0.05, 0.1, 0.2)
    out += [Condition(f"tempo {t:+.0%}", "tempo", bent(1 + t, 0), tempo=1 + t) for t in changes]
    out += [Condition("tempo +10% (WSOLA)", "tempo", wsola(1.1), tempo=1.1)]
    out += [Condition(f"pitch {p:+d}", "pitch", bent(1, p), semitones=p) for p in (-4, -2, -1, 1, 2, 4)]
    out += [_speed(s) for s in (0.9, 0.95, 1.05, 1.1)]
    out += [
        _combined("tempo +12%, pitch -2, noise 5 dB", then(bent(1.12, -2), noisy(5)), 1.12, -2.0),
        _combined("tempo -10%, pitch +3, MP3 32k", then(bent(0.9, 3), coded("mp3-32")), 0.9, 3.0),
        _combined("speed +6%, mix 5 dB", then(played(1.06), mixed(5)), 1.06, _interval(1.06)),
        Condition("5 s", "excerpt", same, 5.0),
        Condition("3 s", "excerpt", same, 3.0),
        Condition("5 s in 30 s", "splice", same, 5.0, around=25.0),
        Condition("3 s in 30 s", "splice", same, 3.0, around=27.0),
        Condition("5 s in 30 s, tempo +5%, pitch +1", "splice", bent(1.05, 1), 5.0, 1.05, 1.0, 25.0),
    ]
    return out


def curves() -> list[Condition]:
    """Severity curves: one change pushed until it fails."""
    out = [Condition(f"{t:.2f}", "tempo", bent(t, 0), tempo=t) for t in (0.5, 0.6, 0.7, 0.8, 1.2, 1.3, 1.4, 1.5)]
    out += [Condition(f"{p:+d}", "pitch", bent(1, p), semitones=p) for p in (-12, -9, -6, -3, 3, 6, 9, 12)]
    out += [_speed(s, f"{s:.2f}") for s in (0.7, 0.8, 0.9, 1.1, 1.2, 1.3, 1.4)]
    out += [Condition(f"{n:+d}", "noise", noisy(n)) for n in (10, 5, 0, -5, -10, -15)]
    out += [Condition(f"{n:+d}", "mix", mixed(n)) for n in (10, 5, 0, -5, -10, -15)]
    out += [Condition(f"{s:g}", "excerpt", same, s) for s in (10.0, 7.0, 5.0, 3.0, 2.0, 1.5, 1.0)]
    return out


def _interval(speed: float) -> float:
    return float(12 * np.log2(speed))


def _combined(name: str, change: Change, tempo: float, semitones: float) -> Condition:
    return Condition(name, "combined", change, tempo=tempo, semitones=semitones)


def _speed(speed: float, name: str = "") -> Condition:
    label = name or f"speed {speed - 1:+.0%}"
    return Condition(label, "speed", played(speed), tempo=speed, semitones=_interval(speed))
