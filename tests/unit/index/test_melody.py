"""A tune is found in any key and at any tempo within a fifth; what is no tune finds nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vault_audio import melody as describing
from vault_audio.features import extract
from vault_index import melody
from vault_index.calibration import builtin as landmarks_calibration
from vault_index.tunes import stretched, unpacked


def rows(seed: int, seconds: float = 60) -> np.ndarray:
    """A random tune as rows: a note of one to four steps, with its fifth faintly, over a little noise."""
    rng = np.random.default_rng(seed)
    out = np.zeros((int(seconds * 4), 12), np.float32)
    at = 0
    while at < len(out):
        length, note = int(rng.integers(1, 5)), int(rng.choice([0, 2, 4, 5, 7, 9, 11]))
        out[at : at + length, note] = 1.0
        out[at : at + length, (note + 7) % 12] += 0.3
        at += length
    out += rng.normal(0, 0.08, out.shape)
    return shaped(out)


def shaped(profile: np.ndarray) -> np.ndarray:
    return describing.pack(describing._outstanding(np.maximum(profile, 0).astype(np.float32)))


def changed(packed: np.ndarray, start: float, seconds: float, tempo: float, key: int, seed: int = 0) -> np.ndarray:
    """An excerpt played ``tempo`` times as fast and ``key`` semitones higher, with noise."""
    rng = np.random.default_rng(seed)
    part = unpacked(packed)[int(start * 4) : int((start + seconds * tempo) * 4)]
    played = np.roll(stretched(part, 1 / tempo), key, axis=1)
    return describing.pack((played + rng.normal(0, 0.05, played.shape)).astype(np.float32))


@pytest.fixture(scope="module")
def book() -> melody.Book:
    return melody.Book.of([melody.Tune(f"tune-{seed}", 60.0, rows(seed)) for seed in range(60)])


@settings(max_examples=25, deadline=None)
@given(
    number=st.integers(0, 59), start=st.floats(0, 12), tempo=st.floats(0.82, 1.2), key=st.integers(-6, 5),
    seed=st.integers(0, 999),
)  # fmt: skip
def test_a_tune_is_found_in_any_key_and_tempo(book, number, start, tempo, key, seed):
    query = changed(rows(number), start, 30, tempo, key, seed)
    best = melody.search([book], query)[0]
    assert best.track == f"tune-{number}"
    assert best.similarity >= 0.7
    assert best.tempo_factor == pytest.approx(tempo, rel=0.025)
    assert (best.pitch_semitones - key) % 12 == 0
    lag = best.ref_start - start - best.query_start * tempo
    assert abs(lag) < 1.0
    assert best.query_end - best.query_start > 20


def test_unrelated_tunes_stay_under_the_thresholds(book):
    scores = [melody.search([book], rows(1000 + n, 30), limit=1)[0].similarity for n in range(40)]
    assert sum(score >= 0.4 for score in scores) <= 3
    assert max(scores) < 0.7


def test_removed_tracks_are_never_answered(book):
    query = changed(rows(3), 5, 30, 1.0, 0)
    assert melody.search([book], query)[0].track == "tune-3"
    assert all(match.track != "tune-3" for match in melody.search([book], query, removed=frozenset({"tune-3"})))


@pytest.mark.parametrize("seconds", [0, 1, 5, 11.5])
def test_short_queries_are_no_tune(book, seconds):
    assert melody.search([book], changed(rows(3), 5, seconds, 1.0, 0)) == []


def test_a_query_of_nothing_finds_nothing(book):
    assert melody.search([book], np.full((120, 6), 0x44, np.uint8)) == []


@pytest.mark.parametrize("sound", ["noise", "tone", "silence"])
def test_what_is_no_music_finds_nothing_strong(book, sound):
    rng, time = np.random.default_rng(8), np.arange(30 * 16_000) / 16_000
    made = {"noise": rng.normal(0, 0.1, len(time)), "tone": 0.3 * np.sin(2 * np.pi * 523 * time), "silence": time * 0}
    found = melody.search([book], extract(made[sound].astype(np.float32)).melody)
    assert all(match.similarity < 0.4 for match in found)


def test_an_empty_catalogue_answers_nothing():
    empty = melody.Book.of([melody.Tune("nothing", 0.0, np.zeros((0, 6), np.uint8))])
    assert melody.search([empty], rows(1, 30)) == []


def test_long_queries_are_walked_in_windows(book):
    """A tune of half a minute inside two minutes of others."""
    parts = [rows(2000, 45), changed(rows(7), 10, 30, 1.1, 4), rows(2001, 45)]
    best = melody.search([book], np.concatenate(parts))[0]
    assert best.track == "tune-7"
    assert 40 < best.query_start < 60
    assert melody.windows(480)[0] == (0, 120)
    assert melody.windows(480)[-1] == (360, 480)
    assert melody.windows(130) == [(0, 130)]


def test_references_shorter_than_the_query_are_searched():
    short = melody.Book.of([melody.Tune("jingle", 15.0, rows(5, 15)), melody.Tune("other", 60.0, rows(6, 60))])
    query = np.concatenate([rows(9, 8), rows(5, 15), rows(10, 7)])
    assert melody.search([short], query)[0].track == "jingle"


def test_the_same_search_gives_the_same_answer(book):
    query = changed(rows(11), 3, 30, 0.9, 2)
    assert melody.search([book], query) == melody.search([book], query)


def test_its_calibration_is_its_own():
    own = melody.builtin()
    assert own.settings == melody.SETTINGS
    assert own.version != landmarks_calibration().version
    assert describing.SETTINGS == melody.SETTINGS
