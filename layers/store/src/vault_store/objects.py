"""Objects in S3, one bucket per instance.

Promises, beyond those of the ``Objects`` port:

1. ``write_if`` moves a pointer at most once: when a repeated attempt finds the
   object changed, its own mark on the object tells whether the first attempt
   had arrived.
2. ``first_version`` reads the bucket's version list, so a form that is posted
   twice cannot replace what was posted first. The bucket must be versioned.
3. Encryption is the bucket's default (KMS on AWS); ``kms_key`` names a key explicitly.
4. A denied call is ``Unavailable``, never "no such object": a function that
   asks for missing objects needs ``s3:ListBucket``, or S3 answers 403.

Entity tags are opaque here; under KMS they are not the MD5 of the content.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from vault_domain.errors import LostRace, NotFound, TooLarge, Unavailable
from vault_domain.ports import ObjectInfo, PostForm

from vault_store.keys import check_object_key
from vault_store.object_faults import BODY_FAULTS, judge
from vault_store.patience import Patience, Transient

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

T = TypeVar("T")

_CHUNK = 256 * 1024
_MARK = "vault-write"


def s3_client(region: str | None = None, endpoint: str | None = None) -> "S3Client":
    """A client that signs with SigV4, and addresses an emulator's buckets by path."""
    config = Config(
        signature_version="s3v4",
        connect_timeout=3,
        read_timeout=20,
        retries={"total_max_attempts": 2, "mode": "standard"},
        max_pool_connections=32,
        s3={"addressing_style": "path" if endpoint else "auto"},
    )
    return boto3.session.Session().client("s3", region_name=region, endpoint_url=endpoint, config=config)


