"""What the embedder is examined with: distortions that training did not produce in this form.

Stretching and shifting are done by Rubber Band, which training never saw; it
and the codecs run as separate programs. Without ffmpeg those families are
left out and named, never replaced by something easier.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from vault_models import codec, effects, stretching
from vault_models.frontend import RATE

Samples = NDArray[np.float32]
SECONDS = 10
Distort = Callable[[Samples, Generator, Samples], Samples]


def _bend(tempo: float, semitones: float) -> Distort:
    return lambda a, g, other: codec.rubberband(a, RATE, tempo, semitones)


def _eq(a: Samples, g: Generator, other: Samples) -> Samples:
    return effects.equalise(a, RATE, [(hz, float(g.choice([-9, 9]))) for hz in (100, 300, 900, 2700, 6000)])


def _all_at_once(a: Samples, g: Generator, other: Samples) -> Samples:
    bent = codec.rubberband(a, RATE, float(g.choice([0.93, 1.08])), float(g.choice([-1.5, 1.5])))
    return effects.add_noise(bent, g, 5.0)


def _inside(a: Samples, g: Generator, other: Samples) -> Samples:
    """The middle 5 s of the query inside 30 s of other music."""
    passage = a[len(a) // 4 : len(a) // 4 + 5 * RATE]
    return effects.splice(passage, np.resize(other, 30 * RATE).astype(np.float32), int(g.integers(5, 20)) * RATE)


FAMILIES: dict[str, Distort] = {
    "as it is": lambda a, g, o: a,
    "MP3 32k": lambda a, g, o: codec.code(a, RATE, "mp3-32"),
    "Opus 12k": lambda a, g, o: codec.code(a, RATE, "opus-12"),
    "EQ +-9 dB": _eq,
    "telephone band": lambda a, g, o: effects.band_limit(a, RATE, 300, 3400),
    "white noise 0 dB": lambda a, g, o: effects.add_noise(a, g, 0.0),
    "reverb, direct = reverberant": lambda a, g, o: effects.reverberate(a, g, RATE, 1.5, 0.0),
    "limiter": lambda a, g, o: effects.limit(effects.compress(a, RATE, -20, 8), 12),
    "mix at equal level": lambda a, g, o: effects.mix_in(a, o, 0.0),
    "tempo +10 %": _bend(1.1, 0.0),
    "tempo -20 %": _bend(0.8, 0.0),
    "pitch +2": _bend(1.0, 2.0),
    "pitch -5": _bend(1.0, -5.0),
    "speed +10 %": lambda a, g, o: stretching.change_speed(a, 1.1)[0],
    "pitch, tempo and noise": _all_at_once,
    "5 s inside 30 s": _inside,
}


@dataclass(frozen=True, eq=False)
class Query:
    """A distorted excerpt and the name of the track that it came from."""

    family: str
    track: str
    audio: Samples


def excerpt(audio: Samples, rng: Generator) -> Samples:
    """SECONDS of the track from anywhere, never from silence."""
    count = SECONDS * RATE
    for _ in range(20):
        start = int(rng.integers(0, max(1, len(audio) - count)))
        cut = audio[start : start + count]
        if effects.level(cut) > 1e-3:
            break
    return cut


def queries(family: str, tracks: dict[str, Samples], others: list[Samples], rng: Generator, each: int) -> list[Query]:
    """``each`` queries of a family from every track; ``CodecMissing`` where the family needs what is not there."""
    made: list[Query] = []
    for name, audio in tracks.items():
        for _ in range(each):
            other = others[int(rng.integers(len(others)))]
            made.append(Query(family, name, FAMILIES[family](excerpt(audio, rng), rng, other)))
    return made
