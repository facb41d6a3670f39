"""Passages and whole tracks: found where they are, at their place, and not where they are not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vault_audio import chromaprint
from vault_audio.chromaprint import RATE, WINDOW_S
from vault_audio.chromaprint_match import compare, match

from .test_chromaprint import tune

A, B = tune(11, 60), tune(12, 60)
FA, FB = chromaprint.fingerprint(A), chromaprint.fingerprint(B)


def test_a_track_matches_itself_wholly():
    (found,) = match(FA, FA, max_spans=1)
    assert (found.query_start, found.ref_start, found.bit_error_rate, found.similarity) == (0, 0, 0, 1)
    assert found.query_end == pytest.approx(60, abs=0.2)
    assert compare(FA, FA).similarity == 1


def test_other_music_does_not_match():
    assert match(FA, FB) == []
    assert compare(FA, FB).similarity < 0.35


@settings(max_examples=15, deadline=None)
@given(st.floats(0, 48), st.floats(5, 45), st.floats(8, 12))
def test_an_excerpt_inside_other_music_is_found_to_an_item_s_width(start, place, length):
    s, p, n = (round(value * RATE) for value in (start, place, length))
    mixed = np.concatenate([B[:p], A[s : s + n], B[p:]])  # an item at an edge hears both pieces
    found = match(chromaprint.fingerprint(mixed), FA)[0]
    seconds = len(A[s : s + n]) / RATE
    assert found.query_start == pytest.approx(p / RATE, abs=WINDOW_S)
    assert found.query_end == pytest.approx(p / RATE + seconds, abs=WINDOW_S)
    assert found.ref_start - found.query_start == pytest.approx((s - p) / RATE, abs=0.15)
    assert found.similarity > 0.6


def test_query_and_reference_may_change_places():
    mixed = chromaprint.fingerprint(np.concatenate([B[: 20 * RATE], A[: 15 * RATE]]))
    one, two = match(mixed, FA)[0], match(FA, mixed)[0]
    assert (one.query_start, one.ref_end) == pytest.approx((two.ref_start, two.query_end), abs=0.3)


def test_two_passages_in_another_order_are_two_spans():
    swapped = chromaprint.fingerprint(np.concatenate([A[40 * RATE : 55 * RATE], A[5 * RATE : 20 * RATE]]))
    spans = sorted((round(s.query_start), round(s.ref_start)) for s in match(swapped, FA)[:2])
    assert np.abs(np.array(spans) - [(0, 40), (15, 5)]).max() <= 1


def test_noise_on_the_copy_is_seen_through():
    rng = np.random.default_rng(1)
    noisy = np.clip(A * 0.5 + rng.normal(0, 150, len(A)), -32768, 32767).astype(np.int16)[7777 : 7777 + 15 * RATE]
    found = match(chromaprint.fingerprint(noisy), FA)[0]
    assert found.ref_start == pytest.approx(7777 / RATE, abs=0.3)


def test_silence_matches_nothing_and_nothing_fails_on_short_input():
    silence = chromaprint.fingerprint(np.zeros(30 * RATE, dtype=np.int16))
    assert match(silence, silence) == []
    with_pause = chromaprint.fingerprint(np.concatenate([B[: 10 * RATE], np.zeros(20 * RATE, np.int16), B[: 5 * RATE]]))
    other_pause = chromaprint.fingerprint(np.concatenate([A[: 10 * RATE], np.zeros(20 * RATE, np.int16)]))
    assert match(with_pause, other_pause) == []
    for size in range(18):
        assert match(FA[:size], FB) == []
    assert compare(FA[:0], FB).similarity == 0
    assert match(FA[:0], FA[:0]) == []


def test_a_shifted_whole_track_is_aligned():
    late = chromaprint.fingerprint(np.concatenate([np.zeros(4 * RATE, dtype=np.int16), A]))
    got = compare(FA, late)
    assert got.offset_s == pytest.approx(4, abs=0.13)
    assert got.similarity > 0.8
