"""Does the index find copies, say where they are, and stay quiet otherwise?

    python benchmarks/copies.py [--audio DIR] [--per 30] [--generated 60] [--out DIR] [--curves]

Copies of excerpts of every family in ``conditions.py`` are searched in one
catalogue that holds all references; unrelated queries, at least as many, are
searched with their own track taken out, so that the same composers stay in.
Real and generated music are reported apart. Chromaprint runs on the same
queries. Thresholds are the calibrated ones (0.7: 0.1 %, 0.9: 0.01 % false
positives) and none is set on the queries measured.
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from conditions import RATE, Condition, Samples, curves, standard
from numpy.random import default_rng
from tables import show
from vault_audio.chromaprint import fingerprint
from vault_audio.chromaprint_match import match as chromaprint_match
from vault_audio.features import Features, extract
from vault_index.search import Match, search
from vault_index.shard import Shard, build_shard
from vault_models.corpus import composed
from vault_models.corpus import load as load_audio

TEST_SEEDS = 2_000_000
STRONG, SURE = 0.7, 0.9
CHROMAPRINT_RATE = 11_025


@dataclass(frozen=True)
class Track:
    """A reference; ``kind`` is real or generated, ``family`` its composer or style."""

    id: str
    kind: str
    audio: Samples
    related: frozenset[str]


@dataclass(frozen=True)
class Result:
    """One query's outcome."""

    condition: str
    group: str
    kind: str
    first: bool
    similarity: float
    raw: float
    span_error: float
    tempo_error: float
    pitch_error: float
    chromaprint: bool
    seconds: float


def real_tracks(folder: Path, related: Sequence[str]) -> Iterator[Track]:
    """Tracks of a folder. ``related`` lists near-duplicates that are no unrelated queries: ``a,b``."""
    groups = [frozenset(group.split(",")) for group in related]
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in {".ogg", ".mp3", ".wav", ".flac", ".m4a", ".opus"}:
            own = frozenset({path.name}).union(*(group for group in groups if path.name in group))
            yield Track(path.name, "real", load_audio(path), own)


def generated_tracks(count: int) -> Iterator[Track]:
    for seed in range(TEST_SEEDS, TEST_SEEDS + count):
        name = f"composed-{seed}"
        yield Track(name, "generated", composed(seed, 60.0), frozenset({name}))


def needed(condition: Condition) -> int:
    """Samples of the reference that a query is made of."""
    return int((condition.seconds * condition.tempo + 0.2) * RATE)


def query_of(track: Track, condition: Condition, others: Sequence[Track], seed: int) -> tuple[Samples, float, float]:
    """A query with where the passage begins in the query and in the track."""
    rng, need = default_rng([seed, 7]), needed(condition)
    for _ in range(20):
        start = int(rng.integers(len(track.audio) - need))
        piece = track.audio[start : start + need]
        if float(np.sqrt(np.mean(piece**2))) > 0.01:
            break
    host = others[int(rng.integers(len(others)))].audio
    at = int(rng.integers(max(1, len(host) - int(40 * RATE))))
    other = np.resize(host[at : at + 40 * RATE], 40 * RATE)
    changed = condition.change(piece, rng, other)[: int(condition.seconds * RATE)]
    if condition.around == 0:
        return changed, 0.0, start / RATE
    cut = int(rng.uniform(2, condition.around - 2) * RATE)
    gain = np.float32(np.sqrt(np.mean(changed**2)) / max(1e-4, float(np.sqrt(np.mean(other**2)))))
    around = other[: int(condition.around * RATE)] * gain
    return np.concatenate([around[:cut], changed, around[cut:]]), cut / RATE, start / RATE


def judged(
    condition: Condition, track: Track, made: tuple[Samples, float, float], matches: list[Match], host: frozenset[str]
) -> tuple[bool, float, float, float, float, float]:
    """Ranked first (of tracks that are not really in the query), similarity, raw score, and errors of the best span."""
    ours = [match for match in matches if match.track in track.related]
    others = [match for match in matches if match.track not in track.related | host]
    if not ours:
        return False, 0.0, 0.0, float("nan"), float("nan"), float("nan")
    first = not others or ours[0].raw >= others[0].raw
    span = ours[0].spans[0]
    begin, end = made[1], made[1] + condition.seconds
    shared = max(0.0, min(end, span.query_end) - max(begin, span.query_start))
    whole = max(end, span.query_end) - min(begin, span.query_start)
    return (
        first, ours[0].similarity, ours[0].raw, 1 - shared / whole, abs(span.tempo_factor / condition.tempo - 1),
        abs(span.pitch_semitones - condition.semitones),
    )  # fmt: skip


