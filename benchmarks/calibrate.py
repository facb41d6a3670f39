"""Measure what raw scores unrelated queries reach, and write the calibration file.

    python benchmarks/calibrate.py [--audio DIR] [--related A,B ...] [--out FILE]

Catalogues hold composed pieces and, with ``--audio``, a folder of real music;
each query is searched in a few of them, in a hundred, in a thousand and in ten
thousand (which take half an hour to make on two cores). Unrelated queries are
composed pieces of other seeds, excerpts of the real tracks with their own track
(and its stated relatives) taken out, so that the same composers stay in, and
noise, tones, loops and silence. One in three is
as it is, one has noise, one another speed; with ``--clean`` all are as they are,
from other places. With ``--per`` weights are fitted first, on copies and
unrelated queries of the first half of the real tracks (by hash of their names);
the tails are then measured on the other half and on composed queries, which took
no part. Without it the weights stay, and all real tracks are asked. What earlier
runs measured counts as well (``--besides``): no kind of query is quieter than
the file says.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
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
from scale import indexed
from vault_audio.features import extract
from vault_index import passages, search
from vault_index.calibration import FORMAT, builtin
from vault_index.protocols import SETTINGS
from vault_index.shard import Shard, build_shard
from vault_index.verify import LEAST_LANDMARKS
from vault_models.corpus import composed

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


@dataclass(frozen=True)
class Sample:
    """Which queries a run draws: none asks what another asked."""

    name: str
    change: Callable[[Samples, Generator], Samples]
    seed: int
    first_piece: int


MIXED = Sample("two in three altered", altered, 4, 6_000_000)
CLEAN = Sample("as they are", lambda audio, _: audio, 14, 6_500_000)


def composed_queries(count: int, lengths: Sequence[float], sample: Sample) -> Iterator[Query]:
    for number in range(count):
        rng, piece = default_rng([number, sample.seed - 1]), sample.first_piece + number
        audio = composed(piece, max(lengths) * 1.25 + 4)
        for seconds in lengths:
            start = int(rng.integers(RATE, len(audio) - int(seconds * 1.2 * RATE)))
            cut = sample.change(audio[start : start + int(seconds * 1.2 * RATE)], rng)[: int(seconds * RATE)]
            yield Query("composed", f"seed {piece}", seconds, cut, frozenset())


def real_queries(tracks: Sequence[Track], counts: dict[float, int], sample: Sample) -> Iterator[Query]:
    """Excerpts at random; ``0`` seconds stands for whole tracks."""
    for seconds, count in counts.items():
        rng = default_rng([int(seconds), sample.seed])
        for number in range(count):
            track = tracks[number % len(tracks)]
            need = int(seconds * 1.2 * RATE)
            if seconds == 0:
                yield Query("real", track.id, len(track.audio) / RATE, track.audio, track.related)
            elif len(track.audio) > need + RATE:
                start = int(rng.integers(len(track.audio) - need))
                piece = sample.change(track.audio[start : start + need], rng)[: int(seconds * RATE)]
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
    rows = evidence_of([shard], real_queries(tracks, unrelated, MIXED), processes)
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
    parser.add_argument(
        "--generated", type=int, nargs=2, default=(1000, 10_000), help="composed pieces in the two longest catalogues"
    )
    parser.add_argument("--queries", type=int, default=1000, help="composed queries per length")
    parser.add_argument("--real", type=int, default=900, help="real queries of 10 s; fewer of other lengths")
    parser.add_argument("--per", type=int, default=0, help="copies per change to fit weights on; 0 keeps the weights")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--clean", action="store_true", help="queries as they are, none altered")
    parser.add_argument(
        "--besides", type=Path, action="append", default=[], metavar="FILE",
        help="an earlier calibration with the same weights and the same catalogues, or the first of them: what it"
        " measured counts too",
    )  # fmt: skip
    parser.add_argument("--keep", type=Path, help="also write all evidence of unrelated queries here")
    parser.add_argument("--out", type=Path, default=Path("layers/index/src/vault_index/calibration.json"))
    chosen = parser.parse_args()
    real = list(real_tracks(chosen.audio, chosen.related)) if chosen.audio else []
    many, most = chosen.generated
    shards = catalogues(real, many, most, chosen.processes)
    half = sorted(real or list(generated_tracks(60)), key=lambda track: sha256(min(track.related).encode()).hexdigest())
    learn, judge = half[: len(half) // 2], half[len(half) // 2 if chosen.per else 0 :]
    weights = fitted(shards[1], learn, chosen.per, chosen.processes) if chosen.per else dict(builtin().weights)
    sample = CLEAN if chosen.clean else MIXED
    # Whole tracks and odd sounds are never altered: one run asks them.
    counts = {10.0: chosen.real, 3.0: chosen.real // 2, 30.0: chosen.real // 6}
    counts |= {} if chosen.clean else {0.0: len(judge)}
    sources = [real_queries(judge, counts, sample)] if real else []
    sources += [composed_queries(chosen.queries, (3.0, 10.0), sample)]
    sources += [composed_queries(chosen.queries // 6, (30.0,), sample)]
    sources += [] if chosen.clean else [odd_queries()]
    rows = evidence_of(shards, chain(*sources), chosen.processes)
    if chosen.keep:
        kept = [(*about, names, found.round(4).tolist()) for *about, (names, found) in rows]
        chosen.keep.write_text(json.dumps(kept))
    lengths = {len(shard.tracks): round(shard.seconds, 1) for shard in shards}
    fresh = [
        {"tracks": len(shard.tracks), "sample": sample.name, **row}
        for number, shard in enumerate(shards)
        for row in measurements(scored(rows, number, weights))
    ]
    earlier = [json.loads(file.read_text()) for file in chosen.besides]
    document = assembled([*rows_of(earlier, weights, lengths), *fresh], weights, lengths)
    chosen.out.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
    print(json.dumps(document["catalogues"], indent=1))


def catalogues(real: Sequence[Track], many: int, most: int, processes: int) -> list[Shard]:
    """A few tracks, a hundred or so, more, and all: real ones, and composed ones."""
    own = [(track.id, extract(track.audio).without_dense()) for track in real]
    made = indexed(most, processes)
    few = [*own[::5][:4], *made[:8]]
    return [
        Shard.open(build_shard(few)),
        *(Shard.open(build_shard([*own, *made[:count]])) for count in (max(1, many // 20), many, most)),
    ]


def measurements(scores: dict[tuple[str, float], list[float]]) -> list[dict[str, Any]]:
    """What one catalogue's unrelated queries reach, by kind and length; a few queries tell nothing."""
    known = sorted(scores.items())
    return [measured(kind, np.array(values), seconds) for (kind, seconds), values in known if len(values) >= 25]


