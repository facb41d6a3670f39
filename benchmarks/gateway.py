"""The gateway: a pack and a manifest of 10,000 tracks, reads authorised per second, a stream beside files on disk.

    python benchmarks/gateway.py                 the code's own cost, over memory stores
    python benchmarks/gateway.py --stack         over HTTP on the local stack as well

A read's time is that of one ``GET /training/objects/{id}`` up to its redirect: token, run, lease, rights, limits,
the event and the counts in one transaction, and the signed link. The stream then follows the link, counts and hashes.
Rate limits are raised first, since a benchmark is what they are there to stop.
"""

import argparse
import hashlib
import os
import random
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx
from lemm.client import Api
from lemm.packing import build_pack
from lemm.training import ServiceToken, VaultStream
from tables import peak_mb, percentile, show
from training_world import SPEC, InMemory, Running, fill, running
from vault_domain.policy import Policy, PolicyVersion
from vault_domain.ports import Put, Records
from vault_store.clock import SystemClock

TRACKS, STREAMED, AUDIO_BYTES = 10_000, 200, 4 * 2**20
READS, WORKERS = 2000, 2


def unlimited(records: Records) -> None:
    """A policy whose limits are out of the way."""
    policy = Policy(lease_reads_per_minute=100_000, run_passes_max=100_000, run_passes_alarm=100_000)
    head = PolicyVersion(number=2, policy=policy, author="bench", reason="bench", at=SystemClock()(), is_head=True)
    records.commit([Put(head, 0)])


