"""The track's life: no sequence of triggers, by any role, with any facts, leaves the table."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from records import NOW, a_track, an_id, later
from vault_domain.errors import Conflict, Forbidden
from vault_domain.events import Actor
from vault_domain.reasons import Reason
from vault_domain.tracks import (
    FINAL,
    TABLE,
    UNDECIDED,
    Guards,
    HistoryRow,
    Status,
    Track,
    Trigger,
    artist_key,
    find_row,
    transition,
    way_out,
)  # fmt: skip

ROLES = ("contributor", "reviewer", "admin", "system", "public")

# The law, written a second time and independently of the table: who may take a track from where to where.
LAW: dict[tuple[str, str], str] = {
    ("submitted", "checks_started"): "pending_automated_checks",
    ("submitted", "upload_failed"): "rejected",
    ("submitted", "withdrawn"): "removed",
    ("pending_automated_checks", "checks_finished"): "pending_review",
    ("pending_automated_checks", "upload_failed"): "rejected",
    ("pending_automated_checks", "withdrawn"): "removed",
    ("pending_review", "checked_again"): "pending_review",
    ("pending_review", "admitted"): "accepted",
    ("pending_review", "rejected"): "rejected",
    ("pending_review", "withdrawn"): "removed",
    ("accepted", "revoked"): "removed",
    ("accepted", "claim_confirmed"): "under_investigation",
    ("rejected", "appealed"): "dispute_pending",
    ("rejected", "withdrawn"): "removed",
    ("rejected", "dispute_opened"): "dispute_pending",
    ("dispute_pending", "dispute_lapsed"): "rejected_final",
    ("dispute_pending", "appeal_upheld"): "pending_review",
    ("dispute_pending", "appeal_dismissed"): "rejected_final",
    ("dispute_pending", "withdrawn"): "removed",
    ("under_investigation", "claim_dismissed"): "accepted",
    ("under_investigation", "claim_upheld"): "removed",
    ("under_investigation", "revoked"): "removed",
}
BY_OWNER = {"withdrawn", "revoked", "appealed"}
BY_SYSTEM_ALONE = {
    "checks_started", "checks_finished", "checked_again", "admitted", "upload_failed", "dispute_opened",
    "dispute_lapsed",
}  # fmt: skip
BY_PEOPLE_ALONE = {"appeal_upheld", "appeal_dismissed", "claim_dismissed", "claim_upheld"}

facts = st.builds(
    Guards,
    in_vault=st.booleans(),
    verdict=st.sampled_from(["none", "accept", "review", "reject"]),
    duplicate=st.booleans(),
    approved_by_vote=st.booleans(),
    rejected_by_vote=st.booleans(),
    is_owner=st.booleans(),
    appeal_used=st.booleans(),
    disputable=st.booleans(),
    answer_overdue=st.booleans(),
    claim_stands=st.booleans(),
    no_claim_stands=st.booleans(),
)


def actor(role: str) -> Actor:
    return Actor(id=an_id("acc"), role=role)


class TrackLife(RuleBasedStateMachine):
    """Anybody tries anything, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.track = a_track()
        self.rows: list[HistoryRow] = []
        self.passed = 0
        self.ever_in_vault = False

    @rule(trigger=st.sampled_from(Trigger), role=st.sampled_from(ROLES), known=facts)
    def anybody_tries(self, trigger: Trigger, role: str, known: Guards) -> None:
        self._try(trigger, role, known)

    @rule(trigger=st.sampled_from(Trigger), known=facts)
    def somebody_fit_tries(self, trigger: Trigger, known: Guards) -> None:
        """Mostly allowed, so that long lives are seen too."""
        row = find_row(self.track.status, trigger)
        self._try(trigger, sorted(row.roles)[0] if row else "system", known)

    def _try(self, trigger: Trigger, role: str, known: Guards) -> None:
        before = self.track
        self.passed += 1
        try:
            self.track, row = transition(before, trigger, actor(role), known, later(seconds=self.passed))
        except (Conflict, Forbidden):
            assert self.track is before
            return
        self.rows.append(row)
        assert LAW[before.status.value, trigger.value] == self.track.status.value
        assert role != "public"
        if trigger.value in BY_OWNER:
            assert known.is_owner
            assert role != "system"
        if trigger.value in BY_SYSTEM_ALONE:
            assert role == "system"
        if trigger.value in BY_PEOPLE_ALONE:
            assert role in ("reviewer", "admin")
        if trigger is Trigger.ADMITTED:
            assert known.in_vault
            assert known.verdict == "accept" or known.approved_by_vote
            self.ever_in_vault = True
        if trigger is Trigger.REJECTED:
            assert known.verdict == "reject" or known.duplicate or known.rejected_by_vote
        if trigger is Trigger.DISPUTE_OPENED:
            assert known.disputable
        if trigger is Trigger.DISPUTE_LAPSED:
            assert known.answer_overdue
        if trigger in (Trigger.CLAIM_CONFIRMED, Trigger.CLAIM_UPHELD):
            assert known.claim_stands
        if trigger is Trigger.CLAIM_DISMISSED:
            assert known.no_claim_stands
            assert not known.claim_stands
        if trigger is Trigger.APPEALED:
            assert not known.appeal_used

    @invariant()
    def final_is_final(self) -> None:
        if self.track.status in FINAL:
            assert not [row for row in TABLE if row.source is self.track.status]

    @invariant()
    def only_what_was_admitted_is_accepted(self) -> None:
        if self.track.status in (Status.ACCEPTED, Status.UNDER_INVESTIGATION):
            assert self.ever_in_vault

    @invariant()
    def history_is_one_unbroken_line(self) -> None:
        assert [row.step for row in self.rows] == list(range(1, self.track.steps + 1))
        reached = [Status.SUBMITTED, *(row.target for row in self.rows)]
        assert [row.source for row in self.rows] == reached[:-1]
        assert reached[-1] is self.track.status

    @invariant()
    def nothing_else_changes(self) -> None:
        changing = {"status", "changed", "reasons", "steps"}
        assert self.track.model_dump(exclude=changing) == a_track().model_dump(exclude=changing)


