"""Votes and approvals: what counts, what decides, and what an approval does not cover."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import HASH, NOW, a_metadata, a_rights, a_track, an_id, later
from vault_domain.decision import Verdict
from vault_domain.errors import Conflict
from vault_domain.policy import Policy
from vault_domain.reasons import Reason
from vault_domain.review import (
    ReviewCase,
    ReviewVote,
    after_vote,
    answer,
    approve,
    approved_reasons,
    ask,
    check_open,
    claim,
    counting,
    grounds,
    holder,
    is_flagged,
    is_own,
    kind_of_hit,
    open_for_s,
    outcome,
    still_approved,
)  # fmt: skip
from vault_domain.rights import Party
from vault_domain.tracks import Status, Track

OTHER = "b" * 64
PLAIN = Policy()
CODES = ("weak_external_match", "near_duplicate", "cover", "source_not_checked", "awaiting_reviewer")
reasons = st.lists(
    st.builds(Reason, code=st.sampled_from(CODES), refs=st.lists(st.sampled_from("abc"), max_size=2).map(tuple)),
    max_size=4,
).map(tuple)


def waiting(*found: str, **changes: Any) -> Track:
    why = tuple(Reason(code=code) for code in found)
    return a_track(status=Status.PENDING_REVIEW, verdict="review", reasons=why, evidence_sha256=HASH, **changes)


def a_vote(number: int, vote: str = "approve", **changes: Any) -> ReviewVote:
    plain = {"track_id": an_id("trk"), "reviewer": an_id("acc", number), "role": "reviewer", "vote": vote,
             "evidence_sha256": HASH, "at": NOW}  # fmt: skip
    return ReviewVote(**{**plain, **changes})


votes = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.sampled_from(["approve", "reject"]),
        st.sampled_from([HASH, OTHER]),
        st.sampled_from(["reviewer", "reviewer", "admin"]),
    ),
    unique_by=lambda row: (row[0], row[2]),
    max_size=8,
).map(lambda rows: [a_vote(who, vote, evidence_sha256=seen, role=role) for who, vote, seen, role in rows])
policies = st.builds(
    Policy, approvals_unflagged=st.just(1), approvals_flagged=st.integers(1, 3), admin_decides_alone=st.booleans()
)


@given(votes, policies, st.sampled_from([("cover",), ("awaiting_reviewer",), ()]))
def test_the_decision_rule(cast: list[ReviewVote], policy: Policy, found: tuple[str, ...]):
    track = waiting(*found)
    needs = policy.approvals_flagged if found == ("cover",) else 1
    said = outcome(cast, track, policy)
    counted = [vote for vote in cast if vote.evidence_sha256 == HASH]
    enough = {side for side in ("approve", "reject") if sum(vote.vote == side for vote in counted) >= needs}
    by_admin = {vote.vote for vote in counted if vote.role == "admin"} if policy.admin_decides_alone else set()
    assert (said is not None) is bool(enough or by_admin)
    if said is not None:
        assert said in (by_admin or enough)


@given(votes)
def test_votes_on_other_evidence_count_for_nothing(cast: list[ReviewVote]):
    track = waiting("cover")
    stale = [vote for vote in cast if vote.evidence_sha256 == OTHER]
    assert outcome(stale, track, PLAIN) is None
    assert counting(cast, track) == tuple(vote for vote in cast if vote not in stale)


def test_an_override_outweighs_every_vote():
    cast = [a_vote(1), a_vote(2), a_vote(3, "reject", role="admin", override=True)]
    assert outcome(cast, waiting("cover"), Policy(admin_decides_alone=False)) == "reject"


@given(reasons, reasons)
def test_an_approval_covers_what_was_known_and_nothing_else(known: tuple[Reason, ...], found: tuple[Reason, ...]):
    track = approve(waiting().with_changes(reasons=known), "vote", NOW)
    held = still_approved(track.approval, Verdict("review", found))
    assert (held is not None) is (set(grounds(found)) <= set(grounds(known)))
    assert still_approved(track.approval, Verdict("accept", (Reason(code="clean"),))) is not None
    assert still_approved(None, Verdict("accept", ())) is None


def test_a_weak_match_that_becomes_a_strong_one_is_a_new_ground():
    weak, strong = (Reason(code=f"{how}_external_match", refs=("song",)) for how in ("weak", "strong"))
    track = approve(waiting().with_changes(reasons=(weak,)), "vote", NOW)
    assert still_approved(track.approval, Verdict("reject", (strong,))) is None


def test_what_waits_for_no_review():
    for track in (
        waiting(verdict_policy=1).with_changes(verdict="accept"),
        approve(waiting("cover"), "vote", NOW),
        a_track(status=Status.ACCEPTED, evidence_sha256=HASH),
    ):
        with pytest.raises(Conflict):
            check_open(track, HASH)
    with pytest.raises(Conflict):
        check_open(waiting("cover"), OTHER)
    with pytest.raises(Conflict):
        approve(a_track(), "vote", NOW)
    check_open(waiting("cover"), HASH)


def test_claims_expire_and_votes_free_them():
    case = claim(ReviewCase(track_id=an_id("trk")), an_id("acc", 1), NOW, PLAIN)
    assert holder(case, later(seconds=1799)) == an_id("acc", 1)
    with pytest.raises(Conflict):
        claim(case, an_id("acc", 2), later(seconds=1799), PLAIN)
    assert holder(case, later(seconds=1800)) is None
    assert claim(case, an_id("acc", 2), later(seconds=1800), PLAIN).claimed_by == an_id("acc", 2)
    assert holder(after_vote(case, an_id("acc", 1), later(seconds=9), PLAIN), later(seconds=9)) is None
    after_vote(case, an_id("acc", 2), later(seconds=9), PLAIN, override=True)


@given(asked_after=st.integers(0, 30), answered_after=st.integers(0, 40), looked_after=st.integers(0, 40))
def test_the_clock_stands_still_while_the_owner_is_asked(asked_after: int, answered_after: int, looked_after: int):
    """In days; at most the time that an answer may take is taken off."""
    day, track = timedelta(days=1), waiting("cover")
    asked_at = NOW + asked_after * day
    case, question = ask(ReviewCase(track_id=track.track_id), an_id("acc", 1), "Why?", asked_at, PLAIN)
    answered_at = asked_at + answered_after * day
    assert open_for_s(track, case, answered_at, PLAIN) == (asked_after + max(0, answered_after - 14)) * 86_400
    running, told = answer(case, question, "So", answered_at, PLAIN)
    off = min(answered_after, PLAIN.answer_days)
    now = answered_at + looked_after * day
    assert open_for_s(track, running, now, PLAIN) == (asked_after + answered_after - off + looked_after) * 86_400
    with pytest.raises(Conflict):
        answer(running, told, "again", now, PLAIN)


def test_stakes_are_found_by_account_and_by_name():
    track = a_track(metadata=a_metadata(is_collaboration=True, collaborator_names=["Mira  Bell"]))
    rights = a_rights(parties=(Party(name="x", holder=an_id("acc", 7)),))
    assert is_own(track, None, track.owner, None)
    assert is_own(track, rights, an_id("acc", 7), None)
    assert is_own(track, rights, an_id("acc", 8), " mira BELL")
    assert is_own(track, rights, an_id("acc", 8), "nova arc")
    assert not is_own(track, rights, an_id("acc", 8), "Somebody")
    assert not is_own(track, None, an_id("acc", 8), None)


def test_flags_and_kinds_of_hits():
    assert not is_flagged(waiting("awaiting_reviewer"))
    assert is_flagged(waiting("cover"))
    assert [kind_of_hit(waiting(code)) for code in CODES] == ["external", "internal", "none", "none", "none"]


def test_the_reasons_of_an_admitted_track_say_that_people_decided():
    assert approved_reasons(waiting("cover")) == waiting("cover").reasons
    codes = [reason.code for reason in approved_reasons(approve(waiting("cover"), "override", NOW))]
    assert codes == ["cover", "approved_by_override"]
