"""Turn trained weights into the layer's model: embedder.onnx and its manifest.

    python -m vault_models.export --work build/embedder --to layers/embedder/src/vault_embedder

Needs ``onnx`` (requirements/train.txt), not torch. The graph's bytes depend on
the weights alone, so the same checkpoint gives the same SHA-256. Before
anything is written the graph is run and compared with the numpy front end and
with a second run. ``--figures`` adds what ``vault_models.evaluate --json``
wrote; ``--curves`` draws the training log.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from vault_models import architecture, frontend

NAME = "lemm-contrast"
LICENCE = "CC-BY-SA-4.0"
PIECE_SEGMENTS = 24  # about 50 s of audio in one run: 60 MB, and faster than larger ones
CONTEXT_SEGMENTS = 2  # the network sees 3.8 s to either side of a frame; two hops are 4.1 s


def read_weights(path: Path) -> tuple[dict[str, np.ndarray[Any, Any]], int]:
    """(weights, step) of a checkpoint's numpy twin."""
    with np.load(path, allow_pickle=False) as stored:
        weights = {name: stored[name] for name in stored.files if name != "step"}
        return weights, int(stored["step"])


def manifest(
    model: bytes, version: str, step: int, run: dict[str, Any], figures: dict[str, Any] | None
) -> dict[str, Any]:
    """The manifest as JSON will have it; the format is described in docs/formats/embedder.md."""
    credits = sorted({(w["author"], w["licence"]) for w in run["trained_on"]})
    return {
        "format": "lemm-embedder/1", "name": NAME, "version": version, "file": "embedder.onnx",
        "sha256": hashlib.sha256(model).hexdigest(), "bytes": len(model), "opset": 17,
        "sample_rate": frontend.RATE, "dimensions": architecture.DIMENSIONS,
        "segment_samples": architecture.SEGMENT, "hop_samples": architecture.SEGMENT_HOP,
        "context_segments": CONTEXT_SEGMENTS,
        "piece_segments": PIECE_SEGMENTS, "frontend_settings": frontend.SETTINGS,
        "architecture": architecture.VERSION, "licence": LICENCE,
        "attribution": [{"author": author, "licence": licence} for author, licence in credits],
        "training": {"step": step, **run}, "figures": figures or {},
    }  # fmt: skip


def check(model: bytes) -> None:
    """Run the graph: shape, unit length, same bytes twice, and refusal of nothing that it should take."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    samples = np.random.default_rng(0).normal(0, 0.1, architecture.SEGMENT + 3 * architecture.SEGMENT_HOP)
    first, second = (session.run(None, {"samples": samples.astype(np.float32)})[0] for _ in range(2))
    if first.shape != (4, architecture.DIMENSIONS) or first.tobytes() != second.tobytes():
        raise ValueError("the exported graph does not give four segments, or not the same twice")
    if not np.allclose(np.linalg.norm(first, axis=1), 1.0, atol=1e-4):
        raise ValueError("the exported graph's segments are not of unit length")


def draw_curves(log: Path, target: Path) -> None:
    """Loss and the share of segments whose partner is nearest, over the steps."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    lines = {row["step"]: row for row in map(json.loads, log.read_text(encoding="utf-8").splitlines())}
    steps = sorted(lines)
    figure, (upper, lower) = pyplot.subplots(2, 1, figsize=(8, 6), sharex=True)
    upper.plot(steps, [lines[s]["loss"] for s in steps], color="#3b6ea5")
    upper.set_ylabel("NT-Xent loss")
    lower.plot(steps, [100 * lines[s]["nearest"] for s in steps], color="#b5651d")
    lower.set_ylabel("partner is nearest, %")
    lower.set_xlabel("step")
    upper.set_title("Training of the embedder: distorted views, training music")
    figure.tight_layout()
    figure.savefig(target, dpi=100, metadata={"Software": None})
    pyplot.close(figure)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="the training folder: run.json and run/weights.npz")
    parser.add_argument("--to", type=Path, required=True, help="folder that gets embedder.onnx and manifest.json")
    parser.add_argument("--version", default="1", help="of the model; a new one for every export that is committed")
    parser.add_argument("--figures", type=Path, help="JSON of vault_models.evaluate, kept in the manifest")
    parser.add_argument("--curves", type=Path, help="PNG to draw the training curves into")
    asked = parser.parse_args(argv)
    try:
        from vault_models import graph
    except ImportError as missing:
        print(f"export needs onnx: pip install -r requirements/train.txt ({missing})", file=sys.stderr)
        return 2
    weights, step = read_weights(asked.work / "run" / "weights.npz")
    run = json.loads((asked.work / "run.json").read_text(encoding="utf-8"))
    figures = json.loads(asked.figures.read_text(encoding="utf-8")) if asked.figures else None
    model = graph.build(weights)
    check(model)
    asked.to.mkdir(parents=True, exist_ok=True)
    (asked.to / "embedder.onnx").write_bytes(model)
    described = json.dumps(manifest(model, asked.version, step, run, figures), indent=1)
    (asked.to / "manifest.json").write_text(described + "\n", encoding="utf-8")
    if asked.curves:
        draw_curves(asked.work / "run" / "log.jsonl", asked.curves)
    print(f"{asked.to / 'embedder.onnx'}: {len(model)} bytes, trained for {step} steps")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
