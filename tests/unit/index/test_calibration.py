"""The scale means false-positive rates, grows with the score, and falls with the catalogue."""

import json
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_domain.errors import Corrupt
from vault_index import calibration
from vault_index.calibration import Calibration, Catalogue, Tail

HOUR = Catalogue(3600.0, (Tail(3, 4, 0.1, 0.5, 2.5), Tail(30, 6, 0.05, 1.0, 4.0)))
DAY = Catalogue(86400.0, (Tail(3, 5, 0.1, 0.6, 3.5), Tail(30, 8, 0.05, 1.1, 5.0)))
WEIGHTS = {"bias": 0.0, "score": 1.0, "pairs": 1.0, "plain": 1.0}
MADE = Calibration("test", 1, WEIGHTS, (HOUR,), {})
BOTH = Calibration("test", 1, WEIGHTS, (HOUR, DAY), {})
SCORES = st.floats(-20, 200)
SECONDS = st.floats(0.5, 4000)


def test_the_named_points_of_the_scale():
    for rarity, similarity in ((0, 0), (2, 0.4), (3, 0.7), (4, 0.9)):
        assert calibration.from_rarity(rarity) == pytest.approx(similarity)
    assert calibration.from_rarity(1e6) <= 1.0


def test_the_tail_is_the_stated_exponential():
    for rate in (0.05, 0.01, 0.001, 0.0001):
        raw = 4 + 0.5 * math.log(0.1 / rate)
        assert MADE.rarity(raw, 3, 3600) == pytest.approx(-math.log10(rate))
    assert MADE.similarity(4 + 0.5 * math.log(100), 3, 3600) == pytest.approx(0.7)
    assert MADE.rarity(2.5, 3, 3600) == pytest.approx(-math.log10(0.5))


@given(SCORES, SCORES, SECONDS)
def test_more_evidence_is_never_less_similar(a, b, seconds):
    low, high = sorted((a, b))
    assert 0 <= MADE.similarity(low, seconds, 3600) <= MADE.similarity(high, seconds, 3600) <= 1


@given(SCORES, SECONDS, st.floats(1, 1e9), st.floats(1, 1e9))
def test_a_larger_catalogue_never_makes_a_match_surer(raw, seconds, a, b):
    small, large = sorted((a, b))
    for made in (MADE, BOTH):
        assert made.similarity(raw, seconds, large) <= made.similarity(raw, seconds, small) + 1e-12


@pytest.mark.parametrize("seconds", [3, 10, 30])
def test_measured_catalogues_are_met_exactly(seconds):
    for own in (HOUR, DAY):
        assert BOTH._tail(seconds, own.catalogue_s) == own.tail(seconds)
    between = BOTH._tail(seconds, math.sqrt(3600 * 86400))
    assert between.start == pytest.approx((HOUR.tail(seconds).start + DAY.tail(seconds).start) / 2)


def test_ten_times_the_catalogue_is_ten_times_the_false_positives():
    raw = 4 + 0.5 * math.log(1000)
    assert MADE.rarity(raw, 3, 3600) - MADE.rarity(raw, 3, 36000) == pytest.approx(1)


@given(SCORES, SECONDS, st.floats(0, 3600))
def test_below_the_measured_size_a_match_is_no_surer_than_at_it(raw, seconds, small):
    assert MADE.similarity(raw, seconds, small) == MADE.similarity(raw, seconds, 3600)


def test_the_shipped_file_is_sound():
    made = calibration.builtin()
    assert made.settings == 1
    assert set(made.weights) == {"bias", "score", "pairs", "plain", "rivals"}
    assert all(weight >= 0 for weight in made.weights.values())


@pytest.mark.parametrize("change", ["format", "tails", "scale", "share", "order", "catalogues", "weights", "cut"])
def test_other_files_are_corrupt(change):
    tails = [{"query_s": 3, "start": 4, "share": 0.1, "scale": 0.5, "median": 2}]
    catalogues = [{"catalogue_s": 10, "tails": tails}]
    document = {"format": 2, "version": "x", "settings": 1, "weights": {}, "catalogues": catalogues}
    document["measurements"] = {}
    calibration.parse(json.dumps(document).encode())
    if change == "format":
        document["format"] = 3
    elif change == "tails":
        catalogues[0]["tails"] = []
    elif change == "scale":
        tails[0]["scale"] = 0
    elif change == "share":
        tails[0]["share"] = 0.7
    elif change == "order":
        catalogues[0]["tails"] = [*tails, *tails]
    elif change == "catalogues":
        document["catalogues"] = [*catalogues, *catalogues]
    elif change == "weights":
        document["weights"] = []
    data = json.dumps(document).encode()
    with pytest.raises(Corrupt, match="mine"):
        calibration.parse(data[:-4] if change == "cut" else data, "mine")


def test_the_shipped_thresholds_rise_with_the_catalogue():
    """Where it counts, from one false positive in a hundred on, more audio never makes a match surer."""
    made = calibration.builtin()
    lengths = [60.0 * 4**k for k in range(12)]
    for seconds in (1, 3, 5, 10, 20, 30, 60):
        for raw in (12.0, 14.0, 16.0, 18.0, 20.0, 25.0):
            found = [made.similarity(raw, seconds, length) for length in lengths]
            assert all(b <= a + 0.02 for a, b in pairwise(found) if a >= 0.4)
