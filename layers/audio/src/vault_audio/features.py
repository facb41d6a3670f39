"""What the index needs to know about a recording, and its frozen byte form.

Promise: :func:`extract` is a pure function of the samples and the settings
number: the same input gives the same :class:`Features`, and :func:`pack` the
same bytes. Silence, a constant, NaN, one sample or none give features without
landmarks, never an error. :func:`unpack` takes hostile bytes: it answers
:class:`~vault_domain.errors.Corrupt` or features, and allocates nothing that
the input's own length does not pay for. Format: ``docs/formats/features.md``.
"""

import hashlib
import math
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray
from vault_domain.errors import Corrupt

from vault_audio import landmarks, melody, spectrum

SETTINGS: Final = 1
"""Number of the frozen analysis settings: any change to what peaks mean takes a new one."""

DENSE_STEPS: Final = 32  # stored map values count 1/32 deviation, cut at +-127
VECTOR: Final = 512
MAX_SECONDS: Final = 24 * 3600.0

_MAGIC: Final = b"LVFT"
_VERSION: Final = 1
_HEADER: Final = struct.Struct("<4sHHIdIIII")  # magic, version, flags, settings, seconds, peaks, frames, bins, segments
_HAS_DENSE, _HAS_VECTOR, _HAS_MELODY = 1, 2, 4
_DIGEST: Final = 32


class EmbeddingLike(Protocol):
    """What an embedder returns: one vector per recording and one per segment."""

    @property
    def track(self) -> NDArray[np.float32]: ...

    @property
    def segments(self) -> NDArray[np.float32]: ...

    @property
    def times(self) -> NDArray[np.float32]: ...


Embed = Callable[[NDArray[np.float32]], Any]


@dataclass(frozen=True, eq=False)
class Features:
    """Landmarks and the tune, and where asked for the dense map (queries) and embeddings.

    ``peak_times`` count 6.25 ms, ``peak_pitches`` 1/192 octave above 110 Hz,
    ``peak_levels`` eighths of a local deviation; sorted by time. ``dense`` has
    shape (frames, 144), 40 frames per second, 1/32 deviation.
    """

    settings: int
    duration_s: float
    peak_times: NDArray[np.uint32]
    peak_pitches: NDArray[np.uint16]
    peak_levels: NDArray[np.uint8]
    dense: NDArray[np.int8] | None = None
    track_vector: NDArray[np.float32] | None = None
    segment_vectors: NDArray[np.float32] | None = None
    segment_times: NDArray[np.float32] | None = None
    melody: NDArray[np.uint8] | None = None
    """Rows of pitch classes, four a second, shape (n, 6); None where features were packed before there were any."""

    def without_dense(self) -> "Features":
        """The same without the map: what a reference needs."""
        return Features(
            self.settings, self.duration_s, self.peak_times, self.peak_pitches, self.peak_levels,
            None, self.track_vector, self.segment_vectors, self.segment_times, self.melody,
        )  # fmt: skip


def extract(samples: spectrum.Sound, embed: Embed | None = None) -> Features:
    """Features of mono 16 kHz samples; ``embed`` adds the embeddings, if given.

    16-bit samples are read half a minute at a time: mapped from a file, hours of them take little memory.
    """
    if embed is None:
        return _heard(samples if samples.dtype == np.int16 else _contiguous(samples))
    signal = samples * spectrum.STEP_16 if samples.dtype == np.int16 else _contiguous(samples)
    with ThreadPoolExecutor(1) as beside:  # both spend their time outside the interpreter's lock
        embedding = beside.submit(embedded, signal, embed)
        return with_embedding(_heard(signal), embedding.result())


def embedded(samples: NDArray[np.float32], embed: Embed) -> EmbeddingLike:
    """The embeddings of the same samples by themselves: no comparison needs them, so they can be made beside one."""
    found: EmbeddingLike = embed(_finite(_contiguous(samples)))
    return found


def _contiguous(samples: spectrum.Sound) -> NDArray[np.float32]:
    return np.ascontiguousarray(np.asarray(samples, np.float32).reshape(-1))


def _heard(signal: spectrum.Sound) -> Features:
    """Landmarks, map and tune."""
    parts: list[landmarks.Peaks] = []
    dense = np.zeros((spectrum.frame_count(len(signal)), spectrum.BINS), np.int8)
    for start, skip, keep, z in spectrum.normalised_blocks(signal):
        smoothed = landmarks.smooth(z)
        parts.append(landmarks.pick(smoothed, start, skip, keep))
        rows = smoothed[skip : skip + keep] * np.float32(DENSE_STEPS)
        np.clip(np.rint(rows, out=rows), -127, 127, out=rows)
        dense[start : start + keep] = rows
    peaks = landmarks.join(parts)
    seconds = len(signal) / spectrum.RATE
    tune = melody.describe(dense, DENSE_STEPS)
    return Features(SETTINGS, seconds, peaks.times, peaks.pitches, peaks.levels, dense, melody=tune)


