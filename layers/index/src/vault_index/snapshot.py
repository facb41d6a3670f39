"""Snapshots on disk and in object storage: every byte checked before it is searched.

Promise: :func:`write_folder` makes ``NAME.snapshot/`` with ``manifest.json`` and
``parts/`` appear whole or not at all. :func:`open_folder` and
:func:`open_parts` return shards only when each part has the size and hash that
the manifest states; otherwise :class:`~vault_domain.errors.Corrupt` names the
part. Format: ``docs/formats/snapshot.md``.
"""

import shutil
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

from vault_domain import snapshots
from vault_domain.canonical import sha256_hex
from vault_domain.errors import Corrupt, NotFound
from vault_domain.snapshots import Manifest, Part

from vault_index.protocols import SETTINGS, FeaturesLike
from vault_index.shard import Shard, build_shard

MANIFEST: Final = "manifest.json"
PARTS: Final = "parts"
SETTINGS_KEY: Final = "features"
CACHED_BYTES: Final = 3 * 2**29
"""What is held where nobody says how much memory there is."""


def settings() -> dict[str, int]:
    """The settings numbers that manifests of this build carry."""
    return {SETTINGS_KEY: SETTINGS}


@dataclass(frozen=True)
class BuiltPart:
    """Bytes of a part with its manifest entry and its track ids."""

    part: Part
    data: bytes
    tracks: tuple[str, ...]


def build_part(items: Iterable[tuple[str, FeaturesLike]], prefix: str = "part") -> BuiltPart:
    """A part with its entry."""
    kept = list(items)
    data = build_shard(kept)
    seconds = sum(features.duration_s for _, features in kept)
    entry = snapshots.part_of(data, len(kept), round(seconds, 3), prefix)
    return BuiltPart(entry, data, tuple(track for track, _ in kept))


def write_folder(path: Path, manifest: Manifest, parts: Mapping[str, bytes]) -> Path:
    """Write a snapshot folder at ``path``, replacing one that is there; all of it or nothing."""
    for entry in manifest.parts:
        _checked(entry, parts[entry.name])
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        (fresh / PARTS).mkdir()
        for entry in manifest.parts:
            (fresh / PARTS / entry.name).write_bytes(parts[entry.name])
        (fresh / MANIFEST).write_bytes(manifest.to_bytes())
        fresh.chmod(0o755)
        _swap(fresh, path)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return path


def _swap(fresh: Path, path: Path) -> None:
    """Put ``fresh`` in the place of ``path``; an old folder is moved away first, then deleted."""
    if not path.exists():
        fresh.rename(path)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{path.name}.old.", dir=path.parent))
    path.rename(old / "it")
    try:
        fresh.rename(path)
    except BaseException:
        (old / "it").rename(path)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def open_folder(path: Path) -> tuple[Manifest, list[Shard]]:
    """Manifest and shards of a folder; parts are mapped, not read into memory."""
    file = path / MANIFEST
    if not file.is_file():
        raise NotFound(f"There is no index snapshot in {path.name}.")
    manifest = _supported(snapshots.read(file.read_bytes()))
    shards = []
    for entry in manifest.parts:
        part = path / PARTS / entry.name
        if not part.is_file() or part.stat().st_size != entry.bytes:
            raise Corrupt(f"Index part {entry.name} is missing or has the wrong size.", part=entry.name)
        shards.append(_matching(entry, Shard.open(part, entry.name)))
    return manifest, shards


class ShardCache:
    """Opened shards by the hash of their part, the longest unused dropped first.

    What a shard's searches have worked out of it counts too, from the next part on that is held.
    """

    def __init__(self, most_bytes: int = CACHED_BYTES) -> None:
        self._most = most_bytes
        self._held: OrderedDict[str, Shard] = OrderedDict()
        self._lock = Lock()

    def get(self, sha256: str) -> Shard | None:
        """The shard, if held."""
        with self._lock:
            shard = self._held.get(sha256)
            if shard is not None:
                self._held.move_to_end(sha256)
            return shard

    def put(self, shard: Shard) -> None:
        """Hold the shard; the newest stays, whatever its size."""
        with self._lock:
            self._held[shard.sha256] = shard
            self._held.move_to_end(shard.sha256)
            while len(self._held) > 1 and sum(held.held_bytes for held in self._held.values()) > self._most:
                self._held.popitem(last=False)


_cache = ShardCache()


def open_parts(manifest: Manifest, fetch: Callable[[str], bytes], cache: ShardCache | None = None) -> list[Shard]:
    """Shards of a manifest in object storage; ``fetch`` gets a part's bytes by name, once per hash."""
    held = _cache if cache is None else cache
    shards = []
    for entry in _supported(manifest).parts:
        shard = held.get(entry.sha256)
        if shard is None:
            data = fetch(entry.name)
            if len(data) != entry.bytes:
                raise Corrupt(f"Index part {entry.name} has the wrong size.", part=entry.name)
            shard = _matching(entry, Shard.open(data, entry.name))
            held.put(shard)
        shards.append(shard)
    return shards


def merge_parts(shards: Sequence[Shard], removed: frozenset[str]) -> BuiltPart | None:
    """One part with the tracks of several, removed ones left out; the later of two equal ids wins."""
    latest: dict[str, FeaturesLike] = {}
    for shard in shards:
        for number, track in enumerate(shard.tracks):
            latest.pop(track.id, None)
            if track.id not in removed:
                latest[track.id] = shard.features(number)
    return build_part(latest.items()) if latest else None


def _supported(manifest: Manifest) -> Manifest:
    if manifest.settings.get(SETTINGS_KEY) != SETTINGS:
        raise Corrupt(f"The index was made with settings {manifest.settings}; this build reads {settings()}.")
    return manifest


def _checked(entry: Part, data: bytes) -> None:
    if len(data) != entry.bytes or sha256_hex(data) != entry.sha256:
        raise Corrupt(f"Index part {entry.name} does not match its manifest entry.", part=entry.name)


def _matching(entry: Part, shard: Shard) -> Shard:
    if shard.sha256 != entry.sha256 or len(shard.tracks) != entry.tracks:
        raise Corrupt(f"Index part {entry.name} is not the one that the manifest names.", part=entry.name)
    return shard
