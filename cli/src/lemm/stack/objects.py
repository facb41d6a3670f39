"""S3 that survives: an acknowledged object, version, tag or delete is on the disk.

MiniStack (``S3_PERSIST=1``) writes each object as two files, the bytes and a
``.meta.json`` beside them, before it replies; but it renames them one after the
other, syncs neither, and only logs a failure. Killed between the renames, it
comes back with the new bytes under the old ETag, and a conditional put that
relies on that ETag would go through. This module replaces those primitives:

1. Both files are written and synced under temporary names of one pair, then the
   bytes are renamed, then the metadata. At the next start, metadata without the
   bytes of its pair means that the bytes are in place: it is renamed too. With
   them, nothing had happened yet: both are dropped (``finish_pairs``). File
   systems that keep the order of changes in a folder (ext4, xfs, btrfs) promise
   the same for a power cut.
2. Every folder that a request changed is synced before its reply, all at once;
   a failure becomes an error reply.
3. A bucket that comes back (the template creates it at each start) has its
   objects and versions from its first instant. A bucket that the template no
   longer names keeps its files.

Not kept: parts of unfinished multipart uploads, and the settings of a bucket,
which come from the template at each start.
"""

import json
import os
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lemm.stack.files import make_folder, sync_file, sync_folder, write_file

_BESIDE, _PAIR = ".meta.json", ".pair.tmp"
_pool = ThreadPoolExecutor(8, thread_name_prefix="sync")


@dataclass
class _Request:
    """What a request still has to sync, and what it failed to write."""

    folders: set[Path] = field(default_factory=set)
    failures: list[OSError] = field(default_factory=list)


_request: ContextVar[_Request | None] = ContextVar("object_request", default=None)


def finish_pairs(data: Path) -> int:
    """Complete or drop what a crash interrupted, and sweep temporary files; before S3 is imported."""
    make_folder(data)
    finished = 0
    for meta in list(data.rglob(f"*{_BESIDE}.*{_PAIR}")):
        name, _, pair = meta.name.removesuffix(_PAIR).rpartition(f"{_BESIDE}.")
        body = meta.with_name(f"{name}.{pair}.tmp")
        if body.exists():
            meta.unlink()
            body.unlink()
        else:
            meta.replace(meta.with_name(name + _BESIDE))
            finished += 1
        sync_folder(meta.parent)
    for leftover in list(data.rglob("*.tmp")):
        leftover.unlink()
    return finished


class DurableObjects:
    """Takes the place of the S3 module's file primitives; ``install`` before the first request."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3
        self.restored = 0

    def install(self) -> None:
        """Replace the primitives and set the loaded buckets aside until the template names them."""
        s3 = self._s3
        s3._atomic_write = atomic_write
        s3._remove_key_files = remove_key_files
        s3._persist_object = self._persist_object
        s3._persist_displaced_version = self._persist_displaced_version
        s3._delete_persisted_object = self._delete_persisted_object
        s3._buckets = _AdoptingBuckets.over(s3._buckets, self)
        s3.handle_request = self._honest_reply(s3.handle_request)

    def _honest_reply(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        """Sync before replying; MiniStack logs a failed write and replies 200, we reply 500 instead."""

        async def handle_request(*arguments: Any) -> Any:
            request = _Request()
            token = _request.set(request)
            try:
                response = await inner(*arguments)
                sync_all(request.folders)
            except OSError as failure:
                request.failures.append(failure)
            finally:
                _request.reset(token)
            if request.failures:
                why = f"The object could not be stored: {request.failures[0]}"
                return self._s3._error("InternalError", why, 500)
            return response

        return handle_request

    def _persist_object(self, bucket: str, key: str, obj: dict[str, Any]) -> None:
        s3 = self._s3
        path = s3._object_disk_path(bucket, key)
        meta = {**s3._object_meta_from_record(obj), **s3._key_history_meta(bucket, key), "key": key}
        store(Path(path), obj.get("body"), json.dumps(meta).encode())
        obj["body"] = None
        remove_key_files(s3._other_key_disk_path(self._bucket_folder(bucket), key, path))

    def _persist_displaced_version(self, bucket: str, key: str, prior: dict[str, Any] | None, versioning: str) -> None:
        """Keep the bytes of the version that a write displaces: a link to them, since files are never changed."""
        s3 = self._s3
        if versioning == "Suspended":
            s3._delete_version_file(bucket, key, "null")
        version = (prior or {}).get("version_id") or "null"
        if prior is None or (versioning == "Suspended" and version == "null"):
            return
        kept = s3._version_disk_path(bucket, key, version)
        if kept is None:
            raise OSError(f"{version} can't be a file name")
        current = Path(s3._object_disk_path(bucket, key))
        if prior.get("body") is None and current.is_file():
            link(current, Path(kept))
        else:
            atomic_write(kept, s3._read_body(bucket, key, prior))

    def _delete_persisted_object(self, bucket: str, key: str) -> None:
        s3 = self._s3
        path = s3._object_disk_path(bucket, key)
        remove_key_files(path)
        remove_key_files(s3._other_key_disk_path(self._bucket_folder(bucket), key, path))

    def _bucket_folder(self, bucket: str) -> str:
        return str(Path(self._s3.DATA_DIR, self._s3.get_account_id(), bucket))

    def adopted(self, count: int) -> None:
        """Told by the bucket store that this many objects came back."""
        self.restored += count


def store(path: Path, body: bytes | None, meta: bytes) -> None:
    """Put bytes and metadata in place together; ``body`` None leaves the bytes as they are."""
    beside = sidecar(path)
    if body is None:
        atomic_write(beside, meta)
        return
    _folder_for(path)
    pair = uuid.uuid4().hex[:12]
    staged = path.with_name(f"{path.name}.{pair}.tmp")
    staged_meta = beside.with_name(f"{beside.name}.{pair}{_PAIR}")
    _stage([(staged, body), (staged_meta, meta)])
    staged.replace(path)
    staged_meta.replace(beside)
    _changed(path.parent)


def sidecar(path: Path) -> Path:
    """The file of an object's metadata, as MiniStack names it."""
    return path.with_name(path.name + _BESIDE)


