"""Keys know intervals and gaps, and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vault_index import keys


def melody(seed: int, count: int = 80) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return np.cumsum(rng.integers(4, 30, count)).astype(float), rng.integers(100, 900, count).astype(float)


@given(st.integers(0, 1000), st.integers(0, 100_000), st.integers(-90, 90))
@settings(max_examples=40, deadline=None)
def test_moving_in_time_or_pitch_changes_no_key(seed, later, higher):
    times, pitches = melody(seed)
    one = keys.triplets(times, pitches, 4)
    two = keys.triplets(times + later, pitches + 8 * higher, 4)
    assert np.array_equal(one.hashes, two.hashes)
    assert np.array_equal(one.anchors, two.anchors)


def test_a_probe_adds_a_neighbour_of_every_key():
    one, two = (keys.triplets(*melody(1), 4, probe=probe) for probe in (False, True))
    assert len(two.hashes) == 2 * len(one.hashes)
    assert np.array_equal(two.hashes[::2], one.hashes)
    assert (two.hashes[1::2] != one.hashes).all()


def test_followers_and_pairs_are_bounded():
    times, pitches = melody(2)
    for followers, most, expected in ((4, None, 6), (4, 5, 5), (5, None, 10)):
        found = keys.triplets(times, pitches, followers, most=most)
        assert np.bincount(found.anchors).max() <= expected


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_landmarks_have_no_keys(count):
    assert len(keys.triplets(np.arange(count) * 20.0, np.full(count, 300.0), 4).hashes) == 0


def test_far_landmarks_have_no_keys():
    assert len(keys.triplets(np.arange(5) * 1000.0, np.full(5, 300.0), 4).hashes) == 0
    assert len(keys.triplets(np.arange(5) * 20.0, np.arange(5) * 200.0, 4).hashes) == 0