def rows_of(
    earlier: Sequence[dict[str, Any]], weights: dict[str, float], lengths: dict[int, float]
) -> list[dict[str, Any]]:
    """The measurements of earlier files; they say nothing of other weights, features or catalogues."""
    for one in earlier:
        theirs = [catalogue["catalogue_s"] for catalogue in one["catalogues"]]
        same = theirs == [*lengths.values()][: len(theirs)]
        if not same or (one["format"], one["settings"], one["weights"]) != (FORMAT, SETTINGS, weights):
            raise SystemExit(f"calibration {one['version']} was measured with other weights, features or catalogues")
    return [{"sample": MIXED.name, **row} for one in earlier for row in one["measurements"]["rows"]]


def assembled(rows: Sequence[dict[str, Any]], weights: dict[str, float], lengths: dict[int, float]) -> dict[str, Any]:
    """The file, from everything measured: by catalogue (tracks -> seconds) and length the tail over all tails."""
    catalogues: list[dict[str, Any]] = []
    for tracks, catalogue_s in lengths.items():
        own = [row["tail"] for row in rows if row["tracks"] == tracks and row["music"] != "odd"]
        smaller = catalogues[-1]["tails"] if catalogues else []
        # More audio is never surer: a tail that chance made lower than a smaller catalogue's gives way to it.
        queries = sorted({tail["query_s"] for tail in own})
        tails = [over([tail for tail in [*own, *smaller] if tail["query_s"] == seconds]) for seconds in queries]
        catalogues.append({"catalogue_s": catalogue_s, "tails": tails})
    document: dict[str, Any] = {
        "format": FORMAT, "settings": SETTINGS, "weights": weights, "catalogues": catalogues,
        "measurements": {"rows": list(rows)},
    }  # fmt: skip
    text = json.dumps(document, sort_keys=True).encode()
    return {"version": sha256(text).hexdigest()[:12], **document}


def over(tails: Sequence[dict[str, float]]) -> dict[str, float]:
    """The lowest tail that is at or above each of these at 1, 0.1 and 0.01 %."""
    one, thousandth, last = (max(threshold(tail, rate) for tail in tails) for rate in (0.01, 0.001, 0.0001))
    scale = max(last - one, 2 * (thousandth - one)) / float(np.log(100))
    share = min(tail["share"] for tail in tails)
    return {
        "query_s": tails[0]["query_s"], "start": round(one - scale * float(np.log(share / 0.01)), 3), "share": share,
        "scale": round(scale, 3), "median": max(tail["median"] for tail in tails),
    }  # fmt: skip


if __name__ == "__main__":
    main()
