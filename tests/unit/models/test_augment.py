"""Distortions: exact in their parameters, same-seeded the same, harmless to shape and type."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vault_models import augment, codec, effects, stretching

RATE = 16000


def tone(hz: float, seconds: float = 3.0) -> np.ndarray:
    t = np.arange(int(seconds * RATE)) / RATE
    return (0.4 * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def pitch_of(audio: np.ndarray) -> float:
    middle = audio[len(audio) // 4 : -len(audio) // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 1 << 18))
    return float(np.argmax(spectrum) * RATE / (1 << 18))


def cents(found: float, wanted: float) -> float:
    return abs(1200 * np.log2(found / wanted))


@pytest.mark.parametrize("change", [stretching.stretch, stretching.stretch_wsola])
@pytest.mark.parametrize("tempo", [0.7, 0.95, 1.0, 1.05, 1.4])
def test_a_stretch_changes_the_duration_exactly_and_the_pitch_not(change, tempo):
    out = change(tone(440), tempo)
    assert len(out) == round(3 * RATE / tempo)
    assert cents(pitch_of(out), 440) < 5
    assert out.dtype == np.float32


@pytest.mark.parametrize("semitones", [-6, -0.5, 0.5, 6])
@pytest.mark.parametrize("wsola", [False, True])
def test_a_pitch_shift_changes_the_pitch_exactly_and_the_duration_not(semitones, wsola):
    out = stretching.shift_pitch(tone(440), semitones, wsola=wsola)
    assert len(out) == 3 * RATE
    assert cents(pitch_of(out), 440 * 2 ** (semitones / 12)) < 8


@pytest.mark.parametrize("factor", [0.8, 1.013, 1.25])
def test_speed_moves_both_by_the_factor_it_returns(factor):
    out, exact = stretching.change_speed(tone(440), factor)
    assert exact == pytest.approx(factor, rel=1e-3)
    assert len(out) == pytest.approx(3 * RATE / exact, abs=1)
    assert cents(pitch_of(out), 440 * exact) < 3


def test_a_stretched_click_lands_where_the_tempo_says():
    audio = np.zeros(4 * RATE, dtype=np.float32)
    audio[2 * RATE : 2 * RATE + 200] = 0.8
    for change in (stretching.stretch, stretching.stretch_wsola):
        out = change(audio, 1.25)
        assert np.argmax(np.abs(out)) / RATE == pytest.approx(1.6, abs=0.06)


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from([n for n in sorted(augment.AUGMENTATIONS) if n != "loss"]),
    seed=st.integers(0, 2**32),
    strength=st.floats(0, 1),
)
def test_every_augmentation_is_repeatable_finite_and_states_its_length(name, seed, strength):
    audio = tone(330, 4.0)
    first, again = (augment.AUGMENTATIONS[name](audio, np.random.default_rng(seed), strength, RATE) for _ in range(2))
    assert np.array_equal(first.audio, again.audio)
    assert (first.tempo, first.semitones, first.offset) == (again.tempo, again.semitones, again.offset)
    assert first.audio.dtype == np.float32
    assert np.isfinite(first.audio).all()
    if name != "excerpt":
        assert len(first.audio) * first.tempo == pytest.approx(len(audio), rel=1e-3)


def test_noise_and_mixes_have_the_asked_balance():
    audio, rng = tone(440), np.random.default_rng(0)
    for colour in effects.NOISE_COLOURS:
        added = effects.add_noise(audio, rng, 6.0, colour) - audio
        assert 20 * np.log10(effects.level(audio) / effects.level(added)) == pytest.approx(6.0, abs=0.1)
    added = effects.mix_in(audio, tone(700, 1.0), 10.0) - audio
    assert 20 * np.log10(effects.level(audio) / effects.level(added)) == pytest.approx(10.0, abs=0.1)


def test_a_splice_says_where_the_source_lies():
    audio, host = tone(440, 2.0), tone(1000, 3.0)
    done = augment.splicing([host])(audio, np.random.default_rng(3), 1.0, RATE)
    start = round(-done.offset * RATE)
    assert cents(pitch_of(done.audio[start : start + len(audio)]), 440) < 3


def test_a_chain_composes_tempo_pitch_and_offset():
    audio = tone(440, 12.0)
    steps = [(augment.tempo, 1.0), (augment.speed, 1.0), (augment.excerpt, 1.0)]
    done = augment.chain(audio, np.random.default_rng(5), RATE, steps)
    assert done.names == ("tempo", "speed", "excerpt")
    assert cents(pitch_of(done.audio), 440 * 2 ** (done.semitones / 12)) < 10
    assert 0 <= done.offset <= 12 - len(done.audio) / RATE * done.tempo + 0.05


def test_a_codec_keeps_length_and_place():
    if codec.find_ffmpeg() is None:
        pytest.skip("no ffmpeg here")
    audio = np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32)
    audio = effects.band_limit(audio, RATE, 200, 3000)
    for name in ("mp3-64", "aac-64", "opus-24"):
        out = codec.code(audio, RATE, name)
        assert len(out) == len(audio)
        assert np.corrcoef(out, audio)[0, 1] > 0.8


def test_a_missing_ffmpeg_is_said_and_loss_falls_back_to_quantisation(monkeypatch):
    monkeypatch.setattr(codec, "find_ffmpeg", lambda: None)
    with pytest.raises(codec.CodecMissing, match="ffmpeg"):
        codec.code(tone(440), RATE, "mp3-64")
    done = augment.loss(tone(440), np.random.default_rng(0), 1.0, RATE)
    assert done.names[0].endswith("bits")
