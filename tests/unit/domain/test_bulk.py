"""The bulk rule: a bound on what one account brings, stable whoever else comes or goes, and hints about who is who."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import NOW, a_track, an_id, later
from vault_domain.bulk import (
    PATTERN_FROM,
    BulkAsk,
    BulkDecision,
    EntityFacts,
    groups,
    held_tracks,
    is_held,
    limit_of,
    marks_of,
    pattern_of,
)
from vault_domain.policy import Policy

POLICY = Policy(bulk_tracks=20, bulk_share=0.25, bulk_share_from=16)
SIZES = st.lists(st.integers(0, 30), min_size=1, max_size=5)


def vault(sizes: list[int]):
    number = 0
    for owner, size in enumerate(sizes):
        for at in range(size):
            number += 1
            yield a_track(track_id=an_id("trk", number), owner=an_id("acc", owner), submitted=later(minutes=at))


def decision(owner: int, outcome: str = "approved", up_to: int | None = 5) -> dict[str, BulkDecision]:
    account = an_id("acc", owner)
    made = BulkDecision(account_id=account, outcome=outcome, up_to=up_to, reason="looked into", by="acc", at=NOW)
    return {account: made}


@given(SIZES)
def test_nobody_brings_more_than_the_limit_and_the_oldest_stay(sizes):
    tracks, total = list(vault(sizes)), sum(sizes)
    held = held_tracks(tracks, {}, POLICY)
    limit = limit_of("", total, {}, POLICY)
    assert limit == (20 if total < 16 else min(20, int(0.25 * total)))
    for owner, size in enumerate(sizes):
        used = [track for track in tracks if track.owner == an_id("acc", owner) and track.track_id not in held]
        assert len(used) == min(size, limit)
        newest_used = max((track.submitted for track in used), default=NOW)
        waiting = [track for track in tracks if track.owner == an_id("acc", owner) and track.track_id in held]
        assert all(track.submitted >= newest_used for track in waiting)


@given(SIZES, st.integers(1, 30))
def test_governance_decides_for_one_account_alone(sizes, up_to):
    tracks = list(vault(sizes))
    before, after = held_tracks(tracks, {}, POLICY), held_tracks(tracks, decision(0, up_to=up_to), POLICY)
    others = {track.track_id for track in tracks if track.owner != an_id("acc", 0)}
    assert before & others == after & others
    own = {track.track_id for track in tracks} - others
    assert len(own - after) == min(len(own), up_to)
    assert held_tracks(tracks, decision(0, "held", None), POLICY) >= own


def test_an_order_of_the_tracks_changes_nothing():
    tracks = list(vault([12, 9, 3]))
    assert held_tracks(tracks, {}, POLICY) == held_tracks(reversed(tracks), {}, POLICY)


def test_a_hold_is_a_hold_and_nothing_else_is():
    account = an_id("acc", 0)
    assert is_held(decision(0, "held", None)[account])
    assert not is_held(decision(0)[account])
    assert not is_held(None)


@pytest.mark.parametrize("said", [{"outcome": "approved"}, {"outcome": "held", "up_to": 3}])
def test_an_approval_says_up_to_how_many(said):
    with pytest.raises(ValueError, match="an approval says"):
        BulkAsk(reason="looked into it", **said)


# --- who belongs together --------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "pattern"),
    [("Zenith-Loop 0042.WAV", "zenith-loop#.wav"), ("track01.wav", "track#.wav"), ("01.wav", None),
     ("Glass City.flac", None), ("a1.wav", None)],
)  # fmt: skip
def test_how_files_are_named(name, pattern):
    assert pattern_of(name) == pattern


def account(number: int, **facts) -> EntityFacts:
    return EntityFacts(an_id("acc", number), tracks=number, **facts)


LOOPS = tuple(f"zenith-loop {n}.wav" for n in range(PATTERN_FROM))


def test_accounts_are_grouped_by_what_they_share_and_through_others():
    found = groups([
        account(1, payout_name="Zenith Ltd", email="a@gmail.com"),
        account(2, payout_name="ZENITH  ltd", email="b@zenith.example", filenames=LOOPS),
        account(3, email="c@zenith.example"),
        account(4, email="d@gmail.com", filenames=LOOPS),
        account(5, email="e@gmail.com", filenames=LOOPS[1:]),
        account(6, email="f@other.example"),
    ])  # fmt: skip
    assert [(group.members, group.shared, group.tracks) for group in found] == [
        (tuple(an_id("acc", n) for n in (1, 2, 3, 4)), ("email_domain", "payout_name", "upload_pattern"), 10)
    ]


@given(st.lists(st.tuples(st.sampled_from([None, "Zenith", "Ada"]), st.sampled_from(["a.example", "gmail.com", ""])),
                max_size=8))  # fmt: skip
def test_groups_are_disjoint_and_share_something(people):
    facts = [account(n, payout_name=name, email=f"x@{mail}" if mail else None) for n, (name, mail) in enumerate(people)]
    found = groups(facts)
    members = [member for group in found for member in group.members]
    assert len(members) == len(set(members))
    by_id = {one.account_id: one for one in facts}
    for group in found:
        assert len(group.members) > 1
        for member in group.members:
            others = [by_id[other] for other in group.members if other != member]
            assert any(marks_of(by_id[member]) & marks_of(other) for other in others)
    alone = set(by_id) - set(members)
    for one in alone:
        assert all(not marks_of(by_id[one]) & marks_of(other) for other in facts if other.account_id != one)
