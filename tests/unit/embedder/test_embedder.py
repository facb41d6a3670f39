"""The embedder's laws on the bundled model: repeatable, cut without a trace, defined for silence and scraps."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from vault_embedder import Embedder

RATE = 16000


@pytest.fixture(scope="module")
def model() -> Embedder:
    return Embedder.load()


def music(seconds: float, seed: int = 0) -> np.ndarray:
    """Chords of decaying harmonics over a little noise: enough structure to embed."""
    rng = np.random.default_rng(seed)
    audio = rng.normal(0, 0.003, int(seconds * RATE))
    t = np.arange(RATE) / RATE
    for start in range(0, len(audio) - RATE, RATE // 3):
        hz = 220 * 2 ** (rng.integers(0, 24) / 12)
        audio[start : start + RATE] += (
            sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 6)) * np.exp(-4 * t) * 0.1
        )
    return audio.astype(np.float32)


def test_shapes_lengths_and_times(model):
    made = model.embed(music(30.0))
    assert made.track.shape == (512,)
    assert made.segments.shape == (14, 512)
    assert made.times.shape == (14, 2)
    assert np.allclose(np.linalg.norm(made.segments, axis=1), 1, atol=1e-4)
    assert np.linalg.norm(made.track) == pytest.approx(1, abs=1e-4)
    assert made.times[0].tolist() == pytest.approx([0.0, 4.096])
    assert made.times[-1, 1] == pytest.approx(30.0, abs=1e-3)
    assert {made.track.dtype, made.segments.dtype, made.times.dtype} == {np.dtype(np.float32)}


def test_the_same_input_gives_the_same_bytes_from_any_instance(model):
    audio = music(12.0)
    first, again, other = model.embed(audio), model.embed(audio), Embedder.load().embed(audio)
    assert first.segments.tobytes() == again.segments.tobytes() == other.segments.tobytes()
    assert first.track.tobytes() == other.track.tobytes()


def test_cutting_a_long_input_leaves_no_mark(model):
    audio = music(70.0)
    whole = model.embed(audio)
    pieces = Embedder(replace(model.manifest, piece_segments=7), model._session).embed(audio)
    assert np.array_equal(whole.times, pieces.times)
    assert np.abs(whole.segments - pieces.segments).max() < 1e-3


@pytest.mark.parametrize("seconds", [0.0, 1 / RATE, 0.01, 1.0, 4.0, 4.096, 4.097, 6.144, 6.2])
def test_any_length_is_covered(model, seconds):
    audio = music(8.0)[: round(seconds * RATE)] + np.float32(0.01)
    made = model.embed(audio)
    if len(audio) == 0:
        assert made.segments.shape == (0, 512)
        assert not made.track.any()
    elif len(made.segments):
        assert made.times[0, 0] == 0
        assert made.times[-1, 1] == pytest.approx(len(audio) / RATE, abs=1e-4)
        assert np.isfinite(made.segments).all()


@pytest.mark.parametrize("level", [0.0, 1e-6, 5e-5])
def test_silence_gives_no_segment_and_a_zero_track(model, level):
    made = model.embed(np.full(10 * RATE, level, dtype=np.float32))
    assert made.segments.shape == (0, 512)
    assert made.times.shape == (0, 2)
    assert not made.track.any()


def test_silent_stretches_are_left_out_and_the_rest_keeps_its_times(model):
    audio = np.concatenate([music(8.0), np.zeros(12 * RATE, dtype=np.float32), music(8.0)])
    made = model.embed(audio)
    gap = [(start, end) for start, end in made.times if start > 8.0 and end < 20.0]
    assert gap == []
    assert made.times[-1, 1] == pytest.approx(28.0, abs=0.01)


def test_level_does_not_matter_much(model):
    audio = music(20.0)
    loud, quiet = model.embed(audio), model.embed(audio * np.float32(0.1))
    assert float(loud.track @ quiet.track) > 0.95


@pytest.mark.parametrize("kind", ["dc", "square", "noise", "impulse"])
def test_odd_signals_give_finite_embeddings(model, kind):
    count = 6 * RATE
    signals = {
        "dc": np.full(count, 0.5), "square": np.sign(np.sin(np.arange(count) * 0.1)) * 1.0,
        "noise": np.random.default_rng(0).normal(0, 1, count), "impulse": np.eye(1, count, 9000)[0] * 30,
    }  # fmt: skip
    made = model.embed(signals[kind].astype(np.float32))
    assert len(made.segments)
    assert np.isfinite(made.segments).all()


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((5, 2), np.float32), np.zeros(100, np.int16), [0.0] * 10, np.full(70000, np.nan, np.float32),
     np.array([np.inf], np.float32)],
)  # fmt: skip
def test_what_is_not_audio_is_refused(model, wrong):
    with pytest.raises(ValueError, match="samples"):
        model.embed(wrong)


def test_importing_the_package_does_not_load_onnxruntime():
    code = "import sys, vault_embedder; sys.exit('onnxruntime' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
