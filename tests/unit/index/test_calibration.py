"""The scale means false-positive rates, grows with the score, and falls with the catalogue."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_domain.errors import Corrupt
from vault_index import calibration
from vault_index.calibration import Calibration, Tail

MADE = Calibration(
    "test", 1, 3600.0, {"bias": 0.0, "score": 1.0, "pairs": 1.0, "plain": 1.0},
    (Tail(3, 4, 0.1, 0.5, 2.5), Tail(30, 6, 0.05, 1.0, 4.0)), {},
)  # fmt: skip
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
    assert MADE.similarity(raw, seconds, large) <= MADE.similarity(raw, seconds, small) + 1e-12


def test_ten_times_the_catalogue_is_ten_times_the_false_positives():
    raw = 4 + 0.5 * math.log(1000)
    assert MADE.rarity(raw, 3, 3600) - MADE.rarity(raw, 3, 36000) == pytest.approx(1)


@given(SCORES, SECONDS, st.floats(0, 3600))
def test_below_the_measured_size_a_match_is_no_surer_than_at_it(raw, seconds, small):
    assert MADE.similarity(raw, seconds, small) == MADE.similarity(raw, seconds, 3600)


def test_the_shipped_file_is_sound():
    made = calibration.builtin()
    assert made.settings == 1
    assert set(made.weights) == {"bias", "score", "pairs", "plain"}
    assert all(weight >= 0 for weight in made.weights.values())


@pytest.mark.parametrize("change", ["format", "tails", "scale", "share", "order", "weights", "cut"])
def test_other_files_are_corrupt(change):
    tails = [{"query_s": 3, "start": 4, "share": 0.1, "scale": 0.5, "median": 2}]
    document = {"format": 1, "version": "x", "settings": 1, "catalogue_s": 10, "weights": {}, "tails": tails}
    document["measurements"] = {}
    calibration.parse(json.dumps(document).encode())
    if change == "format":
        document["format"] = 2
    elif change == "tails":
        document["tails"] = []
    elif change == "scale":
        tails[0]["scale"] = 0
    elif change == "share":
        tails[0]["share"] = 0.7
    elif change == "order":
        document["tails"] = [*tails, *tails]
    elif change == "weights":
        document["weights"] = []
    data = json.dumps(document).encode()
    with pytest.raises(Corrupt, match="mine"):
        calibration.parse(data[:-4] if change == "cut" else data, "mine")
