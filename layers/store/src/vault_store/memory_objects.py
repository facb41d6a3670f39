"""The memory twin of the object store: versioned buckets behind one lock.

Exact where callers could tell: every write makes a version, entity tags are
MD5 as in an unencrypted S3 bucket, conditional writes race fairly, a presigned
form enforces its key, type, size and expiry, and a presigned address stops
working in time. ``submit`` and ``fetch`` play the browser that uses them.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import Literal
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from vault_domain.errors import BadRequest, Expired, LostRace, NotFound, TooLarge
from vault_domain.ports import ObjectInfo, PostForm

from vault_store.keys import check_object_key

_CHUNK = 256 * 1024


@dataclass(frozen=True)
class _Version:
    """One version of one key; ``data`` None marks a deletion."""

    info: ObjectInfo
    data: bytes | None


@dataclass
class MemoryBuckets:
    """All buckets of one world: what copies reach into, and where its clock comes from."""

    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    lock: RLock = field(default_factory=RLock)
    buckets: dict[str, "MemoryObjects"] = field(default_factory=dict)
    written: int = 0

    def open(self, bucket: str) -> "MemoryObjects":
        """The bucket of this name, created when new."""
        with self.lock:
            return self.buckets.get(bucket) or MemoryObjects(bucket, self)

    def next_version(self) -> str:
        """A version id; called under the lock."""
        self.written += 1
        return f"v{self.written:08d}"

    def submit(self, form: PostForm, data: bytes, *, content_type: str | None = None, key: str | None = None) -> None:
        """POST ``data`` as a browser would; key and type default to what the form says.

        Raises ``BadRequest``, ``TooLarge`` or ``Expired`` where S3 answers 403 or 400.
        """
        try:
            policy = json.loads(base64.b64decode(form.fields["policy"]))
            signed = _seal(form.fields["policy"]) == form.fields["signature"]
        except (KeyError, ValueError):
            signed = False
        if not signed:
            raise BadRequest("this form is not one of ours")
        if self.clock().timestamp() > policy["expires"]:
            raise Expired("this form is past its time")
        sent = {"key": key or form.fields["key"], "type": content_type or form.fields["Content-Type"]}
        if sent != {"key": policy["key"], "type": policy["type"]}:
            raise BadRequest("the form was signed for another key or content type")
        if not policy["min"] <= len(data) <= policy["max"]:
            raise TooLarge(f"the form takes {policy['min']} to {policy['max']} bytes")
        self.open(policy["bucket"]).write(policy["key"], data, content_type=sent["type"])

    def fetch(self, url: str) -> bytes:
        """GET a presigned address. Raises ``BadRequest``, ``Expired`` or ``NotFound``."""
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        signed = url.rpartition("&signature=")[0]
        if query.get("signature") != _seal(signed):
            raise BadRequest("this address is not one of ours")
        if self.clock().timestamp() > float(query["expires"]):
            raise Expired("this address is past its time")
        key = unquote(parts.path[1:])
        return self.open(parts.netloc).read(key, query.get("versionId"), limit=2**62)


def _seal(text: str) -> str:
    """Stands in for SigV4: a changed address or form is refused. Not a secret, as this is no service."""
    return hashlib.sha256(f"memory {text}".encode()).hexdigest()


class MemoryObjects:
    """One versioned bucket."""

    def __init__(self, bucket: str, world: MemoryBuckets | None = None) -> None:
        self.bucket = bucket
        self._world = world or MemoryBuckets()
        self._world.buckets[bucket] = self
        self._versions: dict[str, list[_Version]] = {}

    def head(self, key: str, version_id: str | None = None) -> ObjectInfo | None:
        """What is known of an object, or None."""
        found = self._find(key, version_id)
        return found.info if found is not None else None

    def first_version(self, key: str) -> ObjectInfo | None:
        """The version that arrived first."""
        with self._world.lock:
            kept = [version.info for version in self._versions.get(key, []) if version.data is not None]
        return replace(kept[0], metadata={}) if kept else None

    def read(self, key: str, version_id: str | None = None, *, limit: int) -> bytes:
        """The whole object. Raises ``NotFound``, or ``TooLarge`` past ``limit`` bytes."""
        data, _ = self._read(key, version_id)
        if len(data) > limit:
            raise TooLarge(f"an object in {self.bucket} is larger than {limit} bytes")
        return data

    def read_with_etag(self, key: str, *, limit: int) -> tuple[bytes, str]:
        """The bytes and the entity tag that belongs to them."""
        data, info = self._read(key, None)
        if len(data) > limit:
            raise TooLarge(f"an object in {self.bucket} is larger than {limit} bytes")
        return data, info.etag

    def stream(self, key: str, version_id: str | None = None) -> Iterator[bytes]:
        """The object in pieces."""
        data, _ = self._read(key, version_id)
        return (data[start : start + _CHUNK] for start in range(0, len(data), _CHUNK))

    def write(self, key: str, data: bytes, *, content_type: str, metadata: dict[str, str] | None = None) -> ObjectInfo:
        """Create or replace."""
        check_object_key(key)
        with self._world.lock:
            return self._add(key, bytes(data), metadata or {})

    def write_if(self, key: str, data: bytes, *, content_type: str, expects: str | Literal["absent"]) -> ObjectInfo:
        """Write only over the entity tag ``expects``, or where nothing is. Raises ``LostRace``."""
        check_object_key(key)
        with self._world.lock:
            present = self._find(key, None)
            if (present.info.etag if present else "absent") != expects:
                raise LostRace(f"{key} changed in the meantime; read it again")
            return self._add(key, bytes(data), {})

    def copy_from(self, source_bucket: str, source_key: str, key: str, version_id: str | None = None) -> ObjectInfo:
        """Copy an object from another bucket of the same world."""
        check_object_key(key)
        with self._world.lock:
            data, info = self._world.open(source_bucket)._read(source_key, version_id)
            return self._add(key, data, info.metadata)

    def delete(self, key: str, *, all_versions: bool = False) -> None:
        """Hide the object behind a deletion mark, or remove every version for good."""
        with self._world.lock:
            if all_versions:
                self._versions.pop(key, None)
            elif self._find(key, None) is not None:
                self._versions[key].append(_Version(self._info(key, b"", {}), None))

    def list(self, prefix: str) -> Iterable[ObjectInfo]:
        """The present objects under a prefix, by key."""
        with self._world.lock:
            present = [self.head(key) for key in sorted(self._versions) if key.startswith(prefix)]
        return [replace(info, version_id=None, metadata={}) for info in present if info is not None]

    def presign_get(self, key: str, *, seconds: int, version_id: str | None = None) -> str:
        """An address that :meth:`MemoryBuckets.fetch` reads for ``seconds``."""
        expires = self._world.clock() + timedelta(seconds=seconds)
        query = {"expires": str(expires.timestamp())} | ({"versionId": version_id} if version_id else {})
        url = f"memory://{self.bucket}/{quote(key)}?{urlencode(query)}"
        return f"{url}&signature={_seal(url)}"

    def presign_post(self, key: str, *, seconds: int, min_bytes: int, max_bytes: int, content_type: str) -> PostForm:
        """A form that :meth:`MemoryBuckets.submit` takes."""
        check_object_key(key)
        terms = {
            "bucket": self.bucket,
            "key": key,
            "type": content_type,
            "min": min_bytes,
            "max": max_bytes,
            "expires": (self._world.clock() + timedelta(seconds=seconds)).timestamp(),
        }
        policy = base64.b64encode(json.dumps(terms).encode()).decode()
        fields = {"key": key, "Content-Type": content_type, "policy": policy, "signature": _seal(policy)}
        return PostForm(f"memory://{self.bucket}/", fields)

    def dump(self) -> dict[str, str]:
        """Key -> SHA-256 of the present objects: two equal dumps are two equal buckets."""
        with self._world.lock:
            present = {key: self._find(key, None) for key in sorted(self._versions)}
        return {key: hashlib.sha256(found.data or b"").hexdigest() for key, found in present.items() if found}

    def _find(self, key: str, version_id: str | None) -> _Version | None:
        with self._world.lock:
            versions = self._versions.get(key, [])
            if version_id is None:
                found = versions[-1] if versions else None
            else:
                found = next((version for version in versions if version.info.version_id == version_id), None)
        return found if found is not None and found.data is not None else None

    def _read(self, key: str, version_id: str | None) -> tuple[bytes, ObjectInfo]:
        found = self._find(key, version_id)
        if found is None or found.data is None:
            raise NotFound(f"no object {key} in {self.bucket}")
        return found.data, found.info

    def _add(self, key: str, data: bytes, metadata: dict[str, str]) -> ObjectInfo:
        info = self._info(key, data, metadata)
        self._versions.setdefault(key, []).append(_Version(info, data))
        return info

    def _info(self, key: str, data: bytes, metadata: dict[str, str]) -> ObjectInfo:
        return ObjectInfo(
            key=key,
            size=len(data),
            etag=hashlib.md5(data, usedforsecurity=False).hexdigest(),
            version_id=self._world.next_version(),
            modified=self._world.clock(),
            metadata=dict(metadata),
        )
