"""Composed music as files and features, and tracks of it put into a simulated vault.

Everything is decoded by the real decoder; results are kept for the whole run.
"""

import io
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from granting import a_track, its_rights, numbered
from numpy.typing import NDArray
from packing import registered_dataset
from simulator import Simulator
from vault_audio.decode import decode
from vault_audio.features import Features, extract, pack
from vault_audio.recordings import read_analysis
from vault_domain import snapshots
from vault_domain.canonical import sha256_hex
from vault_domain.evidence import FingerprintRecord, Original
from vault_domain.policy import CatalogueEntry
from vault_domain.ports import Put
from vault_domain.records import stamp
from vault_domain.snapshots import Manifest
from vault_domain.tracks import Status, Track
from vault_domain.uploads import features_key
from vault_edge.pack_sources import find_dataset
from vault_index.snapshot import BuiltPart, build_part, settings
from vault_models.compose import compose, rearrange

RATE = 44_100
BLOCK = 65_536
PACK = "open-music"
"""The registered dataset behind the catalogues of tests."""
Samples = NDArray[np.float32]


@lru_cache(maxsize=64)
def piece(seed: int, seconds: float = 30.0) -> Samples:
    """A composed piece, shape (n, 2)."""
    return np.asarray(compose(seed, seconds, sample_rate=RATE).audio, np.float32)


@lru_cache(maxsize=8)
def arranged(seed: int, seconds: float, key: int, tempo: float, style: str) -> Samples:
    """The same tune as ``piece`` on other instruments, in another key and tempo, shape (n, 2)."""
    whole = compose(seed, seconds, sample_rate=RATE)
    return np.asarray(rearrange(whole, seed, transpose=key, tempo=tempo, instruments=style).audio, np.float32)


def as_file(samples: Samples, kind: str = "WAV", rate: int = RATE) -> bytes:
    """The bytes of a file in one of libsndfile's formats."""
    out = io.BytesIO()
    whole = np.rint(np.clip(samples, -1, 1) * 32_767).astype(np.int16)  # so that lossless kinds hold equal samples
    sent = whole if kind in ("WAV", "FLAC") else np.asarray(samples)
    channels = 1 if sent.ndim == 1 else sent.shape[1]
    with soundfile.SoundFile(out, "w", rate, channels, format=kind) as file:
        for start in range(0, len(sent), BLOCK):  # libsndfile's Vorbis encoder dies of long writes
            file.write(sent[start : start + BLOCK])
    return out.getvalue()


@dataclass(frozen=True, eq=False)
class Heard:
    """What decoding and extraction say of a file."""

    audio_sha256: str
    content_sha256: str
    chromaprint: str
    duration_s: float
    features: Features


@lru_cache(maxsize=64)
def heard(data: bytes) -> Heard:
    """Decode for real and extract."""
    with tempfile.TemporaryDirectory() as folder:
        found = decode(data, Path(folder))
        samples = read_analysis(found.analysis)
    return Heard(found.audio_sha256, found.content_sha256, found.chromaprint, found.duration_s, extract(samples))


def _print(subject: str, found: Heard, where: str, packed: bytes, sim: Simulator) -> FingerprintRecord:
    return FingerprintRecord(
        subject=subject,
        duration_s=found.duration_s,
        audio_sha256=found.audio_sha256,
        content_sha256=found.content_sha256,
        chromaprint=found.chromaprint,
        features=where,
        features_sha256=sha256_hex(packed),
        settings=settings(),
        at=sim.clock(),
    )


def in_vault(sim: Simulator, number: int, data: bytes, *, indexed: bool = True, **rights: Any) -> str:
    """An accepted track with everything that an admission leaves; its id."""
    found = heard(data)
    track = a_track(number, audio_sha256=found.audio_sha256, duration_s=found.duration_s)
    packed = pack(found.features.without_dense())
    key = f"features/{track.track_id}.bin"
    sim.buckets.open("vault").write(key, packed, content_type="application/octet-stream")
    original = Original(audio_sha256=found.audio_sha256, track_id=track.track_id, since=sim.clock())
    record = _print(track.track_id, found, f"vault/{key}", packed, sim)
    sim.store.commit([Put(one, 0) for one in (track, its_rights(track, **rights), original, record)])
    if indexed:
        index_part(sim, (track.track_id, found.features))
    return track.track_id


def index_part(sim: Simulator, *items: tuple[str, Features]) -> BuiltPart:
    """One more part of the vault's index."""
    built = build_part((name, features.without_dense()) for name, features in items)
    sim.deps.index.change(
        "vault", lambda present: snapshots.with_part(present, built.part, stamp(sim.clock())), [built.data]
    )
    return built


def waiting(sim: Simulator, number: int, data: bytes) -> dict[str, str]:
    """A fingerprinted track that waits to be compared; what the matching steps are asked."""
    found = heard(data)
    track: Track = a_track(
        number, status=Status.PENDING_AUTOMATED_CHECKS, stored=None, stored_sha256=None, stored_bytes=None,
        verdict="none", audio_sha256=found.audio_sha256, duration_s=found.duration_s,
    )  # fmt: skip
    packed = pack(found.features, dense=True)
    key = features_key(track.upload_id)
    sim.buckets.open("quarantine").write(key, packed, content_type="application/octet-stream")
    record = _print(track.track_id, found, f"quarantine/{key}", packed, sim)
    sim.store.commit([Put(track, 0), Put(its_rights(track), 0), Put(record, 0)])
    return {"track_id": track.track_id, "upload_id": track.upload_id}


def catalogue_of(*files: tuple[str, bytes], name: str = "open") -> tuple[Manifest, BuiltPart]:
    """A catalogue snapshot with these tracks."""
    built = build_part((track, heard(data).features.without_dense()) for track, data in files)
    made = "2026-01-01T00:00:00Z"
    return Manifest(name=name, settings=settings(), parts=(built.part,), created=made), built


def registered(sim: Simulator, *files: tuple[str, bytes], name: str = "open") -> Manifest:
    """A catalogue that is registered and can be read."""
    manifest, built = catalogue_of(*files, name=name)
    bucket = sim.buckets.open("snapshots")
    bucket.write(f"catalogues/{name}/parts/{built.part.sha256}", built.data, content_type="application/octet-stream")
    bucket.write(f"catalogues/{name}/manifest.json", manifest.to_bytes(), content_type="application/json")
    entry = CatalogueEntry(
        name=name, title="Open corpus", licence="CC0", pack=PACK, snapshot=manifest.snapshot_id, tracks=len(files),
        registered_by=numbered("acc", 0), at=sim.clock(),
    )  # fmt: skip
    sim.store.commit([Put(entry, 0)])
    if find_dataset(sim.store, PACK) is None:
        registered_dataset(sim, PACK)
    return manifest
