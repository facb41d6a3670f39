"""A model is used only when it is exactly what its manifest says; every damage is named, none crashes."""

import contextlib
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vault_embedder import Embedder, ModelDamaged
from vault_embedder import manifest as manifests
from vault_embedder.embedder import BUNDLED


@pytest.fixture
def copy(tmp_path) -> Path:
    for name in ("manifest.json", "embedder.onnx"):
        shutil.copy(BUNDLED.parent / name, tmp_path / name)
    return tmp_path


def rewrite(folder: Path, **changes: object) -> None:
    place = folder / "manifest.json"
    place.write_text(json.dumps({**json.loads(place.read_text()), **changes}))


def test_the_bundled_manifest_says_what_it_must():
    document = json.loads(BUNDLED.read_text())
    assert document["bytes"] < 5_000_000
    assert document["dimensions"] == 512
    assert document["sample_rate"] == 16000
    assert document["licence"] == "CC-BY-SA-4.0"
    assert {a["author"] for a in document["attribution"]} == {w["author"] for w in document["training"]["trained_on"]}
    held = document["training"]["held_out_composer"]
    assert not [w for w in document["training"]["trained_on"] if w["author"].startswith(held)]
    assert all(w["author"].startswith(held) for w in document["training"]["never_trained_on"])


def test_a_folder_or_its_manifest_can_be_named(copy):
    by_folder, by_file = Embedder.load(copy), Embedder.load(str(copy / "manifest.json"))
    assert by_folder.identity == by_file.identity == Embedder.load().identity


@pytest.mark.parametrize("place", [0.0, 0.3, 0.7, 0.999])
def test_one_flipped_bit_in_the_model_is_found(copy, place):
    model = copy / "embedder.onnx"
    data = bytearray(model.read_bytes())
    data[int(place * len(data))] ^= 1
    model.write_bytes(bytes(data))
    with pytest.raises(ModelDamaged, match=r"embedder\.onnx.*SHA-256"):
        Embedder.load(copy)


def test_a_truncated_or_missing_model_is_named(copy):
    model = copy / "embedder.onnx"
    model.write_bytes(model.read_bytes()[:-1])
    with pytest.raises(ModelDamaged, match="bytes, the manifest says"):
        Embedder.load(copy)
    model.unlink()
    with pytest.raises(ModelDamaged, match=r"embedder\.onnx"):
        Embedder.load(copy)


def test_a_file_that_is_no_model_is_refused_even_with_the_right_hash(copy):
    (copy / "embedder.onnx").write_bytes(b"not a model")
    rewrite(copy, bytes=11, sha256=hashlib.sha256(b"not a model").hexdigest())
    with pytest.raises(ModelDamaged, match="onnxruntime refuses"):
        Embedder.load(copy)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "lemm-embedder/2"}, {"file": "../embedder.onnx"}, {"file": "/etc/passwd"}, {"file": "x.bin"},
        {"sha256": "0" * 63}, {"sha256": 5}, {"bytes": -1}, {"bytes": True}, {"bytes": 2**35},
        {"sample_rate": 0}, {"sample_rate": 16000.0}, {"dimensions": "512"}, {"segment_samples": 65537},
        {"hop_samples": 0}, {"name": ""}, {"version": None}, {"dimensions": 256},
    ],
)  # fmt: skip
def test_a_false_manifest_is_refused(copy, changes):
    rewrite(copy, **changes)
    with pytest.raises(ModelDamaged):
        Embedder.load(copy)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '{"format": "lemm-embedder/1"}', "[" * 100_000, "\x00"])
def test_nonsense_in_place_of_a_manifest_is_refused(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(ModelDamaged, match="manifest"):
        manifests.read(tmp_path / "manifest.json")


def test_a_missing_manifest_is_refused(tmp_path):
    with pytest.raises(ModelDamaged, match="manifest"):
        Embedder.load(tmp_path)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.lists(st.integers())


@settings(max_examples=60, deadline=None)
@given(changes=st.dictionaries(st.sampled_from(sorted(json.loads(BUNDLED.read_text()))), VALUES, min_size=1))
def test_any_change_is_either_harmless_or_refused_as_damage(tmp_path_factory, changes):
    place = tmp_path_factory.mktemp("m") / "manifest.json"
    place.write_text(json.dumps({**json.loads(BUNDLED.read_text()), **changes}))
    with contextlib.suppress(ModelDamaged):  # any other exception is a failure
        assert manifests.read(place).dimensions > 0


def test_the_identity_names_the_weights():
    model = Embedder.load()
    assert model.identity.endswith(model.manifest.sha256[:12])
    assert np.array_equal(model.embed(np.zeros(0, np.float32)).track, np.zeros(512, np.float32))
