"""What the contract suite runs against: the memory twins, moto, and the emulator over HTTP."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import boto3
from moto import mock_aws
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID
from pydantic import Field
from vault_domain.events import Actor, AuditEvent, Kind, make_event
from vault_domain.ports import Objects, Page, PostForm, Records
from vault_domain.records import Record, UtcTime
from vault_store.clock import FixedClock
from vault_store.dynamo import DynamoRecords
from vault_store.dynamo_wire import schema
from vault_store.ids import RandomIds
from vault_store.memory import MemoryBuckets, MemoryRecords
from vault_store.objects import S3Objects, s3_client

REGION = "eu-central-1"
AT = datetime(2026, 5, 4, 3, 2, 1, 123456, tzinfo=UTC)
new_id = RandomIds()
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": REGION}


class Note(Record):
    """A record with everything: two indexes, one of them at times, an expiry, floats and times."""

    table: ClassVar[str] = "notes"
    kind: ClassVar[str] = "note"
    index_names: ClassVar[frozenset[str]] = frozenset({"by_author", "by_state"})

    owner: str
    number: int = 0
    author: str = "ada"
    state: str | None = None
    text: str = ""
    weight: float = 0.0
    at: UtcTime = datetime(2026, 1, 1, tzinfo=UTC)
    tags: tuple[str, ...] = ()
    ends: UtcTime | None = Field(default=None)

    def key(self) -> tuple[str, str]:
        return self.owner, f"{self.kind}#{self.number:06d}"

    def indexes(self) -> dict[str, tuple[str, str]]:
        found = {"by_author": (self.author, f"{self.number:06d}#{self.owner}")}
        return found | ({"by_state": (self.state, self.owner)} if self.state else {})

    def expires_at(self) -> datetime | None:
        return self.ends


class Notebook(Record):
    """Shares a table, a hash key and a prefix with notes, and must never be taken for one."""

    table: ClassVar[str] = "notes"
    kind: ClassVar[str] = "notebook"
    index_names: ClassVar[frozenset[str]] = frozenset({"by_author"})

    owner: str
    title: str = ""

    def key(self) -> tuple[str, str]:
        return self.owner, self.kind

    def indexes(self) -> dict[str, tuple[str, str]]:
        return {"by_author": ("ada", "000000")}


def event(subject: str = "trk_x", event_id: str | None = None) -> AuditEvent:
    return make_event(event_id or new_id("evt"), Kind.TRACK_CHANGED, subject, Actor(id="step", role="system"), AT, n=1)


def walk(ask: Callable[[str | None], Page[Note]]) -> list[Note]:
    """Every record, page by page; fails on a cursor that goes round in circles."""
    found: list[Note] = []
    cursor = None
    for _ in range(200):
        page = ask(cursor)
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found
        assert page.items, "a page with a cursor holds at least one record"
    raise AssertionError("the cursor never ends")


@dataclass
class RecordWorld:
    """A record store under test."""

    name: str
    records: Records
    concurrent: bool = True
    clear: Callable[[], None] = lambda: None


@dataclass
class ObjectWorld:
    """Two buckets under test, and the browser's side of them."""

    name: str
    objects: Objects
    other: Objects
    submit: Callable[..., int] | None = None
    fetch: Callable[[str], bytes] | None = None


def memory_records() -> Iterator[RecordWorld]:
    yield RecordWorld("memory", MemoryRecords())


def moto_records() -> Iterator[RecordWorld]:
    """moto checks a transaction and applies it in two steps, so it says nothing about races."""
    with mock_aws():
        yield RecordWorld("moto", dynamo_records(None), concurrent=False, clear=empty_moto)


def empty_moto() -> None:
    """moto copies whole tables for each transaction, so they must not grow from test to test."""
    for table in get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][REGION].tables.values():
        table.items.clear()


def emulator_records(endpoint: str) -> Iterator[RecordWorld]:
    yield RecordWorld("emulator", dynamo_records(endpoint))


def dynamo_records(endpoint: str | None) -> DynamoRecords:
    """Fresh tables, as the template would make them."""
    client = boto3.client("dynamodb", region_name=REGION, endpoint_url=endpoint)
    tables = {name: f"{name}-{uuid.uuid4().hex[:8]}" for name in ("notes", "events")}
    indexes = {"notes": Note.index_names, "events": AuditEvent.index_names}
    for table, name in tables.items():
        client.create_table(**schema(name, sorted(indexes[table])), BillingMode="PAY_PER_REQUEST")
    return DynamoRecords(tables, region=REGION, endpoint=endpoint)


def memory_objects() -> Iterator[ObjectWorld]:
    world = MemoryBuckets(clock=FixedClock())

    def submit(form: PostForm, data: bytes, **wrong: str) -> int:
        world.submit(form, data, **wrong)
        return 204

    yield ObjectWorld("memory", world.open("bucket"), world.open("other"), submit, world.fetch)


def moto_objects() -> Iterator[ObjectWorld]:
    """moto takes any form, so it has no browser's side."""
    with mock_aws():
        yield _s3_world("moto", None)


def emulator_objects(endpoint: str) -> Iterator[ObjectWorld]:
    world = _s3_world("emulator", endpoint)
    world.submit, world.fetch = post_form, lambda url: urllib.request.urlopen(url, timeout=10).read()
    yield world


def _s3_world(name: str, endpoint: str | None) -> ObjectWorld:
    client = s3_client(REGION, endpoint)
    buckets = [f"contract-{part}-{uuid.uuid4().hex[:8]}" for part in ("one", "two")]
    for bucket in buckets:
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return ObjectWorld(name, S3Objects(buckets[0], client), S3Objects(buckets[1], client))


def post_form(form: PostForm, data: bytes, *, key: str | None = None, content_type: str | None = None) -> int:
    """POST a form as a browser does; the status, also of a refusal."""
    fields = (
        dict(form.fields) | ({"key": key} if key else {}) | ({"Content-Type": content_type} if content_type else {})
    )
    edge = uuid.uuid4().hex
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode() for k, v in fields.items()
    ]
    parts.append(f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'.encode() + data)
    body = b"".join(parts) + f"\r\n--{edge}--\r\n".encode()
    request = urllib.request.Request(form.url, body, {"Content-Type": f"multipart/form-data; boundary={edge}"})
    try:
        return int(urllib.request.urlopen(request, timeout=10).status)
    except urllib.error.HTTPError as error:
        return error.code


@contextmanager
def throwaway_emulator(folder: Path) -> Iterator[str]:
    """A MiniStack process of our own on loopback, without authentication; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {"GATEWAY_PORT": str(port), "MINISTACK_REGION": REGION, "TMPDIR": str(folder), "LOG_LEVEL": "ERROR"}
    environ |= {"SERVICES": "s3,dynamodb,secretsmanager", "DOCKER_HOST": f"unix://{folder}/none", "SFTP_ENABLED": "0"}
    command = [sys.executable, "-m", "hypercorn", "ministack.app:app", "--bind", f"127.0.0.1:{port}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environ | CREDENTIALS, stdout=log, stderr=log, cwd=folder)
    try:
        _wait_for(port, process, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health", timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"the emulator did not start:\n{log.read_text()[-2000:]}")
