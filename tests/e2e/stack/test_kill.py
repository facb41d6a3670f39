"""Killed under load at a random moment, the stack loses nothing that it acknowledged and doubles nothing.

Each worker owns its keys, sends without retries, and notes a write only after
its reply. The write in flight when the power goes may be there or not, as a
whole; every other is there exactly once.
"""

import hashlib
import random
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from lemm.stack.up import Stack

TEMPLATE = Path(__file__).parent / "fixtures" / "template.yaml"
ONCE = Config(retries={"max_attempts": 0}, connect_timeout=2, read_timeout=5, s3={"addressing_style": "path"})


class Ledger:
    """What was acknowledged, by worker."""

    def __init__(self) -> None:
        self.put: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.added: dict[str, int] = defaultdict(int)
        self.moved: dict[str, int] = defaultdict(int)
        self.stored: dict[str, bytes] = {}
        self.erased: set[str] = set()
        self.pointer: dict[str, int] = defaultdict(int)
        self.rounds = 0

    def total(self) -> int:
        counted = (self.added, self.moved, self.pointer)
        return len(self.put) + len(self.stored) + sum(sum(counts.values()) for counts in counted)


class Load:
    """Workers that write until the stack dies under them."""

    def __init__(self, stack: Stack, ledger: Ledger) -> None:
        self.stack, self.ledger = stack, ledger
        self.table = stack.addresses.outputs["Table"]
        self.bucket = stack.addresses.outputs["Bucket"]
        self.plain = stack.addresses.resources["Plain"]
        jobs: list[Callable[[Any, Any, str], None]] = [self.puts, self.adds, self.moves, self.objects, self.points]
        self.threads = [
            threading.Thread(target=self.forever, args=(job, f"{job.__name__}-{number}"))
            for job in jobs
            for number in range(2)
        ]
        for number in range(2):  # nothing acknowledged yet, and maybe one in flight
            ledger.added[f"adds-{number}"] += 0
            ledger.moved[f"moves-{number}"] += 0
            for bucket in (self.bucket, self.plain):
                ledger.pointer[f"{bucket}/pointer/points-{number}"] += 0
        for thread in self.threads:
            thread.start()

    def forever(self, job: Callable[[Any, Any, str], None], worker: str) -> None:
        key, secret = self.stack.keyring.root_key()
        options: dict[str, Any] = {
            "endpoint_url": self.stack.addresses.emulator,
            "aws_access_key_id": key,
            "aws_secret_access_key": secret,
            "config": ONCE,
        }
        session = self.stack._session
        with LOCK:
            dynamodb, s3 = session.client("dynamodb", **options), session.client("s3", **options)
        try:
            while True:
                job(dynamodb, s3, worker)
        except (BotoCoreError, ClientError):
            return

    def puts(self, dynamodb: Any, s3: Any, worker: str) -> None:
        name, value = f"{worker}-{uuid.uuid4().hex}", uuid.uuid4().hex
        dynamodb.put_item(TableName=self.table, Item=row("put", name, value={"S": value}))
        self.ledger.put[name] = value
        if random.random() < 0.2:
            del self.ledger.put[name]  # in flight: may be there or not
            dynamodb.delete_item(TableName=self.table, Key=row("put", name))
            self.ledger.deleted.add(name)

    def adds(self, dynamodb: Any, s3: Any, worker: str) -> None:
        dynamodb.update_item(TableName=self.table, Key=row("count", worker), **ADD_ONE)
        self.ledger.added[worker] += 1

    def moves(self, dynamodb: Any, s3: Any, worker: str) -> None:
        number = self.ledger.moved[worker]
        sides = [{"Update": {"TableName": self.table, "Key": row("move", f"{worker}-{s}"), **ADD_ONE}} for s in "ab"]
        step = {"Put": {"TableName": self.table, "Item": row("step", f"{worker}-{self.ledger.rounds}-{number}")}}
        dynamodb.transact_write_items(TransactItems=[*sides, step])
        self.ledger.moved[worker] += 1

    def objects(self, dynamodb: Any, s3: Any, worker: str) -> None:
        name, body = f"{worker}/{uuid.uuid4().hex}", random.randbytes(random.randint(1, 20_000))
        s3.put_object(Bucket=self.plain, Key=name, Body=body, Metadata={"sum": hashlib.sha256(body).hexdigest()})
        self.ledger.stored[name] = body
        if random.random() < 0.3:
            del self.ledger.stored[name]
            s3.delete_object(Bucket=self.plain, Key=name)
            self.ledger.erased.add(name)

    def points(self, dynamodb: Any, s3: Any, worker: str) -> None:
        """Move a pointer by conditional puts, in a versioned bucket and in a plain one."""
        for bucket in (self.bucket, self.plain):
            name = f"pointer/{worker}"
            try:
                seen = s3.get_object(Bucket=bucket, Key=name)
                condition, number = {"IfMatch": seen["ETag"]}, int(seen["Body"].read().split()[0])
            except s3.exceptions.NoSuchKey:
                condition, number = {"IfNoneMatch": "*"}, 0
            body = f"{number + 1} {'x' * random.randint(0, 5000)}".encode()
            s3.put_object(Bucket=bucket, Key=name, Body=body, Metadata={"number": str(number + 1)}, **condition)
            self.ledger.pointer[f"{bucket}/{name}"] = number + 1


