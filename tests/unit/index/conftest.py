"""Seeded sound for tests of the index: plucked notes at random times and pitches, no two seeds alike."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from vault_audio.features import Features, extract

RATE = 16_000
Song = Callable[..., NDArray[np.float32]]


def make_song(seed: int, seconds: float, tempo: float = 1.0, semitones: float = 0.0) -> NDArray[np.float32]:
    """The same notes whatever the tempo (over 1: faster) and transposition."""
    rng = np.random.default_rng(seed)
    out = np.zeros(int(seconds * RATE), np.float32)
    at = 0.0
    length = np.arange(int(0.7 * RATE)) / RATE
    while True:
        at += float(rng.choice([0.1, 0.15, 0.2, 0.3]))
        midi = int(rng.integers(48, 84))
        loud = float(rng.uniform(0.1, 0.3))
        start = int(at / tempo * RATE)
        if start >= len(out):
            return out
        hertz = 440 * 2 ** ((midi + semitones - 69) / 12)
        note = sum(np.sin(2 * np.pi * hertz * k * length) / k for k in (1, 2, 3)) * np.exp(-5 * length) * loud
        piece = note[: len(out) - start]
        out[start : start + len(piece)] += piece.astype(np.float32)


@pytest.fixture(scope="session")
def song() -> Song:
    return make_song


@pytest.fixture(scope="session")
def library() -> list[tuple[str, Features]]:
    return [(f"song-{seed}", extract(make_song(seed, 40)).without_dense()) for seed in range(8)]
