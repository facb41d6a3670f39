"""Cheap, endless distortion of stored features: two views of the same moment of music.

Features are log power on a logarithmic frequency axis, where a pitch change is
a vertical move and a tempo change a horizontal scaling; mixing and noise add
powers; an equaliser adds a curve; a room smears power over time. None of this
is exact for every sound, which is why the pool also holds truly distorted
versions. Everything is decided by the generator passed in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from vault_models.architecture import POOL, POOL_HOP, TIME_STRIDE
from vault_models.frontend import BANDS, FLOOR, PER_OCTAVE
from vault_models.pool import MARGIN, Version

Features = NDArray[np.float32]
NUMBER = 2  # of the distortions below; 2 asks for more noise and louder mixtures than 1 did
SEGMENTS = 3
FRAMES = (POOL + (SEGMENTS - 1) * POOL_HOP) * TIME_STRIDE  # frames of one crop: 8.2 s


@dataclass(frozen=True)
class Batch:
    """``views`` (2, crops, FRAMES, BANDS) log power; ``pieces`` (crops,) tells which crops share a piece."""

    views: Features
    pieces: NDArray[np.int64]


def draw_batch(pieces: list[list[Version]], weights: NDArray[np.float64], rng: Generator, crops: int) -> Batch:
    """Crops from pieces drawn by ``weights``, each seen twice."""
    chosen = rng.choice(len(pieces), size=crops, p=weights)
    views = np.empty((2, crops, FRAMES, BANDS), dtype=np.float32)
    for row, piece in enumerate(chosen):
        made = pieces[int(piece)]
        half = FRAMES / 2
        centre = float(rng.uniform(half, max(half + 1, len(made[0].features) - half)))
        hard = rng.random() < 0.85
        views[0, row] = _view(made, centre, rng, pieces, gentle=hard)
        views[1, row] = _view(made, centre + float(rng.uniform(-28, 28)), rng, pieces, gentle=False)
    return Batch(views, chosen.astype(np.int64))


def _view(made: list[Version], centre: float, rng: Generator, pieces: list[list[Version]], *, gentle: bool) -> Features:
    """One distorted crop around ``centre`` (clean frames). The gentle view is what a catalogue would hold."""
    if gentle:
        clean = crop(made[0], centre, 1.0, 0.0)
        return _log(_cover(np.exp(clean), rng, -70.0))
    version = made[int(rng.integers(len(made)))]
    bent = rng.random() < 0.6
    tempo = float(np.exp(rng.uniform(-0.25, 0.25))) if bent and rng.random() < 0.6 else 1.0
    shift = float(rng.uniform(-MARGIN, MARGIN)) if bent and rng.random() < 0.6 else 0.0
    power = np.exp(crop(version, centre, tempo, shift))
    if rng.random() < 0.25:
        power = _smear(power, rng)
    if rng.random() < 0.25:
        power = _splice(power, _other(pieces, rng), rng)
    if rng.random() < 0.55:
        power = _add(power, _other(pieces, rng), float(rng.uniform(-6, 14)))
    if rng.random() < 0.5:
        power = _add(power, _noise(rng), float(rng.uniform(-9, 18)))
    power = power * _equaliser(rng)
    return _log(_cover(power, rng, float(rng.uniform(-75, -40))))


def _log(power: Features) -> Features:
    out: Features = np.log(power + np.float32(FLOOR))
    return out


def crop(version: Version, centre: float, tempo: float, shift: float) -> Features:
    """FRAMES around ``centre`` (clean frames), ``tempo`` faster, moved up by ``shift`` bands; bilinear."""
    features = version.features
    middle = centre / version.tempo
    places = np.clip(middle + (np.arange(FRAMES) - (FRAMES - 1) / 2) * tempo, 0, len(features) - 1.001)
    low = places.astype(int)
    part = (places - low).astype(np.float32)[:, None]
    rows = features[low].astype(np.float32) * (1 - part) + features[low + 1].astype(np.float32) * part
    bands = np.clip(MARGIN + np.arange(BANDS) - shift, 0, features.shape[1] - 1.001)
    below = bands.astype(int)
    share = (bands - below).astype(np.float32)
    found: Features = rows[:, below] * (1 - share) + rows[:, below + 1] * share
    return found


def _other(pieces: list[list[Version]], rng: Generator) -> Features:
    made = pieces[int(rng.integers(len(pieces)))]
    version = made[int(rng.integers(len(made)))]
    shift = float(rng.uniform(-MARGIN, MARGIN))
    power: Features = np.exp(crop(version, float(rng.uniform(0, len(made[0].features))), 1.0, shift))
    return power


def _add(power: Features, other: Features, snr: float) -> Features:
    scale = power.mean() / (other.mean() + 1e-12) * 10 ** (-snr / 10)
    return power + other * np.float32(scale)


def _splice(power: Features, other: Features, rng: Generator) -> Features:
    """Foreign music for up to two fifths of the crop, at either end."""
    count = int(rng.uniform(0.1, 0.4) * FRAMES)
    scaled = other * np.float32(power.mean() / (other.mean() + 1e-12))
    out = power.copy()
    if rng.random() < 0.5:
        out[:count] = scaled[:count]
    else:
        out[-count:] = scaled[-count:]
    return out


def _noise(rng: Generator) -> Features:
    """Coloured noise: band power of a Gaussian process is gamma-distributed, wider bands fluctuate less."""
    octaves = np.arange(BANDS) / PER_OCTAVE
    shape = np.maximum(1.0, 2**octaves / 1.5)
    grain = rng.gamma(shape, 1 / shape, (FRAMES, BANDS))
    noise: Features = (grain * 2 ** (octaves * rng.uniform(-2.5, 0.5))).astype(np.float32)
    return noise


def _smear(power: Features, rng: Generator) -> Features:
    """A room: power that decays by 60 dB in 0.3 to 2.5 s, up to 3 dB louder than the direct sound."""
    frames = rng.uniform(0.3, 2.5) * 31.25
    decay = np.exp(-13.8 * np.arange(int(frames)) / frames)
    decay *= 10 ** (rng.uniform(-15, 3) / 10) / decay.sum()
    size = 1 << int(np.ceil(np.log2(FRAMES + len(decay))))
    tail = np.fft.irfft(np.fft.rfft(power, size, axis=0) * np.fft.rfft(decay, size)[:, None], size, axis=0)
    return power + np.maximum(tail[:FRAMES], 0).astype(np.float32)


def _equaliser(rng: Generator) -> Features:
    """Gains per band: a smooth curve, at times a cut band, at times a fading level."""
    curve = np.interp(np.arange(BANDS), np.linspace(0, BANDS - 1, 6), rng.uniform(-12, 12, 6) * rng.random())
    if rng.random() < 0.3:
        low, high = rng.uniform(0, 25), rng.uniform(55, 80)
        bands = np.arange(BANDS)
        curve -= 3.0 * (np.maximum(low - bands, 0) + np.maximum(bands - high, 0))
    level = np.interp(np.arange(FRAMES), [0, FRAMES / 2, FRAMES], rng.uniform(-6, 6, 3) * (rng.random() < 0.3))
    gains = 10 ** ((curve[None, :] + level[:, None]) / 10)
    shaped: Features = gains.astype(np.float32)
    return shaped


def _cover(power: Features, rng: Generator, floor_db: float) -> Features:
    """A noise floor relative to the crop's mean power, so that emptiness tells nothing; then a random level."""
    floor = power.mean() * 10 ** (floor_db / 10) * rng.gamma(3.0, 1 / 3.0, power.shape)
    covered: Features = ((power + floor) * 10 ** rng.uniform(-2, 0.5)).astype(np.float32)
    return covered
