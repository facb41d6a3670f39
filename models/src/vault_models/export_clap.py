"""Export LAION-CLAP's audio tower, from weights that you have, into the embedder's contract.

    python -m vault_models.export_clap --weights ~/clap-htsat-unfused --licence Apache-2.0 --to build/clap

``--weights`` is a local folder as transformers saves it (config.json,
preprocessor_config.json, the weights); nothing is downloaded. The result is a
folder that ``vault_embedder.Embedder.load`` takes: 48 kHz samples in, 512
dimensions out, ten-second segments every five. Its embeddings hear meaning
rather than recordings, so they may rank, and must not block on their own.
Needs torch, onnx, onnxscript (requirements/train.txt) and transformers.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

OPSET = 18


def manifest(model: bytes, name: str, licence: str) -> dict[str, object]:
    """The manifest beside the exported tower."""
    return {
        "format": "lemm-embedder/1", "name": "laion-clap", "version": name, "file": "embedder.onnx",
        "sha256": hashlib.sha256(model).hexdigest(), "bytes": len(model), "opset": OPSET, "sample_rate": 48000,
        "dimensions": 512, "segment_samples": 480000, "hop_samples": 240000, "context_segments": 0,
        "piece_segments": 1, "licence": licence, "attribution": [{"author": "LAION", "licence": licence}],
        "training": {"weights": name}, "figures": {},
    }  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True, help="local folder of an unfused CLAP model")
    parser.add_argument("--licence", required=True, help="licence of those weights, as their publisher states it")
    parser.add_argument("--to", type=Path, required=True, help="folder that gets embedder.onnx and manifest.json")
    asked = parser.parse_args(argv)
    if not (asked.weights / "config.json").is_file():
        print(f"{asked.weights}: no config.json there; give a folder as transformers saves it", file=sys.stderr)
        return 2
    try:
        from vault_models.training import clap
    except ImportError as missing:
        print(f"this export needs torch and transformers: pip install transformers ({missing})", file=sys.stderr)
        return 2
    try:
        model = clap.to_onnx(clap.load(asked.weights), OPSET)
    except (ValueError, OSError) as error:
        print(f"{asked.weights}: {error}", file=sys.stderr)
        return 2
    asked.to.mkdir(parents=True, exist_ok=True)
    (asked.to / "embedder.onnx").write_bytes(model)
    described = json.dumps(manifest(model, asked.weights.name, asked.licence), indent=1)
    (asked.to / "manifest.json").write_text(described + "\n", encoding="utf-8")
    print(f"{asked.to}: {len(model)} bytes; load it with vault_embedder.Embedder.load({str(asked.to)!r})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