def atomic_write(path: Path | str, data: bytes | str, *, text: bool = False) -> None:
    """One file, in place (``text`` as in the function it replaces)."""
    path = Path(path)
    _folder_for(path)
    staged = path.with_name(f"{path.name}.{uuid.uuid4().hex[:12]}.tmp")
    _stage([(staged, data.encode() if isinstance(data, str) else data)])
    staged.replace(path)
    _changed(path.parent)


def link(current: Path, path: Path) -> None:
    """A second name for bytes that are durable already."""
    _folder_for(path)
    staged = path.with_name(f"{path.name}.{uuid.uuid4().hex[:12]}.tmp")
    os.link(current, staged)
    staged.replace(path)
    _changed(path.parent)


def remove_key_files(path: str | None) -> None:
    """Remove an object's bytes, then its metadata."""
    if not path:
        return
    for file in (Path(path), sidecar(Path(path))):
        if file.is_file():
            file.unlink()
            _changed(file.parent)


def _stage(files: list[tuple[Path, bytes]]) -> None:
    """Write every file in this order, then sync them all at once: file systems join that into one commit."""
    try:
        for path, data in files:
            write_file(path, data)
        rest = [_pool.submit(sync_file, path) for path, _ in files[1:]]
        sync_file(files[0][0])
        for done in rest:
            done.result()
    except OSError as failure:
        if request := _request.get():
            request.failures.append(failure)
        for path, _ in reversed(files):
            with suppress(OSError):
                path.unlink()
        raise


def _folder_for(path: Path) -> None:
    missing, folder = [], path.parent
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(mode=0o700, exist_ok=True)
        _changed(new.parent)


def _changed(folder: Path) -> None:
    """Sync this folder before the reply; at once where there is none."""
    request = _request.get()
    if request is None:
        sync_folder(folder)
    else:
        request.folders.add(folder)


def sync_all(folders: Iterable[Path]) -> None:
    """Make the names in all these folders durable (one that is gone has none)."""
    for done in [_pool.submit(sync_folder, folder) for folder in folders if folder.is_dir()]:
        done.result()


class _AdoptingBuckets:
    """Gives a created bucket the objects that were loaded for its name."""

    @staticmethod
    def over(store: Any, owner: DurableObjects) -> Any:
        base: Any = type(store)
        loaded: dict[Any, dict[str, Any]] = dict(store._data)

        class Adopting(base):  # type: ignore[misc]
            __slots__ = ()

            def __setitem__(self, name: str, bucket: dict[str, Any]) -> None:
                self._adopt(name, bucket)
                super().__setitem__(name, bucket)

            def setdefault(self, name: str, bucket: Any = None) -> Any:
                if name not in self:
                    self._adopt(name, bucket)
                return super().setdefault(name, bucket)

            def pop(self, name: str, *default: Any) -> Any:
                """CloudFormation drops a bucket from memory only: keep what it held."""
                bucket = super().pop(name, *default)
                if isinstance(bucket, dict) and bucket.get("objects"):
                    loaded[self._scoped(name)] = bucket
                return bucket

            def _adopt(self, name: str, bucket: dict[str, Any]) -> None:
                kept = loaded.pop(self._scoped(name), None)
                if kept is not None:
                    bucket["objects"] = kept["objects"]
                    bucket["created"] = kept.get("created", bucket.get("created"))
                    owner.adopted(len(kept["objects"]))

        return Adopting()
