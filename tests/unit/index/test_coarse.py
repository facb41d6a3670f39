"""The first stage of the melody search answers what a slow look at every place, key and tempo answers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vault_index import coarse
from vault_index.tunes import CLASSES, STEPS_PER_SECOND, sharpened, stretched, unpacked


def packed(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.integers(0, 256, (count, 6), dtype=np.uint8)


def by_hand(rows: np.ndarray, step_s: int) -> np.ndarray:
    size = STEPS_PER_SECOND * step_s
    means = [rows[at : at + size].mean(axis=0) for at in range(0, len(rows) // size * size, size)]
    return sharpened(np.array(means, np.float32).reshape(-1, CLASSES), 0.5)


def best_by_hand(tune: np.ndarray, query: np.ndarray, grain: coarse.Grain) -> float:
    """The best cosine of any stretch of the query, in any tempo and key, with any place of a tune."""
    line = np.concatenate([by_hand(unpacked(tune), grain.step_s), np.zeros((grain.steps, CLASSES), np.float32)])
    best = 0.0
    for tempo in coarse.TEMPOS:
        rows = by_hand(stretched(query, tempo), grain.step_s)
        for share in grain.starts:
            probe = np.zeros((grain.steps, CLASSES), np.float32)
            start = int(share * max(0, len(rows) - grain.steps))
            part = rows[start : start + grain.steps]
            probe[: len(part)] = part
            probe /= max(float(np.linalg.norm(probe)), 1e-6)
            for place in range(len(line) - grain.steps):
                window = line[place : place + grain.steps]
                length = np.sqrt(max(float((window**2).sum()), grain.quiet * grain.steps))
                turned = [float((np.roll(probe, key, axis=1) * window).sum()) / length for key in range(CLASSES)]
                best = max(best, *turned)
    return best


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), lengths=st.lists(st.integers(0, 130), min_size=1, max_size=4))
@pytest.mark.parametrize("grain", [coarse.ROUGH, coarse.CLOSE])
def test_agreement_is_that_of_every_key_tempo_and_place(grain, seed, lengths):
    rng = np.random.default_rng(seed)
    tunes, query = [packed(rng, length) for length in lengths], unpacked(packed(rng, 100))
    level = coarse.Level.of(tunes, grain)
    best, place = coarse._agreement(level, coarse.probes_of(query, grain))
    assert best == pytest.approx([best_by_hand(tune, query, grain) for tune in tunes], abs=2e-4)
    assert all(place < np.diff(level.bases))


def test_tracks_by_themselves_agree_as_they_did_among_all():
    rng = np.random.default_rng(4)
    tunes, query = [packed(rng, int(rng.integers(0, 300))) for _ in range(40)], unpacked(packed(rng, 120))
    level = coarse.Level.of(tunes, coarse.CLOSE)
    some = np.array([3, 17, 39])
    probes = coarse.probes_of(query, coarse.CLOSE)
    among, _ = coarse._agreement(level, probes)
    alone, _ = coarse._agreement(level.only(some), probes)
    assert alone == pytest.approx(among[some], abs=1e-5)


def test_of_many_tracks_the_right_one_comes_first_unless_it_is_left_out():
    rng = np.random.default_rng(5)
    tunes = [packed(rng, 240) for _ in range(coarse.KEPT + 60)]
    outline = coarse.Coarse.of(tunes)
    query = np.roll(unpacked(tunes[200])[40:160], 5, axis=1)
    found = coarse.candidates(outline, query, frozenset(), 24)
    assert found[0].number == 200
    assert len(found) == 24
    assert found == sorted(found)
    without = frozenset({200, 3})
    assert not without & {one.number for one in coarse.candidates(outline, query, without, 24)}
    assert coarse.candidates(outline, query, frozenset(range(len(tunes))), 24) == []
