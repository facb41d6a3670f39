"""Train the embedder from real music and from music that composes itself.

    python -m vault_models.train --audio DIR --held-out Yubatake --work build/embedder

Three stages, each of which continues where it was stopped: (1) the pool, every
piece once clean and several times distorted; (2) contrastive training, one
line of progress every 20 steps, a checkpoint every 50; (3) the record of the
run (split, hashes, seeds, recipe) and its curves. Then:

    python -m vault_models.export --work build/embedder --to layers/embedder/src/vault_embedder
    python -m vault_models.evaluate --audio DIR --held-out Yubatake

Needs ``pip install -r requirements/train.txt``. One CPU core does 1,700 steps
in about an hour; ``--device cuda`` uses a GPU.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from vault_models import corpus, pool
from vault_models.training.views import NUMBER

COMPOSED_SECONDS = 20.0


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m vault_models.train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--audio", type=Path, required=True, help="folder of real music with its ATTRIBUTION.md")
    parser.add_argument("--held-out", default="Yubatake", help="composer never trained on, by the start of the name")
    parser.add_argument("--work", type=Path, required=True, help="folder for pool, checkpoints and record; kept")
    parser.add_argument("--composed", type=int, default=900, help="composed pieces in the pool")
    parser.add_argument("--steps", type=int, default=1700, help="training steps; the learning rate ends at zero there")
    parser.add_argument("--crops", type=int, default=64, help="crops per step, each 8.2 s and three segments")
    parser.add_argument("--seed", type=int, default=1, help="of the pool, the weights and every step")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--full-precision", action="store_true", help="float32 throughout instead of bfloat16")
    return parser


def main(argv: list[str] | None = None) -> int:
    asked = arguments().parse_args(argv)
    works, held = corpus.split(corpus.read_folder(asked.audio), asked.held_out)
    try:
        import torch

        from vault_models.training.loop import Recipe, train, weigh
    except ImportError as missing:
        print(f"training needs torch: pip install -r requirements/train.txt ({missing})", file=sys.stderr)
        return 2
    torch.set_num_threads(asked.threads)
    plan = pool.Plan(asked.seed, asked.composed, COMPOSED_SECONDS, composed_versions=1, real_versions=5)
    _build(asked.work / "pool", plan, works)
    pieces, real = pool.read(asked.work / "pool", len(works))
    recipe = Recipe(seed=asked.seed, steps=asked.steps, crops=asked.crops, half=not asked.full_precision)
    print(f"{real} real and {len(pieces) - real} composed pieces; held out: {len(held)} works by {asked.held_out}")
    chances = weigh(pieces, real, recipe.real_share)
    train(pieces, chances, recipe, asked.work / "run", device=asked.device, save_every=50)
    _record(asked.work, asked.held_out, works, held, plan, asdict(recipe), str(torch.__version__))
    return 0


def _build(folder: Path, plan: pool.Plan, works: list[corpus.Work]) -> None:
    stated = folder / "plan.json"
    wanted = {**asdict(plan), "works": [w.sha256 for w in works]}
    if stated.exists() and json.loads(stated.read_text(encoding="utf-8")) != wanted:
        raise SystemExit(f"{folder} holds a pool of another plan; use another --work folder, or delete it")
    folder.mkdir(parents=True, exist_ok=True)
    stated.write_text(json.dumps(wanted, indent=1), encoding="utf-8")
    for done, total in pool.build(folder, plan, works):
        if done % 20 == 0 or done == total:
            print(f"pool: {done} of {total} pieces", flush=True)


def _record(
    work: Path,
    held_out: str,
    works: list[corpus.Work],
    held: list[corpus.Work],
    plan: pool.Plan,
    recipe: dict[str, object],
    torch_version: str,
) -> None:
    """What the exported manifest will say of this run."""
    changes = work / "run" / "replans.jsonl"
    replans = [json.loads(line) for line in changes.read_text().splitlines()] if changes.exists() else []
    record = {
        "objective": "NT-Xent over segments, two views", "held_out_composer": held_out, "pool": asdict(plan),
        "composed_seeds": [corpus.TRAIN_SEEDS, corpus.TRAIN_SEEDS + plan.composed_pieces],
        "recipe": recipe, "replans": replans, "views": NUMBER, "torch": torch_version, "numpy": np.__version__,
        "trained_on": [_named(w) for w in works], "never_trained_on": [_named(w) for w in held],
    }  # fmt: skip
    (work / "run.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _named(work: corpus.Work) -> dict[str, str]:
    return {"work": work.path.name, "author": work.author, "licence": work.licence, "sha256": work.sha256}


if __name__ == "__main__":
    raise SystemExit(main())
