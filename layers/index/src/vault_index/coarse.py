"""First stage of the melody search: which tracks may hold the tune, in steps of two seconds, then of one.

The middle of the query, in six tempos and all twelve keys, is compared with every place of every track at two
seconds a step; two shorter stretches of it with the likeliest tenth of the tracks at one. A key is a rotation of
the pitch classes, so references are kept as their transforms over those (a real spectrum of twelve): one product
of spectra answers all twelve keys. The agreement is a cosine, save that quiet places are not blown up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vault_index.tunes import CLASSES, STEPS_PER_SECOND, Floats, Rows, sharpened, stretched, unpacked

TEMPOS: Final = tuple(float(np.exp(x)) for x in np.linspace(np.log(0.83), np.log(1.2), 6))
KEPT: Final = 256
KEPT_SHARE: Final = 0.1
"""Tracks that go from the first level to the second: at least so many, at least that share of all."""
_SHARPEN: Final = 0.5
_BLOCK: Final = 512
_TOGETHER: Final = 256
_BINS: Final = CLASSES // 2 + 1

Spectra = NDArray[np.complex64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Grain:
    """How closely a level looks."""

    step_s: int
    steps: int
    """Of the reference, compared at each place."""
    starts: tuple[float, ...]
    """Which stretches of the query are compared: shares of what it is longer than one."""
    quiet: float
    """Energy per step under which a place counts as if it had this much; half of what places in music have."""


ROUGH: Final = Grain(2, 12, (0.5,), 0.25)
CLOSE: Final = Grain(1, 16, (1 / 6, 5 / 6), 0.36)


@dataclass(frozen=True, eq=False)
class Level:
    """All tracks on one line of equal steps, each followed by silence of a window's length."""

    grain: Grain
    spectra: Spectra
    """Transforms of each step's pitch classes, shape (7, steps)."""
    weight: Floats
    """One over the length that the window from each step on counts as, shape (steps,); none for the silence."""
    bases: Ints
    """First step of each track, and the end."""

    @staticmethod
    def of(tunes: Sequence[Rows], grain: Grain) -> "Level":
        """From each track's packed rows."""
        counts = np.array([len(rows) // (STEPS_PER_SECOND * grain.step_s) for rows in tunes], np.int64)
        bases = np.concatenate([[0], np.cumsum(counts + grain.steps)])
        spectra = np.zeros((_BINS, int(bases[-1])), np.complex64)
        energy = np.zeros(int(bases[-1]), np.float32)
        for first in range(0, len(tunes), _TOGETHER):
            several = slice(first, first + _TOGETHER)
            steps = _steps_of(tunes[several], counts[several], grain.step_s)
            at = _runs(bases[:-1][several], counts[several])
            spectra[:, at] = _spectra(steps).T
            energy[at] = (steps * steps).sum(axis=1)
        weight = _weight(energy, grain)
        weight[_runs(bases[1:] - grain.steps, np.full(len(counts), grain.steps))] = 0  # sees the next track, not this
        return Level(grain, spectra, weight, bases)

    def only(self, numbers: Ints) -> "Level":
        """These tracks by themselves, in this order."""
        counts = np.diff(self.bases)[numbers]
        chosen = _runs(self.bases[numbers], counts)
        bases = np.concatenate([[0], np.cumsum(counts)])
        return Level(self.grain, self.spectra[:, chosen], self.weight[chosen], bases)


def _spectra(rows: Floats) -> Spectra:
    """Transforms of rows of pitch classes, shape (n, 7)."""
    turn = np.exp(-2j * np.pi * np.outer(np.arange(CLASSES), np.arange(_BINS)) / CLASSES)
    return np.asarray(rows @ turn.astype(np.complex64), np.complex64)


def _weight(energy: Floats, grain: Grain) -> Floats:
    """One over the length of the window from each step on."""
    total = np.concatenate([[0.0], np.cumsum(energy, dtype=np.float64)])
    ends = np.minimum(np.arange(len(energy)) + grain.steps, len(energy))
    return np.asarray(1 / np.sqrt(np.maximum(total[ends] - total[:-1], grain.quiet * grain.steps)), np.float32)


@dataclass(frozen=True, eq=False)
class Coarse:
    """The tunes of a catalogue as lines of two seconds a step and of one."""

    rough: Level
    close: Level
    tracks: int

    @property
    def nbytes(self) -> int:
        """Bytes of both levels."""
        return sum(
            level.spectra.nbytes + level.weight.nbytes + level.bases.nbytes for level in (self.rough, self.close)
        )

    @staticmethod
    def of(tunes: Sequence[Rows]) -> "Coarse":
        """From each track's packed rows."""
        return Coarse(Level.of(tunes, ROUGH), Level.of(tunes, CLOSE), len(tunes))


def by_step(rows: Floats, step_s: int) -> Floats:
    """Means of the rows of each step, sharpened; a rest at the end is dropped."""
    return sharpened(
        _means(rows[: len(rows) // (STEPS_PER_SECOND * step_s) * STEPS_PER_SECOND * step_s], step_s), _SHARPEN
    )


def _means(rows: Floats, step_s: int) -> Floats:
    return np.asarray(rows.reshape(-1, STEPS_PER_SECOND * step_s, CLASSES).mean(axis=1), np.float32)


def _steps_of(tunes: Sequence[Rows], counts: Ints, step_s: int) -> Floats:
    """:func:`by_step` of several tracks at once, one after the other; ``counts`` are their steps."""
    size = STEPS_PER_SECOND * step_s
    whole = np.concatenate([rows[: count * size] for rows, count in zip(tunes, counts.tolist(), strict=True)])
    plain = _means(unpacked(whole), step_s)
    steps = sharpened(plain, _SHARPEN)
    firsts = (np.cumsum(counts) - counts)[counts > 0]
    steps[firsts] = plain[firsts]  # nothing came before them
    return steps


def _runs(starts: Ints, counts: Ints) -> Ints:
    """All numbers from each start on, as many as its count.

    >>> _runs(np.array([5, 20]), np.array([2, 3])).tolist()
    [5, 6, 20, 21, 22]
    """
    return np.asarray(np.arange(int(counts.sum())) + np.repeat(starts - (np.cumsum(counts) - counts), counts), np.int64)


@dataclass(frozen=True, order=True)
class Candidate:
    """A track that may hold the tune, about where in it (rows), and how well it agrees; likeliest first."""

    distance: float
    number: int
    near: int


def candidates(coarse: Coarse, query: Floats, without: frozenset[int], most: int) -> list[Candidate]:
    """The likeliest tracks for the query's rows, but those ``without``."""
    allowed = np.array([n for n in range(coarse.tracks) if n not in without], np.int64)
    if len(allowed) == 0:
        return []
    kept = max(KEPT, round(KEPT_SHARE * len(allowed)))
    if len(allowed) > kept:
        best, _ = _agreement(coarse.rough, probes_of(query, ROUGH))
        allowed = np.sort(allowed[np.argsort(-best[allowed], kind="stable")[:kept]])
    level = coarse.close if len(allowed) == coarse.tracks else coarse.close.only(allowed)
    best, place = _agreement(level, probes_of(query, CLOSE))
    rows = CLOSE.step_s * STEPS_PER_SECOND
    chosen = np.argsort(-best, kind="stable")[:most]
    return [Candidate(-float(best[n]), int(allowed[n]), int(place[n]) * rows) for n in chosen]


def _agreement(level: Level, probes: Spectra) -> tuple[Floats, Ints]:
    """Of each track: the best cosine with any probe in any key, and the step where."""
    steps = level.grain.steps
    score = np.zeros(int(level.bases[-1]), np.float32)
    back = _back()
    for begin in range(0, len(score) - steps + 1, _BLOCK):
        stop = min(begin + _BLOCK, len(score) - steps + 1)
        views = np.lib.stride_tricks.sliding_window_view(level.spectra[:, begin : stop + steps - 1], steps, axis=1)
        product = np.matmul(probes, np.ascontiguousarray(views.transpose(0, 2, 1)))  # (7, probes, places)
        score[begin:stop] = _highest(product, back) * level.weight[begin:stop]
    best = np.maximum.reduceat(score, level.bases[:-1])
    place = [int(score[a:b].argmax()) for a, b in zip(level.bases[:-1], level.bases[1:], strict=True)]
    return best, np.array(place, np.int64)


def _highest(product: Spectra, back: Floats) -> Floats:
    """The largest value, over probes and keys, that these spectra (bins, probes, places) stand for, of each place."""
    parts = np.concatenate([product.real, product[1:-1].imag])  # (12, probes, places)
    keys = back @ parts.reshape(CLASSES, -1)
    return np.asarray(keys.reshape(CLASSES, -1, product.shape[2]).max(axis=(0, 1)))


def _back() -> Floats:
    """The inverse real transform of twelve as a matrix: keys by (7 real parts, 5 imaginary parts)."""
    key, bins = np.arange(CLASSES)[:, None], np.arange(_BINS)[None, :]
    turn = 2 * np.pi * key * bins / CLASSES
    real, imaginary = 2 * np.cos(turn), -2 * np.sin(turn)
    real[:, [0, -1]] /= 2
    return np.asarray(np.concatenate([real, imaginary[:, 1:-1]], axis=1) / CLASSES, np.float32)


def probes_of(query: Floats, grain: Grain) -> Spectra:
    """Stretches of the query in all tempos, at unit length, as conjugate spectra: shape (7, probes, steps)."""
    steps, out = grain.steps, []
    for tempo in TEMPOS:
        rows = by_step(stretched(query, tempo), grain.step_s)
        for share in grain.starts:
            start = int(share * max(0, len(rows) - steps))
            probe = np.zeros((steps, CLASSES), np.float32)
            part = rows[start : start + steps]
            probe[: len(part)] = part
            out.append(probe / max(float(np.linalg.norm(probe)), 1e-6))
    return np.ascontiguousarray(np.conj(_spectra(np.stack(out))).transpose(2, 0, 1))