def items(audio: Samples) -> np.ndarray:
    """Chromaprint items of 16 kHz audio, resampled as its own reader would."""
    from vault_models.stretching import resample

    return fingerprint((np.clip(resample(audio, CHROMAPRINT_RATE / RATE)[0], -1, 1) * 32767).astype(np.int16))


@dataclass(frozen=True, eq=False)
class World:
    """What queries are made of and searched in; forked processes share it."""

    conditions: Sequence[Condition]
    tracks: Sequence[Track]
    shard: Shard
    prints: dict[str, np.ndarray]


_world: list[World] = []


def measure(world: World, per: int, processes: int) -> Iterator[Result]:
    """Every condition on ``per`` tracks of each kind, or as many as are long enough."""
    _world[:] = [world]
    with get_context("fork").Pool(processes) as pool:
        yield from pool.imap(_result, jobs(world, per), chunksize=4)


def jobs(world: World, per: int) -> Iterator[tuple[int, int]]:
    """Numbers of condition and track."""
    for number, condition in enumerate(world.conditions):
        for kind in ("real", "generated"):
            pool = [at for at, track in enumerate(world.tracks) if track.kind == kind]
            order = [pool[at] for at in default_rng(len(condition.name)).permutation(len(pool))]
            long_enough = [at for at in order if len(world.tracks[at].audio) > needed(condition)]
            yield from ((number, at) for at in long_enough[:per])


def _result(job: tuple[int, int]) -> Result:
    world = _world[0]
    condition, track = world.conditions[job[0]], world.tracks[job[1]]
    others = [other for other in world.tracks if other.id not in track.related]
    made = query_of(track, condition, others, job[1])
    features = extract(made[0].astype(np.float32))
    began = time.process_time()
    matches = search([world.shard], features, limit=100)
    taken = time.process_time() - began
    shared = condition.group in ("mix", "splice") or "mix" in condition.name
    present = frozenset(m.track for m in matches) if shared else frozenset()
    first, similarity, raw, span, tempo, pitch = judged(condition, track, made, matches, present)
    found = bool(world.prints) and any(
        chromaprint_match(items(made[0]), world.prints[other]) for other in track.related if other in world.prints
    )
    return Result(condition.name, condition.group, track.kind, first, similarity, raw, span, tempo, pitch, found, taken)


def quiet(tracks: Sequence[Track], shard: Shard, count: int, seconds: float) -> list[tuple[str, float]]:
    """Best similarity of unrelated queries: excerpts searched without their own track."""
    rng = default_rng(int(seconds) + 5)
    out: list[tuple[str, float]] = []
    while len(out) < count:
        track = tracks[int(rng.integers(len(tracks)))]
        if len(track.audio) <= seconds * RATE:
            continue
        start = int(rng.integers(len(track.audio) - int(seconds * RATE)))
        piece: Features = extract(track.audio[start : start + int(seconds * RATE)])
        matches = search([shard], piece, removed=track.related, limit=1)
        out.append((track.kind, matches[0].similarity if matches else 0.0))
    return out


