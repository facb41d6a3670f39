"""How the index grows: build, load, memory, query times and detection from 100 tracks up.

    python benchmarks/scale.py [--sizes 100 1000 10000] [--asked 30] [--composed 10000] [--out DIR]

All tracks have one minute. Copies of the first ``--asked`` are searched. The first
``--composed`` are composed pieces, really made and indexed (a third of a second each);
the rest are synthetic landmarks of the same density and statistics (``synthetic.py``):
good for size, speed and for crowding the search, not for measuring false positives
on music. Tunes are in the index and not searched here (``melody.py`` does).
"""

import argparse
import gc
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import synthetic
from conditions import RATE, Samples, bent, mixed, noisy, played, same, then
from numpy.random import default_rng
from tables import percentile, show
from vault_audio.features import Features, extract
from vault_domain import snapshots
from vault_index import snapshot
from vault_index.search import search
from vault_index.shard import Shard
from vault_models.corpus import composed

PART = 3000  # tracks per part: 50 hours
SEEDS, STRANGERS = 5_000_000, 5_900_000
COPIES = (
    ("exact", same, 1.0),
    ("tempo +8%", bent(1.08, 0), 1.08),
    ("pitch +2", bent(1, 2), 1.0),
    ("speed -7%", played(0.93), 0.93),
    ("tempo -12%, pitch -3, noise 5 dB", then(bent(0.88, -3), noisy(5)), 0.88),
    ("mix at equal level", mixed(0), 1.0),
)
Item = tuple[str, Features]


def listened(number: int) -> Item:
    """One composed piece as an index keeps it."""
    return f"composed-{number}", extract(composed(SEEDS + number, 60.0)).without_dense()


def indexed(count: int, processes: int) -> list[Item]:
    """Composed pieces, made and listened to in several processes."""
    out = []
    with get_context("fork").Pool(processes) as pool:
        for item in pool.imap(listened, range(count), chunksize=8):
            out.append(item)
            print(f"\r{len(out)} of {count} composed", end="", file=sys.stderr, flush=True)
    return out


def items(size: int, real: Sequence[Item], sources: Sequence[Features]) -> Iterator[Item]:
    yield from real[:size]
    yield from synthetic.tracks(max(0, size - len(real)), 60.0, sources)


def built(size: int, real: Sequence[tuple[str, Features]], sources: Sequence[Features], folder: Path) -> float:
    """Write a snapshot of ``size`` tracks; seconds of processor time for all but making the features."""
    manifest = snapshots.empty("scale", snapshot.settings(), "2026-01-01T00:00:00Z")
    parts: dict[str, bytes] = {}
    taken = 0.0
    held: list[tuple[str, Features]] = []

    def close() -> None:
        nonlocal manifest, taken
        began = time.process_time()
        part = snapshot.build_part(held)
        taken += time.process_time() - began
        manifest = snapshots.with_part(manifest, part.part, manifest.created)
        parts[part.part.name] = part.data
        held.clear()

    for item in items(size, real, sources):
        held.append(item)
        if len(held) == PART:
            close()
    if held:
        close()
    snapshot.write_folder(folder, manifest, parts)
    return taken


def peak_mb() -> float:
    """The most memory that this process has taken so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(shards: list[Shard], queries: Sequence[Features]) -> list[float]:
    out = []
    for query in queries:
        began = time.process_time()
        search(shards, query)
        out.append(1e3 * (time.process_time() - began))
    return out


def copies(audio: Sequence[Samples]) -> dict[str, list[tuple[int, Features]]]:
    out: dict[str, list[tuple[int, Features]]] = {}
    for name, change, tempo in COPIES:
        rng = default_rng(len(name))
        for number, piece in enumerate(audio):
            start = int(rng.integers(RATE, len(piece) - int(10.2 * tempo * RATE)))
            other = audio[(number + 1) % len(audio)][: 15 * RATE]
            heard = change(piece[start : start + int(10.2 * tempo * RATE)], rng, other)[: 10 * RATE]
            out.setdefault(name, []).append((number, extract(heard)))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--asked", type=int, default=30, help="tracks whose copies are searched")
    parser.add_argument("--composed", type=int, default=0, help="tracks that are really made and indexed")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"))
    chosen = parser.parse_args()
    audio = [composed(SEEDS + number, 60.0) for number in range(chosen.asked)]
    real = indexed(max(chosen.asked, chosen.composed), chosen.processes)
    sources = synthetic.bases(24)
    asked = copies(audio)
    strangers = [extract(composed(STRANGERS + n, 16.0)[: 10 * RATE]) for n in range(20)]
    longer = [
        [extract(composed(STRANGERS + 50 + n, s + 2.0)[: int(s * RATE)]) for n in range(4)] for s in (30.0, 180.0)
    ]
    rows, found_rows, kept = [], [], []
    for size in chosen.sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "scale.snapshot"
            build = built(size, real, sources, folder)
            gc.collect()
            began = time.perf_counter()
            manifest, shards = snapshot.open_folder(folder)
            load = time.perf_counter() - began
            timed(shards, strangers[:3])
            times = {what: timed(shards, [q for _, q in asked[what]]) for what in asked}
            stranger = timed(shards, strangers)
            size_bytes = sum(part.bytes for part in manifest.parts)
            everything = [t for own in times.values() for t in own]
            per_minute = size_bytes / manifest.seconds * 60 / 1e3
            rows.append([
                f"{size:,}", f"{min(size, len(real)):,}", f"{manifest.seconds / 3600:.0f}",
                f"{build:.1f}", f"{per_minute:.1f}", f"{load:.2f}", f"{peak_mb():.0f}",
                f"{median(times['exact']):.0f}", f"{median(everything):.0f} / {percentile(everything, 0.95):.0f}",
                f"{median(stranger):.0f} / {percentile(stranger, 0.95):.0f}",
                *(f"{median(timed(shards, queries)):.0f}" for queries in longer),
            ])  # fmt: skip
            for what, group in asked.items():
                hits = first = 0
                for number, query in group:
                    matches = search(shards, query)
                    own = [match for match in matches if match.track == f"composed-{number}"]
                    hits += bool(own and own[0].similarity >= 0.7)
                    first += bool(own and matches[0] is own[0])
                shares = [f"{100 * first / len(group):.0f}", f"{100 * hits / len(group):.0f}"]
                found_rows.append([what, size, str(len(group)), *shares])
            kept.append(rows[-1])
            del shards
    columns = ("tracks", "composed", "hours", "build s", "kB/min", "load s", "peak MB", "exact 10 s",
               "copies p50 / p95", "unrelated p50 / p95", "unrelated 30 s", "unrelated 3 min")  # fmt: skip
    show("Growth (queries in ms of processor time, features ready)", columns, rows)
    found_rows = [[what, f"{size:,}", *rest] for what, size, *rest in sorted(found_rows)]
    show("Detection of 10 s copies", ("copy", "tracks", "n", "first %", "at 0.1 % FPR, %"), found_rows)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / "scale.json").write_text(json.dumps({"rows": kept, "detection": found_rows, "seed": SEEDS}))


if __name__ == "__main__":
    main()
