"""Parts and loops, noise, tones and near-silence: the real decoder and the real search on composed sound."""

import numpy as np
import pytest
from asking import audio_left, inline, post, wire_decoder
from granting import numbered
from simulator import Simulator
from sounds import RATE, as_file, in_vault, piece, registered
from wire import body_of

TRACK = numbered("trk", 1)


@pytest.fixture
def ready(sim: Simulator, load_step):
    in_vault(sim, 1, as_file(piece(1, 30.0)))
    registered(sim, ("Known piece", as_file(piece(4, 12.0))))
    wire_decoder(sim, load_step)
    return load_step("safety-check")


def part(number: int, start: float, seconds: float):
    return piece(number, 30.0)[int(start * RATE) : int((start + seconds) * RATE)]


def checked(sim, ready, samples, kind="FLAC"):
    answer = body_of(post(ready, sim, inline(as_file(samples, kind))))
    assert audio_left(sim) == []
    return answer


def test_five_copied_seconds_in_three_minutes_are_found_located_and_can_be_cut_out(sim, ready) -> None:
    song = piece(6, 180.0).copy()
    song[100 * RATE : 105 * RATE] = part(1, 10, 5)
    answer = checked(sim, ready, song, "OGG")
    assert answer["outcome"] == "block"
    found = next(match for match in answer["matches"] if match["ref"] == TRACK)
    (where,) = found["spans"]
    assert abs(where["query_start"] - 100) < 0.7
    assert abs(where["query_end"] - 105) < 0.7
    assert abs(where["ref_start"] - 10) < 0.7
    assert [one["code"] for one in answer["suggestions"]] == ["another_seed", "trim"]
    start, end = answer["suggestions"][1]["keep"]
    assert start == 0
    assert 97 < end < 100
    assert answer["similarity"]["internal"]["fp_robust"] >= 0.7 > answer["similarity"]["external"]["fp_robust"]


@pytest.mark.parametrize("number", [2, 3])
def test_a_loop_of_ones_own_is_no_copy(sim, ready, number) -> None:
    answer = checked(sim, ready, np.tile(part(number, 8, 2), (10, 1)))
    assert (answer["outcome"], answer["suggestions"]) == ("allow", [])


def test_a_copied_bar_played_ten_times_counts_once(sim, ready) -> None:
    answer = checked(sim, ready, np.tile(part(1, 8, 2), (10, 1)))
    assert answer["outcome"] == "block"
    (found,) = [match for match in answer["matches"] if match["ref"] == TRACK]
    assert 1.5 <= found["overlap_s"] <= 4
    assert "trim" not in [one["code"] for one in answer["suggestions"]]


def tone(seconds: float = 12.0, level: float = 0.3):
    time = np.arange(int(seconds * RATE)) / RATE
    return np.stack([level * np.sin(2 * np.pi * 440 * time)] * 2, axis=1).astype(np.float32)


def noise(level: float = 0.1):
    return (np.random.default_rng(1).standard_normal((12 * RATE, 2)) * level).astype(np.float32)


QUIET = piece(2, 12.0) * 0.006
MOSTLY = np.concatenate([piece(2, 12.0), np.zeros((20 * RATE, 2), np.float32)])


@pytest.mark.parametrize(
    ("samples", "code"), [(tone(), "test_tone"), (noise(), "noise"), (QUIET, "very_quiet"), (MOSTLY, "mostly_silent")]
)
def test_sound_with_little_in_it_is_warned_of_by_name(sim, ready, samples, code) -> None:
    answer = checked(sim, ready, samples)
    assert (answer["outcome"], answer["similarity_level"]) == ("warn", "none")
    assert code in [reason["code"] for reason in answer["reasons"]]
    assert "little in this output" in answer["message"]
    assert [one["code"] for one in answer["suggestions"]] == ["hear_it"]


def test_a_bed_of_noise_does_not_hide_a_copy(sim, ready) -> None:
    copy = part(1, 0, 12)
    loud = copy + noise(0.5 * float(np.sqrt(np.mean(copy**2))))
    answer = checked(sim, ready, loud)
    assert answer["outcome"] == "block"


def test_silence_itself_is_refused_by_name(sim, ready) -> None:
    result = post(ready, sim, inline(as_file(tone(level=0.0005))))
    assert (result["statusCode"], body_of(result)["code"]) == (422, "silent")