def _finite(signal: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.clip(np.nan_to_num(signal, nan=0.0, posinf=1.0, neginf=-1.0), -8.0, 8.0)


def with_embedding(base: Features, found: EmbeddingLike) -> Features:
    """``base`` with the embeddings, as :func:`extract` gives both at once."""
    half = np.float16  # what pack keeps: rounding here makes extract and unpack agree
    return Features(
        base.settings, base.duration_s, base.peak_times, base.peak_pitches, base.peak_levels, base.dense,
        np.asarray(found.track).astype(half).astype(np.float32),
        np.asarray(found.segments).astype(half).astype(np.float32),
        np.asarray(found.times).astype(np.float32),
        base.melody,
    )  # fmt: skip


def pack(features: Features, dense: bool = False) -> bytes:
    """Deterministic bytes; ``dense`` keeps the map, which only a query needs."""
    grid = features.dense if dense else None
    flags = (_HAS_DENSE if grid is not None else 0) | (_HAS_VECTOR if features.track_vector is not None else 0)
    flags |= _HAS_MELODY if features.melody is not None else 0
    frames, bins = (0, 0) if grid is None else grid.shape
    segments = 0 if features.segment_vectors is None else len(features.segment_vectors)
    header = _HEADER.pack(
        _MAGIC, _VERSION, flags, features.settings, features.duration_s,
        len(features.peak_times), frames, bins, segments,
    )  # fmt: skip
    body = [
        header,
        features.peak_times.astype("<u4").tobytes(),
        features.peak_pitches.astype("<u2").tobytes(),
        features.peak_levels.astype("u1").tobytes(),
    ]
    if grid is not None:
        body.append(grid.astype("i1").tobytes())
    if features.melody is not None:
        body.append(features.melody.astype("u1").tobytes())
    if features.track_vector is not None:
        body.append(features.track_vector.astype("<f2").tobytes())
        if features.segment_vectors is not None and features.segment_times is not None:
            body.append(features.segment_vectors.astype("<f2").tobytes())
            body.append(features.segment_times.astype("<f4").tobytes())
    joined = b"".join(body)
    return joined + hashlib.sha256(joined).digest()


def unpack(data: bytes) -> Features:
    """The features that :func:`pack` wrote, or :class:`Corrupt`."""
    if len(data) < _HEADER.size + _DIGEST or data[:4] != _MAGIC:
        raise Corrupt("These are not packed features.")
    body, digest = data[:-_DIGEST], data[-_DIGEST:]
    if hashlib.sha256(body).digest() != digest:
        raise Corrupt("Packed features do not match their hash.")
    _, version, flags, settings, seconds, peaks, frames, bins, segments = _HEADER.unpack_from(body)
    if version != _VERSION or flags & ~(_HAS_DENSE | _HAS_VECTOR | _HAS_MELODY):
        raise Corrupt(f"Packed features have the unknown version {version}.")
    if settings != SETTINGS:
        raise Corrupt(f"Packed features have settings {settings}; this build reads {SETTINGS}.")
    if not (math.isfinite(seconds) and 0 <= seconds <= MAX_SECONDS):
        raise Corrupt("Packed features have an impossible duration.")
    return _read_sections(body, flags, seconds, peaks, frames, bins, segments)


def _read_sections(
    body: bytes, flags: int, seconds: float, peaks: int, frames: int, bins: int, segments: int
) -> Features:
    with_dense, with_vector = bool(flags & _HAS_DENSE), bool(flags & _HAS_VECTOR)
    if with_dense and (bins != spectrum.BINS or frames > seconds * spectrum.FRAMES_PER_SECOND + 2):
        raise Corrupt("Packed features have a map of the wrong shape.")
    rows = melody.row_count(seconds) if flags & _HAS_MELODY else 0
    sizes = [peaks * 4, peaks * 2, peaks, frames * bins if with_dense else 0, rows * melody.ROW_BYTES]
    sizes += [VECTOR * 2, segments * VECTOR * 2, segments * 8] if with_vector else [0, 0, 0]
    if _HEADER.size + sum(sizes) != len(body):
        raise Corrupt("Packed features are cut off or too long.")
    edges = np.cumsum([_HEADER.size, *sizes])
    cut = [body[a:b] for a, b in pairwise(edges)]
    times = np.frombuffer(cut[0], "<u4").astype(np.uint32)
    pitches = np.frombuffer(cut[1], "<u2").astype(np.uint16)
    _check_peaks(times, pitches, seconds)
    dense = np.frombuffer(cut[3], np.int8).reshape(frames, bins) if with_dense else None
    tune = np.frombuffer(cut[4], np.uint8).reshape(rows, melody.ROW_BYTES) if flags & _HAS_MELODY else None
    if tune is None and dense is not None:  # packed before there were tunes
        tune = melody.describe(dense, DENSE_STEPS)
    vector = _vectors(cut[5]).reshape(VECTOR) if with_vector else None
    segment = _vectors(cut[6]).reshape(segments, VECTOR) if with_vector else None
    spans = np.frombuffer(cut[7], "<f4").astype(np.float32).reshape(segments, 2) if with_vector else None
    if spans is not None and not np.isfinite(spans).all():
        raise Corrupt("Packed features hold segment times that are not numbers.")
    levels = np.frombuffer(cut[2], np.uint8)
    return Features(SETTINGS, seconds, times, pitches, levels, dense, vector, segment, spans, tune)


def _check_peaks(times: NDArray[np.uint32], pitches: NDArray[np.uint16], seconds: float) -> None:
    top = (seconds * spectrum.FRAMES_PER_SECOND + 2) * landmarks.TIME_STEPS
    if len(times) and (int(times[-1]) > top or bool((times[1:] < times[:-1]).any())):
        raise Corrupt("Packed features hold landmarks out of order or past the end.")
    if len(pitches) and int(pitches.max()) > (spectrum.BINS - 1) * landmarks.PITCH_STEPS:
        raise Corrupt("Packed features hold a landmark above the highest bin.")


def _vectors(raw: bytes) -> NDArray[np.float32]:
    found = np.frombuffer(raw, "<f2").astype(np.float32)
    if not np.isfinite(found).all():
        raise Corrupt("Packed features hold an embedding that is not a number.")
    return found
