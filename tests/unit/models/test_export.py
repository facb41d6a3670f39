"""Export reads plain weights, credits every author once, and says what it lacks."""

import hashlib
import json

import numpy as np
from vault_embedder import manifest as manifests
from vault_models import export

RUN = {
    "held_out_composer": "Cy",
    "trained_on": [
        {"work": "b.ogg", "author": "Bo", "licence": "CC-BY 3.0", "sha256": "0" * 64},
        {"work": "a.ogg", "author": "Ann", "licence": "CC-BY-SA 4.0", "sha256": "1" * 64},
        {"work": "c.ogg", "author": "Bo", "licence": "CC-BY 3.0", "sha256": "2" * 64},
    ],
}


def test_the_manifest_is_of_the_contract_and_credits_every_author_once(tmp_path):
    made = export.manifest(b"graph", "7", 99, RUN, None)
    (tmp_path / "manifest.json").write_text(json.dumps(made))
    read = manifests.read(tmp_path / "manifest.json")
    assert (read.version, read.sha256, read.bytes) == ("7", hashlib.sha256(b"graph").hexdigest(), 5)
    assert made["attribution"] == [
        {"author": "Ann", "licence": "CC-BY-SA 4.0"},
        {"author": "Bo", "licence": "CC-BY 3.0"},
    ]
    assert made["training"]["step"] == 99


def test_weights_come_with_their_step(tmp_path):
    np.savez(tmp_path / "weights.npz", step=np.array(12), **{"stem.weight": np.ones((2, 1), np.float32)})
    weights, step = export.read_weights(tmp_path / "weights.npz")
    assert step == 12
    assert list(weights) == ["stem.weight"]


def test_curves_are_drawn_from_a_log_that_was_resumed(tmp_path):
    lines = [{"step": s, "loss": 5.0 / s, "nearest": 0.1, "rate": 1e-3} for s in (1, 2, 2, 3)]
    (tmp_path / "log.jsonl").write_text("\n".join(map(json.dumps, lines)))
    export.draw_curves(tmp_path / "log.jsonl", tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes()[:4] == b"\x89PNG"
