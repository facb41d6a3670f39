"""Draw a match (the maps of a reference and of its changed copy, with the landmarks that were found), or curves.

python benchmarks/figures.py [--out docs/arch/match.png]
python benchmarks/figures.py --curves build/benchmarks/curves.json [--out docs/arch/severity.png]

``curves.json`` is what ``copies.py --curves`` leaves. A table says where detection falls under 95 %.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from conditions import RATE, bent, noisy, then
from numpy.random import default_rng
from tables import show
from vault_audio.features import Features, extract
from vault_index.search import Span, search
from vault_index.shard import Shard, build_shard
from vault_models.corpus import composed

SEED = 5_500_003
STRONG, LEAST = 0.7, 95.0
UNITS = {
    "tempo": "factor", "pitch": "semitones", "speed": "factor",
    "noise": "dB SNR", "mix": "dB over the other", "excerpt": "s",
}  # fmt: skip
TEMPO, SEMITONES = 0.88, 3.0


def draw(axis: "matplotlib.axes.Axes", made: Features, start: float, stop: float, title: str) -> None:
    assert made.dense is not None
    part = made.dense[int(start * 40) : int(stop * 40)].T
    axis.imshow(part, origin="lower", aspect="auto", extent=(start, stop, 0, 144), cmap="magma", vmin=-32, vmax=96)
    axis.set_ylabel("bins above 110 Hz")
    axis.set_title(title, fontsize=9)


def marks(axis: "matplotlib.axes.Axes", made: Features, chosen: np.ndarray, colour: str) -> None:
    axis.plot(made.peak_times[chosen] / 160, made.peak_pitches[chosen] / 8, "o", mfc="none", mec=colour, ms=4, mew=0.8)


def paired(reference: Features, query: Features, span: Span) -> tuple[np.ndarray, np.ndarray]:
    """Landmarks of the reference inside the span, and which of them have one of the query in their place."""
    time = reference.peak_times / 160
    inside = np.flatnonzero((time >= span.ref_start) & (time <= span.ref_end))
    heard = span.query_start + (time[inside] - span.ref_start) / span.tempo_factor
    pitch = reference.peak_pitches[inside] / 8 + 2 * span.pitch_semitones
    near: np.ndarray = (np.abs(query.peak_times[None, :] / 160 - heard[:, None]) < 0.05) & (
        np.abs(query.peak_pitches[None, :] / 8 - pitch[:, None]) < 1
    )
    return inside, np.asarray(near.any(axis=1))


def shares(results: list[dict[str, Any]], group: str, kind: str) -> tuple[list[float], list[float]]:
    """Severity and per cent detected at 0.1 % false positives, by severity."""
    found: dict[float, list[bool]] = {}
    for one in results:
        if (one["group"], one["kind"]) == (group, kind):
            found.setdefault(float(one["condition"]), []).append(one["similarity"] >= STRONG)
    at = sorted(found)
    return at, [100 * float(np.mean(found[value])) for value in at]


def holding(at: list[float], detected: list[float]) -> str:
    """The severities at which 95 % or more are detected."""
    return ", ".join(f"{value:g}" for value, share in zip(at, detected, strict=True) if share >= LEAST) or "none"


def draw_curves(source: Path, out: Path) -> None:
    """One panel for each kind of change, and the table."""
    from matplotlib import pyplot

    results = json.loads(source.read_text())
    figure, axes = pyplot.subplots(2, 3, figsize=(11, 6), layout="constrained", sharey=True)
    rows = []
    for axis, (group, unit) in zip(axes.flat, UNITS.items(), strict=True):
        for kind, colour in (("real", "#1f5fa8"), ("generated", "#d08020")):
            at, detected = shares(results, group, kind)
            axis.plot(at, detected, "o-", color=colour, label=kind)
            rows.append((f"{group}, {unit}", kind, ", ".join(f"{v:g}" for v in at), holding(at, detected)))
        axis.axhline(LEAST, color="grey", lw=0.7, ls="--")
        axis.set_xlabel(f"{group}, {unit}")
    axes[0, 0].set_ylim(-3, 103)
    axes[0, 0].set_ylabel("detected at 0.1 % FPR, %")
    axes[1, 0].set_ylabel("detected at 0.1 % FPR, %")
    axes[0, 0].legend()
    figure.savefig(out, dpi=90)
    show("Severities at which at least 95 % are detected", ("change", "music", "tried", "95 % or more at"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--curves", type=Path)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    matplotlib.use("Agg")
    if chosen.curves:
        draw_curves(chosen.curves, chosen.out or Path("docs/arch/severity.png"))
    else:
        draw_match(chosen.out or Path("docs/arch/match.png"))


def draw_match(out: Path) -> None:
    """A composed piece and its copy."""
    from matplotlib import pyplot

    music = composed(SEED, 40.0)
    piece = music[12 * RATE : 12 * RATE + int(9 * TEMPO * RATE)]
    copy = then(bent(TEMPO, SEMITONES), noisy(3))(piece, default_rng(1), piece)[: 8 * RATE]
    reference, query = extract(music), extract(copy.astype(np.float32))
    span = search([Shard.open(build_shard([("piece", reference)]))], query)[0].spans[0]
    figure, (upper, lower) = pyplot.subplots(2, 1, figsize=(9, 6), layout="constrained")
    draw(upper, reference, span.ref_start, span.ref_end, "reference")
    words = f"query: tempo x {span.tempo_factor:.3f}, {span.pitch_semitones:+.2f} semitones, noise 3 dB below the music"
    draw(lower, query, span.query_start, span.query_end, words)
    inside, found = paired(reference, query, span)
    marks(upper, reference, inside[~found], "#66aaff")
    marks(upper, reference, inside[found], "#66ff66")
    marks(lower, query, np.arange(len(query.peak_times)), "#66aaff")
    lower.set_xlabel("seconds; green: landmarks of the reference with one of the query in their place")
    for axis, (a, b) in ((upper, (span.ref_start, span.ref_end)), (lower, (span.query_start, span.query_end))):
        axis.set_xlim(a, b)
    figure.savefig(out, dpi=90)
    print(f"{found.sum()} of {len(found)} landmarks paired; {out}")


if __name__ == "__main__":
    main()
