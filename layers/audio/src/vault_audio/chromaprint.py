"""Chromaprint, algorithm 1 (the one of AcoustID): computed, packed and unpacked with numpy alone.

Promise: :func:`fingerprint` gives, item for item, what ``fpcalc`` 1.5.1 gives
for the same 11,025 Hz mono samples; :func:`compress` and :func:`decompress`
speak the form that AcoustID's API takes, and undo each other.
:func:`decompress` takes hostile text: it answers Corrupt or an array, and
allocates nothing that the text's own length does not pay for.

The numbers below are algorithm 1's, frozen by its author: two programs agree
only when they use exactly these (chromaprint 1.5.1,
``src/fingerprinter_configuration.cpp``, "Test2"; the idea is told in Lalinsky,
"How does Chromaprint work?", oxygene.sk, 2011). Bytes: ``docs/formats/chromaprint.md``.
"""

import base64
import binascii
from typing import Final

import numpy as np
from numpy.typing import NDArray
from vault_domain.errors import Corrupt

Items = NDArray[np.uint32]
"""A raw fingerprint: shape (n,), one item per :data:`ITEM_S` seconds."""

ALGORITHM: Final = 1
"""As written in the packed form; the library counts its configurations from 0, and this is "Test2"."""

RATE: Final = 11025
FRAME: Final = 4096
HOP: Final = FRAME // 3
ITEM_S: Final = HOP / RATE
"""Seconds between items: 0.1238."""

LOOKUP_S: Final = 120.0
"""AcoustID stores and expects fingerprints of the first two minutes (``fpcalc -length 120``)."""

SMOOTHING: Final = (0.25, 0.75, 1.0, 0.75, 0.25)
WIDTH: Final = 16
SPAN_FRAMES: Final = WIDTH + len(SMOOTHING) - 1
WINDOW_S: Final = ((SPAN_FRAMES - 1) * HOP + FRAME) / RATE
"""Seconds of sound that one item describes: 2.72. Shorter recordings have no fingerprint."""

_LOW_HZ, _HIGH_HZ, _BASE_HZ = 28, 3520, 440 / 16
_CLASSES: Final = 12
_SILENT_NORM: Final = 0.01

# shape, first pitch class, pitch classes, frames, then three quantiser steps
_CLASSIFIERS: Final = (
    ("whole", 4, 3, 15, (1.98215, 2.35817, 2.63523)),
    ("middle_pitch", 4, 6, 15, (-1.03809, -0.651211, -0.282167)),
    ("upper", 0, 4, 16, (-0.298702, 0.119262, 0.558497)),
    ("checker", 8, 2, 12, (-0.105439, 0.0153946, 0.135898)),
    ("checker", 4, 4, 8, (-0.142891, 0.0258736, 0.200632)),
    ("middle_pitch", 0, 3, 5, (-0.826319, -0.590612, -0.368214)),
    ("upper", 2, 2, 9, (-0.557409, -0.233035, 0.0534525)),
    ("later", 7, 3, 4, (-0.0646826, 0.00620476, 0.0784847)),
    ("later", 6, 2, 16, (-0.192387, -0.029699, 0.215855)),
    ("later", 1, 3, 2, (-0.0397818, -0.00568076, 0.0292026)),
    ("middle_time", 10, 1, 15, (-0.53823, -0.369934, -0.190235)),
    ("checker", 6, 2, 10, (-0.124877, 0.0296483, 0.139239)),
    ("later", 1, 1, 14, (-0.101475, 0.0225617, 0.231971)),
    ("checker", 5, 6, 4, (-0.0799915, -0.00729616, 0.063262)),
    ("upper", 9, 2, 12, (-0.272556, 0.019424, 0.302559)),
    ("checker", 4, 2, 14, (-0.164292, -0.0321188, 0.0846339)),
)
_GRAY: Final = np.array([0, 1, 3, 2], dtype=np.uint32)
_BLOCK: Final = 512  # frames per FFT call: bounds memory at about 25 MB


# --- computing ---------------------------------------------------------------


