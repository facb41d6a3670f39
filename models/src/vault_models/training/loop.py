"""The training loop: seeded, resumable at any checkpoint to the same weights, progress on every line.

Step ``n`` draws from ``default_rng([seed, n])``, so a resumed run sees what an
unbroken one would have seen. Only the number of steps may change on the way,
and each such change is kept, with the number of the views, in ``replans.jsonl``.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from vault_models.pool import Version
from vault_models.training import net, views
from vault_models.training.loss import contrast


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the outcome, besides the pool."""

    seed: int = 1
    steps: int = 2000
    crops: int = 64
    rate: float = 2e-3
    warmup: int = 100
    decay: float = 1e-2
    temperature: float = 0.08
    real_share: float = 0.5
    half: bool = True  # bfloat16 inside the network: about 1.5 times as fast where the processor has it


def weigh(pieces: list[list[Version]], real: int, share: float) -> NDArray[np.float64]:
    """Chances of drawing each piece: ``share`` to the first ``real`` ones by length, the rest to the others."""
    lengths = np.array([len(p[0].features) for p in pieces], dtype=float)
    inside = np.arange(len(pieces)) < real
    chances = np.zeros(len(pieces))
    for group, part in ((inside, share), (~inside, 1 - share)):
        if group.any():
            chances[group] = part * lengths[group] / lengths[group].sum()
    total: NDArray[np.float64] = chances / chances.sum()
    return total


def learning_rate(recipe: Recipe, step: int) -> float:
    """Linear warm-up, then a cosine to zero."""
    if step < recipe.warmup:
        return recipe.rate * (step + 1) / recipe.warmup
    done = (step - recipe.warmup) / max(1, recipe.steps - recipe.warmup)
    return recipe.rate * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def train(
    pieces: list[list[Version]],
    weights_of: NDArray[np.float64],
    recipe: Recipe,
    folder: Path,
    *,
    device: str = "cpu",
    every: int = 20,
    save_every: int = 200,
    say: Callable[[str], None] = print,
) -> Path:
    """Train to the recipe's last step, continuing from ``folder`` when it holds a checkpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    weights, state = net.initial(recipe.seed)
    weights = {name: w.to(device).requires_grad_() for name, w in weights.items()}
    state = {name: s.to(device) for name, s in state.items()}
    optimizer = torch.optim.AdamW(list(weights.values()), lr=recipe.rate, weight_decay=recipe.decay)
    first = _resume(folder / "checkpoint.pt", recipe, weights, state, optimizer)
    began, marks = time.monotonic(), []
    for step in range(first, recipe.steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(recipe, step)
        batch = views.draw_batch(pieces, weights_of, np.random.default_rng([recipe.seed, step]), recipe.crops)
        seen = torch.from_numpy(batch.views).to(device).flatten(0, 1)
        points = net.embed(net.normalise(seen), weights, state, training=True, half=recipe.half)
        owners = torch.from_numpy(batch.pieces).to(device)
        loss, nearest = contrast(points[: recipe.crops], points[recipe.crops :], owners, recipe.temperature)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call, unused-ignore]
        torch.nn.utils.clip_grad_norm_(list(weights.values()), 1.0)
        optimizer.step()
        marks.append((float(loss.detach()), nearest))
        if (step + 1) % every == 0 or step + 1 == recipe.steps:
            line = _log(folder / "log.jsonl", step + 1, marks, learning_rate(recipe, step))
            left = (time.monotonic() - began) / (step + 1 - first) * (recipe.steps - step - 1)
            say(f"step {step + 1}/{recipe.steps}  loss {line['loss']:.3f}  nearest {line['nearest']:.3f}  "
                f"{left / 60:.1f} min left")  # fmt: skip
            marks = []
        if (step + 1) % save_every == 0 or step + 1 == recipe.steps:
            _save(folder / "checkpoint.pt", step + 1, recipe, weights, state, optimizer)
    return folder / "checkpoint.pt"


def _log(path: Path, step: int, marks: list[tuple[float, float]], rate: float) -> dict[str, float]:
    loss, nearest = np.mean(marks, axis=0)
    line = {"step": step, "loss": round(float(loss), 5), "nearest": round(float(nearest), 5), "rate": rate}
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    return line


def _save(
    path: Path, step: int, recipe: Recipe, weights: net.Weights, state: net.Weights, optimizer: torch.optim.Optimizer
) -> None:
    """Checkpoint, in one rename; beside it, plain numpy weights that export reads without torch."""
    part = path.with_suffix(".part")
    torch.save(
        {"step": step, "recipe": asdict(recipe), "weights": {k: v.detach() for k, v in weights.items()},
         "state": state, "optimizer": optimizer.state_dict()}, part,
    )  # fmt: skip
    part.replace(path)
    arrays = {k: v.detach().cpu().numpy() for k, v in {**weights, **state}.items()}
    np.savez(path.with_name("weights.npz"), allow_pickle=False, step=np.array(step), **arrays)


def _replan(path: Path, step: int, before: int, after: int) -> None:
    """A run may be made shorter or longer; then it no longer equals an unbroken one, and the record says so."""
    with path.open("a", encoding="utf-8") as file:
        file.write(
            json.dumps({"at_step": step, "steps_before": before, "steps_after": after, "views": views.NUMBER}) + "\n"
        )


def _resume(
    path: Path, recipe: Recipe, weights: net.Weights, state: net.Weights, optimizer: torch.optim.Optimizer
) -> int:
    """Load a checkpoint made with the same recipe; returns the step to go on from."""
    if not path.exists():
        return 0
    stored = torch.load(path, map_location="cpu", weights_only=True)
    if {**stored["recipe"], "steps": recipe.steps} != asdict(recipe):
        raise ValueError(f"{path} was made with another recipe: {stored['recipe']}; use another folder")
    if stored["recipe"]["steps"] != recipe.steps:
        _replan(path.with_name("replans.jsonl"), stored["step"], stored["recipe"]["steps"], recipe.steps)
    with torch.no_grad():
        for name, value in stored["weights"].items():
            weights[name].copy_(value)
        for name, value in stored["state"].items():
            state[name].copy_(value)
    optimizer.load_state_dict(stored["optimizer"])
    return int(stored["step"])
