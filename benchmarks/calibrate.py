"""Measure what raw scores unrelated queries reach, and write the calibration file.

    python benchmarks/calibrate.py [--audio DIR] [--related A,B ...] [--out FILE]

Catalogues hold composed pieces and, with ``--audio``, a folder of real music;
each query is searched in a small one, in one a hundred times as long, and in
one between. Unrelated queries are composed pieces of other seeds, excerpts of the
real tracks with their own track (and its stated relatives) taken out, so that
the same composers stay in, and noise, tones, loops and silence; part of them
with noise or at another speed. With ``--per`` weights are fitted first, on
copies and unrelated queries of the first half of the real tracks (by hash of
their names); the tails are then measured on the other half and on composed
queries, which took no part. Without it the weights stay, and all real
tracks are asked.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from conditions import RATE, Samples, bent, mixed, noisy, played, roomy, same
from copies import Track, generated_tracks, real_tracks
from numpy.random import Generator, default_rng
from vault_audio.features import Features, extract
from vault_index import passages, search
from vault_index.calibration import FORMAT, builtin
from vault_index.protocols import SETTINGS
from vault_index.shard import Shard, build_shard
from vault_index.verify import LEAST_LANDMARKS
from vault_models.corpus import composed

QUERY_SEEDS = 6_000_000
KINDS = ("score", "pairs", "plain")
"""Evidence of a passage; the fourth weight, ``rivals``, is for what the query's other tracks reach."""
LENGTHS = (3.0, 10.0, 30.0)
WHOLE = 180.0


Told = tuple[list[str], np.ndarray]
"""The track of each passage found, and its evidence, one row each."""


@dataclass(frozen=True)
class Query:
    """An unrelated query: its source, length and the tracks it may not be compared with."""

    kind: str
    source: str
    seconds: float
    audio: Samples
    related: frozenset[str]


def evidence(one: passages.Passage) -> list[float]:
    """What the raw score is made of, in the order of ``KINDS``."""
    plain = one.tempo == 1.0 and one.shift == 0.0
    return [one.score, one.pairs / max(one.landmarks, LEAST_LANDMARKS), float(plain)]


def found(shard: Shard, audio: Samples, removed: frozenset[str]) -> list[tuple[str, passages.Passage]]:
    return search.passages_in([shard], extract(audio), removed, builtin())


def altered(audio: Samples, rng: Generator) -> Samples:
    """One query in three gets noise, one another speed."""
    way = int(rng.integers(3))
    if way == 1:
        return noisy(float(rng.uniform(0, 20)))(audio, rng, audio)
    return played(float(rng.uniform(0.85, 1.18)))(audio, rng, audio) if way == 2 else audio


def composed_queries(count: int, lengths: Sequence[float]) -> Iterator[Query]:
    for number in range(count):
        rng = default_rng([number, 3])
        audio = composed(QUERY_SEEDS + number, max(lengths) * 1.25 + 4)
        for seconds in lengths:
            start = int(rng.integers(RATE, len(audio) - int(seconds * 1.2 * RATE)))
            piece = altered(audio[start : start + int(seconds * 1.2 * RATE)], rng)[: int(seconds * RATE)]
            yield Query("composed", f"seed {QUERY_SEEDS + number}", seconds, piece, frozenset())


def real_queries(tracks: Sequence[Track], counts: dict[float, int]) -> Iterator[Query]:
    """Excerpts at random; ``0`` seconds stands for whole tracks."""
    for seconds, count in counts.items():
        rng = default_rng([int(seconds), 4])
        for number in range(count):
            track = tracks[number % len(tracks)]
            need = int(seconds * 1.2 * RATE)
            if seconds == 0:
                yield Query("real", track.id, len(track.audio) / RATE, track.audio, track.related)
            elif len(track.audio) > need + RATE:
                start = int(rng.integers(len(track.audio) - need))
                piece = altered(track.audio[start : start + need], rng)[: int(seconds * RATE)]
                yield Query("real", track.id, seconds, piece, track.related)


