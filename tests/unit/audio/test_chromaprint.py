"""Chromaprint: equal to fpcalc item for item, packed and unpacked without loss, hostile text refused."""

import base64
import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_audio import chromaprint
from vault_domain.errors import Corrupt

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "chromaprint.json").read_text())["fingerprints"]
ITEMS = st.lists(st.integers(0, 2**32 - 1), max_size=60).map(lambda values: np.array(values, dtype=np.uint32))


def tune(seed: int, seconds: int) -> np.ndarray:
    """Triangle waves by integer arithmetic alone: the same samples on every machine, for ever."""
    state = seed

    def draw(low: int, high: int) -> int:
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return low + (state >> 33) % (high - low)

    out = np.zeros(seconds * chromaprint.RATE, dtype=np.int64)
    start = 0
    while start < len(out):
        part = out[start : start + draw(1500, 6000)]
        at = np.arange(len(part))
        for _ in range(3):
            period, level = draw(14, 200), draw(500, 5000)
            part += np.abs((at % period) * 4 * level // period - 2 * level) - level
        start += len(part)
    return out.astype(np.int16)


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda g: f"{g['seconds']}s")
def test_whole_fingerprints_are_those_of_fpcalc(golden):
    items = chromaprint.fingerprint(tune(golden["seed"], golden["seconds"]))
    assert chromaprint.compress(chromaprint.head(items)) == golden["fingerprint"]
    algorithm, unpacked = chromaprint.decompress(golden["fingerprint"])
    assert algorithm == chromaprint.ALGORITHM
    assert np.array_equal(unpacked, chromaprint.head(items))


@given(ITEMS, st.integers(0, 255))
def test_packing_undoes_itself(items, algorithm):
    got = chromaprint.decompress(chromaprint.compress(items, algorithm))
    assert got[0] == algorithm
    assert np.array_equal(got[1], items)


@given(st.binary(max_size=200))
def test_any_bytes_are_items_or_corrupt(data):
    try:
        _, items = chromaprint.decompress(base64.urlsafe_b64encode(data).decode().rstrip("="))
    except Corrupt:
        return
    assert len(items) == int.from_bytes(data[1:4], "big") <= 8 * len(data)


@given(st.text(max_size=60))
def test_any_text_is_items_or_corrupt(text):
    with contextlib.suppress(Corrupt):
        chromaprint.decompress(text)


def test_every_shortened_fingerprint_is_corrupt():
    data = base64.urlsafe_b64decode(GOLDEN[1]["fingerprint"] + "==")
    for size in range(len(data) - 1):
        with pytest.raises(Corrupt):
            chromaprint.decompress(base64.urlsafe_b64encode(data[:size]).decode().rstrip("="))


def test_a_huge_announced_length_costs_nothing():
    with pytest.raises(Corrupt):
        chromaprint.decompress(base64.urlsafe_b64encode(b"\x01\xff\xff\xff" + bytes(100)).decode())


@pytest.mark.parametrize("samples", [0, 1, 4095, 30_030])
def test_less_than_a_window_has_no_items(samples):
    assert len(chromaprint.fingerprint(np.zeros(samples, dtype=np.int16))) == 0
    assert chromaprint.compress(chromaprint.fingerprint(np.zeros(samples, dtype=np.int16))) == "AQAAAA"


def test_a_beginning_has_the_beginning_of_the_fingerprint():
    samples = tune(5, 30)
    whole, part = chromaprint.fingerprint(samples), chromaprint.fingerprint(samples[: 15 * chromaprint.RATE])
    assert np.array_equal(whole[: len(part)], part)
    assert np.array_equal(chromaprint.head(whole, 15.0), part)


def test_level_does_not_matter_much():
    samples = tune(6, 20)
    loud, soft = chromaprint.fingerprint(samples), chromaprint.fingerprint(samples // 4)
    assert np.bitwise_count(loud ^ soft).mean() < 1
