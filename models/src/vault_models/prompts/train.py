"""Train the prompt classifier and write it as an ONNX layer file with its manifest.

    python -m vault_models.prompts.train --to layers/prompts/src/vault_prompts

One hidden layer over hashed tokens (``vault_prompts.frontend``), trained with numpy alone: Adam, binary cross entropy,
three tenths of the tokens left out at random. Limits are set where one in fifty generated prompts that point at nobody
would get it, on templates that this first model never saw; then all templates are used. Needs ``onnx``
(requirements/train.txt) to write. Held-out prompts are never read here.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vault_prompts.frontend import BUCKETS, SETTINGS, featurise

from vault_models.prompts.generate import INTENTS, Labelled, Template, composed, prompts, templates

HIDDEN, RATE, EPOCHS, BATCH, DROP, DECAY = 24, 0.004, 4, 256, 0.3, 1e-4
FALSE_ALARMS = 0.02
OPSET = 17
Array = NDArray[np.float32]
Params = dict[str, Array]


def features(made: list[Labelled]) -> tuple[list[NDArray[np.int64]], Array]:
    """Buckets of each prompt, and labels (n, 3)."""
    ids = [featurise(one.text)[0] for one in made]
    labels = np.array([[intent in one.intents for intent in INTENTS] for one in made], dtype=np.float32)
    return ids, labels


def dense(ids: list[NDArray[np.int64]], rng: np.random.Generator | None = None) -> Array:
    """Rows of the hashed input, (n, BUCKETS); with ``rng`` some tokens are left out."""
    rows = np.zeros((len(ids), BUCKETS), dtype=np.float32)
    for row, one in zip(rows, ids, strict=True):
        kept = one if rng is None else one[rng.random(len(one)) >= DROP]
        row[kept] = 1 / np.sqrt(max(1, len(kept)))
    return rows


def start(seed: int) -> Params:
    """Small random weights."""
    rng = np.random.default_rng(seed)
    return {
        "table": rng.normal(0, 0.1, (BUCKETS, HIDDEN)).astype(np.float32), "bias": np.zeros(HIDDEN, np.float32),
        "out": rng.normal(0, 0.3, (HIDDEN, len(INTENTS))).astype(np.float32),
        "shift": np.zeros(len(INTENTS), np.float32),
    }  # fmt: skip


def forward(p: Params, x: Array) -> tuple[Array, Array]:
    """Hidden activity and probabilities."""
    hidden = np.maximum(x @ p["table"] + p["bias"], 0)
    return hidden, 1 / (1 + np.exp(-(hidden @ p["out"] + p["shift"])))


def gradients(p: Params, x: Array, y: Array) -> Params:
    """Of the mean cross entropy."""
    hidden, chance = forward(p, x)
    error = (chance - y) / len(x)
    back = (error @ p["out"].T) * (hidden > 0)
    return {"table": x.T @ back, "bias": back.sum(0), "out": hidden.T @ error, "shift": error.sum(0)}


def fit(ids: list[NDArray[np.int64]], labels: Array, seed: int, epochs: int = EPOCHS) -> Params:
    """Train; the same input and seed give the same weights on one machine."""
    rng = np.random.default_rng(seed)
    p = start(seed)
    mean = {name: np.zeros_like(value) for name, value in p.items()}
    square = {name: np.zeros_like(value) for name, value in p.items()}
    step = 0
    total = epochs * -(-len(ids) // BATCH)
    for _ in range(epochs):
        order = rng.permutation(len(ids))
        for first in range(0, len(order), BATCH):
            part = order[first : first + BATCH]
            step += 1
            found = gradients(p, dense([ids[n] for n in part], rng), labels[part])
            rate = RATE * (1 - (step - 1) / total)
            for name, value in p.items():
                mean[name] += 0.1 * (found[name] - mean[name])
                square[name] += 0.01 * (found[name] ** 2 - square[name])
                moved = (mean[name] / (1 - 0.9**step)) / (np.sqrt(square[name] / (1 - 0.99**step)) + 1e-8)
                value -= rate * (moved + DECAY * value)
    return p


def chances(p: Params, ids: list[NDArray[np.int64]]) -> Array:
    """Probabilities (n, 3)."""
    return np.concatenate([forward(p, dense(ids[n : n + BATCH]))[1] for n in range(0, len(ids), BATCH)])


def limits_for(chance: Array, labels: Array) -> dict[str, float]:
    """Per intent, where ``FALSE_ALARMS`` of the prompts that point at nobody lie above; within 0.3 and 0.95."""
    found = {}
    for column, intent in enumerate(INTENTS):
        without = chance[labels.sum(1) == 0, column]
        found[intent] = round(float(np.clip(np.quantile(without, 1 - FALSE_ALARMS), 0.3, 0.95)), 3)
    return found


def split(seed: int) -> tuple[tuple[Template, ...], tuple[Template, ...]]:
    """Templates to fit, and every sixth English one to set limits by: other languages have too few to spare."""
    everything = [*templates(), *composed()]
    english = [one for one in everything if one.language.startswith("en")]
    aside = frozenset(Random(seed).sample(english, len(english) // 6))
    return tuple(one for one in everything if one not in aside), tuple(one for one in english if one in aside)


def graph(p: Params) -> bytes:
    """``ids`` (n,) int64 and ``weights`` (n,) float32 in, ``chances`` (3,) out; weights kept as float16."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    small = {name: numpy_helper.from_array(value.astype(np.float16), f"{name}16") for name, value in p.items()}
    axes = numpy_helper.from_array(np.array([1], dtype=np.int64), "axes")
    rows = numpy_helper.from_array(np.array([0], dtype=np.int64), "rows")
    nodes = [helper.make_node("Cast", [f"{name}16"], [name], to=TensorProto.FLOAT) for name in p if name != "table"]
    nodes += [
        helper.make_node("Gather", ["table16", "ids"], ["found16"]),
        helper.make_node("Cast", ["found16"], ["found"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["weights", "axes"], ["column"]),
        helper.make_node("Mul", ["found", "column"], ["weighted"]),
        helper.make_node("ReduceSum", ["weighted", "rows"], ["summed"], keepdims=0),
        helper.make_node("Add", ["summed", "bias"], ["before"]), helper.make_node("Relu", ["before"], ["hidden"]),
        helper.make_node("MatMul", ["hidden", "out"], ["mixed"]), helper.make_node("Add", ["mixed", "shift"], ["sure"]),
        helper.make_node("Sigmoid", ["sure"], ["chances"]),
    ]  # fmt: skip
    inputs = [
        helper.make_tensor_value_info("ids", TensorProto.INT64, ["n"]),
        helper.make_tensor_value_info("weights", TensorProto.FLOAT, ["n"]),
    ]
    output = helper.make_tensor_value_info("chances", TensorProto.FLOAT, [len(INTENTS)])
    body = helper.make_graph(nodes, "prompts", inputs, [output], [*small.values(), axes, rows])
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name="lemm")
    onnx.checker.check_model(model)
    made: bytes = model.SerializeToString(deterministic=True)
    return made


