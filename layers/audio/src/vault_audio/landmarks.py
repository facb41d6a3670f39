"""Landmarks: the cells of the normalised map that stand out of all their neighbours.

Promise: :func:`pick` finds them in time order with sub-cell positions, so that
a copy keeps most of them through coding, noise, equalising and mixing. Their
spacing, not their absolute place, is what the index hashes.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vault_audio.spectrum import BINS

TIME_STEPS: Final = 4  # stored times count quarter frames: 6.25 ms
PITCH_STEPS: Final = 8  # stored pitches count eighths of a bin: 1/192 octave
LEVEL_STEPS: Final = 8  # stored levels count eighths of a deviation
REACH_TIME: Final = 5
REACH_BINS: Final = 4
THRESHOLD: Final = 0.7

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Peaks:
    """Parallel arrays, sorted by time, then pitch."""

    times: NDArray[np.uint32]
    pitches: NDArray[np.uint16]
    levels: NDArray[np.uint8]


def smooth(z: Floats) -> Floats:
    """Weights 1-2-1 over time and bins; the outermost cells count double."""
    out = z * np.float32(0.5)
    out[1:] += z[:-1] * np.float32(0.25)
    out[:1] += z[:1] * np.float32(0.25)
    out[:-1] += z[1:] * np.float32(0.25)
    out[-1:] += z[-1:] * np.float32(0.25)
    wide = out * np.float32(0.5)
    wide[:, 1:] += out[:, :-1] * np.float32(0.25)
    wide[:, :1] += out[:, :1] * np.float32(0.25)
    wide[:, :-1] += out[:, 1:] * np.float32(0.25)
    wide[:, -1:] += out[:, -1:] * np.float32(0.25)
    return wide


def pick(smoothed: Floats, start: int, skip: int, keep: int) -> Peaks:
    """Peaks among rows ``skip : skip + keep``, row ``skip`` being frame ``start``."""
    best = _running_max(_running_max(smoothed, REACH_BINS, 1), REACH_TIME, 0)
    found = (smoothed == best) & (smoothed > THRESHOLD)
    found[:skip] = False
    found[skip + keep :] = False
    rows, cols = np.nonzero(found)
    height = smoothed[rows, cols]
    row_shift = _vertex(smoothed, rows, cols, 0, height)
    col_shift = _vertex(smoothed, rows, cols, 1, height)
    times = np.rint((rows - skip + start + row_shift) * TIME_STEPS)
    pitches = np.rint((cols + col_shift) * PITCH_STEPS)
    levels = np.minimum(np.rint(height * LEVEL_STEPS), 255)
    times = np.maximum(times, 0).astype(np.uint32)
    pitches = np.clip(pitches, 0, (BINS - 1) * PITCH_STEPS).astype(np.uint16)
    order = np.lexsort((pitches, times))
    return Peaks(times[order], pitches[order], levels.astype(np.uint8)[order])


def join(parts: list[Peaks]) -> Peaks:
    """Peaks of consecutive blocks as one, in order."""
    if not parts:
        return Peaks(np.zeros(0, np.uint32), np.zeros(0, np.uint16), np.zeros(0, np.uint8))
    times = np.concatenate([p.times for p in parts])
    pitches = np.concatenate([p.pitches for p in parts])
    levels = np.concatenate([p.levels for p in parts])
    order = np.lexsort((pitches, times))
    return Peaks(times[order], pitches[order], levels[order])


def _vertex(values: Floats, rows: NDArray[np.intp], cols: NDArray[np.intp], axis: int, height: Floats) -> Floats:
    """Where a parabola through the peak and its two neighbours on ``axis`` has its top, in cells."""
    size = values.shape[axis] - 1
    at = rows if axis == 0 else cols
    before, after = np.maximum(at - 1, 0), np.minimum(at + 1, size)
    left = values[before, cols] if axis == 0 else values[rows, before]
    right = values[after, cols] if axis == 0 else values[rows, after]
    bend = left - 2 * height + right
    shift = np.where(bend < -1e-6, 0.5 * (left - right) / np.minimum(bend, -1e-6), 0.0)
    inside = (at > 0) & (at < size)
    return np.asarray(np.clip(shift, -0.5, 0.5) * inside, np.float32)


def _running_max(values: Floats, half: int, axis: int) -> Floats:
    """Maximum over ``2 * half + 1`` cells along ``axis``, cut at the edges."""
    out = values.copy()
    for step in range(1, half + 1):
        if step >= values.shape[axis]:
            break
        ahead: list[slice] = [slice(None), slice(None)]
        behind: list[slice] = [slice(None), slice(None)]
        ahead[axis], behind[axis] = slice(step, None), slice(None, -step)
        np.maximum(out[tuple(behind)], values[tuple(ahead)], out=out[tuple(behind)])
        np.maximum(out[tuple(ahead)], values[tuple(behind)], out=out[tuple(ahead)])
    return out
