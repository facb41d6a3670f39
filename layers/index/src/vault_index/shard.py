"""One immutable part of an index: landmarks of some tracks, and postings to find them.

Promise: :func:`build_shard` gives the same bytes for the same items in the same
order. :meth:`Shard.open` maps or wraps them without copying the large arrays,
after checking hash, format and bounds; a damaged part raises
:class:`~vault_domain.errors.Corrupt` with its name. Its arrays are never changed.

Layout (``docs/formats/snapshot.md``): magic, version, header (JSON), aligned
arrays, SHA-256 of all before it.
"""

import hashlib
import json
import mmap
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from vault_domain.errors import Corrupt

from vault_index import kernels, keys
from vault_index.protocols import BINS, SETTINGS, STEPS_PER_BIN, STEPS_PER_SECOND, FeaturesLike
from vault_index.tunes import Tunes, packed_tunes

FORMAT: Final = 2
UNITS_PER_SECOND: Final = STEPS_PER_SECOND // keys.UNIT
MAX_UNITS: Final = 1 << 24  # 233 hours: posting times have 24 bits
PITCH_BITS: Final = 10
_CLASS_BITS: Final = 4
_CLASS_BINS: Final = BINS >> _CLASS_BITS
"""A bucket's postings lie in sixteen lists by pitch class of 9 bins: a search for few pitches reads few of them."""
_BITS: Final = (8, 24)
MAX_TRACK_SECONDS: Final = ((1 << (32 - PITCH_BITS)) - 1) / STEPS_PER_SECOND
GAP_UNITS: Final = 40  # silence between tracks on the shard's time line: 2 s
_MAGIC: Final = b"LVSH"
_PREFIX: Final = struct.Struct("<4sHHI")  # magic, version, reserved, header bytes
_ALIGN: Final = 64
_DIGEST: Final = 32
_PITCH_STEP: Final = 2  # a stored pitch counts two of a feature's
_ESCAPE: Final = 255
_VECTOR: Final = 512
_LINE: Final = 64  # bytes of a cache line
_TYPES: Final = {
    "landmarks": "<u4", "postings": "<u4", "counts": "u1", "large": "<u4",
    "vectors": "i1", "vector_times": "<f4", "vector_track": "<u4", "track_vectors": "<f2",
}  # fmt: skip
_TUNES: Final = {"melody": "u1", "melody_rows": "<u4"}
"""Sections that a part has only where its tracks have tunes, so that parts without are what they always were."""


class ShardFull(ValueError):
    """More audio than one part can address; the caller splits it."""


@dataclass(frozen=True)
class TrackEntry:
    """Where one track's landmarks lie, and where it starts on the shard's time line (50 ms units)."""

    id: str
    duration_s: float
    first: int
    count: int
    base: int


@dataclass(frozen=True, eq=False)
class StoredFeatures:
    """Features read back from a part; satisfies :class:`FeaturesLike`."""

    settings: int
    duration_s: float
    peak_times: NDArray[np.uint32]
    peak_pitches: NDArray[np.uint16]
    peak_levels: NDArray[np.uint8]
    dense: NDArray[np.int8] | None
    track_vector: NDArray[np.float32] | None
    segment_vectors: NDArray[np.float32] | None
    segment_times: NDArray[np.float32] | None
    melody: NDArray[np.uint8] | None = None


class Sized(Protocol):
    """Anything that says how much memory it takes."""

    @property
    def nbytes(self) -> int: ...


_Made = TypeVar("_Made", bound=Sized)


class Derived:
    """What searches work out of a part's arrays once, and keep with it; one of a kind, however many ask at once."""

    def __init__(self) -> None:
        self._made: dict[type[Any], Any] = {}
        self._lock = Lock()

    def once(self, kind: type[_Made], make: Callable[[], _Made]) -> _Made:
        """What was made of this kind, or what ``make`` makes; others who want it wait for it."""
        with self._lock:
            if kind not in self._made:
                self._made[kind] = make()
            made: _Made = self._made[kind]
            return made

    @property
    def nbytes(self) -> int:
        """Bytes of all of it."""
        return sum(made.nbytes for made in list(self._made.values()))