def odd_queries() -> Iterator[Query]:
    """Sounds that are no music: they must stay quiet like any other."""
    rng = default_rng(5)
    time = np.arange(10 * RATE) / RATE
    for number in range(12):
        hertz = float(rng.uniform(100, 3000))
        tone = np.sin(2 * np.pi * hertz * time)
        pulse = tone * (np.sin(2 * np.pi * rng.uniform(1, 6) * time) > 0.7)
        sweep = np.sin(2 * np.pi * (100 + 150 * time * number / 3) * time)
        white = rng.standard_normal(len(time))
        for name, sound in (("tone", tone), ("pulse", pulse), ("sweep", sweep), ("noise", white * 0.1)):
            yield Query("odd", name, 10.0, (sound * 0.3).astype(np.float32), frozenset())


def copies(tracks: Sequence[Track], per: int) -> Iterator[tuple[Track, Samples]]:
    """Hard copies to fit weights on: what is easy tells the weights nothing."""
    changes = [
        ("same", same, 3.0, 1.0), ("same", same, 2.0, 1.0), ("mix", mixed(0), 10.0, 1.0), ("mix", mixed(-4), 10.0, 1.0),
        ("noise", noisy(-3), 10.0, 1.0), ("noise", noisy(-7, "pink"), 10.0, 1.0), ("room", roomy(2.5), 5.0, 1.0),
        ("bent", bent(1.25, 3), 5.0, 1.25), ("bent", bent(0.8, -2), 5.0, 0.8), ("speed", played(1.15), 5.0, 1.15),
    ]  # fmt: skip
    for number, (_, change, seconds, tempo) in enumerate(changes):
        rng = default_rng([number, 6])
        for _ in range(per):
            track = tracks[int(rng.integers(len(tracks)))]
            other = tracks[int(rng.integers(len(tracks)))]
            need = int((seconds * tempo + 0.2) * RATE)
            if len(track.audio) <= need or other.related & track.related:
                continue
            start = int(rng.integers(len(track.audio) - need))
            host = np.resize(other.audio, need + 12 * RATE)
            yield track, change(track.audio[start : start + need], rng, host)[: int(seconds * RATE)]


def fitted(shard: Shard, tracks: Sequence[Track], per: int, processes: int) -> dict[str, float]:
    """Weights that detect most copies at the tail of unrelated queries of the same tracks; none is negative.

    What counts is the tail, not the average: each weighing is judged by the rarity (up to 1 in 10,000)
    that it gives the copies, under an exponential fitted to the best scores of unrelated queries."""
    heard = [(told(found(shard, audio, frozenset())), track.related) for track, audio in copies(tracks, per)]
    unrelated = {10.0: 8 * per, 3.0: 6 * per}
    rows = evidence_of([shard], real_queries(tracks, unrelated), processes)
    best, weights = -1.0, builtin().weights
    for pairs, plain, rivals in product((4.0, 7.0, 10.0, 13.0), (1.5, 3.0, 4.5, 6.0), (0.0, 0.4, 0.7, 1.0)):
        trial = {"score": 1.0, "pairs": pairs, "plain": plain, "rivals": rivals, "bias": 0.0}
        quiet = tail(np.array([best_raw(row, trial) for *_, row in rows]), 10.0)
        raws = np.array([best_raw(row, trial, related) for row, related in heard])
        rarity = -np.log10(quiet["share"]) + (raws - quiet["start"]) / (quiet["scale"] * np.log(10))
        gain = float(np.clip(rarity, 0, 4).mean())
        if gain > best:
            best, weights = gain, trial
    print(f"weights {weights} give {len(heard)} hard copies a mean rarity of {best:.2f}, {len(rows)} unrelated queries")
    return weights


def told(passed: Sequence[tuple[str, passages.Passage]]) -> Told:
    """The tracks found, and the evidence of their passages."""
    return [name for name, _ in passed], np.array([evidence(one) for _, one in passed]).reshape(-1, len(KINDS))


def best_raw(row: Told, weights: dict[str, float], related: frozenset[str] | None = None) -> float:
    """The best raw score of a query with any track, or with the related ones, as a search would state it."""
    names, evidences = row
    raws = evidences @ np.array([weights[kind] for kind in KINDS]) + weights["bias"]
    by_track: dict[str, float] = {}
    for name, raw in zip(names, raws.tolist(), strict=True):
        by_track[name] = max(by_track.get(name, -np.inf), raw)
    own = [raw for name, raw in by_track.items() if related is None or name in related]
    return max(own, default=0.0) - weights["rivals"] * search.rivals(by_track.values())


