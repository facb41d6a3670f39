"""Rows of pitch classes: a change of key turns them, gain leaves them alone, and what is no tune gives nothing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vault_audio import melody
from vault_audio.features import extract, pack, unpack

RATE = 16_000
STEPS = (0, 2, 4, 5, 7, 9, 11)


def tune(seed: int, seconds: float = 20, key: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    out = np.zeros(int(seconds * RATE))
    time = np.arange(RATE // 2) / RATE
    for start in range(0, len(out), RATE // 2):
        hertz = 440 * 2 ** ((60 + STEPS[rng.integers(7)] + key - 69) / 12)
        note = sum(np.sin(2 * np.pi * hertz * k * time) / k for k in (1, 2, 3)) * np.exp(-3 * time) * 0.2
        out[start : start + len(time)] += note[: len(out) - start]
    return out.astype(np.float32)


def values(samples: np.ndarray) -> np.ndarray:
    rows = extract(samples).melody
    assert rows is not None
    nibbles = np.stack([rows >> 4, rows & 15], axis=2).reshape(len(rows), 12)
    return (nibbles.astype(float) - melody.ZERO) / 10


def test_the_note_that_sounds_leads_its_rows():
    rng = np.random.default_rng(4)
    rows = values(tune(4))
    expected = [(60 + STEPS[rng.integers(7)] - 69) % 12 for _ in range(40)]
    heard = [int(rows[2 * n : 2 * n + 2].sum(axis=0).argmax()) for n in range(40)]
    assert sum(a == b for a, b in zip(expected, heard, strict=True)) >= 36


@settings(max_examples=12, deadline=None)
@given(key=st.integers(-6, 6), seed=st.integers(0, 10**6))
def test_another_key_turns_the_rows(key, seed):
    plain, moved = values(tune(seed)), values(tune(seed, key=key))
    turned = np.roll(plain, key, axis=1)
    agreement = (turned * moved).sum() / np.sqrt((turned**2).sum() * (moved**2).sum())
    assert agreement > 0.85


def test_gain_does_nothing():
    loud, quiet = values(tune(1)), values(tune(1) * np.float32(0.25))
    assert (loud * quiet).sum() / np.sqrt((loud**2).sum() * (quiet**2).sum()) > 0.98


@pytest.mark.parametrize("samples", [np.zeros(10 * RATE), np.full(10 * RATE, 0.5), np.zeros(0), np.ones(1)])
def test_silence_and_constants_give_rows_of_nothing(samples):
    rows = extract(samples.astype(np.float32)).melody
    assert rows is not None
    inside = rows[8:-8]  # a constant's edges are clicks
    assert (inside == melody.ZERO * 17).all()
    assert len(rows) == melody.row_count(len(samples) / RATE)


def test_a_steady_tone_has_no_shape():
    time = np.arange(20 * RATE) / RATE
    rows = values((0.3 * np.sin(2 * np.pi * 523 * time)).astype(np.float32))[8:-8]
    assert (rows**2).sum(axis=1).mean() < 0.1


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 70_000))
def test_any_length_packs_and_unpacks(length):
    made = extract(np.random.default_rng(length).standard_normal(length).astype(np.float32) * np.float32(0.1))
    back = unpack(pack(made))
    assert np.array_equal(back.melody, made.melody)
    assert made.melody.shape == (melody.row_count(length / RATE), melody.ROW_BYTES)


def test_features_packed_before_there_were_tunes_get_theirs_from_the_map():
    made = extract(tune(2))
    old = replace(made, melody=None)
    assert np.array_equal(unpack(pack(old, dense=True)).melody, made.melody)
    assert unpack(pack(old)).melody is None


def test_maps_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="bins"):
        melody.describe(np.zeros((40, 12), np.int8))


def test_under_one_and_a_half_kilobytes_a_minute():
    rows = extract(tune(3, 60)).melody
    assert rows.nbytes == 1440
