"""The training pool: every piece once clean and several times distorted, as log-frequency features.

Distorting sound is slow and training is quick, so waveforms are distorted once
(codecs, stretchers, rooms, dynamics: what features cannot imitate) and stored
as features with their exact tempo and pitch. Cheap distortions (noise, mixing,
equalisers, further shifts) are applied to features at each step. The pool is
built in shards, and building it again continues where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from vault_models import augment, frontend
from vault_models.corpus import TRAIN_SEEDS, Work, composed, load

MARGIN = 8  # bands kept beyond the network's own, so that a pitch shift of six semitones loses nothing
SHORTEST = 9.0  # seconds; shorter works are of no use for training crops


@dataclass(frozen=True, eq=False)
class Version:
    """One rendering of a piece: features (frames, bands + 2 margins) float16, and how it was bent."""

    features: NDArray[np.float16]
    tempo: float
    semitones: float


@dataclass(frozen=True)
class Plan:
    """What a pool holds; equal plans give equal pools."""

    seed: int
    composed_pieces: int
    composed_seconds: float
    composed_versions: int
    real_versions: int


def distort(audio: NDArray[np.float32], rng: Generator) -> augment.Augmented:
    """One random chain of the expensive distortions."""
    steps: list[tuple[augment.Augmentation, float]] = []
    bend = rng.random()
    if bend < 0.3:
        steps.append((augment.tempo, float(rng.uniform(0.3, 1.2))))
    elif bend < 0.6:
        steps.append((augment.pitch, float(rng.uniform(0.3, 1.2))))
    elif bend < 0.8:
        steps.append((augment.speed, float(rng.uniform(0.3, 1.2))))
    for step, chance in ((augment.dynamics, 0.3), (augment.reverb, 0.35), (augment.loss, 0.4)):
        if rng.random() < chance:
            steps.append((step, float(rng.uniform(0.2, 1.0))))
    return augment.chain(audio, rng, frontend.RATE, steps)


def versions(audio: NDArray[np.float32], rng: Generator, count: int) -> list[Version]:
    """The clean version, then ``count`` distorted ones."""
    made = [Version(_features(audio), 1.0, 0.0)]
    for _ in range(count):
        done = distort(audio, rng)
        made.append(Version(_features(done.audio), done.tempo, done.semitones))
    return made


def _features(audio: NDArray[np.float32]) -> NDArray[np.float16]:
    return frontend.log_bands(audio, margin=MARGIN).astype(np.float16)


def build(folder: Path, plan: Plan, works: list[Work]) -> Iterator[tuple[int, int]]:
    """Write one file per piece into ``folder``; yields (done, of). Files already there are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    total = len(works) + plan.composed_pieces
    for index in range(total):
        target = folder / f"{index:06d}.npz"
        if not target.exists():
            rng = np.random.default_rng([plan.seed, index])
            if index < len(works):
                _save(target, versions(load(works[index].path), rng, plan.real_versions))
            else:
                audio = composed(TRAIN_SEEDS + index - len(works), plan.composed_seconds)
                _save(target, versions(audio, rng, plan.composed_versions))
        yield index + 1, total


def _save(target: Path, made: list[Version]) -> None:
    arrays = {f"features_{i}": v.features for i, v in enumerate(made)}
    bends = np.array([[v.tempo, v.semitones] for v in made])
    part = target.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(file, allow_pickle=False, bends=bends, **arrays)
    part.replace(target)


def read(folder: Path, real: int) -> tuple[list[list[Version]], int]:
    """(every piece of the pool that is long enough, in order; how many of them are among the first ``real``)."""
    pieces: list[list[Version]] = []
    kept_real = 0
    for index, path in enumerate(sorted(folder.glob("*.npz"))):
        with np.load(path, allow_pickle=False) as stored:
            made = [
                Version(stored[f"features_{i}"], float(tempo), float(semitones))
                for i, (tempo, semitones) in enumerate(stored["bends"])
            ]
        if len(made[0].features) * frontend.HOP >= SHORTEST * frontend.RATE:
            pieces.append(made)
            kept_real += index < real
    if not pieces:
        raise ValueError(f"{folder}: no pool here; build one first")
    return pieces, kept_real
