"""First stage of the melody search: which tracks may hold the tune, one step a second.

Every place of every track is compared with two stretches of the query in all
twelve keys and six tempos by one matrix product, in blocks that stay in the cache.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vault_index.tunes import CLASSES, STEPS_PER_SECOND, Floats, Rows, sharpened, stretched, unpacked

TEMPOS: Final = tuple(float(np.exp(x)) for x in np.linspace(np.log(0.83), np.log(1.2), 6))
STEPS: Final = 16  # seconds of the reference compared at each place
_SHARPEN: Final = 0.5
_BLOCK: Final = 2048


@dataclass(frozen=True, eq=False)
class Coarse:
    """All tracks on one line of seconds, each followed by silence of a window's length."""

    rows: Floats
    """Shape (seconds, 12)."""
    bases: NDArray[np.int64]
    """First second of each track."""

    @staticmethod
    def of(tunes: Sequence[Rows]) -> "Coarse":
        """From each track's packed rows."""
        parts: list[Floats] = []
        bases, at = [], 0
        gap = np.zeros((STEPS, CLASSES), np.float32)
        for rows in tunes:
            second = by_second(unpacked(rows))
            parts += [second, gap]
            bases.append(at)
            at += len(second) + STEPS
        return Coarse(np.concatenate(parts) if parts else gap, np.array(bases, np.int64))


def by_second(rows: Floats) -> Floats:
    """Means of four rows, sharpened; a rest at the end is dropped, unless it is all there is."""
    whole = len(rows) // STEPS_PER_SECOND
    if whole == 0:
        return rows[:1]
    return sharpened(rows[: whole * STEPS_PER_SECOND].reshape(whole, -1, CLASSES).mean(axis=1), _SHARPEN)


@dataclass(frozen=True, order=True)
class Candidate:
    """A track that may hold the tune, about where in it (rows), and how well it agrees; likeliest first."""

    distance: float
    number: int
    near: int


def candidates(coarse: Coarse, probes: Floats, without: frozenset[int], most: int) -> list[Candidate]:
    """The likeliest tracks but those ``without``."""
    score = np.full(len(coarse.rows), -np.inf, np.float32)
    count = len(coarse.rows) - STEPS + 1
    for begin in range(0, count, _BLOCK):
        stop = min(begin + _BLOCK, count)
        views = np.lib.stride_tricks.sliding_window_view(coarse.rows[begin : stop + STEPS - 1], STEPS, axis=0)
        block = np.ascontiguousarray(views.transpose(0, 2, 1)).reshape(stop - begin, STEPS * CLASSES)
        score[begin:stop] = (block @ probes).max(axis=1)
    best = np.maximum.reduceat(score, coarse.bases)
    order = np.argsort(-best, kind="stable")
    chosen = [int(number) for number in order if number not in without][:most]
    ends = np.append(coarse.bases[1:], len(score))
    near = [int(score[coarse.bases[n] : ends[n]].argmax()) * STEPS_PER_SECOND for n in chosen]
    return [Candidate(-float(best[n]), n, place) for n, place in zip(chosen, near, strict=True)]


def probes_of(query: Floats) -> Floats:
    """Two stretches of the query in all tempos and keys, at unit length: shape (192, 144)."""
    out = []
    for tempo in TEMPOS:
        second = by_second(stretched(query, tempo))
        last = max(0, len(second) - STEPS)
        for start in (last // 6, last - last // 6):
            probe = np.zeros((STEPS, CLASSES), np.float32)
            part = second[start : start + STEPS]
            probe[: len(part)] = part
            probe /= max(float(np.linalg.norm(probe)), 1e-6)
            out += [np.roll(probe, turn, axis=1).reshape(-1) for turn in range(CLASSES)]
    return np.asarray(np.stack(out, axis=1), np.float32)