class S3Objects:
    """One bucket."""

    def __init__(
        self, bucket: str, client: "S3Client", *, kms_key: str | None = None, patience: Patience | None = None
    ) -> None:
        self.bucket = bucket
        self._client = client
        self._patience = patience or Patience(attempts=4)
        self._sealed: dict[str, Any] = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}

    def head(self, key: str, version_id: str | None = None) -> ObjectInfo | None:
        """What is known of an object, or None."""
        try:
            answer = self._call(lambda: self._client.head_object(**self._at(key, version_id)))
        except NotFound:
            return None
        return _info(key, answer)

    def first_version(self, key: str) -> ObjectInfo | None:
        """The version that arrived first; its ``metadata`` is not read."""
        oldest: dict[str, Any] | None = None
        for version in self._versions(key, "Versions"):
            oldest = version  # S3 lists each key's versions newest first
        return None if oldest is None else _info(key, oldest)

    def read(self, key: str, version_id: str | None = None, *, limit: int) -> bytes:
        """The whole object. Raises ``NotFound``, or ``TooLarge`` past ``limit`` bytes."""
        return self._read(key, version_id, limit)[0]

    def read_with_etag(self, key: str, *, limit: int) -> tuple[bytes, str]:
        """The bytes and the entity tag that belongs to them, from one answer."""
        return self._read(key, None, limit)

    def stream(self, key: str, version_id: str | None = None) -> Iterator[bytes]:
        """The object in pieces. ``NotFound`` comes at once, ``Unavailable`` also half-way."""
        answer = self._call(lambda: self._client.get_object(**self._at(key, version_id)))
        return self._pieces(answer)

    def write(self, key: str, data: bytes, *, content_type: str, metadata: dict[str, str] | None = None) -> ObjectInfo:
        """Create or replace."""
        return self._put(key, data, content_type, metadata or {})

    def write_if(self, key: str, data: bytes, *, content_type: str, expects: str | Literal["absent"]) -> ObjectInfo:
        """Write only over the entity tag ``expects``, or where nothing is. Raises ``LostRace``."""
        condition = {"IfNoneMatch": "*"} if expects == "absent" else {"IfMatch": f'"{expects}"'}
        mark = str(uuid.uuid4())
        try:
            return self._put(key, data, content_type, {_MARK: mark}, **condition)
        except (LostRace, NotFound) as refusal:  # S3 answers 404 to If-Match where nothing is
            present = self._mark(key)
            if present is not None and present[1] == mark:
                return present[0]
            raise LostRace(f"{key} changed in the meantime; read it again") from refusal

    def copy_from(self, source_bucket: str, source_key: str, key: str, version_id: str | None = None) -> ObjectInfo:
        """Copy inside the store, metadata included, up to 5 GB. ``LostRace`` if the source changes meanwhile."""
        check_object_key(key)
        found = self._source(source_bucket, source_key, version_id)
        source = {"Bucket": source_bucket, "Key": source_key} | ({"VersionId": version_id} if version_id else {})
        answer = self._call(
            lambda: self._client.copy_object(
                Bucket=self.bucket,
                Key=key,
                CopySource=source,  # type: ignore[arg-type]  # VersionId is optional, which the stub cannot say
                CopySourceIfMatch=f'"{found.etag}"',
                **self._sealed,
            )
        )
        etag = answer["CopyObjectResult"]["ETag"].strip('"')
        return ObjectInfo(key, found.size, etag, answer.get("VersionId"), None, found.metadata)

    def delete(self, key: str, *, all_versions: bool = False) -> None:
        """Delete the object; ``all_versions`` removes it for good from a versioned bucket."""
        if not all_versions:
            self._call(lambda: self._client.delete_object(Bucket=self.bucket, Key=key))
            return
        for version_id in [entry["VersionId"] for entry in self._versions(key, "Versions", "DeleteMarkers")]:
            self._delete_version(key, version_id)

    def list(self, prefix: str) -> Iterable[ObjectInfo]:
        """The objects under a prefix, by key; fetched page by page as the caller goes on."""
        start: dict[str, Any] = {}
        while True:
            answer = self._listing(prefix, start)
            for entry in answer.get("Contents", []):
                yield _info(entry["Key"], entry)
            if not answer.get("IsTruncated"):
                return
            start = {"ContinuationToken": answer["NextContinuationToken"]}

    def presign_get(self, key: str, *, seconds: int, version_id: str | None = None) -> str:
        """An address that reads one object for ``seconds``; whoever has it may use it."""
        return self._call(
            lambda: self._client.generate_presigned_url(
                "get_object", Params=self._at(key, version_id), ExpiresIn=seconds
            )
        )

    def presign_post(self, key: str, *, seconds: int, min_bytes: int, max_bytes: int, content_type: str) -> PostForm:
        """A form for this exact key, size range and content type."""
        check_object_key(key)
        form = self._call(
            lambda: self._client.generate_presigned_post(
                self.bucket,
                key,
                Fields={"Content-Type": content_type},
                Conditions=[["content-length-range", min_bytes, max_bytes], {"Content-Type": content_type}],
                ExpiresIn=seconds,
            )
        )
        return PostForm(form["url"], dict(form["fields"]))

    # --- plumbing -----------------------------------------------------------

    def _at(self, key: str, version_id: str | None) -> dict[str, Any]:
        return {"Bucket": self.bucket, "Key": key} | ({"VersionId": version_id} if version_id else {})

    def _put(self, key: str, data: bytes, content_type: str, metadata: dict[str, str], **condition: str) -> ObjectInfo:
        check_object_key(key)
        answer = self._call(
            lambda: self._client.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=data,
                ContentType=content_type,
                Metadata=metadata,
                **condition,  # type: ignore[arg-type]
                **self._sealed,
            )
        )
        shown = {name: value for name, value in metadata.items() if name != _MARK}
        return ObjectInfo(key, len(data), answer["ETag"].strip('"'), answer.get("VersionId"), None, shown)

    def _source(self, bucket: str, key: str, version_id: str | None) -> ObjectInfo:
        """What is about to be copied: asked of the source, since a role may write a bucket that it can't read."""
        found = S3Objects(bucket, self._client, patience=self._patience).head(key, version_id)
        if found is None:
            raise NotFound(f"no such object in {bucket}")
        return found

    def _mark(self, key: str) -> tuple[ObjectInfo, str] | None:
        """Who wrote the present object: its info and the mark of its ``write_if``."""
        try:
            answer = self._call(lambda: self._client.head_object(Bucket=self.bucket, Key=key))
        except NotFound:
            return None
        return _info(key, answer), answer["Metadata"].get(_MARK, "")

    def _read(self, key: str, version_id: str | None, limit: int) -> tuple[bytes, str]:
        def attempt() -> tuple[bytes, str]:
            answer = self._once(lambda: self._client.get_object(**self._at(key, version_id)))
            if answer["ContentLength"] > limit:
                answer["Body"].close()
                raise TooLarge(f"an object in {self.bucket} is larger than {limit} bytes")
            try:
                data = answer["Body"].read()
            except BODY_FAULTS as error:
                raise Transient(type(error).__name__) from None
            return data, answer["ETag"].strip('"')

        return self._patience.persist(attempt, "the object store")

    def _pieces(self, answer: Any) -> Iterator[bytes]:
        try:
            yield from answer["Body"].iter_chunks(_CHUNK)
        except BODY_FAULTS as error:
            raise Unavailable(f"the object store stopped half-way ({type(error).__name__}); read again") from None
        finally:
            answer["Body"].close()

    def _versions(self, key: str, *shelves: str) -> Iterator[Any]:
        """Entries of the version list that belong to exactly this key."""
        start: dict[str, Any] = {}
        while True:
            answer = self._version_listing(key, start)
            for shelf in shelves:
                yield from (entry for entry in answer.get(shelf, []) if entry["Key"] == key)
            if not answer.get("IsTruncated"):
                return
            start = {"KeyMarker": answer["NextKeyMarker"]}
            if answer.get("NextVersionIdMarker"):
                start["VersionIdMarker"] = answer["NextVersionIdMarker"]

    def _listing(self, prefix: str, start: dict[str, Any]) -> Any:
        return self._call(lambda: self._client.list_objects_v2(Bucket=self.bucket, Prefix=prefix, **start))

    def _version_listing(self, key: str, start: dict[str, Any]) -> Any:
        return self._call(lambda: self._client.list_object_versions(Bucket=self.bucket, Prefix=key, **start))

    def _delete_version(self, key: str, version_id: str) -> None:
        self._call(lambda: self._client.delete_object(Bucket=self.bucket, Key=key, VersionId=version_id))

    def _call(self, ask: Callable[[], T]) -> T:
        return self._patience.persist(lambda: self._once(ask), "the object store")

    def _once(self, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except (ClientError, BotoCoreError) as error:
            raise judge(error, self.bucket) from None


def _info(key: str, answer: Any) -> ObjectInfo:
    metadata = answer.get("Metadata", {})
    return ObjectInfo(
        key=key,
        size=answer["ContentLength"] if "ContentLength" in answer else answer["Size"],
        etag=answer["ETag"].strip('"'),
        version_id=answer.get("VersionId"),
        modified=answer.get("LastModified"),
        metadata={name: value for name, value in metadata.items() if name != _MARK},
    )
