"""Training and export agree with each other; needs torch and onnx (requirements/train.txt)."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytestmark = pytest.mark.slow

RATE = 16000


@pytest.fixture(scope="module")
def pieces():
    from vault_models import corpus, frontend, pool

    made = []
    for seed in range(4):
        features = frontend.log_bands(corpus.composed(seed, 12.0), margin=pool.MARGIN).astype(np.float16)
        made.append([pool.Version(features, 1.0, 0.0)])
    return made


def recipe(**changes):
    from vault_models.training.loop import Recipe

    return Recipe(**{"steps": 4, "crops": 4, "warmup": 1, "half": False, **changes})


def run(pieces, folder, **changes):
    from vault_models.training.loop import train

    torch.set_num_threads(1)
    train(pieces, np.full(4, 0.25), recipe(**changes), folder, every=1, save_every=1, say=lambda line: None)
    with np.load(folder / "weights.npz") as stored:
        return {name: stored[name] for name in stored.files}


def test_an_interrupted_run_ends_in_the_same_weights(pieces, tmp_path, monkeypatch):
    from vault_models.training import loop

    unbroken = run(pieces, tmp_path / "one")
    saved, real_save = [], loop._save

    def save_twice_then_die(*arguments):
        real_save(*arguments)
        saved.append(1)
        if len(saved) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(loop, "_save", save_twice_then_die)
    with pytest.raises(KeyboardInterrupt):
        run(pieces, tmp_path / "two")
    monkeypatch.setattr(loop, "_save", real_save)
    resumed = run(pieces, tmp_path / "two")
    assert all(np.array_equal(unbroken[name], resumed[name]) for name in unbroken)
    assert [json.loads(line)["step"] for line in (tmp_path / "two" / "log.jsonl").read_text().splitlines()] == [
        1,
        2,
        3,
        4,
    ]


def test_another_recipe_is_refused_and_a_longer_plan_recorded(pieces, tmp_path):
    run(pieces, tmp_path, steps=1)
    with pytest.raises(ValueError, match="another recipe"):
        run(pieces, tmp_path, steps=1, temperature=0.2)
    run(pieces, tmp_path, steps=2)
    change = json.loads((tmp_path / "replans.jsonl").read_text())
    assert (change["at_step"], change["steps_before"], change["steps_after"]) == (1, 1, 2)


def test_the_exported_graph_computes_what_was_trained(pieces, tmp_path):
    import onnxruntime
    from vault_models import export, frontend, graph
    from vault_models.architecture import SEGMENT, SEGMENT_HOP
    from vault_models.corpus import composed
    from vault_models.training import net

    weights = run(pieces, tmp_path)
    model = graph.build(weights)
    assert model == graph.build(weights)
    export.check(model)
    audio = composed(9, 20.0)[: SEGMENT + 5 * SEGMENT_HOP]
    tensors = {k: torch.tensor(v) for k, v in weights.items() if k != "step"}
    with torch.no_grad():
        log_power = torch.from_numpy(frontend.log_bands(audio)[None])
        wanted = net.embed(net.normalise(log_power), tensors, tensors, training=False)[0].numpy()
    found = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"]).run(None, {"samples": audio})[0]
    assert np.abs(found - wanted).max() < 3e-3
