"""How fast an output is checked, and what a day of checks costs.

    python benchmarks/safety.py                     everything (about a quarter of an hour on 2 cores)
    python benchmarks/safety.py --only split
    python benchmarks/safety.py --tracks 1000 --seconds 180

``split`` times each part of a check in this process; ``http`` asks the local stack over HTTP with everything
recorded as in real use: one caller, 3-minute outputs, then 16 callers at once. The index holds synthetic tracks
(``synthetic.py``); outputs are composed pieces that resemble none of them, the dearest kind of query.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import synthetic
import tables
from lemm.client import Api
from lemm.installation import Installation
from lemm.registering import licence_text, register_corpus, send_catalogue
from pipeline import encode, piece
from vault_audio import features
from vault_audio.decode import decode, read_analysis
from vault_domain import snapshots
from vault_embedder import Embedder
from vault_index import melody, snapshot
from vault_index.calibration import builtin
from vault_index.search import search

PART = 3_000
CALLERS = 16
LIMITS_MS = {"30 s": (250.0, 500.0), "3 minutes": (1500.0, 1500.0)}
DAY_S = 86_400
CORES = 2


@dataclass(frozen=True)
class Prices:
    """Assumed, US dollars: Lambda on arm64 per GB-second and call, HTTP API per call, S3 put, DynamoDB write unit."""

    gb_second: float = 0.0000133334
    call: float = 0.0000002
    api_call: float = 0.000001
    put: float = 0.000005
    write: float = 0.000000625


def index(folder: Path, tracks: int, seconds: float) -> Path:
    """A snapshot of synthetic tracks in parts as compaction makes them."""
    made = synthetic.tracks(tracks, seconds, synthetic.bases(24))
    manifest, parts = snapshots.empty("bench", snapshot.settings(), "2026-01-01T00:00:00Z"), {}
    for first in range(0, tracks, PART):
        built = snapshot.build_part(next(made) for _ in range(min(PART, tracks - first)))
        manifest = snapshots.with_part(manifest, built.part, manifest.created)
        parts[built.part.name] = built.data
    return snapshot.write_folder(folder / "bench.snapshot", manifest, parts)


def outputs(folder: Path, count: int, seconds: float, first: int = 0) -> list[Path]:
    """Composed pieces as MP3; each number is another sound, since one that was checked is answered from memory."""
    made = []
    for number in range(first, first + count):
        sound = folder / f"output-{seconds:.0f}-{number}.mp3"
        encode(piece(folder, 700 + number, seconds), sound)
        made.append(sound)
    return made


def split(where: Path, folder: Path, tracks: int) -> float:
    """Each part of a check of 30 s by itself, in this process; returns the seconds of all."""
    (sound,) = outputs(folder, 1, 30.0)
    _, shards = snapshot.open_folder(where)
    embedder = Embedder.load()
    with tempfile.TemporaryDirectory(dir=folder) as work:
        samples = read_analysis(decode(sound, Path(work)).analysis)
    heard = features.extract(samples, embedder.embed)
    assert heard.melody is not None
    tune = heard.melody

    def decoding() -> None:
        with tempfile.TemporaryDirectory(dir=folder) as work:
            decode(sound, Path(work), keep=False)

    parts: dict[str, Callable[[], object]] = {
        "decode, hashes, facts, Chromaprint": decoding,
        "landmarks, tune and embedding": lambda: features.extract(samples, embedder.embed),
        "search for copies": lambda: search(shards, heard, removed=frozenset(), calibration=builtin()),
        "search for tunes": lambda: melody.search([melody.book_of(shard) for shard in shards], tune),
        "packing what is kept": lambda: features.pack(heard, dense=True),
    }
    began = time.perf_counter()
    for shard in shards:
        melody.book_of(shard)
    prepared = time.perf_counter() - began
    taken = {name: tables.timed(part) for name, part in parts.items()}
    rows = [(name, f"{1000 * value:.0f}") for name, value in taken.items()]
    rows += [("all of these", f"{1000 * sum(taken.values()):.0f}"), ("once: preparing tunes", f"{1000 * prepared:.0f}")]
    tables.show(f"A check of 30 s among {tracks:,} tracks, in one process", ("part", "ms"), rows)
    return sum(taken.values())


def service(place: Installation, where: Path) -> Api:
    """A generation service's client; the index is registered as an outside catalogue."""
    admin = place.admin_api()
    text = licence_text(b"Composed by this benchmark; CC0 1.0", "benchmarks/safety.py")
    register_corpus(admin, "benchmark", "Benchmark", "CC0-1.0", text)
    send_catalogue(admin, where, "Benchmark", "CC0-1.0", "benchmark")
    made = admin.create_service("bench generator", ["safety"])
    api = Api(place.url)
    api.service_login(made["client_id"], made["client_secret"])
    return api


