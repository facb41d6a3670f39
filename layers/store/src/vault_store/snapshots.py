"""Snapshots in object storage: immutable parts, and one pointer to a manifest.

Promises:

- a part is named by the SHA-256 of its bytes and never changes; what is read
  back and does not match its name is ``Corrupt``, which names the part;
- the pointer (``<prefix>/manifest.json``: the manifest itself) moves only from
  the state that its writer has seen, so of two writers one gets ``LostRace``;
- readers check for a newer manifest with one HEAD request, and that there is none yet with one LIST.

Order of a change: put every part, then move the pointer; collect parts that no
manifest names only when they are older than the longest such change, because
putting a part again refreshes its time. The bytes of a manifest belong to
whoever writes it; this module reads none of them.
"""

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from vault_domain.canonical import sha256_hex
from vault_domain.errors import Corrupt, NotFound
from vault_domain.ports import ObjectInfo, Objects

MAX_MANIFEST_BYTES = 32 * 2**20
MAX_PART_BYTES = 2 * 2**30
_NAME = re.compile("[0-9a-f]{64}")


class SnapshotStore:
    """The snapshots under one prefix of one bucket; ``cache`` is a local folder for parts."""

    def __init__(self, objects: Objects, prefix: str, *, cache: Path | None = None) -> None:
        self._objects = objects
        self._prefix = f"{prefix}/"
        self._pointer = f"{prefix}/manifest.json"
        self._parts = f"{prefix}/parts/"
        self._cache = cache

    def current(self) -> tuple[bytes, str] | None:
        """The manifest's bytes and entity tag, or None before the first one."""
        try:
            return self._objects.read_with_etag(self._pointer, limit=MAX_MANIFEST_BYTES)
        except NotFound:
            return None

    def changed(self, etag: str | None) -> bool:
        """Whether the pointer is elsewhere than at ``etag`` (None: nowhere yet)."""
        present = self._objects.head(self._pointer)
        return (present.etag if present else None) != etag

    def untouched(self) -> bool:
        """Whether nothing was ever written here, neither pointer nor part: one request says both."""
        return next(iter(self._objects.list(self._prefix)), None) is None

    def move(self, manifest: bytes, *, expects: str | Literal["absent"]) -> str:
        """Point to a new manifest; its entity tag. Raises ``LostRace``."""
        info = self._objects.write_if(self._pointer, manifest, content_type="application/json", expects=expects)
        return info.etag

    def put_part(self, data: bytes) -> str:
        """Store a part; its name. Storing it again changes nothing but its time."""
        name = sha256_hex(data)
        self._objects.write(self._parts + name, data, content_type="application/octet-stream")
        return name

    def fetch_part(self, name: str) -> bytes:
        """A part's bytes, from the cache when they are there and whole."""
        if not _NAME.fullmatch(name):
            raise Corrupt(f"snapshot part {name[:80]!r} has no proper name")
        return self._cached(name) or self._fetched(name)

    def parts(self) -> Iterator[tuple[str, ObjectInfo]]:
        """Name and info of every stored part, for collecting those that nothing names."""
        for info in self._objects.list(self._parts):
            name = info.key.removeprefix(self._parts)
            if _NAME.fullmatch(name):
                yield name, info

    def drop_part(self, name: str) -> None:
        """Delete a part for good, every version of it."""
        if not _NAME.fullmatch(name):
            raise Corrupt(f"snapshot part {name[:80]!r} has no proper name")
        self._objects.delete(self._parts + name, all_versions=True)

    def _fetched(self, name: str) -> bytes:
        try:
            data = self._objects.read(self._parts + name, limit=MAX_PART_BYTES)
        except NotFound:
            raise Corrupt(f"snapshot part {name} is missing") from None
        if sha256_hex(data) != name:
            raise Corrupt(f"snapshot part {name} does not match its hash")
        self._keep(name, data)
        return data

    def _cached(self, name: str) -> bytes | None:
        """The cached bytes; a damaged or unreadable cache file counts as absent."""
        if self._cache is None:
            return None
        try:
            data = (self._cache / name).read_bytes()
        except OSError:
            return None
        return data if sha256_hex(data) == name else None

    def _keep(self, name: str, data: bytes) -> None:
        """Cache a part whole or not at all; a full disk costs speed, never the answer."""
        if self._cache is None:
            return
        try:
            self._cache.mkdir(parents=True, exist_ok=True)
            handle, path = tempfile.mkstemp(dir=self._cache, prefix=f".{name[:16]}-")
        except OSError:
            return
        partial = Path(path)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            partial.replace(self._cache / name)
        except OSError:
            partial.unlink(missing_ok=True)
