"""What the local stack's promises cost: start, write latency with and without the journal, replay.

``python benchmarks/local_stack.py`` prints one table. "As it comes" is MiniStack
without our layer: no journal, no sync, no signature check of the root key.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

import boto3
from lemm.stack.emulator import REGION
from lemm.stack.images import put
from lemm.stack.journal import Journal
from lemm.stack.up import Stack

ROOT = Path(__file__).resolve().parent.parent
SMALL = ROOT / "tests/e2e/stack/fixtures/template.yaml"
KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
TYPES = [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "S"}]


def show(what: str, value: str) -> None:
    print(f"{what:<58}{value:>20}", flush=True)


def timed(call: Callable[[int], Any], count: int) -> str:
    """The lowest median of ten blocks (other work on the machine only adds) and the 99th percentile, in ms."""
    took = []
    for number in range(count):
        began = perf_counter()
        call(number)
        took.append((perf_counter() - began) * 1000)
    size = count // 10
    best = min(statistics.median(took[start : start + size]) for start in range(0, count - size + 1, size))
    return f"{best:.2f} / {statistics.quantiles(took, n=100)[98]:.2f} ms"


def writes(dynamodb: Any, s3: Any, table: str, bucket: str, name: str) -> None:
    item = {"pk": {"S": "a"}, "text": {"S": "x" * 300}}
    show(
        f"{name}: put_item, best median / p99",
        timed(lambda n: dynamodb.put_item(TableName=table, Item={**item, "sk": {"S": str(n)}}), 500),
    )
    show(
        f"{name}: transaction of two, best median / p99",
        timed(
            lambda n: dynamodb.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": table, "Item": {**item, "sk": {"S": f"{side}{n}"}}}} for side in "ab"
                ]
            ),
            300,
        ),
    )
    show(
        f"{name}: put_object of 10 kB, new keys",
        timed(lambda n: s3.put_object(Bucket=bucket, Key=f"new/{n}", Body=b"x" * 10_000), 200),
    )
    show(
        f"{name}: put_object of 10 kB, same key",
        timed(lambda n: s3.put_object(Bucket=bucket, Key="same", Body=b"x" * 10_000), 200),
    )


def throughput(stack: Stack, table: str, threads: int = 8, count: int = 200) -> str:
    clients = [stack.client("dynamodb") for _ in range(threads)]

    def work(number: int) -> None:
        for step in range(count):
            item = {"pk": {"S": f"t{number}"}, "sk": {"S": str(step)}}
            clients[number].put_item(TableName=table, Item=item)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    began = perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return f"{threads * count / (perf_counter() - began):.0f} /s"


def as_it_comes(folder: Path) -> None:
    environment = {
        **os.environ,
        "AUTH": "true",
        "GATEWAY_PORT": "18461",
        "BIND_HOST": "127.0.0.1",
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "plain"),
        "LOG_LEVEL": "WARNING",
        "MINISTACK_REGION": REGION,
    }
    emulator = subprocess.Popen([sys.executable, "-m", "ministack"], env=environment, stderr=subprocess.DEVNULL)
    try:
        options: dict[str, Any] = {"endpoint_url": "http://127.0.0.1:18461", "region_name": REGION}
        keys: dict[str, Any] = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        client: Any = boto3.client
        dynamodb, s3 = (client(name, **options, **keys) for name in ("dynamodb", "s3"))
        sleep(3)
        dynamodb.create_table(
            TableName="things", KeySchema=KEYS, AttributeDefinitions=TYPES, BillingMode="PAY_PER_REQUEST"
        )
        s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": REGION})
        writes(dynamodb, s3, "things", "files", "as it comes")
    finally:
        emulator.terminate()
        emulator.wait()


def workers(stack: Stack) -> None:
    function, client = stack.addresses.resources["Fail"], stack.client("lambda")

    def invoke(_: int) -> None:
        client.invoke(FunctionName=function, Payload=b"{}")

    began = perf_counter()
    invoke(0)
    show("Lambda: first invoke of a bare function", f"{(perf_counter() - began) * 1000:.0f} ms")
    show("Lambda: warm invoke that logs nothing, best median / p99", timed(invoke, 100))
    began = perf_counter()
    client.invoke(FunctionName=stack.addresses.resources["Keep"], Payload=json.dumps({"pk": "a", "sk": "b"}))
    show("Lambda: first invoke with boto3 and one put_item", f"{(perf_counter() - began) * 1000:.0f} ms")


def replay(folder: Path, count: int) -> None:
    journal = Journal(folder)
    journal.recover()
    for number in range(count):
        record = put("000000000000/r/t", f"k{number}", "s", {"pk": {"S": f"k{number}"}, "text": {"S": "x" * 300}})
        journal.append([record])
    journal.close()
    began = perf_counter()
    journal = Journal(folder)
    kept = journal.recover(compact_bytes=1 << 40)
    show(f"journal of {len(kept):,} writes read back", f"{perf_counter() - began:.2f} s")
    began = perf_counter()
    journal.write_snapshot(journal.rotate(), kept.records())
    show("the same compacted into a snapshot", f"{perf_counter() - began:.2f} s")
    journal.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for title, template in (("small template", SMALL), ("template.yaml", ROOT / "template.yaml")):
            for start in ("first", "second"):
                with Stack(folder / template.stem / title.split()[0], template) as stack:
                    took = stack.addresses.seconds
                    parts = " + ".join(f"{took[part]:.1f}" for part in ("emulator", "deployed", "ready"))
                    show(f"{title}: {start} start, emulator / deployed / ready", f"{parts.replace(' + ', ' / ')} s")
        with Stack(folder / "measured", SMALL) as stack:
            table, bucket = stack.addresses.outputs["Table"], stack.addresses.resources["Plain"]
            writes(stack.client("dynamodb"), stack.client("s3"), table, bucket, "with journal")
            show("with journal: put_item by 8 threads", throughput(stack, table))
            workers(stack)
        as_it_comes(folder)
        replay(folder / "replay", 10_000)
        with Stack(folder / "replayed", SMALL) as stack:
            dynamodb, table = stack.client("dynamodb"), stack.addresses.outputs["Table"]
            for first in range(0, 10_000, 25):
                rows = [{"pk": {"S": "r"}, "sk": {"S": str(first + n)}, "t": {"S": "x" * 300}} for n in range(25)]
                dynamodb.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": row}} for row in rows]})
            stack.kill()
        with Stack(folder / "replayed", SMALL) as stack:
            assert stack.addresses.items == 10_000
            show("start after a kill with 10,000 items, ready", f"{stack.addresses.seconds['ready']:.2f} s")


if __name__ == "__main__":
    main()