def asked(api: Api, sounds: Sequence[Path], name: str) -> tuple[list[float], list[str]]:
    """Milliseconds and outcome of each check, one after another."""
    taken, outcomes = [], []
    for number, sound in enumerate(sounds):
        began = time.perf_counter()
        outcomes.append(str(api.check(sound, f"out_{name}_{number}", "bench")["outcome"]))
        taken.append((time.perf_counter() - began) * 1000)
    return taken, outcomes


def counted(outcomes: Sequence[str]) -> str:
    return ", ".join(f"{outcomes.count(name)} {name}" for name in sorted(set(outcomes)))


def over_http(place: Installation, where: Path, folder: Path, tracks: int) -> float:
    """One caller, then many; returns the median seconds of one."""
    api = service(place, where)
    rows, median = [], 0.0
    for name, seconds, count in (("30 s", 30.0, 31), ("3 minutes", 180.0, 6)):
        taken, outcomes = asked(api, outputs(folder, count, seconds), f"{seconds:.0f}")
        first, warm = taken[0], taken[1:]
        p50, p95 = tables.percentile(warm, 0.5), tables.percentile(warm, 0.95)
        median = median or p50 / 1000
        limits = " / ".join(f"{limit:.0f}" for limit in LIMITS_MS[name])
        rows.append((name, f"{first:.0f}", f"{p50:.0f}", f"{p95:.0f}", limits, counted(outcomes)))
    columns = ("output", "first call ms", "p50 ms", "p95 ms", "to reach", "answers")
    tables.show(f"Over HTTP, one caller, {tracks:,} tracks", columns, rows)
    together(api, folder)
    return median


def together(api: Api, folder: Path) -> None:
    """Callers that all wait for each other's answers: errors, and how alike they fare."""
    sounds = outputs(folder, 2 * CALLERS, 30.0, first=100)

    def one(caller: int) -> tuple[list[float], list[str]]:
        return asked(api, sounds[caller::CALLERS], f"caller{caller}")

    began = time.perf_counter()
    with ThreadPoolExecutor(CALLERS) as pool:
        told = list(pool.map(one, range(CALLERS)))
    whole = time.perf_counter() - began
    taken = [each for own, _ in told for each in own]
    means = sorted(sum(own) / len(own) for own, _ in told)
    rows = [
        ("checks a second", f"{len(taken) / whole:.1f}"),
        ("p50 / p95 / longest, ms", " / ".join(f"{tables.percentile(taken, q):.0f}" for q in (0.5, 0.95, 1.0))),
        ("slowest caller against fastest", f"{means[-1] / means[0]:.2f}"),
        ("answers", counted([each for _, own in told for each in own])),
    ]
    tables.show(f"Over HTTP, {CALLERS} callers at once, 30 s each", ("", ""), rows)


def costs(seconds: float, memory_gb: float) -> None:
    """What a day brings: here, and on AWS at stated prices."""
    prices = Prices()
    check = seconds * memory_gb * prices.gb_second + 2 * prices.call + prices.api_call + prices.put + 4 * prices.write
    rows = [
        ("checks a day on 2 cores, one after another", f"{DAY_S / seconds:,.0f}"),
        ("checks a day on 2 cores, both busy", f"{CORES * DAY_S / seconds:,.0f} at most"),
        (f"a million checks on Lambda with {memory_gb:.0f} GB, $", f"{1e6 * check:,.0f}"),
        ("of that, processor and memory, $", f"{1e6 * seconds * memory_gb * prices.gb_second:,.0f}"),
    ]
    tables.show(f"Costs, assuming {json.dumps(prices.__dict__)}", ("", ""), rows)


def main() -> None:
    """Run the named parts, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=("split", "http"), default=("split", "http"))
    parser.add_argument("--tracks", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60.0, help="length of each track of the index")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lemm-bench-") as name:
        folder = Path(name)
        where = index(folder, chosen.tracks, chosen.seconds)
        if "split" in chosen.only:
            split(where, folder, chosen.tracks)
        if "http" in chosen.only:
            with Installation(folder / "data") as place:
                costs(over_http(place, where, folder, chosen.tracks), 4.0)


if __name__ == "__main__":
    main()