TestTrackLife = TrackLife.TestCase
TestTrackLife.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_the_table_is_the_law():
    assert {(row.source.value, row.trigger.value): row.target.value for row in TABLE} == LAW


def test_the_table_is_documented():
    text = (Path(__file__).resolve().parents[3] / "docs" / "formats" / "states.md").read_text()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    written = {(row[0], row[1], row[2], row[4]) for row in cells if len(row) == 5 and row[0].startswith("`")}
    table = {
        (f"`{row.source.value}`", f"`{row.trigger.value}`", ", ".join(sorted(row.roles)), f"`{row.target.value}`")
        for row in TABLE
    }
    assert written == table


def test_each_pair_has_one_row():
    assert len({(row.source, row.trigger) for row in TABLE}) == len(TABLE)


def test_every_status_is_reached_and_only_final_ones_are_left_by_nobody():
    reached, grown = {Status.SUBMITTED}, True
    while grown:
        found = {row.target for row in TABLE if row.source in reached} - reached
        reached, grown = reached | found, bool(found)
    assert reached == set(Status)
    assert {status for status in Status if not any(row.source is status for row in TABLE)} == FINAL


@given(role=st.sampled_from(ROLES), trigger=st.sampled_from(Trigger), status=st.sampled_from(Status))
def test_without_known_facts_guards_fail_closed(role: str, trigger: Trigger, status: Status):
    guarded = BY_OWNER | {"admitted", "rejected", "checks_finished", "checked_again"}
    guarded |= {"claim_confirmed", "claim_dismissed", "claim_upheld", "dispute_opened", "dispute_lapsed"}
    if trigger.value in guarded:
        with pytest.raises((Conflict, Forbidden)):
            transition(a_track(status=status), trigger, actor(role), Guards(), NOW)


def test_changes_can_not_smuggle_in_a_status():
    smuggled: dict[str, Any] = {"status": Status.ACCEPTED, "steps": 7}
    moved, row = transition(a_track(), Trigger.CHECKS_STARTED, actor("system"), Guards(), NOW, **smuggled)
    assert (moved.status, moved.steps, row.step) == (Status.PENDING_AUTOMATED_CHECKS, 1, 1)


def test_reasons_go_into_track_and_history():
    why = (Reason(code="too_short", detail="2 s"),)
    moved, row = transition(a_track(), Trigger.UPLOAD_FAILED, actor("system"), Guards(), NOW, why)
    assert moved.reasons == row.reasons == why


@pytest.mark.parametrize("status", list(Status))
def test_the_way_out_is_in_the_table(status: Status):
    if status in FINAL:
        with pytest.raises(Conflict):
            way_out(status)
    else:
        row = find_row(status, way_out(status))
        assert row is not None
        assert row.target is Status.REMOVED


def test_undecided_is_where_the_pipeline_works():
    assert {"submitted", "pending_automated_checks", "pending_review"} == UNDECIDED


@given(st.text(max_size=60))
def test_artist_keys_fold_case_and_space_and_are_stable(name: str):
    key = artist_key(name)
    assert artist_key(key) == artist_key(f"  {key} ")
    assert artist_key("  Nova   ARC ") == "nova arc"


def test_a_track_round_trips():
    track = a_track(status=Status.ACCEPTED, stored=f"lemm://vault/{an_id('trk')}", duration_s=3.5)
    assert Track.model_validate_json(track.model_dump_json()) == track
