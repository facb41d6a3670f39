"""The sheet is the sum of the tallies, whatever the order and however often."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import HASH, NOW, a_track, an_id, later
from vault_domain.appeals import Appeal
from vault_domain.reasons import Reason
from vault_domain.review import ReviewVote
from vault_domain.statistics import SPANS, Tally, median_span, moved, tally_of, vote_patterns, within
from vault_domain.tracks import HistoryRow, Status, Trigger

names = st.sampled_from(["status/accepted", "status/rejected", "reason/cover", "votes/2-0"])
tallies = st.builds(
    lambda which, counts: Tally(track_id=an_id("trk", which), counts=counts),
    st.integers(0, 4),
    st.dictionaries(names, st.integers(1, 3)),
)


@given(st.lists(tallies, max_size=40))
def test_the_sheet_is_the_sum_of_the_newest_tallies(changes):
    counts, newest = {}, {}
    for after in changes:
        counts = moved(counts, newest.get(after.track_id), after)
        newest[after.track_id] = after
        counts = moved(counts, after, after)
    assert counts == dict(sum((Counter(one.counts) for one in newest.values()), Counter()))


def row(step: int, source: str, target: str, trigger: Trigger, role: str = "system", hours: float = 1, *codes: str):
    reasons = tuple(Reason(code=code) for code in codes)
    return HistoryRow(
        track_id=an_id("trk"), step=step, source=Status(source), target=Status(target), trigger=trigger, role=role,
        at=later(hours=hours), reasons=reasons,
    )  # fmt: skip


def test_what_a_track_adds():
    track = a_track(status=Status.REJECTED, reasons=(Reason(code="cover"), Reason(code="rejected_by_review")))
    rows = [
        row(2, "pending_review", "rejected", Trigger.REJECTED, "reviewer", 30),
        row(1, "pending_automated_checks", "pending_review", Trigger.CHECKS_FINISHED),
    ]
    cast = [("reject", HASH), ("reject", HASH), ("approve", HASH), ("approve", "b" * 64)]
    common = {"track_id": an_id("trk"), "role": "reviewer", "at": NOW}
    votes = [
        ReviewVote(**common, reviewer=an_id("acc", n), vote=side, evidence_sha256=seen)
        for n, (side, seen) in enumerate(cast)
    ]
    appeal = Appeal(
        track_id=an_id("trk"), step=2, owner=an_id("acc"), reason="ten letters", filed=NOW, outcome="upheld"
    )
    assert tally_of(track, rows, votes, [appeal]).counts == {
        "status/rejected": 1, "month/2026-03/rejected": 1, "reason/cover": 1, "reason/rejected_by_review": 1,
        "decided/people/3d": 1, "votes/1-2": 1, "votes/1-0": 1, "appeals/upheld": 1,
    }  # fmt: skip


def test_an_admission_after_votes_was_decided_by_people_and_only_the_first_decision_counts():
    rows = [
        row(1, "pending_review", "accepted", Trigger.ADMITTED, "system", 2, "approved_by_vote"),
        row(2, "accepted", "under_investigation", Trigger.CLAIM_CONFIRMED, "system", 3),
        row(3, "under_investigation", "accepted", Trigger.CLAIM_DISMISSED, "reviewer", 400),
        row(4, "accepted", "removed", Trigger.REVOKED, "contributor", 500),
    ]
    found = tally_of(a_track(status=Status.REMOVED), rows, [], []).counts
    assert found == {
        "status/removed": 1, "month/2026-03/removed": 1, "decided/people/6h": 1, "claims/locked": 1,
        "claims/dismissed": 1, "revoked": 1,
    }  # fmt: skip
    clean = [row(1, "pending_review", "accepted", Trigger.ADMITTED, "system", 0.5, "clean")]
    assert "decided/rules/1h" in tally_of(a_track(status=Status.ACCEPTED), clean, [], []).counts


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)))
def test_longer_never_counts_as_shorter(passed):
    assert SPANS.index(within(passed)) <= SPANS.index(within(passed + timedelta(seconds=1)))


@pytest.mark.parametrize(
    ("counts", "median"),
    [({}, None), ({"1h": 1}, "1h"), ({"1h": 1, "7d": 2}, "7d"), ({"1d": 2, "3d": 2}, "1d"), ({"longer": 1}, "longer")],
)
def test_the_median(counts, median):
    assert median_span(counts) == median


def test_vote_patterns_are_read_back():
    assert vote_patterns({"votes/2-1": 3, "votes/0-2": 1, "revoked": 9}) == {(2, 1): 3, (0, 2): 1}
