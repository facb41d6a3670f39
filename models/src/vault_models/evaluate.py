"""Does the embedder find copies? Figures on a composer and on seeds that training never saw.

    python -m vault_models.evaluate --audio DIR --held-out Yubatake

A catalogue of tracks is searched with distorted 10 s excerpts, by the trained
model and by a plain log-mel baseline of the same size and cutting. A query
is described twice, the second time from one second on, so that no passage is
more than half a second off the catalogue's grid. Its score against a track is
the mean, over its three best segments, of their best cosine;
"detected" asks that the right track scores above what 1 % (0.1 %) of unrelated
queries reach against the whole catalogue.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vault_embedder import Embedder

from vault_models import corpus, trials
from vault_models.architecture import SEGMENT, SEGMENT_HOP, segment_count
from vault_models.codec import CodecMissing
from vault_models.frontend import RATE, log_bands

Samples = NDArray[np.float32]
Points = NDArray[np.float32]
Describe = Callable[[Samples], Points]
# Versions of one composition in the development music: an answer with either is right.
SAME_MUSIC = ("_slow", "_reverse", "_b_mix")
RATES = (0.01, 0.001)


def log_mel_points(audio: Samples) -> Points:
    """The baseline: per segment, 64 band levels at 8 times, centred, unit length; (k, 512)."""
    count = segment_count(len(audio))
    padded = np.pad(audio, (0, max(0, (count - 1) * SEGMENT_HOP + SEGMENT - len(audio))))
    points = []
    for index in range(count):
        bands = log_bands(padded[index * SEGMENT_HOP : index * SEGMENT_HOP + SEGMENT])
        coarse = bands[:, :64].reshape(8, -1, 64).mean(axis=1)
        centred = np.maximum(coarse, coarse.max() - 14.0)
        points.append((centred - centred.mean()).reshape(-1))
    stacked = np.stack(points)
    unit: Points = (stacked / (np.linalg.norm(stacked, axis=1, keepdims=True) + 1e-9)).astype(np.float32)
    return unit


def describe_query(audio: Samples, describe: Describe) -> Points:
    """Segments of the query on the grid, and on the grid moved by half a hop."""
    later = audio[SEGMENT_HOP // 2 :]
    return np.concatenate([describe(audio), describe(later)]) if len(later) >= SEGMENT else describe(audio)


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Every track's segments in one matrix, with the borders between tracks."""

    names: list[str]
    points: Points
    borders: NDArray[np.int64]

    @classmethod
    def of(cls, tracks: dict[str, Samples], describe: Describe) -> Catalogue:
        described = [describe(audio) for audio in tracks.values()]
        borders = np.cumsum([0, *[len(d) for d in described[:-1]]])
        return cls(list(tracks), np.concatenate(described), borders)

    def scores(self, query: Points) -> NDArray[np.float64]:
        """One score per track: the mean of the query's three best segments."""
        if not len(query):
            return np.zeros(len(self.names))
        best = np.maximum.reduceat(query @ self.points.T, self.borders, axis=1)
        top: NDArray[np.float64] = np.sort(best, axis=0)[-3:].mean(axis=0).astype(float)
        return top


def composition(name: str) -> str:
    """The name under which versions of one composition meet."""
    for ending in SAME_MUSIC:
        name = name.removesuffix(ending)
    return name


def thresholds(catalogue: Catalogue, unrelated: Sequence[tuple[str, Points]]) -> list[float]:
    """Scores that 1 % and 0.1 % of unrelated queries reach; a query's own composition does not count."""
    owners = np.array([composition(n) for n in catalogue.names])
    peaks = [np.max(np.where(owners == composition(name), -1.0, catalogue.scores(p))) for name, p in unrelated]
    return [float(np.quantile(peaks, 1 - rate, method="higher")) for rate in RATES]


def measure(catalogue: Catalogue, asked: Sequence[tuple[str, Points]], limits: Sequence[float]) -> list[float]:
    """[ranked first, detected at 1 %, at 0.1 %] as shares of the queries."""
    owners = np.array([composition(n) for n in catalogue.names])
    rows = []
    for name, points in asked:
        scores = catalogue.scores(points)
        right = float(scores[owners == composition(name)].max())
        rows.append([right >= scores.max(), *[right > limit for limit in limits]])
    return [round(float(v), 4) for v in np.mean(rows, axis=0)]


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    composed_tracks: int = 140
    composed_queried: int = 40
    unrelated: int = 1500
    each_real: int = 2