@dataclass(frozen=True, eq=False)
class Shard:
    """An opened part. Arrays are read-only views of its bytes."""

    name: str
    sha256: str
    settings: int
    tracks: tuple[TrackEntry, ...]
    landmarks: NDArray[np.uint32]  # time in steps above PITCH_BITS, pitch in quarter bins below; sorted per track
    postings: NDArray[np.uint32]  # pitch bin in the top 8 bits, time in 50 ms units below; sorted per bucket
    starts: NDArray[np.uint32]  # bucket and pitch class -> first posting
    bits: int
    bases: NDArray[np.int64]
    pitch_share: NDArray[np.float32]  # share of landmarks per bin
    vectors: NDArray[np.int8]
    vector_times: NDArray[np.float32]
    vector_track: NDArray[np.uint32]
    track_vectors: NDArray[np.float16]
    tunes: Tunes
    size: int
    derived: "Derived" = field(default_factory=Derived, repr=False)

    @property
    def held_bytes(self) -> int:
        """What it holds in memory by now: its part, and what searches have worked out of it."""
        return self.size + self.derived.nbytes

    @property
    def hash_bits(self) -> int:
        """How many bits of a key's hash tell its bucket."""
        return self.bits - _CLASS_BITS

    @cached_property
    def landmarks_address(self) -> int:
        """Where the landmarks lie in memory."""
        return kernels.address(self.landmarks, np.uint32)

    @property
    def seconds(self) -> float:
        """Audio in this part, which calibration needs."""
        return sum(track.duration_s for track in self.tracks)

    def features(self, number: int) -> "StoredFeatures":
        """Features of one track as this part holds them, to build another part from."""
        track = self.tracks[number]
        rows = slice(track.first, track.first + track.count)
        own = np.flatnonzero(self.vector_track == number)
        known = len(self.track_vectors) > 0 and bool(self.track_vectors[number].any())
        times, pitches = unpacked(self.landmarks[rows])
        return StoredFeatures(
            self.settings, track.duration_s, times, pitches, np.zeros(len(times), np.uint8), None,
            self.track_vectors[number].astype(np.float32) if known else None,
            self.vectors[own].astype(np.float32) if known else None,
            self.vector_times[own] if known else None,
            self.tunes.rows(number),
        )  # fmt: skip

    @staticmethod
    def open(source: bytes | memoryview | mmap.mmap | str | Path, name: str = "part") -> "Shard":
        """Open a part from bytes, a map, or a file (which is mapped)."""
        if isinstance(source, str | Path):
            name = Path(source).name if name == "part" else name
            source = _mapped(Path(source), name)
        return _open(memoryview(source), name)


def build_shard(items: Iterable[tuple[str, FeaturesLike]]) -> bytes:
    """Bytes of a part that holds these tracks, in this order."""
    tracks: list[dict[str, Any]] = []
    columns: dict[str, list[NDArray[Any]]] = {kind: [] for kind in _TYPES}
    tunes: list[NDArray[np.uint8] | None] = []
    codes: list[NDArray[np.uint64]] = []
    base = GAP_UNITS
    for track_id, features in items:
        if features.settings != SETTINGS:
            raise ValueError(f"features of {track_id} have settings {features.settings}, not {SETTINGS}")
        length = int(features.duration_s * UNITS_PER_SECOND) + 1
        if base + length + GAP_UNITS >= MAX_UNITS:
            raise ShardFull("one part holds at most 233 hours of audio")
        if features.duration_s > MAX_TRACK_SECONDS:
            raise ShardFull("one track is at most 7 hours long")
        landmarks = _packed(features)
        codes.append(_codes(landmarks, base))
        columns["landmarks"].append(landmarks)
        _add_vectors(columns, features, len(tracks))
        tunes.append(features.melody)
        tracks.append({"id": track_id, "s": features.duration_s, "n": len(landmarks), "base": base})
        base += length + GAP_UNITS
    arrays = {
        kind: np.concatenate(parts).astype(_TYPES[kind]) if parts else np.zeros(0, _TYPES[kind])
        for kind, parts in columns.items()
    }
    if not arrays["track_vectors"].any():
        arrays["track_vectors"] = np.zeros(0, _TYPES["track_vectors"])
    bits = _fill_postings(arrays, codes)
    arrays |= packed_tunes(tunes)
    return _encode(tracks, arrays, bits)


def _packed(features: FeaturesLike) -> NDArray[np.uint32]:
    """Landmarks in 32 bits each: what a part keeps of them."""
    pitch = (features.peak_pitches.astype(np.uint32) + _PITCH_STEP // 2) // _PITCH_STEP
    return np.sort((features.peak_times << np.uint32(PITCH_BITS)) | pitch)


def unpacked(landmarks: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.uint16]]:
    """Times in steps and pitches in 1/8 bins, as features count them."""
    pitch = (landmarks & np.uint32((1 << PITCH_BITS) - 1)) * np.uint32(_PITCH_STEP)
    return landmarks >> np.uint32(PITCH_BITS), pitch.astype(np.uint16)


