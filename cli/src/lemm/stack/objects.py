"""S3 that survives: an acknowledged object, version, tag or delete is on the disk.

MiniStack (``S3_PERSIST=1``) writes each object as two files, the bytes and a
``.meta.json`` beside them, before it replies; but it renames them one after the
other, syncs neither, and only logs a failure. Killed between the renames, it
comes back with the new bytes under the old ETag, and a conditional put that
relies on that ETag would go through. This module replaces those primitives:

1. Both files are written and synced under temporary names first. If either name
   exists already, an *intent* listing the renames is synced before the first of
   them; ``finish_intents`` completes it at the next start. A new key needs no
   intent: its metadata goes first, and without bytes it does not exist.
2. Folders are synced before the reply; a failure becomes an error reply.
3. A bucket that comes back (the template creates it at each start) has its
   objects and versions from its first instant. A bucket that the template no
   longer names keeps its files.

Not kept: parts of unfinished multipart uploads, and the settings of a bucket,
which come from the template at each start.
"""

import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from lemm.stack.files import make_folder, sync_folder, write_synced

Rename = tuple[str, str]
_failed: ContextVar[list[OSError] | None] = ContextVar("failed_object_writes", default=None)


def finish_intents(folder: Path, data: Path) -> int:
    """Complete renames that a crash interrupted and sweep temporary files; before S3 is imported."""
    make_folder(folder)
    make_folder(data)
    finished = 0
    for intent in sorted(folder.glob("*.json")):
        for temporary, final in json.loads(intent.read_bytes()):
            if Path(temporary).exists():
                Path(temporary).replace(final)
                sync_folder(Path(final).parent)
                finished += 1
        intent.unlink()
    for leftover in [*folder.glob("*.tmp"), *data.rglob("*.tmp")]:
        leftover.unlink()
    return finished


class DurableObjects:
    """Takes the place of the S3 module's file primitives; ``install`` before the first request."""

    def __init__(self, s3: Any, intents: Path) -> None:
        self._s3 = s3
        self._intents = intents
        self.restored = 0

    def install(self) -> None:
        """Replace the primitives and set the loaded buckets aside until the template names them."""
        s3 = self._s3
        s3._atomic_write = atomic_write
        s3._remove_key_files = remove_key_files
        s3._persist_object = self._persist_object
        s3._delete_persisted_object = self._delete_persisted_object
        s3._buckets = _AdoptingBuckets.over(s3._buckets, self)
        s3.handle_request = self._honest_reply(s3.handle_request)

    def _honest_reply(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        """MiniStack logs a failed write and replies 200; we reply 500 instead."""

        async def handle_request(*request: Any) -> Any:
            failures: list[OSError] = []
            token = _failed.set(failures)
            try:
                response = await inner(*request)
            except OSError as failure:
                failures.append(failure)
            finally:
                _failed.reset(token)
            if failures:
                return self._s3._error("InternalError", f"The object could not be stored: {failures[0]}", 500)
            return response

        return handle_request

    def _persist_object(self, bucket: str, key: str, obj: dict[str, Any]) -> None:
        s3 = self._s3
        path = s3._object_disk_path(bucket, key)
        meta = {**s3._object_meta_from_record(obj), **s3._key_history_meta(bucket, key), "key": key}
        self.store(Path(path), obj.get("body"), json.dumps(meta).encode())
        obj["body"] = None
        remove_key_files(s3._other_key_disk_path(self._bucket_folder(bucket), key, path))

    def _delete_persisted_object(self, bucket: str, key: str) -> None:
        s3 = self._s3
        path = s3._object_disk_path(bucket, key)
        remove_key_files(path)
        remove_key_files(s3._other_key_disk_path(self._bucket_folder(bucket), key, path))

    def _bucket_folder(self, bucket: str) -> str:
        return str(Path(self._s3.DATA_DIR, self._s3.get_account_id(), bucket))

    def store(self, path: Path, body: bytes | None, meta: bytes) -> None:
        """Put bytes and metadata in place together; ``body`` None leaves the bytes as they are."""
        beside = sidecar(path)
        if body is None:
            atomic_write(beside, meta)
            return
        make_folder(path.parent)
        new = not path.exists() and not beside.exists()
        renames = [(_stage(beside, meta), beside), (_stage(path, body), path)]
        intent = None if new else self._intend([(str(temporary), str(final)) for temporary, final in renames])
        for temporary, final in renames:
            temporary.replace(final)
        sync_folder(path.parent)
        if intent is not None:
            intent.unlink()

    def _intend(self, renames: list[Rename]) -> Path:
        intent = self._intents / f"{uuid.uuid4().hex}.json"
        temporary = intent.with_suffix(".tmp")
        write_synced(temporary, json.dumps(renames).encode())
        temporary.replace(intent)
        sync_folder(self._intents)
        return intent

    def adopted(self, count: int) -> None:
        """Told by the bucket store that this many objects came back."""
        self.restored += count


def sidecar(path: Path) -> Path:
    """The file of an object's metadata, as MiniStack names it."""
    return path.with_name(path.name + ".meta.json")


def _stage(path: Path, data: bytes | str) -> Path:
    """Write and sync under a fresh name that MiniStack's loader ignores."""
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex[:12]}.tmp")
    try:
        write_synced(temporary, data.encode() if isinstance(data, str) else data)
    except OSError as failure:
        failures = _failed.get()
        if failures is not None:
            failures.append(failure)
        with suppress(OSError):
            temporary.unlink()
        raise
    return temporary


def atomic_write(path: Path | str, data: bytes | str, *, text: bool = False) -> None:
    """One file, in place and synced when this returns (``text`` as in the function it replaces)."""
    path = Path(path)
    make_folder(path.parent)
    _stage(path, data).replace(path)
    sync_folder(path.parent)


def remove_key_files(path: str | None) -> None:
    """Remove an object's bytes, then its metadata; gone for good when this returns."""
    if not path:
        return
    there = [file for file in (Path(path), sidecar(Path(path))) if file.is_file()]
    for file in there:
        file.unlink()
    if there:
        sync_folder(there[0].parent)


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
