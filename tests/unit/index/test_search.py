"""Search finds transformed and embedded passages, and says where they are."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_audio.features import extract
from vault_index.search import RIVALS_UNDER, Match, rivals, search, windows
from vault_index.shard import Shard, build_shard


@pytest.fixture(scope="module")
def shard(library):
    return Shard.open(build_shard(library))


def ask(shard, samples, **more) -> list[Match]:
    return search([shard], extract(samples), **more)


def test_an_exact_excerpt_is_found_in_its_place(shard, song):
    best = ask(shard, song(3, 40)[12 * 16000 : 22 * 16000])[0]
    span = best.spans[0]
    assert best.track == "song-3"
    assert best.similarity > 0.9
    assert span.ref_start - span.query_start == pytest.approx(12, abs=0.05)
    assert (span.tempo_factor, span.pitch_semitones) == (1.0, 0.0)
    assert best.coverage > 0.9
    assert best.evidence > 20


@pytest.mark.parametrize(("tempo", "semitones"), [(1.1, 0), (0.9, 0), (1, 2), (1, -3), (1.2, 2), (0.8, -2), (1.35, 5)])
def test_tempo_and_pitch_are_found_and_told(shard, song, tempo, semitones):
    best = ask(shard, song(5, 14, tempo, semitones)[2 * 16000 : 12 * 16000])[0]
    span = best.spans[0]
    assert best.track == "song-5"
    assert best.similarity > 0.7
    assert span.tempo_factor == pytest.approx(tempo, rel=0.015)
    assert span.pitch_semitones == pytest.approx(semitones, abs=0.3)
    assert span.ref_start == pytest.approx((2 + span.query_start) * tempo, abs=0.3)


def test_noise_at_equal_level(shard, song):
    clean = song(2, 20)[5 * 16000 : 15 * 16000]
    noise = np.random.default_rng(1).standard_normal(len(clean)).astype(np.float32)
    best = ask(shard, clean + noise * clean.std())[0]
    assert best.track == "song-2"
    assert best.similarity > 0.7


def test_two_tracks_and_two_passages_of_one(shard, song):
    one, two, other = song(1, 40), song(6, 40), song(99, 40)
    query = np.concatenate([one[: 7 * 16000], other[: 6 * 16000], two[16000 : 8 * 16000], one[20 * 16000 : 27 * 16000]])
    found = {match.track: match for match in ask(shard, query) if match.similarity >= 0.7}
    assert set(found) == {"song-1", "song-6"}
    starts = sorted(round(span.query_start) for span in found["song-1"].spans)
    assert len(starts) == 2
    assert starts[0] <= 1
    assert abs(starts[1] - 20) <= 1


def test_a_long_query_gives_one_span(shard, song):
    best = ask(shard, song(4, 40, 1.05))[0]
    assert best.track == "song-4"
    assert len(best.spans) == 1
    assert best.coverage > 0.85
    assert best.spans[0].tempo_factor == pytest.approx(1.05, rel=0.004)


def test_unrelated_sound_stays_weak(shard, song):
    for seed in range(50, 56):
        assert all(match.similarity < 0.9 for match in ask(shard, song(seed, 10)))


def test_removed_tracks_are_not_found(shard, song):
    matches = ask(shard, song(3, 40)[: 10 * 16000], removed=frozenset({"song-3"}))
    assert all(match.track != "song-3" for match in matches)


@pytest.mark.parametrize(
    "samples",
    [np.zeros(0), np.zeros(1), np.ones(16000), np.zeros(160000), np.full(32000, np.nan), np.full(3000, 0.5)],
)
def test_nothing_to_hear_matches_nothing(shard, samples):
    assert ask(shard, samples.astype(np.float32)) == []


def test_results_repeat_exactly(shard, song):
    query = song(7, 12, 1.07)
    assert ask(shard, query) == ask(shard, query)


def test_shards_together_find_what_one_would(library, song):
    halves = [Shard.open(build_shard(library[:4])), Shard.open(build_shard(library[4:]))]
    best = search(halves, extract(song(6, 40)[: 10 * 16000]))[0]
    assert best.track == "song-6"


def test_an_empty_index_answers(song):
    assert ask(Shard.open(build_shard([])), song(1, 5)) == []
    assert search([], extract(song(1, 5))) == []


def test_a_query_without_its_map_or_of_other_settings_is_refused(shard, song):
    query = extract(song(1, 5))
    with pytest.raises(ValueError, match="dense"):
        search([shard], query.without_dense())
    with pytest.raises(ValueError, match="settings"):
        search([shard], replace(query, settings=99))


def test_windows_cover_the_query():
    for seconds in (0.5, 3.0, 12.0, 12.6, 29.9, 61.0, 240.0):
        cut = windows(seconds)
        assert cut[0][0] == 0
        assert cut[-1][1] == pytest.approx(seconds)
        assert all(b[0] <= a[1] + 1e-9 for a, b in pairwise(cut))


def test_a_long_copy_scores_what_its_best_ten_seconds_do(shard, song):
    """Otherwise the length of a query alone would lift unrelated music."""
    short = search([shard], extract(song(3, 40)[80_000:240_000]))[0]
    long = search([shard], extract(song(3, 40)[32_000:608_000]))[0]
    assert (short.track, long.track) == ("song-3", "song-3")
    assert long.spans[0].query_end - long.spans[0].query_start > 30
    assert long.raw < 1.35 * short.raw


RAWS = st.lists(st.floats(-5, 60), max_size=12)


@given(RAWS, st.floats(0, 3))
def test_rivals_grow_with_what_other_tracks_reach(raws, more):
    assert 0 <= rivals(raws) <= max(0.0, RIVALS_UNDER - 5)
    if all(raw + more < RIVALS_UNDER for raw in raws):
        assert rivals([raw + more for raw in raws]) >= rivals(raws)


@given(RAWS, st.lists(st.floats(RIVALS_UNDER, 60), max_size=5))
def test_tracks_that_are_found_are_no_rivals(raws, found):
    assert rivals([*raws, *found]) == rivals(raws)


def test_an_ordinary_query_has_no_rivals():
    assert rivals([]) == rivals([14.0, 12.0]) == rivals([12.0, 6.0, 4.9, 4.0]) == 0
    assert rivals([12.0, 11.0, 9.5, 8.0]) == pytest.approx(4.5)