def bound(hits: int, count: int) -> str:
    """Share in percent with its 95 % Wilson interval."""
    if count == 0:
        return "-"
    z, p = 1.96, hits / count
    centre = (p + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(p * (1 - p) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return f"{100 * p:.0f} ({100 * max(0, centre - half):.0f}-{100 * min(1, centre + half):.0f})"


def table(results: Sequence[Result], kind: str) -> list[list[str]]:
    groups: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        if result.kind == kind:
            groups[result.condition].append(result)
    rows = []
    for name, group in groups.items():
        n = len(group)
        rows.append([
            name, str(n), bound(sum(r.first for r in group), n), bound(sum(r.similarity >= STRONG for r in group), n),
            bound(sum(r.similarity >= SURE for r in group), n), bound(sum(r.chromaprint for r in group), n),
            *(f"{np.nanmedian([getattr(r, field) for r in group]):.3f}" for field in
              ("span_error", "tempo_error", "pitch_error")),
            f"{1e3 * np.median([r.seconds for r in group]):.0f}",
        ])  # fmt: skip
    return rows


COLUMNS = ("condition", "n", "first %", "detected, 0.1 % FPR", "at 0.01 %", "Chromaprint", "1 - IoU", "tempo err",
           "pitch err", "ms")  # fmt: skip


EXPERIMENT_ROWS = (
    ("exact", ("exact",)), ("re-encoded", ("coding",)), ("level, EQ, band", ("level", "filter")),
    ("time-stretched", ("tempo",)), ("other pitch or speed", ("pitch", "speed")),
)  # fmt: skip


def experiments(results: Sequence[Result], found: Sequence[tuple[str, float]]) -> None:
    """Known tracks outside, near-duplicates inside: over 95 % found, under 5 % of originals taken for one."""
    rows = []
    for name, groups in EXPERIMENT_ROWS:
        chosen = [r for r in results if r.condition in groups or (r.group in groups and r.condition != "exact")]
        for kind in ("real", "generated"):
            own = [r for r in chosen if r.kind == kind]
            shares = [bound(hits, len(own)) for hits in (sum(r.similarity >= STRONG for r in own),
                                                         sum(r.chromaprint for r in own))]  # fmt: skip
            if own:
                rows.append([f"{name}, {kind}", str(len(own)), *shares])
    title = "Experiments 1 and 2: copies found at 0.7, robust and exact fingerprint (over 95 % asked of near copies)"
    show(title, ("copies", "n", "robust %", "exact (Chromaprint) %"), rows)
    rows = []
    for kind in ("real", "generated"):
        best = [similarity for k, similarity in found if k == kind]
        rows.append([kind, str(len(best)), *(bound(sum(s >= t for s in best), len(best)) for t in (0.4, STRONG))])
    show(
        "Experiment 1: originals taken for something known (under 5 % asked)",
        ("originals", "n", "0.4, %", "0.7, %"),
        rows,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=Path)
    parser.add_argument("--related", action="append", default=[], metavar="A,B", help="near-duplicates of each other")
    parser.add_argument("--per", type=int, default=30)
    parser.add_argument("--generated", type=int, default=40)
    parser.add_argument("--quiet", type=int, default=300, help="unrelated queries per length")
    parser.add_argument("--curves", action="store_true", help="severity curves instead of the table")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--no-chromaprint", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks"))
    chosen = parser.parse_args()
    tracks = list(generated_tracks(chosen.generated))
    if chosen.audio:
        tracks += real_tracks(chosen.audio, chosen.related)
    shard = Shard.open(build_shard((track.id, extract(track.audio).without_dense()) for track in tracks))
    per_minute = shard.size / shard.seconds * 60 / 1000
    print(f"{len(tracks)} tracks, {shard.seconds / 3600:.2f} h, {per_minute:.1f} kB per minute")
    prints = {} if chosen.no_chromaprint else {track.id: items(track.audio) for track in tracks}
    results = []
    world = World(curves() if chosen.curves else standard(), tracks, shard, prints)
    for result in measure(world, chosen.per, chosen.processes):
        results.append(result)
        print(f"\r{len(results)} queries", end="", file=sys.stderr, flush=True)
    for kind in ("real", "generated"):
        show(f"Copies of {kind} music", COLUMNS, table(results, kind))
    rows, heard = [], []
    for seconds in (3.0, 10.0, 30.0):
        found = quiet(tracks, shard, chosen.quiet, seconds)
        heard += found
        for kind in ("real", "generated"):
            own = [similarity for k, similarity in found if k == kind]
            shares = [bound(sum(s >= t for s in own), len(own)) for t in (0.4, 0.7, 0.9)]
            rows.append([kind, f"{seconds:g}", str(len(own)), *shares])
    show("Unrelated queries", ("music", "s", "n", ">= 0.4, % (1 expected)", ">= 0.7 (0.1)", ">= 0.9 (0.01)"), rows)
    experiments(results, heard)
    chosen.out.mkdir(parents=True, exist_ok=True)
    name = "curves.json" if chosen.curves else "copies.json"
    (chosen.out / name).write_text(json.dumps([asdict(result) for result in results]))


if __name__ == "__main__":
    main()