def examine(
    embedder: Embedder, works: list[corpus.Work], held_out: str, size: Size, say: Callable[[str], None] = print
) -> dict[str, object]:
    """Run everything; returns the figures that the manifest keeps."""
    describers: dict[str, Describe] = {"model": lambda a: embedder.embed(a).segments, "log-mel": log_mel_points}
    known, held = corpus.split(works, held_out)
    real = {w.name: corpus.load(w.path) for w in held}
    real = {n: a for n, a in real.items() if len(a) >= trials.SECONDS * RATE}
    made = {f"seed {s}": corpus.composed(corpus.TEST_SEEDS + s, 60.0) for s in range(size.composed_tracks)}
    tracks = {**real, **{w.name: corpus.load(w.path) for w in known}, **made}
    say(f"catalogue: {len(tracks)} tracks, {sum(map(len, tracks.values())) / RATE / 3600:.1f} h")
    catalogues = {kind: Catalogue.of(tracks, describe) for kind, describe in describers.items()}
    limits = _limits(catalogues, describers, real, size, say)
    others = [corpus.composed(corpus.MIX_SEEDS + s, 40.0) for s in range(12)]
    groups = {"real": (real, size.each_real), "composed": (dict(list(made.items())[: size.composed_queried]), 1)}
    table: dict[str, dict[str, dict[str, list[float]]]] = {}
    for family in trials.FAMILIES:
        try:
            table[family] = _family(family, groups, others, catalogues, describers, limits)
            say(_row(family, table[family]))
        except CodecMissing as missing:
            say(f"{family:<30} not measured: {missing}")
    return {
        "held_out": held_out, "queries_real": len(real) * size.each_real, "queries_composed": size.composed_queried,
        "catalogue_tracks": len(tracks), "unrelated_queries": size.unrelated + 4 * len(real), "query_seconds": 10,
        "columns": ["ranked first", "detected at 1 % false positives", "detected at 0.1 %"], "thresholds": limits,
        "families": table,
    }  # fmt: skip


def _limits(
    catalogues: dict[str, Catalogue],
    describers: dict[str, Describe],
    real: dict[str, Samples],
    size: Size,
    say: Callable[[str], None],
) -> dict[str, list[float]]:
    """Thresholds per describer from composed excerpts and, their own track set aside, real ones."""
    rng = np.random.default_rng(77)
    peaks: dict[str, list[tuple[str, Points]]] = {kind: [] for kind in describers}
    for index in range(size.unrelated // 3):
        audio = corpus.composed(corpus.TEST_SEEDS + 500_000 + index, 3.0 * trials.SECONDS)
        for part in np.array_split(audio, 3):
            for kind, describe in describers.items():
                peaks[kind].append((f"unrelated {index}", describe_query(part, describe)))
        if (index + 1) % 200 == 0:
            say(f"unrelated queries: {3 * (index + 1)} of {size.unrelated}")
    for name, audio in real.items():
        for _ in range(4):
            cut = trials.excerpt(audio, rng)
            for kind, describe in describers.items():
                peaks[kind].append((name, describe_query(cut, describe)))
    return {kind: thresholds(catalogues[kind], peaks[kind]) for kind in describers}


def _family(
    family: str,
    groups: dict[str, tuple[dict[str, Samples], int]],
    others: list[Samples],
    catalogues: dict[str, Catalogue],
    describers: dict[str, Describe],
    limits: dict[str, list[float]],
) -> dict[str, dict[str, list[float]]]:
    rng = np.random.default_rng([78, list(trials.FAMILIES).index(family)])
    asked = {group: trials.queries(family, tracks, others, rng, each) for group, (tracks, each) in groups.items()}
    return {
        group: {
            kind: measure(catalogues[kind], [(q.track, describe_query(q.audio, describe)) for q in found], limits[kind])
            for kind, describe in describers.items()
        }
        for group, found in asked.items()
    }


def _row(family: str, figures: dict[str, dict[str, list[float]]]) -> str:
    cells = "  ".join(
        f"{group} {kind}: " + "/".join(f"{100 * v:3.0f}" for v in values)
        for group, kinds in figures.items()
        for kind, values in kinds.items()
    )
    return f"{family:<30} {cells}"


def as_markdown(figures: dict[str, Any]) -> str:
    """The figures as a table: ranked first / detected at 1 % / at 0.1 % false positives, in %."""
    head = ["real music", "real, log-mel", "composed", "composed, log-mel"]
    lines = [f"| distortion of a 10 s excerpt | {' | '.join(head)} |", "|---|" + "---|" * len(head)]
    for family, groups in figures["families"].items():
        cells = [groups[group][kind] for group in ("real", "composed") for kind in ("model", "log-mel")]
        shown = ["/".join(f"{100 * value:.0f}" for value in cell) for cell in cells]
        lines.append(f"| {family} | {' | '.join(shown)} |")
    return "\n".join(lines) + "\n"


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=Path, required=True, help="folder of real music with its ATTRIBUTION.md")
    parser.add_argument("--held-out", default="Yubatake", help="composer that the model was not trained on")
    parser.add_argument("--model", type=Path, help="manifest of the model; the bundled one when not given")
    parser.add_argument("--quick", action="store_true", help="a tenth of the unrelated queries: rough figures")
    parser.add_argument("--markdown", type=Path, help="write the figures here as a table")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    asked = parser.parse_args(argv)
    size = Size(composed_tracks=80, composed_queried=20, unrelated=300) if asked.quick else Size()
    print("each cell: ranked first / detected at 1 % / at 0.1 % false positives, in %")
    figures = examine(Embedder.load(asked.model), corpus.read_folder(asked.audio), asked.held_out, size)
    if asked.markdown:
        asked.markdown.write_text(as_markdown(figures), encoding="utf-8")
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