def manifest(model: bytes, limits: dict[str, float], about: dict[str, Any]) -> dict[str, Any]:
    """As ``vault_prompts.manifest`` reads it."""
    return {
        "format": "lemm-prompts/1", "name": "lemm-prompts", "version": "1", "file": "classifier.onnx",
        "sha256": hashlib.sha256(model).hexdigest(), "bytes": len(model), "opset": OPSET,
        "frontend_settings": SETTINGS, "buckets": BUCKETS, "intents": list(INTENTS), "limits": limits,
        "licence": "Apache-2.0", "training": about,
    }  # fmt: skip


def main() -> None:
    """Generate, fit, set limits, fit on everything, write."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--to", type=Path, default=Path("layers/prompts/src/vault_prompts"))
    parser.add_argument("--count", type=int, default=30_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    fitted, aside = split(asked.seed)
    p = fit(*features(list(prompts(asked.seed, asked.count * 2 // 3, fitted))), asked.seed)
    ids, labels = features(list(prompts(asked.seed + 1, asked.count // 4, aside)))
    chance = chances(p, ids)
    limits = limits_for(chance, labels)
    caught = {
        intent: round(float((chance[labels[:, n] == 1, n] >= limits[intent]).mean()), 3)
        for n, intent in enumerate(INTENTS)
    }
    print("unseen templates: limits", limits, "caught", caught)
    p = fit(*features(list(prompts(asked.seed + 2, asked.count))), asked.seed)
    model = graph(p)
    about = {
        "seed": asked.seed, "prompts": asked.count, "templates": len(templates()) + len(composed()),
        "hidden": HIDDEN, "epochs": EPOCHS,
        "false_alarms": FALSE_ALARMS, "caught_on_unseen_templates": caught, "numpy": np.__version__,
    }  # fmt: skip
    (asked.to / "classifier.onnx").write_bytes(model)
    text = json.dumps(manifest(model, limits, about), indent=1, ensure_ascii=False)
    (asked.to / "manifest.json").write_text(text + "\n", encoding="utf-8")
    print(len(model), "bytes")


if __name__ == "__main__":
    main()
