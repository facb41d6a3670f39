"""Random distortions with known parameters, for training and for calibration.

Each augmentation takes ``(audio, rng, strength, rate)``: mono float32 (n,), a
seeded generator, a strength from 0 (hardly audible) to 1 (as strong as the
benchmark's hardest), the sample rate in Hz. It returns ``Augmented``, whose
``tempo`` and ``semitones`` are exact, and whose ``offset`` says where, in
seconds of the source, the result begins (negative: that much foreign audio
comes first). Source time of result time t is ``offset + t * tempo``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from vault_models import codec, effects, stretching

Samples = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Augmented:
    """Distorted audio and what is exactly known about the distortion."""

    audio: Samples
    names: tuple[str, ...]
    tempo: float = 1.0
    semitones: float = 0.0
    offset: float = 0.0


Augmentation = Callable[[Samples, Generator, float, int], Augmented]


def gain(audio: Samples, rng: Generator, strength: float, rate: int) -> Augmented:
    return Augmented(audio * np.float32(effects.decibels(rng.uniform(-20, 3) * strength)), ("gain",))


def eq(audio: Samples, rng: Generator, strength: float, rate: int) -> Augmented:
    points = np.geomspace(60, 0.45 * rate, 6) * rng.uniform(0.8, 1.25, 6)
    bands = [(float(hz), float(rng.uniform(-12, 12) * strength)) for hz in points]
    return Augmented(effects.equalise(audio, rate, bands), ("eq",))


def band(audio: Samples, rng: Generator, strength: float, rate: int) -> Augmented:
    low = 20 * (rng.uniform(1, 20) ** strength)
    high = 0.48 * rate * rng.uniform(0.3, 1.0) ** strength
    return Augmented(effects.band_limit(audio, rate, low, high), ("band",))


def noise(audio: Samples, rng: Generator, strength: float, rate: int) -> Augmented:
    colour = str(rng.choice(sorted(effects.NOISE_COLOURS)))
    snr = 30 - rng.uniform(0.5, 1.0) * 33 * strength
    return Augmented(effects.add_noise(audio, rng, snr, colour), (f"noise {colour}",))


def reverb(audio: Samples, rng: Generator, strength: float, rate: int) -> Augmented:
    seconds = float(rng.uniform(0.2, 0.4 + 2.0 * strength))
    wet = -20 + rng.uniform(0.5, 1.0) * 22 * strength
    return Augmented(effects.reverberate(audio, rng, rate, seconds, wet), ("reverb",))


def dynamics(audio: Samples, rng: Generator, strength: float, rate: int) -> Augmented:
    squeezed = effects.compress(audio, rate, float(rng.uniform(-25, -3)), 1 + 9 * strength)
    return Augmented(effects.limit(squeezed, float(rng.uniform(0, 14) * strength)), ("dynamics",))


def tempo(audio: Samples, rng: Generator, strength: float, rate: int) -> Augmented:
    factor = float(np.exp(rng.uniform(-1, 1) * np.log(1.3) * strength))
    out = (stretching.stretch_wsola if rng.random() < 0.4 else stretching.stretch)(audio, factor)
    return Augmented(out, ("tempo",), tempo=factor)


def pitch(audio: Samples, rng: Generator, strength: float, rate: int) -> Augmented:
    semitones = float(rng.uniform(-4, 4) * strength)
    out = stretching.shift_pitch(audio, semitones, wsola=bool(rng.random() < 0.3))
    return Augmented(out, ("pitch",), semitones=semitones)


def speed(audio: Samples, rng: Generator, strength: float, rate: int) -> Augmented:
    out, factor = stretching.change_speed(audio, float(np.exp(rng.uniform(-1, 1) * np.log(1.2) * strength)))
    return Augmented(out, ("speed",), tempo=factor, semitones=float(12 * np.log2(factor)))


def loss(audio: Samples, rng: Generator, strength: float, rate: int) -> Augmented:
    """A lossy codec when ffmpeg is there; coarse quantisation when it is not."""
    names = sorted(codec.CODECS, key=lambda n: -int(n.split("-")[1]))
    name = names[int(rng.integers(0, 1 + round(strength * (len(names) - 1))))]
    bits = int(rng.integers(6, 13))
    try:
        return Augmented(codec.code(audio, rate, name), (name,))
    except codec.CodecMissing:
        return Augmented(effects.quantise(audio, bits), (f"{bits} bits",))


def excerpt(audio: Samples, rng: Generator, strength: float, rate: int) -> Augmented:
    """A passage: all of it at strength 0, at least 3 s (when there are as many) at strength 1."""
    shortest = min(len(audio), 3 * rate)
    count = int(len(audio) - (len(audio) - shortest) * strength * rng.uniform(0.5, 1.0))
    start = int(rng.integers(0, len(audio) - count + 1))
    return Augmented(audio[start : start + count].copy(), ("excerpt",), offset=start / rate)


def mixing(others: Sequence[Samples]) -> Augmentation:
    """Mix with one of ``others``: 20 dB below at strength 0, equal level at 1."""

    def mix(audio: Samples, rng: Generator, strength: float, rate: int) -> Augmented:
        other = others[int(rng.integers(len(others)))]
        turned = np.roll(other, int(rng.integers(len(other))))
        return Augmented(effects.mix_in(audio, turned, 20 * (1 - strength * rng.uniform(0.6, 1.0))), ("mix",))

    return mix


def splicing(others: Sequence[Samples]) -> Augmentation:
    """Lay the audio into one of ``others``, which surrounds it by up to twice its length at strength 1."""

    def splice(audio: Samples, rng: Generator, strength: float, rate: int) -> Augmented:
        other = others[int(rng.integers(len(others)))]
        total = int(len(audio) * (1 + 2 * strength * rng.uniform(0.5, 1.0)))
        host = np.resize(np.roll(other, int(rng.integers(len(other)))), total).astype(np.float32)
        at = int(rng.integers(0, total - len(audio) + 1))
        return Augmented(effects.splice(audio, host, at), ("splice",), offset=-at / rate)

    return splice


AUGMENTATIONS: dict[str, Augmentation] = {
    "gain": gain, "eq": eq, "band": band, "noise": noise, "reverb": reverb, "dynamics": dynamics,
    "tempo": tempo, "pitch": pitch, "speed": speed, "loss": loss, "excerpt": excerpt,
}  # fmt: skip


def chain(audio: Samples, rng: Generator, rate: int, steps: Sequence[tuple[Augmentation, float]]) -> Augmented:
    """Apply several in order, composing their parameters exactly."""
    total = Augmented(audio, ())
    for step, strength in steps:
        done = step(total.audio, rng, strength, rate)
        total = replace(
            total,
            audio=done.audio,
            names=total.names + done.names,
            tempo=total.tempo * done.tempo,
            semitones=total.semitones + done.semitones,
            offset=total.offset + done.offset * total.tempo,
        )
    return total
