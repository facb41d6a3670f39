"""The bundled classifier: verified, the same every time, refused when anything about it was changed."""

import json
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_domain.canonical import digest
from vault_prompts.classifier import BUNDLED, Classifier, ModelDamaged
from vault_prompts.frontend import BUCKETS, SETTINGS, featurise
from vault_prompts.words import COMMON

CLASSIFIER = Classifier.load()
WORDS = "d60eac9467ea17c2"
FIXED = (60, 510628, 0.129099)


@pytest.fixture
def copied(tmp_path):
    shutil.copy(BUNDLED, tmp_path)
    shutil.copy(BUNDLED.with_name("classifier.onnx"), tmp_path)
    return tmp_path / "manifest.json"


@given(st.text(max_size=400))
def test_any_text_has_chances_and_always_the_same(text):
    first, second = CLASSIFIER.judge(text), CLASSIFIER.judge(text)
    assert first == second
    assert all(0 <= one <= 1 for one in (first.song, first.artist, first.clone))


@given(st.text(max_size=400))
def test_features_are_sorted_buckets_of_unit_length(text):
    ids, weights = featurise(text)
    assert len(ids) == len(weights) > 0
    assert (np.diff(ids) > 0).all()
    assert ids.min() >= 0
    assert ids.max() < BUCKETS
    assert np.isclose(np.square(weights).sum(), 1.0, atol=1e-5)


def test_fixed_features():
    """The front end is frozen by its number: other features would need other weights."""
    ids, weights = featurise("In the style of Nova Arc")
    assert (len(ids), int(ids.sum()), round(float(weights[0]), 6)) == FIXED


def test_the_word_list_is_that_of_the_training():
    """Words decide which tokens are stand-ins. After a change: another ``frontend.SETTINGS``, and a new training."""
    assert (SETTINGS, digest(sorted(COMMON))[:16]) == (1, WORDS)


def test_plain_cases():
    assert CLASSIFIER.judge("calm ambient with piano").artist < CLASSIFIER.limits["artist"]
    assert CLASSIFIER.judge("a song in the style of Vorandel Quist").artist >= CLASSIFIER.limits["artist"]


def changed(place, **changes):
    document = json.loads(place.read_text()) | changes
    place.write_text(json.dumps(document))


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "x"}, {"frontend_settings": 2}, {"buckets": 7}, {"intents": ["song"]}, {"file": "../x.onnx"},
        {"limits": {}}, {"limits": {"song": 0.0, "artist": 0.5, "clone": 0.5}}, {"sha256": "0" * 64}, {"sha256": None},
        {"bytes": 1}, {"version": 1},
    ],
)  # fmt: skip
def test_a_changed_manifest_is_refused(copied, changes):
    changed(copied, **changes)
    with pytest.raises(ModelDamaged):
        Classifier.load(copied)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 5000])
def test_what_is_no_manifest_is_refused(copied, text):
    copied.write_text(text)
    with pytest.raises(ModelDamaged):
        Classifier.load(copied)


def test_a_changed_or_missing_model_is_refused(copied):
    model = copied.with_name("classifier.onnx")
    data = model.read_bytes()
    model.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(ModelDamaged):
        Classifier.load(copied)
    model.unlink()
    with pytest.raises(ModelDamaged):
        Classifier.load(copied)


def test_a_model_of_another_shape_is_refused(copied):
    import hashlib

    data = b"no model at all"
    copied.with_name("classifier.onnx").write_bytes(data)
    changed(copied, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    with pytest.raises(ModelDamaged):
        Classifier.load(copied)
