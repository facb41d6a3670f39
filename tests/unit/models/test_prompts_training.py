"""The prompts' classifier in training: gradients are the loss's, fitting learns, the graph says what numpy says."""

import numpy as np
import pytest
from vault_models.prompts import train
from vault_models.prompts.generate import Labelled, composed, prompts, templates
from vault_prompts.frontend import BUCKETS, featurise


def loss(p, x, y):
    chance = train.forward(p, x)[1].astype(np.float64)
    return float(-(y * np.log(chance) + (1 - y) * np.log(1 - chance)).sum() / len(x))


@pytest.fixture(scope="module")
def made() -> list[Labelled]:
    return list(prompts(11, 300))


def test_gradients_are_those_of_the_loss():
    rng = np.random.default_rng(1)
    p = {name: value.astype(np.float64) for name, value in train.start(1).items()}
    x = np.zeros((5, BUCKETS))
    x[np.arange(5).repeat(3), rng.integers(0, 40, 15)] = 0.5
    y = rng.integers(0, 2, (5, 3)).astype(float)
    found = train.gradients(p, x, y)
    for name, place in (("table", (int(x[0].nonzero()[0][0]), 2)), ("bias", (3,)), ("out", (4, 1)), ("shift", (2,))):
        moved = {key: value.copy() for key, value in p.items()}
        moved[name][place] += 1e-5
        slope = (loss(moved, x, y) - loss(p, x, y)) / 1e-5
        assert slope == pytest.approx(found[name][place], abs=1e-4)


def test_fitting_learns_and_repeats_itself(made):
    ids, labels = train.features(made)
    one, two = train.fit(ids, labels, 1, epochs=1), train.fit(ids, labels, 1, epochs=1)
    assert all((one[name] == two[name]).all() for name in one)
    learnt = train.fit(ids, labels, 1, epochs=14)
    assert loss(learnt, train.dense(ids), labels) < 0.8 * loss(train.start(1), train.dense(ids), labels)


def test_limits_let_few_pass_that_point_at_nobody():
    rng = np.random.default_rng(2)
    chance, labels = rng.random((2000, 3)).astype(np.float32) * 0.9, np.zeros((2000, 3), np.float32)
    for column, limit in enumerate(train.limits_for(chance, labels).values()):
        assert (chance[:, column] >= limit).mean() <= 1.1 * train.FALSE_ALARMS


def test_templates_that_set_the_limits_are_not_fitted():
    fitted, aside = train.split(1)
    assert aside
    assert not set(fitted) & set(aside)
    assert {*fitted, *aside} == {*templates(), *composed()}


def test_the_graph_says_what_numpy_says(made):
    pytest.importorskip("onnx")
    import onnxruntime

    p = train.start(3)
    session = onnxruntime.InferenceSession(train.graph(p), providers=["CPUExecutionProvider"])
    for one in made[:20]:
        ids, weights = featurise(one.text)
        expected = train.forward(p, train.dense([ids]))[1][0]
        assert np.allclose(session.run(None, {"ids": ids, "weights": weights})[0], expected, atol=2e-3)
    assert train.graph(p) == train.graph(p)