def _codes(landmarks: NDArray[np.uint32], base: int) -> NDArray[np.uint64]:
    """Key hash in the upper, posting in the lower 32 bits, for each triplet of a track."""
    steps, eighths = unpacked(landmarks)
    times, pitches = steps.astype(np.float64), eighths.astype(np.float64)
    found = keys.triplets(times, pitches, keys.FOLLOWERS_STORED, most=keys.PAIRS_STORED)
    unit = np.rint(times / keys.UNIT).astype(np.uint64) + np.uint64(base)
    pitch = np.rint(pitches / STEPS_PER_BIN).astype(np.uint64)
    posting = (pitch << np.uint64(24)) | unit
    return (found.hashes.astype(np.uint64) << np.uint64(32)) | posting[found.anchors]


def _add_vectors(columns: dict[str, list[NDArray[Any]]], features: FeaturesLike, number: int) -> None:
    """Embeddings as unit vectors; a track without one gets zeros, which are near to nothing."""
    if features.track_vector is None:
        columns["track_vectors"].append(np.zeros(_VECTOR, np.float32))
        return
    columns["track_vectors"].append(features.track_vector / max(float(np.linalg.norm(features.track_vector)), 1e-9))
    if features.segment_vectors is None or features.segment_times is None:
        return
    top = np.maximum(np.abs(features.segment_vectors).max(axis=1, keepdims=True, initial=0), 1e-9)
    columns["vectors"].append(np.rint(features.segment_vectors / top * 127).astype(np.int8).reshape(-1))
    columns["vector_times"].append(features.segment_times.reshape(-1))
    columns["vector_track"].append(np.full(len(features.segment_vectors), number, np.uint32))