def fingerprint(samples: NDArray[np.int16]) -> Items:
    """Items of 16-bit mono samples, shape (n,), at :data:`RATE`; none when shorter than a window.

    Each item depends on the :data:`WINDOW_S` seconds from its own start alone,
    so the fingerprint of a recording's beginning is the beginning of its fingerprint.
    """
    chroma = _normalised(_smoothed(_chroma(samples)))
    count = len(chroma) - WIDTH + 1
    if count <= 0:
        return np.zeros(0, dtype=np.uint32)
    sums = _summed_area(chroma)
    items = np.zeros(count, dtype=np.uint32)
    for shape, low, height, width, steps in _CLASSIFIERS:
        value = _contrast(sums, count, shape, low, height, width)
        level = np.searchsorted(np.array(steps), value, side="right")
        items = (items << np.uint32(2)) | _GRAY[level]
    return items


def head(items: Items, seconds: float = LOOKUP_S) -> Items:
    """Items of the first ``seconds``: what fpcalc gives when told to stop there."""
    frames = (int(seconds * RATE) - FRAME) // HOP + 1
    return items[: max(0, frames - SPAN_FRAMES + 1)]


def _chroma(samples: NDArray[np.int16]) -> NDArray[np.float64]:
    """Energy per frame and pitch class, shape (frames, 12)."""
    if len(samples) < FRAME:
        return np.zeros((0, _CLASSES))
    frames = np.lib.stride_tricks.sliding_window_view(samples, FRAME)[::HOP]
    window = (0.54 - 0.46 * np.cos(2 * np.pi * np.arange(FRAME) / (FRAME - 1))) / 32767
    low, high = round(FRAME * _LOW_HZ / RATE), round(FRAME * _HIGH_HZ / RATE)
    octave = np.log2(np.arange(low, high) * RATE / FRAME / _BASE_HZ)
    fold = np.eye(_CLASSES)[(_CLASSES * (octave % 1)).astype(int)]
    out = np.empty((len(frames), _CLASSES))
    for start in range(0, len(frames), _BLOCK):
        spectrum = np.fft.rfft(frames[start : start + _BLOCK] * window)[:, low:high]
        out[start : start + _BLOCK] = (spectrum.real**2 + spectrum.imag**2) @ fold
    return out


def _smoothed(chroma: NDArray[np.float64]) -> NDArray[np.float64]:
    rows = max(0, len(chroma) - len(SMOOTHING) + 1)
    out = np.zeros((rows, _CLASSES))
    for row, weight in enumerate(SMOOTHING):
        out += weight * chroma[row : row + rows]
    return out


def _normalised(chroma: NDArray[np.float64]) -> NDArray[np.float64]:
    norm = np.linalg.norm(chroma, axis=1, keepdims=True)
    return np.where(norm < _SILENT_NORM, 0.0, chroma / np.maximum(norm, _SILENT_NORM))


def _summed_area(image: NDArray[np.float64]) -> NDArray[np.float64]:
    """Summed-area table with a leading row and column of zeros."""
    sums = np.zeros((image.shape[0] + 1, image.shape[1] + 1))
    sums[1:, 1:] = image.cumsum(axis=0).cumsum(axis=1)
    return sums


def _contrast(
    sums: NDArray[np.float64], count: int, shape: str, low: int, height: int, width: int
) -> NDArray[np.float64]:
    """log(1 + one part) - log(1 + other part) of a rectangle, for every start frame at once."""

    def area(t0: int, t1: int, p0: int, p1: int) -> NDArray[np.float64]:
        late, early = sums[t1 : t1 + count], sums[t0 : t0 + count]
        return late[:, low + p1] - early[:, low + p1] - late[:, low + p0] + early[:, low + p0]

    whole = area(0, width, 0, height)
    half_t, half_p, third_t, third_p = width // 2, height // 2, width // 3, height // 3
    if shape == "whole":
        return np.log1p(whole)
    if shape == "upper":
        part = area(0, width, half_p, height)
    elif shape == "later":
        part = area(half_t, width, 0, height)
    elif shape == "checker":
        part = area(0, half_t, half_p, height) + area(half_t, width, 0, half_p)
    elif shape == "middle_pitch":
        part = area(0, width, third_p, 2 * third_p)
    else:
        part = area(third_t, 2 * third_t, 0, height)
    # The rest may round to just under nothing where the part is all of it.
    return np.log1p(part) - np.log1p(np.maximum(whole - part, 0.0))


