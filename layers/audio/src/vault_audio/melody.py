"""Which pitch classes lead, four times a second: a tune as it stays in another arrangement.

Promise: :func:`describe` is a pure function of the normalised map, so whoever has
the map has the same bytes. Instruments and loudness cancel, because the map counts
deviations from its neighbourhood; octaves fold; what sounds all the time (a drone,
a test tone, the key itself) is taken off, so silence, constants and steady tones
give rows of zeros. A change of key turns the rows, a change of tempo stretches
them; both are left to the comparison.

Sources: harmonic summation after Salamon and Gomez (2012), pitch-class profiles
after Fujishima (1999). Byte form: ``docs/formats/features.md``.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from vault_audio.spectrum import BINS, BINS_PER_OCTAVE, FRAMES_PER_SECOND, RATE, frame_count

SETTINGS: Final = 1
"""Number of these frozen settings, apart from those of the landmarks."""

STEPS_PER_SECOND: Final = 4
CLASSES: Final = 12
ROW_BYTES: Final = CLASSES // 2
ZERO: Final = 4
"""The nibble that stands for nothing; one step is a tenth of a row's length."""

_POOL: Final = FRAMES_PER_SECOND // STEPS_PER_SECOND
_BLOCK: Final = 120 * _POOL
_STEPS: Final = 10.0
_PARTIALS: Final = 5
_DECAY: Final = 0.7
_LOWEST, _HIGHEST = 24, 110  # bins: 220 Hz to 2.6 kHz, where tunes lie
_LEAST: Final = np.float32(0.15)  # rows with less shape than this shrink instead of being blown up

Floats = NDArray[np.float32]
Rows = NDArray[np.uint8]


def describe(dense: NDArray[np.int8], steps: float = 32.0) -> Rows:
    """``dense`` of shape (frames, 144), counting ``1 / steps`` deviation, to rows of six bytes: shape (n, 6)."""
    if dense.ndim != 2 or dense.shape[1] != BINS:
        raise ValueError(f"a map has {BINS} bins")
    whole = len(dense) // _POOL * _POOL
    blocks = [_pooled(dense[at : min(at + _BLOCK, whole)], steps) for at in range(0, whole, _BLOCK)]
    profile = np.concatenate(blocks) if blocks else np.zeros((0, CLASSES), np.float32)
    return pack(_outstanding(profile))


def row_count(seconds: float) -> int:
    """Rows of a recording of this length."""
    return frame_count(round(seconds * RATE)) // _POOL


def pack(rows: Floats) -> Rows:
    """Rows of twelve values to nibbles, the lower class in the upper half; shape (n, 6)."""
    counted = np.clip(np.rint(rows * _STEPS), -ZERO, 15 - ZERO).astype(np.int8) + ZERO
    nibbles = counted.astype(np.uint8).reshape(-1, ROW_BYTES, 2)
    return np.asarray((nibbles[:, :, 0] << 4) | nibbles[:, :, 1], np.uint8)


def _pooled(dense: NDArray[np.int8], steps: float) -> Floats:
    """Mean squared salience of each class over each quarter of a second: shape (n, 12)."""
    level = np.maximum(dense, 0).astype(np.float32)
    level *= np.float32(1.0 / steps)
    salience = level.copy()
    for partial in range(2, _PARTIALS + 1):
        shift = round(BINS_PER_OCTAVE * float(np.log2(partial)))
        salience[:, :-shift] += np.float32(_DECAY ** (partial - 1)) * level[:, shift:]
    np.multiply(salience, salience, out=salience)
    salience[:, :_LOWEST] = 0
    salience[:, _HIGHEST:] = 0
    pooled = salience.reshape(-1, _POOL, BINS).mean(axis=1)
    between = pooled[:, 1::2] * np.float32(0.5)  # quarter tones count half for either neighbour
    semitones = pooled[:, ::2] + between
    semitones[:, 1:] += between[:, :-1]
    return np.asarray(semitones.reshape(len(pooled), -1, CLASSES).sum(axis=1), np.float32)


def _outstanding(profile: Floats) -> Floats:
    """What stands out of the recording's mean profile and of the row itself, at unit length."""
    rows = profile / np.maximum(np.linalg.norm(profile, axis=1, keepdims=True), np.float32(1e-3))
    if len(rows):
        rows -= rows.mean(axis=0)
    rows -= rows.mean(axis=1, keepdims=True)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), _LEAST)
    return np.asarray(rows, np.float32)
