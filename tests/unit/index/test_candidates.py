"""Both candidate searches find the planted alignment, obey their bounds and leave out what they are told to."""

import numpy as np
import pytest
from vault_audio.features import extract
from vault_index import coincidence, votes
from vault_index.shard import Shard, build_shard

FULL = votes.Stage("full", tuple(range(len(votes.TEMPOS))), "any", 1_000_000)


@pytest.fixture(scope="module")
def shard(library):
    return Shard.open(build_shard(library))


def asked(samples):
    made = extract(samples)
    return votes.Lookups(votes.Window(made.peak_times.astype(float), made.peak_pitches.astype(float)))


def test_votes_find_tempo_and_shift(shard, song):
    found = votes.candidates(shard, asked(song(2, 14, 1.17, 3)[32000:192000]), FULL)
    assert found.track[0] == 2
    assert found.tempo[0] == pytest.approx(1.17, rel=0.03)
    assert abs(found.shift[0] - 6) <= 1
    place = found.place[0] - shard.tracks[2].base * 8
    assert place == pytest.approx((2 * 160 + found.anchor[0]) * 1.17, abs=80)


def test_a_small_budget_bounds_the_work(shard, song):
    lookups = asked(song(2, 12))
    for budget in (0, 100, 5000):
        stage = votes.Stage("few", FULL.tempos, "any", budget)
        hits = votes._hits(shard, votes._asked(shard, lookups, stage), stage, None)
        assert len(hits.tempo) <= budget


@pytest.mark.parametrize("shift", ["none", "speed"])
def test_narrowed_stages_look_at_a_slice(shard, song, shift):
    lookups = asked(song(2, 12))
    narrow = votes.Stage("narrow", FULL.tempos, shift, 1_000_000)
    all_hits = votes._hits(shard, votes._asked(shard, lookups, FULL), FULL, None)
    some = votes._hits(shard, votes._asked(shard, lookups, narrow), narrow, None)
    assert len(some.tempo) < 0.3 * len(all_hits.tempo)
    expected = 0 if shift == "none" else np.rint(24 * np.log2(votes.TEMPOS[some.tempo]))
    assert np.abs(some.shift - expected).max() <= 1.5


def test_excluded_tracks_give_no_candidates(shard, song):
    lookups = asked(song(2, 12))
    assert 2 in votes.candidates(shard, lookups, FULL).track
    assert 2 not in votes.candidates(shard, lookups, FULL, frozenset({2})).track
    buried = coincidence.candidates(shard, coincidence.by_pitch(shard), lookups.window, frozenset({2}))
    assert buried is not None
    assert 2 not in buried.track


def test_coincidence_finds_what_is_buried(shard, song):
    clean, other = song(5, 30)[10 * 16000 : 20 * 16000], song(77, 10)
    lookups = asked(clean * np.float32(0.6) + other)
    found = coincidence.candidates(shard, coincidence.by_pitch(shard), lookups.window)
    assert found is not None
    best = int(np.flatnonzero(found.track == 5)[0])
    assert found.place[best] - shard.tracks[5].base * 8 == pytest.approx(found.anchor[best] + 1600, abs=16)


def test_coincidence_declines_what_is_too_large(shard, song, monkeypatch):
    monkeypatch.setattr(coincidence, "MOST_HITS", 10)
    assert coincidence.candidates(shard, coincidence.by_pitch(shard), asked(song(5, 10)).window) is None


def test_nothing_asked_nothing_found(shard):
    empty = votes.Lookups(votes.Window(np.zeros(0), np.zeros(0)))
    assert len(votes.candidates(shard, empty, FULL).track) == 0
    found = coincidence.candidates(shard, coincidence.by_pitch(shard), empty.window)
    assert found is not None
    assert len(found.track) == 0
