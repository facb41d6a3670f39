"""The log: events sequenced per second, size of a proof, time to make and to verify one, by size of the log.

    python benchmarks/log.py                    10,000 and 100,000 entries
    python benchmarks/log.py --million          1,000,000 as well
    python benchmarks/log.py --stack            the whole function on the local stack, too

Tiles are written and read through the real log code over the memory twin of
the object store, so the figures are the code's own; ``--stack`` adds what
tables, objects and the emulator cost.
"""

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from lemm.installation import Installation
from lemm.stack.emulator import REGION
from pynamodb.connection import Connection
from vault_domain.events import Actor, Kind, make_event
from vault_domain.ids import make_id
from vault_domain.proofs import check_proof, parse_proof
from vault_store.clock import SystemClock
from vault_store.dynamo import DynamoRecords
from vault_store.log import LogWriter
from vault_store.log_reader import LogReader
from vault_store.memory import MemoryObjects
from vault_store.signer import Ed25519Signer, verify

T = TypeVar("T")
BATCH = 1000
PROOFS = 200


def an_event(number: int) -> Any:
    """An event of the usual size, about 450 bytes."""
    track, actor = make_id("trk", number.to_bytes(16, "big")), Actor(id="fn:gateway-fetch", role="system")
    event_id = make_id("evt", number.to_bytes(16, "big"))
    about = {"run_id": "run_2026_03", "purpose": "product", "audio_sha256": "a" * 64}
    return make_event(event_id, Kind.VAULT_ACCESS, track, actor, SystemClock()(), {"policy": "1"}, **about)


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """The result, and milliseconds."""
    began = time.perf_counter()
    found = work()
    return found, (time.perf_counter() - began) * 1000


def a_proof(objects: MemoryObjects, index: int, size: int, note: str) -> bytes:
    """As the API makes it: nothing is kept from one proof to the next."""
    return LogReader(objects).proof(index, size, note).to_bytes()


def check(data: bytes, writer: LogWriter) -> None:
    check_proof(parse_proof(data), writer.key, verify)


def measure(size: int) -> dict[str, Any]:
    """Build a log of this size in batches, then make and verify proofs of random entries."""
    objects = MemoryObjects("log")
    writer = LogWriter(objects, "bench.example/log", Ed25519Signer.from_secret("a secret for benchmarks", "log"))
    spent = 0.0
    for first in range(0, size, BATCH):
        entries = [an_event(number).leaf() for number in range(first, min(first + BATCH, size))]
        began = time.perf_counter()
        head = writer.append(writer.head(), entries)
        writer.write_files(head, entries)
        writer.publish(head)
        spent += time.perf_counter() - began
    note = LogReader(objects).checkpoint()
    chosen = random.Random(1).sample(range(size), PROOFS)
    made, checked, sizes = [], [], []
    for index in chosen:
        data, spent_making = timed(partial(a_proof, objects, index, size, note))
        _, spent_checking = timed(partial(check, data, writer))
        made.append(spent_making)
        checked.append(spent_checking)
        sizes.append(len(data))
    return {
        "entries": size,
        "appended_per_s": round(size / spent),
        "proof_bytes": round(statistics.median(sizes)),
        "make_ms": round(statistics.median(made), 2),
        "verify_ms": round(statistics.median(checked), 3),
        "stored_objects": sum(1 for _ in objects.list("")),
    }


def on_the_stack(count: int) -> dict[str, Any]:
    """Events through tables, function and objects of the local stack."""
    with tempfile.TemporaryDirectory() as folder, Installation(Path(folder)) as vault:
        key, secret = vault.stack.keyring.root_key()
        os.environ.update(AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret)
        endpoint = vault.addresses.emulator if vault.addresses else ""
        connection = Connection(region=REGION, host=endpoint)
        records = DynamoRecords({"events": "lemm-events"}, connection=connection)
        for first in range(0, count, 50):
            records.commit([], [an_event(number) for number in range(first, min(first + 50, count))])
        began = time.perf_counter()
        while (answer := vault.invoke("audit-sequence", {}))["size"] < count:
            pass
        seconds = time.perf_counter() - began
    return {"events": count, "sequenced_per_s": round(count / seconds, 1), "size": answer["size"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--million", action="store_true", help="a log of 1,000,000 entries, too")
    parser.add_argument("--stack", action="store_true", help="the function on the local stack, too")
    given = parser.parse_args()
    for size in (10_000, 100_000, *([1_000_000] if given.million else [])):
        print(json.dumps(measure(size)), flush=True)
    if given.stack:
        print(json.dumps(on_the_stack(2000)), flush=True)


if __name__ == "__main__":
    main()
