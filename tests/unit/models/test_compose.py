"""The composer's laws: deterministic, exact in length, never clipping, varied, faithful in covers."""

import time

import numpy as np
import pytest
from vault_models.compose import STYLES, compose, rearrange
from vault_models.compose.mixing import CEILING
from vault_models.compose.voices import FAMILIES, draw_voice


def test_the_same_seed_gives_the_same_samples_and_notes():
    first, second = compose(5, 8.0), compose(5, 8.0)
    assert np.array_equal(first.audio, second.audio)
    assert (first.notes, first.title, first.key, first.bpm) == (
        second.notes,
        second.title,
        second.key,
        second.bpm,
    )


@pytest.mark.parametrize("style", sorted(STYLES))
def test_every_style_is_exact_in_length_stereo_loud_enough_and_never_clips(style):
    for seed in range(3):
        piece = compose(seed, 9.3, style=style, sample_rate=22050)
        assert piece.audio.shape == (round(9.3 * 22050), 2)
        assert piece.audio.dtype == np.float32
        assert np.isfinite(piece.audio).all()
        assert np.abs(piece.audio).max() < CEILING
        assert -40 < 20 * np.log10(piece.audio.std()) < -6
        assert not np.array_equal(piece.audio[:, 0], piece.audio[:, 1])
        assert piece.melody


def _intervals(seed: int) -> set[tuple[int, ...]]:
    """The melody's five-note interval patterns: what a tune is recognised by, whatever its key."""
    steps = np.diff([n.pitch for n in compose(seed, 30.0, sample_rate=8000).melody])
    return {tuple(steps[i : i + 8]) for i in range(len(steps) - 7)}


def test_two_seeds_share_hardly_any_melody_while_one_piece_repeats_its_own():
    patterns = [_intervals(seed) for seed in range(8)]
    shared = [len(a & b) / min(len(a), len(b)) for i, a in enumerate(patterns) for b in patterns[:i] if a and b]
    assert np.mean(shared) < 0.02


def test_seeds_differ_in_key_tempo_style_and_title():
    pieces = [compose(seed, 2.0, sample_rate=8000) for seed in range(24)]
    assert len({p.key for p in pieces}) > 12
    assert len({p.bpm for p in pieces}) > 20
    assert {p.style for p in pieces} == set(STYLES)
    assert len({p.title for p in pieces}) > 18


def test_a_piece_repeats_itself_as_music_does():
    piece = compose(3, 60.0, style="chiptune", sample_rate=8000)
    steps = list(np.diff([n.pitch for n in piece.melody]))
    grams = [tuple(steps[i : i + 6]) for i in range(len(steps) - 5)]
    assert len(set(grams)) < 0.8 * len(grams)


def test_a_rearrangement_keeps_the_melody_and_changes_the_rest():
    piece = compose(9, 20.0, style="folk", sample_rate=16000)
    cover = rearrange(piece, 1, transpose=-4, tempo=1.25, instruments="piano")
    assert [n.pitch for n in cover.melody] == [n.pitch - 4 for n in piece.melody]
    assert len(cover.audio) == pytest.approx(len(piece.audio) / 1.25, abs=2)
    starts = np.array([n.start for n in cover.melody]) * 1.25
    assert np.abs(starts - [n.start for n in piece.melody]).max() < 0.25  # each is played with human timing
    assert cover.style == "piano"
    assert {n.part for n in cover.notes} - {"melody"} != {n.part for n in piece.notes} - {"melody"}


def test_two_rearrangements_differ():
    piece = compose(9, 6.0, sample_rate=8000)
    assert not np.array_equal(rearrange(piece, 1).audio, rearrange(piece, 2).audio)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_voice_is_in_tune(family):
    rate = 22050
    for seed in range(4):
        note = draw_voice(np.random.default_rng(seed), rate, family, 0.0).render(69, 1.4)[2000:30000]
        spectrum = np.abs(np.fft.rfft(note * np.hanning(len(note)), 1 << 18))
        hz = np.fft.rfftfreq(1 << 18, 1 / rate)
        near = (hz > 415) & (hz < 466)
        assert abs(1200 * np.log2(hz[near][np.argmax(spectrum[near])] / 440)) < 30


@pytest.mark.parametrize(
    "wrong",
    [
        {"seconds": 0.0},
        {"seconds": float("nan")},
        {"seconds": 1e9},
        {"seconds": 5.0, "style": "polka"},
        {"seconds": 5.0, "sample_rate": 10},
    ],
)
def test_nonsense_is_refused(wrong):
    with pytest.raises(ValueError, match=r"outside|unknown style"):
        compose(1, **wrong)


@pytest.mark.parametrize("wrong", [{"tempo": 0.0}, {"transpose": 99}, {"instruments": "polka"}])
def test_a_nonsense_rearrangement_is_refused(wrong):
    with pytest.raises(ValueError, match=r"outside|more than|unknown style"):
        rearrange(compose(1, 2.0, sample_rate=8000), 1, **wrong)


def test_composing_is_far_faster_than_real_time():
    compose(0, 5.0)
    began = time.process_time()
    compose(1, 30.0)
    assert 30.0 / (time.process_time() - began) > 30
