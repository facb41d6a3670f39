"""What is kept back: a copy is blocked and told why; lifted counts for nothing, unread clears nothing."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from vault_domain.decision import decide_output
from vault_domain.evidence import MELODY, WITHHELD, Hit, SourceReport
from vault_domain.policy import Policy
from vault_domain.suspensions import RESEMBLES_SUSPENDED, RESEMBLES_UPHELD, SAID
from vault_domain.withheld import code_of, explained, found_in, without

NOW = datetime(2026, 3, 1, tzinfo=UTC)
POLICY = Policy()
STATES = {"out_s": "suspended", "out_w": "withdrawn", "out_l": "lifted", "trk_1": None}
HITS = st.lists(
    st.builds(
        Hit,
        ref=st.sampled_from(sorted(STATES)),
        similarity=st.floats(0, 1),
        detector=st.sampled_from(["fp_robust", MELODY]),
    ),
    max_size=6,
    unique_by=lambda hit: (hit.ref, hit.detector),
)


def report(source, *hits, status="checked"):
    return SourceReport(
        subject="out_1", source=source, side="external" if "catalogue" in source else "internal", status=status,
        hits=hits, at=NOW, max_similarity=max((h.similarity for h in hits if h.detector != MELODY), default=0.0),
        max_melody=max((h.similarity for h in hits if h.detector == MELODY), default=0.0),
    )  # fmt: skip


def decided(withheld):
    """As a check does it."""
    seen = without(withheld, {ref for ref, state in STATES.items() if state == "lifted"})
    reports = (report("vault"), report("catalogue:open"), seen)
    codes = {ref: code_of(STATES[ref]) for ref in found_in(reports)}
    return seen, explained(decide_output(reports, POLICY), codes)


@given(HITS)
def test_it_is_blocked_exactly_where_something_that_stands_is_copied_and_the_reason_says_what(hits):
    seen, clearance = decided(report(WITHHELD, *hits))
    standing = [hit for hit in hits if hit.ref != "out_l"]
    copied = {hit.ref for hit in standing if hit.detector != MELODY and hit.similarity >= POLICY.thresholds.strong}
    assert (clearance.outcome == "block") == bool(copied)
    told = {ref: reason for reason in clearance.reasons if reason.code.startswith("resembles") for ref in reason.refs}
    assert set(told) == copied
    for ref, reason in told.items():
        code = RESEMBLES_SUSPENDED if ref == "out_s" else RESEMBLES_UPHELD
        assert (reason.code, reason.detail) == (code, SAID[code])
    assert "out_l" not in {ref for reason in clearance.reasons for ref in reason.refs}
    assert seen.max_similarity == max((hit.similarity for hit in standing if hit.detector != MELODY), default=0.0)
    assert seen.max_melody == max((hit.similarity for hit in standing if hit.detector == MELODY), default=0.0)


@given(st.sampled_from(["failed", "not_checked"]), st.booleans())
def test_what_can_not_be_read_clears_nothing_whatever_the_policy_demands(status, lax):
    policy = Policy(required_sources=("vault",)) if lax else POLICY
    reports = (report("vault"), report("catalogue:open"), report(WITHHELD, status=status))
    clearance = decide_output(reports, policy)
    assert (clearance.outcome, clearance.missing) == ("not_cleared", (WITHHELD,))
    assert [reason.refs for reason in clearance.reasons] == [(WITHHELD,)]


def test_a_decision_about_anything_else_stays_as_it_is():
    hit = Hit(ref="trk_9", similarity=0.99, detector="fp_robust")
    found = decide_output((report("vault", hit), report("catalogue:open"), report(WITHHELD)), POLICY)
    assert explained(found, {}) == found
