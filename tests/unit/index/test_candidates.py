"""Both candidate searches find the planted alignment, obey their bounds and leave out what they are told to."""

from dataclasses import replace

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


def test_a_small_budget_leaves_out_the_longest_lists(shard, song):
    lookups = asked(song(2, 12)[32000:192000])
    rich = votes.candidates(shard, lookups, FULL)
    for budget in (0, 2000, 20_000):
        poor = votes.candidates(shard, lookups, replace(FULL, budget=budget))
        assert poor.votes.sum() <= min(rich.votes.sum(), 8 * budget)


def test_lists_that_the_budget_can_read_are_all_there(shard, song):
    lookups = asked(song(2, 12)[32000:192000])
    every = lookups.lists(shard, replace(FULL, budget=10**9))
    lengths = np.sort(every.length)
    for budget in (1, 500, 20_000, 200_000):
        fitting = max((size for size in set(lengths.tolist()) if lengths[lengths <= size].sum() <= budget), default=0)
        some = lookups.lists(shard, replace(FULL, budget=budget))
        assert some.postings == every.postings == every.length.sum()
        assert np.array_equal(rows(some, fitting), rows(every, fitting))
        assert len(some.length) < len(every.length)


def rows(lists, fitting):
    """Tempo, first posting, length and anchor of each list that is no longer than this."""
    tempo = np.repeat(np.arange(len(lists.bounds) - 1), np.diff(lists.bounds))
    return np.stack([tempo, lists.first, lists.length, lists.anchor])[:, lists.length <= fitting]


def test_keys_are_made_once_for_all_stages_and_parts(shard, song):
    lookups = asked(song(2, 12)[32000:192000])
    assert lookups.asked(FULL) is lookups.asked(replace(FULL, shift="speed", probe=False, budget=7))


@pytest.mark.parametrize("shift", ["none", "speed"])
def test_narrowed_stages_look_at_a_slice(shard, song, shift):
    lookups = asked(song(2, 12))
    stage = replace(FULL, shift=shift)
    assert votes.postings_touched(shard, lookups, stage) < 0.4 * votes.postings_touched(shard, lookups, FULL)
    found = votes.candidates(shard, lookups, stage)
    expected = 0 if shift == "none" else np.rint(24 * np.log2(found.tempo))
    assert np.abs(found.shift - expected).max() <= 1


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
    monkeypatch.setattr(coincidence, "MOST_HITS", 0)
    assert coincidence.candidates(shard, coincidence.by_pitch(shard), asked(song(5, 10)).window) is None


def test_coincidence_keeps_the_rarest_pitches_within_its_bound(shard, song):
    sorted_, window = coincidence.by_pitch(shard), asked(song(5, 10)).window
    everything = coincidence._asked(window)
    pitch, _ = coincidence._rarest(sorted_, *everything, 5_000)
    partners = sorted_.starts[1:] - sorted_.starts[:-1]
    assert 0 < partners[pitch].sum() <= 5_000
    assert partners[pitch].max() < partners[everything[0]].max()


def test_nothing_asked_nothing_found(shard):
    empty = votes.Lookups(votes.Window(np.zeros(0), np.zeros(0)))
    assert len(votes.candidates(shard, empty, FULL).track) == 0
    found = coincidence.candidates(shard, coincidence.by_pitch(shard), empty.window)
    assert found is not None
    assert len(found.track) == 0