def tail(values: np.ndarray, seconds: float) -> dict[str, float]:
    """Exponential above the 90 or 95 % quantile, by maximum likelihood."""
    share = 0.1 if len(values) < 600 else 0.05
    start = float(np.quantile(values, 1 - share))
    above = values[values > start] - start
    return {
        "query_s": seconds, "start": round(start, 3), "share": share, "scale": round(max(0.3, float(above.mean())), 3),
        "median": round(float(np.median(values)), 3),
    }  # fmt: skip


def threshold(t: dict[str, float], rate: float) -> float:
    return t["start"] + t["scale"] * float(np.log(t["share"] / rate))


def bounds(values: np.ndarray, seconds: float) -> dict[str, list[float]]:
    """95 % bootstrap bounds of the 1, 0.1 and 0.01 % thresholds."""
    rng = default_rng(8)
    made = [tail(rng.choice(values, len(values)), seconds) for _ in range(400)]
    rates = (0.01, 0.001, 0.0001)
    return {f"{rate:g}": [round(float(np.quantile([threshold(t, rate) for t in made], q)), 2) for q in (0.025, 0.975)]
            for rate in rates}  # fmt: skip


def measured(kind: str, values: np.ndarray, seconds: float) -> dict[str, Any]:
    own = tail(values, seconds)
    return {
        "music": kind, "query_s": seconds, "queries": len(values),
        "highest": [round(float(v), 2) for v in np.sort(values)[::-1][:5]],
        "quantiles": {str(q): round(float(np.quantile(values, q)), 2) for q in (0.5, 0.9, 0.99)},
        "tail": own, "thresholds": {f"{r:g}": round(threshold(own, r), 2) for r in (0.01, 0.001, 0.0001)},
        "bounds": bounds(values, seconds),
    }  # fmt: skip


Row = tuple[int, str, float, Told]
"""Number of the catalogue, kind and length of an unrelated query, and what it found."""

_shared: dict[str, tuple[Shard, ...]] = {}


def evidence_of(shards: Sequence[Shard], queries: Iterable[Query], processes: int) -> list[Row]:
    """What unrelated queries find in each catalogue, in forked processes that share them."""
    out: list[Row] = []
    _shared["shards"] = tuple(shards)
    with get_context("fork").Pool(processes) as pool:
        for number, row in enumerate(pool.imap(_evidence, queries, chunksize=4)):
            out.extend(row)
            print(f"\r{number + 1} unrelated queries", end="", file=sys.stderr, flush=True)
    return out


def _evidence(query: Query) -> list[Row]:
    length = query.seconds if query.seconds in LENGTHS else WHOLE
    features, out = extract(query.audio), []
    for number, shard in enumerate(_shared["shards"]):
        passed = search.passages_in([shard], features, query.related, builtin())
        out.append((number, query.kind, length, told(passed)))
    return out