# --- packing -----------------------------------------------------------------


def compress(items: Items, algorithm: int = ALGORITHM) -> str:
    """The packed, URL-safe base64 form without padding, as ``fpcalc`` prints it."""
    if len(items) >= 1 << 24:
        raise ValueError("a packed fingerprint holds fewer than 2^24 items")
    codes = _gap_codes(items)
    small, rest = np.minimum(codes, 7), codes[codes >= 7] - 7
    header = bytes([algorithm & 0xFF]) + len(items).to_bytes(3, "big")
    return base64.urlsafe_b64encode(header + _pack(small, 3) + _pack(rest, 5)).rstrip(b"=").decode()


def decompress(text: str) -> tuple[int, Items]:
    """Algorithm and items of a packed fingerprint; the inverse of :func:`compress`."""
    data = _plain_bytes(text)
    if len(data) < 4:
        raise Corrupt("fingerprint: no header")
    count = int.from_bytes(data[1:4], "big")
    small = _unpack(data[4:], 3)
    ends = np.flatnonzero(small == 0)
    if len(ends) < count:
        raise Corrupt("fingerprint: fewer items than announced")
    used = int(ends[count - 1]) + 1 if count else 0
    codes = small[:used].astype(np.int64)
    escaped = np.flatnonzero(codes == 7)
    rest = _unpack(data[4 + (used * 3 + 7) // 8 :], 5)
    if len(rest) < len(escaped):
        raise Corrupt("fingerprint: a large gap is missing")
    codes[escaped] += rest[: len(escaped)]
    return data[0], _from_gap_codes(codes, count)


def _plain_bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise Corrupt("fingerprint: not base64") from error


def _gap_codes(items: Items) -> NDArray[np.int64]:
    """Per item: the gaps between its changed bits, counted from 1, then a zero."""
    changed = items.copy()
    changed[1:] ^= items[:-1]
    row, bit = np.nonzero((changed[:, None] >> np.arange(32, dtype=np.uint32)) & np.uint32(1))
    first = np.ones(len(row), dtype=bool)
    first[1:] = row[1:] != row[:-1]
    gap = np.where(first, bit + 1, bit - np.roll(bit, 1))
    codes = np.zeros(len(row) + len(items), dtype=np.int64)
    codes[np.arange(len(row)) + row] = gap
    return codes


def _from_gap_codes(codes: NDArray[np.int64], count: int) -> Items:
    ends = np.flatnonzero(codes == 0)
    position = np.cumsum(codes)
    item = np.searchsorted(ends, np.arange(len(codes)))
    before = np.concatenate([[0], position[ends]])
    bit = position - before[item] - 1
    marked = codes > 0
    if np.any(bit[marked] > 31):
        raise Corrupt("fingerprint: a bit beyond the 32nd")
    changed = np.zeros(count, dtype=np.uint32)
    np.bitwise_or.at(changed, item[marked], np.uint32(1) << bit[marked].astype(np.uint32))
    return np.bitwise_xor.accumulate(changed) if count else changed


def _pack(values: NDArray[np.int64], width: int) -> bytes:
    bits = (values[:, None] >> np.arange(width)) & 1
    return np.packbits(bits.astype(np.uint8).ravel(), bitorder="little").tobytes()


def _unpack(data: bytes, width: int) -> NDArray[np.int64]:
    bits = np.unpackbits(np.frombuffer(data, dtype=np.uint8), bitorder="little")
    whole = len(bits) // width * width
    return bits[:whole].reshape(-1, width).astype(np.int64) @ (1 << np.arange(width))


__all__ = [
    "ALGORITHM",
    "FRAME",
    "HOP",
    "ITEM_S",
    "LOOKUP_S",
    "RATE",
    "WINDOW_S",
    "Items",
    "compress",
    "decompress",
    "fingerprint",
    "head",
]