def read_times(http: httpx.Client, tokens: list[str], tracks: list[str], reads: int) -> tuple[list[float], float]:
    """Seconds of each authorised read by several workers, each under its own lease, and seconds of all."""

    def one_worker(number: int) -> list[float]:
        taken, chosen = [], random.Random(number)
        for _ in range(reads // len(tokens)):
            began = time.perf_counter()
            answer = http.get(
                f"training/objects/{chosen.choice(tracks)}", headers={"Authorization": f"Bearer {tokens[number]}"}
            )
            taken.append(time.perf_counter() - began)
            assert answer.status_code == 302, answer.text
        return taken

    began = time.perf_counter()
    with ThreadPoolExecutor(len(tokens)) as pool:
        taken = [one for part in pool.map(one_worker, range(len(tokens))) for one in part]
    return taken, time.perf_counter() - began


def leases(http: httpx.Client, access: str, run_id: str) -> list[str]:
    """A run token for each worker."""
    asked = {"Authorization": f"Bearer {access}"}
    found = [
        http.post(f"training/runs/{run_id}/leases", json={"worker": f"w{number}"}, headers=asked)
        for number in range(WORKERS)
    ]
    return [one.json()["token"] for one in found]


def throughput(stream: VaultStream, data: bytes, count: int) -> list[str]:
    """MB/s of the stream and of reading and hashing as many files from disk, and MB per second of processor time."""
    stream.open()
    began, cpu = time.perf_counter(), time.process_time()
    streamed = sum(len(audio) for _, audio in stream)
    spent, cpu = time.perf_counter() - began, time.process_time() - cpu
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.flac" for number in range(count)]
        for path in paths:
            path.write_bytes(data)
        began, cpu_disk = time.perf_counter(), time.process_time()
        for path in paths:
            hashlib.sha256(path.read_bytes()).hexdigest()
        disk, cpu_disk = time.perf_counter() - began, time.process_time() - cpu_disk
    figures = (streamed / spent, len(data) * count / disk, streamed / cpu, len(data) * count / cpu_disk)
    return [f"{figure / 1e6:.0f} MB/s" for figure in figures]


def measured(http: httpx.Client, access: Callable[[], str], run_id: str, tracks: list[str], reads: int) -> list[str]:
    """Manifest and reads, as cells of a row."""
    body = {**SPEC, "run_id": run_id}
    began = time.perf_counter()
    answer = http.post("training/tokens", json=body, headers={"Authorization": f"Bearer {access()}"})
    opened = time.perf_counter() - began
    assert answer.status_code == 201, answer.text
    began = time.perf_counter()
    again = http.post("training/tokens", json=body, headers={"Authorization": f"Bearer {access()}"})
    renewed = time.perf_counter() - began
    assert again.status_code == 201
    tokens, cpu = leases(http, access(), run_id), time.process_time()
    taken, spent = read_times(http, tokens, tracks, reads)
    cpu = (time.process_time() - cpu) / len(taken)
    return [
        f"{len(tracks):,}", f"{opened:.2f} s", f"{renewed:.2f} s", f"{len(answer.content) / 1e6:.2f} MB",
        f"{len(taken) / spent:.0f}",
        *(f"{percentile(taken, share) * 1e3:.1f} ms" for share in (0.5, 0.95)),
        f"{cpu * 1e3:.2f} ms",
    ]  # fmt: skip


STREAM_COLUMNS = ["read ahead", "stream", "disk (cached) and SHA-256", "stream per CPU", "disk per CPU"]
COLUMNS = ["tracks", "first manifest", "asked again", "answer", "reads/s", "p50", "p95", "CPU here per read"]


def in_memory() -> None:
    """Both measurements over memory stores."""
    data = os.urandom(AUDIO_BYTES)
    world = InMemory()
    unlimited(world.records)
    tracks = fill(world.records, lambda *_: None, TRACKS, data)
    with httpx.Client(base_url="https://vault.example/", transport=world, timeout=300) as http:
        row = measured(http, world.token, "run_bench_many", tracks, READS)
    show(f"manifest and reads, memory stores, {WORKERS} workers in one process", COLUMNS, [row])
    small = InMemory()
    unlimited(small.records)
    held = small.buckets.open("vault")
    put = partial(held.write, content_type="audio/flac")
    fill(small.records, put, STREAMED, data)
    rows = []
    for ahead in (1, 2):
        stream = VaultStream(
            "https://vault.example", small.token, run_id=f"run_bench_{ahead}", transport=small, prefetch=ahead,
            model_id="bench",
        )  # fmt: skip
        rows.append([str(ahead), *throughput(stream, data, STREAMED)])
    show(f"{STREAMED} tracks of 4 MB, memory stores", STREAM_COLUMNS, rows)


def packed(admin: Api) -> list[str]:
    """How long a pack of everything takes to try out, and to build."""
    taken = []
    for dry_run in (True, False):
        began = time.perf_counter()
        made = build_pack(admin, {"name": "BENCH", "query": {}, "dry_run": dry_run})
        assert made["members"] == TRACKS
        taken.append(time.perf_counter() - began)
    return [f"{one:.1f} s" for one in taken]


def job(stack: Running) -> Callable[[], str]:
    """A training job's access tokens."""
    client = stack.vault.admin_api().create_service("bench", ["training"])
    return ServiceToken(stack.vault.url, client["client_id"], client["client_secret"])


def on_the_stack() -> None:
    """The same over HTTP, tables, objects and signatures of the local stack; 10,000 tracks have no audio there."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as stack:
        unlimited(stack.records)
        tracks = fill(stack.records, lambda *_: None, TRACKS, b"no audio")
        show(
            f"a pack of {TRACKS:,} tracks, local stack over HTTP",
            ["dry run", "built"],
            [packed(stack.vault.admin_api())],
        )
        access = job(stack)
        with httpx.Client(base_url=stack.vault.url + "/", timeout=120, trust_env=False) as http:
            row = measured(http, access, "run_bench_many", tracks, 400)
        show(f"manifest and reads, local stack over HTTP, {WORKERS} workers", COLUMNS, [row])
    data = os.urandom(AUDIO_BYTES)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as stack:
        unlimited(stack.records)
        fill(stack.records, stack.put, STREAMED, data)
        access, rows = job(stack), []
        for ahead in (1, 2):
            stream = VaultStream(stack.vault.url, access, run_id=f"run_bench_{ahead}", model_id="bench", prefetch=ahead)
            rows.append([str(ahead), *throughput(stream, data, STREAMED)])
        show(f"{STREAMED} tracks of 4 MB, local stack", STREAM_COLUMNS, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stack", action="store_true", help="over HTTP on the local stack, too")
    given = parser.parse_args()
    in_memory()
    if given.stack:
        on_the_stack()
    print(f"\nmost memory: {peak_mb():.0f} MB")


if __name__ == "__main__":
    main()
