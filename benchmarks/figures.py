"""Draw a match: the maps of a reference and of its changed copy, with the landmarks that were found.

python benchmarks/figures.py [--out docs/arch/match.png]
"""

import argparse
from pathlib import Path

import matplotlib
import numpy as np
from conditions import RATE, bent, noisy, then
from numpy.random import default_rng
from vault_audio.features import Features, extract
from vault_index.search import Span, search
from vault_index.shard import Shard, build_shard
from vault_models.corpus import composed

SEED = 5_500_003
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/arch/match.png"))
    chosen = parser.parse_args()
    matplotlib.use("Agg")
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
    figure.savefig(chosen.out, dpi=90)
    print(f"{found.sum()} of {len(found)} landmarks paired; {chosen.out}")


if __name__ == "__main__":
    main()