def _fill_postings(arrays: dict[str, NDArray[Any]], codes: list[NDArray[np.uint64]]) -> int:
    """Sort the codes by bucket and posting; keep one count per bucket."""
    total = sum(len(part) for part in codes)
    bits = int(np.clip(np.ceil(np.log2(max(total, 1) / 4)), *_BITS))
    merged = np.concatenate(codes) if codes else np.zeros(0, np.uint64)
    low, last = np.uint64(0xFFFFFFFF), np.uint64((1 << _CLASS_BITS) - 1)
    pitch_class = np.minimum(((merged & low) >> np.uint64(24)) // np.uint64(_CLASS_BINS), last)
    bucket = (merged >> np.uint64(64 - bits + _CLASS_BITS) << np.uint64(_CLASS_BITS)) | pitch_class
    bucketed = np.unique((bucket << np.uint64(32)) | (merged & low))
    arrays["postings"] = (bucketed & low).astype("<u4")
    counts = np.bincount((bucketed >> np.uint64(32)).astype(np.int64), minlength=1 << bits)
    large = np.flatnonzero(counts >= _ESCAPE)
    arrays["large"] = np.stack([large, counts[large]], axis=1).reshape(-1).astype("<u4")
    arrays["counts"] = np.minimum(counts, _ESCAPE).astype("u1")
    return bits


def _encode(tracks: list[dict[str, Any]], arrays: dict[str, NDArray[Any]], bits: int) -> bytes:
    kinds = [kind for kind in _TYPES | _TUNES if kind in arrays]
    sections = {kind: len(arrays[kind]) for kind in kinds}
    header = {"settings": SETTINGS, "bits": bits, "tracks": tracks, "sections": sections}
    text = json.dumps(header, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
    out = bytearray(_PREFIX.pack(_MAGIC, FORMAT, 0, len(text)) + text)
    for kind in kinds:
        out += b"\0" * (-len(out) % _ALIGN)
        out += arrays[kind].tobytes()
    out += hashlib.sha256(out).digest()
    return bytes(out)


def _mapped(path: Path, name: str) -> mmap.mmap:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise Corrupt(f"Index part {name} can't be read.", part=name) from error


def _open(view: memoryview, name: str) -> Shard:
    if len(view) < _PREFIX.size + _DIGEST or bytes(view[:4]) != _MAGIC:
        raise Corrupt(f"Index part {name} is not an index part.", part=name)
    digest = hashlib.sha256(view[:-_DIGEST])
    if digest.digest() != bytes(view[-_DIGEST:]):
        raise Corrupt(f"Index part {name} does not match its hash: cut off or damaged.", part=name)
    _, version, _, length = _PREFIX.unpack_from(view)
    if version != FORMAT:
        raise Corrupt(f"Index part {name} has the unknown format {version}.", part=name)
    try:
        header = json.loads(bytes(view[_PREFIX.size : _PREFIX.size + length]))
        arrays = _sections(view, header["sections"], _PREFIX.size + length)
        return _assemble(view, name, header, arrays)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError) as error:
        raise Corrupt(f"Index part {name} has a header that can't be read.", part=name) from error


def _sections(view: memoryview, sizes: dict[str, int], at: int) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    for kind, type_name in (_TYPES | {kind: name for kind, name in _TUNES.items() if kind in sizes}).items():
        at += -at % _ALIGN
        count = int(sizes[kind])
        if count < 0 or at + count * np.dtype(type_name).itemsize > len(view) - _DIGEST:
            raise ValueError(kind)
        arrays[kind] = np.frombuffer(view, type_name, count, at)
        at += arrays[kind].nbytes
    if at != len(view) - _DIGEST:
        raise ValueError("length")
    return arrays


def _assemble(view: memoryview, name: str, header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Shard:
    bits = int(header["bits"])
    if int(header["settings"]) != SETTINGS:
        raise Corrupt(f"Index part {name} has settings {header['settings']}; this build reads {SETTINGS}.", part=name)
    if not _BITS[0] <= bits <= _BITS[1] or len(arrays["counts"]) != 1 << bits:
        raise ValueError("buckets")
    tracks = _tracks(header["tracks"])
    landmarks = sum(track.count for track in tracks)
    segments = len(arrays["vector_track"])
    if len(arrays["landmarks"]) != landmarks:
        raise ValueError("landmarks")
    if len(arrays["vectors"]) != segments * _VECTOR or len(arrays["vector_times"]) != segments * 2:
        raise ValueError("vectors")
    if len(arrays["track_vectors"]) not in (0, len(tracks) * _VECTOR):
        raise ValueError("track vectors")
    if segments and int(arrays["vector_track"].max()) >= len(tracks):
        raise ValueError("vectors")
    tunes = Tunes.of(arrays.get("melody"), arrays.get("melody_rows"), len(tracks))
    starts = _starts(arrays["counts"], arrays["large"].reshape(-1, 2))
    if int(starts[-1]) != len(arrays["postings"]):
        raise ValueError("postings")
    bins = unpacked(arrays["landmarks"])[1] // STEPS_PER_BIN
    share = np.bincount(bins, minlength=BINS)[:BINS].astype(np.float32)
    return Shard(
        name=name, sha256=hashlib.sha256(view).hexdigest(), settings=SETTINGS, tracks=tracks,
        landmarks=arrays["landmarks"], postings=arrays["postings"],
        starts=starts, bits=bits, bases=np.array([track.base for track in tracks], np.int64),
        pitch_share=share / max(1.0, float(share.sum())),
        vectors=arrays["vectors"].reshape(-1, _VECTOR), vector_times=arrays["vector_times"].reshape(-1, 2),
        vector_track=arrays["vector_track"], track_vectors=arrays["track_vectors"].reshape(-1, _VECTOR),
        tunes=tunes, size=len(view),
    )  # fmt: skip


def _tracks(rows: list[dict[str, Any]]) -> tuple[TrackEntry, ...]:
    out: list[TrackEntry] = []
    first = 0
    for row in rows:
        entry = TrackEntry(str(row["id"]), float(row["s"]), first, int(row["n"]), int(row["base"]))
        if entry.count < 0 or entry.base < (out[-1].base if out else 0) or entry.base >= MAX_UNITS:
            raise ValueError("tracks")
        out.append(entry)
        first += entry.count
    return tuple(out)


def _starts(counts: NDArray[np.uint8], large: NDArray[np.uint32]) -> NDArray[np.uint32]:
    full = counts.astype(np.uint32)
    full[large[:, 0]] = large[:, 1]
    if int(full.sum(dtype=np.int64)) >= 1 << 32:
        raise ValueError("postings")
    starts = _aligned(len(full) + 1)
    starts[0] = 0
    np.cumsum(full, out=starts[1:])
    return starts


def _aligned(count: int) -> NDArray[np.uint32]:
    """Room for so many numbers from the start of a cache line: then a key's lists lie in one, and cost one miss."""
    room = np.empty(count + _LINE // 4, np.uint32)
    skipped = -room.ctypes.data % _LINE // 4
    return room[skipped : skipped + count]
