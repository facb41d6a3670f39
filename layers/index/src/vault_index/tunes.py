"""Rows of pitch classes: how a part keeps them, what they say as numbers, and what may be done to those."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

STEPS_PER_SECOND: Final = 4
CLASSES: Final = 12
ROW_BYTES: Final = CLASSES // 2
_ZERO: Final = 4
_STEPS: Final = np.float32(0.1)
_SHARPEN: Final = 0.3

Floats = NDArray[np.float32]
Rows = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Tunes:
    """The tunes of a part's tracks, one after the other; a part may hold none."""

    packed: Rows
    """Shape (all rows, 6)."""
    ends: NDArray[np.int64]
    """Row before which each track's tune starts, and the end; empty where the part knows of no tunes."""

    @staticmethod
    def of(packed: Rows | None, counts: NDArray[np.uint32] | None, tracks: int) -> "Tunes":
        """From a part's sections. Raises ``ValueError`` where they do not fit."""
        if packed is None and counts is None:
            return Tunes(np.zeros((0, ROW_BYTES), np.uint8), np.zeros(0, np.int64))
        if packed is None or counts is None or len(counts) != tracks:
            raise ValueError("melody")
        ends = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        if int(ends[-1]) * ROW_BYTES != len(packed):
            raise ValueError("melody")
        return Tunes(packed.reshape(-1, ROW_BYTES), ends)

    def rows(self, number: int) -> Rows | None:
        """One track's rows; none where the track was indexed before there were tunes."""
        if len(self.ends) == 0 or self.ends[number] == self.ends[number + 1]:
            return None
        return self.packed[self.ends[number] : self.ends[number + 1]]


def packed_tunes(tunes: Sequence[Rows | None]) -> dict[str, NDArray[np.generic]]:
    """The sections of a part whose tracks have these tunes; none at all where no track has one."""
    known = [np.zeros((0, ROW_BYTES), np.uint8) if rows is None else rows for rows in tunes]
    if not any(len(rows) for rows in known):
        return {}
    return {"melody": np.concatenate(known).reshape(-1), "melody_rows": np.array([len(r) for r in known], "<u4")}


def unpacked(rows: Rows) -> Floats:
    """Packed rows, shape (n, 6), as twelve values each."""
    nibbles = np.stack([rows >> 4, rows & 15], axis=2).reshape(len(rows), CLASSES)
    return np.asarray((nibbles.astype(np.float32) - _ZERO) * _STEPS, np.float32)


def sharpened(rows: Floats, share: float = _SHARPEN) -> Floats:
    """Rows with a share of the row before taken off: changes say more than what lasts."""
    out = np.array(rows, np.float32)
    out[1:] -= np.float32(share) * rows[:-1]
    return out


def stretched(rows: Floats, factor: float) -> Floats:
    """The rows at ``1 / factor`` of their tempo, interpolated."""
    if len(rows) == 0:
        return rows
    at = np.arange(int(len(rows) * factor)) / factor
    low = np.minimum(at.astype(np.int64), len(rows) - 1)
    part = (at - low).astype(np.float32)[:, None]
    return np.asarray(rows[low] * (1 - part) + rows[np.minimum(low + 1, len(rows) - 1)] * part, np.float32)