def scored(rows: Sequence[Row], catalogue: int, weights: dict[str, float]) -> dict[tuple[str, float], list[float]]:
    """The best raw score of each query in one catalogue, by music and length; whole tracks count as three minutes."""
    scores: dict[tuple[str, float], list[float]] = {}
    for number, kind, length, row in rows:
        if number == catalogue:
            scores.setdefault((kind, length), []).append(best_raw(row, weights))
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=Path)
    parser.add_argument("--related", action="append", default=[], metavar="A,B")
    parser.add_argument("--generated", type=int, default=1000, help="composed pieces in the longest catalogue")
    parser.add_argument("--queries", type=int, default=1000, help="composed queries per length")
    parser.add_argument("--real", type=int, default=900, help="real queries of 10 s; fewer of other lengths")
    parser.add_argument("--per", type=int, default=0, help="copies per change to fit weights on; 0 keeps the weights")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--besides", type=Path, help="an earlier calibration with the same weights: the higher tails count"
    )
    parser.add_argument("--keep", type=Path, help="also write all evidence of unrelated queries here")
    parser.add_argument("--out", type=Path, default=Path("layers/index/src/vault_index/calibration.json"))
    chosen = parser.parse_args()
    real = list(real_tracks(chosen.audio, chosen.related)) if chosen.audio else []
    shards = catalogues(real, chosen.generated)
    half = sorted(real or list(generated_tracks(60)), key=lambda track: sha256(min(track.related).encode()).hexdigest())
    learn, judge = half[: len(half) // 2], half[len(half) // 2 if chosen.per else 0 :]
    weights = fitted(shards[1], learn, chosen.per, chosen.processes) if chosen.per else dict(builtin().weights)
    counts = {10.0: chosen.real, 3.0: chosen.real // 2, 30.0: chosen.real // 6, 0.0: len(judge)}
    sources = [real_queries(judge, counts)] if real else []
    sources += [odd_queries(), composed_queries(chosen.queries, (3.0, 10.0))]
    sources += [composed_queries(chosen.queries // 6, (30.0,))]
    rows = evidence_of(shards, chain(*sources), chosen.processes)
    if chosen.keep:
        kept = [(*about, names, found.round(4).tolist()) for *about, (names, found) in rows]
        chosen.keep.write_text(json.dumps(kept))
    earlier = json.loads(chosen.besides.read_text())["catalogues"] if chosen.besides else []
    document = assembled([scored(rows, number, weights) for number in range(len(shards))], weights, shards, earlier)
    chosen.out.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
    print(json.dumps(document["catalogues"], indent=1))


def catalogues(real: Sequence[Track], count: int) -> list[Shard]:
    """A few tracks, a hundred or so, and all: real ones, and ``count`` composed ones."""
    own = [(track.id, extract(track.audio).without_dense()) for track in real]
    made: list[tuple[str, Features]] = []
    for track in generated_tracks(count):
        made.append((track.id, extract(track.audio).without_dense()))
        print(f"\r{len(made)} composed", end="", file=sys.stderr, flush=True)
    sizes = ((4, 8), (len(own), max(1, count // 20)), (len(own), count))
    return [
        Shard.open(build_shard([*own[::5][:a], *made[:b]] if a < len(own) else [*own, *made[:b]])) for a, b in sizes
    ]


def assembled(
    scores: Sequence[dict[tuple[str, float], list[float]]],
    weights: dict[str, float],
    shards: Sequence[Shard],
    earlier: Sequence[dict[str, Any]] = (),
) -> dict[str, Any]:
    """The file: for each catalogue and query length the higher of real and composed tails."""
    catalogues, measurements = [], []
    for own, shard in zip(scores, shards, strict=True):
        tails = []
        for seconds in sorted({length for _, length in own}):
            rows = [
                measured(kind, np.array(values), seconds)
                for (kind, length), values in sorted(own.items())
                if length == seconds and len(values) >= 25
            ]
            measurements += [{"tracks": len(shard.tracks), **row} for row in rows]
            usable = [row["tail"] for row in rows if row["music"] != "odd"]
            tails.append(max(usable, key=lambda t: threshold(t, 0.001)))
        catalogues.append({"catalogue_s": round(shard.seconds, 1), "tails": tails})
    document: dict[str, Any] = {
        "format": FORMAT, "settings": SETTINGS, "weights": weights, "catalogues": rising(higher(catalogues, earlier)),
        "measurements": {"rows": measurements},
    }  # fmt: skip
    text = json.dumps(document, sort_keys=True).encode()
    return {"version": sha256(text).hexdigest()[:12], **document}


def higher(catalogues: Sequence[dict[str, Any]], others: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of two measurements of the same catalogues, each tail that is higher; one measurement stays as it is."""
    pairs = zip(catalogues, others or catalogues, strict=True)
    return [{**one, "tails": _higher(one["tails"], other["tails"])} for one, other in pairs]


def rising(catalogues: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A tail that chance made lower than that of a smaller catalogue gives way to it: more audio is never surer."""
    out: list[dict[str, Any]] = []
    for one in catalogues:
        out.append({**one, "tails": _higher(one["tails"], out[-1]["tails"] if out else one["tails"])})
    return out


def _higher(tails: Sequence[dict[str, float]], others: Sequence[dict[str, float]]) -> list[dict[str, float]]:
    return [max(pair, key=lambda t: threshold(t, 0.001)) for pair in zip(tails, others, strict=True)]


if __name__ == "__main__":
    main()