LOCK = threading.Lock()
ADD_ONE = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}


def row(pk: str, sk: str, **more: Any) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"S": sk}, **more}


def everything(stack: Stack) -> dict[str, dict[str, Any]]:
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=stack.addresses.outputs["Table"])
    return {f"{item['pk']['S']}/{item['sk']['S']}": item for page in pages for item in page["Items"]}


def count(items: dict[str, dict[str, Any]], key: str) -> int:
    """A counter's value; none is 0."""
    return int(items[key]["n"]["N"]) if key in items else 0


def settle_rows(stack: Stack, ledger: Ledger) -> None:
    """Check the table, and take over what was in flight."""
    items = everything(stack)
    for name, value in ledger.put.items():
        assert items[f"put/{name}"]["value"] == {"S": value}
    assert not [name for name in ledger.deleted if f"put/{name}" in items]
    for worker, acknowledged in list(ledger.added.items()):
        found = count(items, f"count/{worker}")
        assert acknowledged <= found <= acknowledged + 1
        ledger.added[worker] = found
    for worker, acknowledged in list(ledger.moved.items()):
        sides = [count(items, f"move/{worker}-{side}") for side in "ab"]
        steps = sum(key.startswith(f"step/{worker}-") for key in items)
        assert acknowledged <= sides[0] <= acknowledged + 1
        assert sides == [sides[0]] * 2
        assert steps == sides[0]
        ledger.moved[worker] = sides[0]


def settle_objects(stack: Stack, ledger: Ledger) -> None:
    s3 = stack.client("s3")
    plain = stack.addresses.resources["Plain"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=plain)
    names = {entry["Key"] for page in pages for entry in page.get("Contents", ())}
    assert ledger.stored.keys() <= names
    assert not ledger.erased & names
    for name in random.sample(sorted(ledger.stored), min(60, len(ledger.stored))):
        found = s3.get_object(Bucket=plain, Key=name)
        assert found["Body"].read() == ledger.stored[name]
        assert found["Metadata"]["sum"] == hashlib.sha256(ledger.stored[name]).hexdigest()
    for address, acknowledged in list(ledger.pointer.items()):
        bucket, key = address.split("/", 1)
        try:
            found = s3.get_object(Bucket=bucket, Key=key)
        except s3.exceptions.NoSuchKey:
            assert acknowledged == 0
            continue
        body = found["Body"].read()
        number = int(body.split()[0])
        assert acknowledged <= number <= acknowledged + 1
        assert found["ETag"].strip('"') == hashlib.md5(body).hexdigest(), "bytes and ETag belong together"
        assert found["Metadata"]["number"] == str(number)
        if bucket == stack.addresses.outputs["Bucket"]:
            pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
            versions = [entry for page in pages for entry in page["Versions"]]
            assert len(versions) == number
        ledger.pointer[address] = number


def survive(folder: Path, rounds: int) -> Ledger:
    ledger = Ledger()
    for number in range(rounds):
        stack = Stack(folder, TEMPLATE)
        with stack:
            if number:
                settle_rows(stack, ledger)
                settle_objects(stack, ledger)
            ledger.rounds = number
            load = Load(stack, ledger)
            threading.Event().wait(random.uniform(0.4, 2.0))
            stack.kill()
            for thread in load.threads:
                thread.join(20)
                assert not thread.is_alive()
    with Stack(folder, TEMPLATE) as stack:
        settle_rows(stack, ledger)
        settle_objects(stack, ledger)
    return ledger


def test_three_kills_lose_and_double_nothing(tmp_path):
    assert survive(tmp_path, 3).total() > 50


@pytest.mark.slow
def test_ten_kills_lose_and_double_nothing(tmp_path):
    assert survive(tmp_path, 10).total() > 200
