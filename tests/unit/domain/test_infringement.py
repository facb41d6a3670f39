"""Claims: no sequence of calls leaves the claim's own table, or unlocks a track that another claim holds."""

from datetime import timedelta

import pytest
from claiming import an_ask
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from pydantic import ValidationError
from records import HASH, NOW, a_track, an_id
from vault_domain.claim_sweeping import (
    ForgetClaim,
    LockClaimed,
    MootClaim,
    SeenClaim,
    TellOverdue,
    plan_claim,
)  # fmt: skip
from vault_domain.errors import BadRequest, Conflict, Expired, NotFound
from vault_domain.holds import MOST, WINDOW, Hold, facts, locked, locks_by_itself, unlocked
from vault_domain.infringement import (
    ENDED,
    STANDING,
    Claim,
    ClaimState,
    ScreenAsk,
    SettleAsk,
    attach,
    confirm,
    file_claim,
    forget,
    known_by,
    make_moot,
    reply,
    screen,
    settle,
)  # fmt: skip
from vault_domain.policy import SHIPPED
from vault_domain.tracks import Status

LAW = {
    "unconfirmed": {"confirmed", "expired"},
    "confirmed": {"unfounded", "examined", "moot"},
    "examined": {"kept", "removed", "negotiating", "negotiated", "moot"},
    "negotiating": {"kept", "removed", "negotiated", "moot"},
}
WORDS = "these are words enough"
TOKEN = "t" * 64


def a_claim(**changes) -> Claim:
    made = file_claim(an_ask(an_id("trk")), an_id("clm"), HASH, TOKEN, NOW, SHIPPED)
    return made.with_changes(**changes)


class ClaimLife(RuleBasedStateMachine):
    """Anybody does anything with one claim, at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.claim, self.now, self.way = a_claim(), NOW, ["unconfirmed"]

    def _try(self, attempt) -> None:
        try:
            self.claim = attempt()
        except (Conflict, Expired, BadRequest):
            return
        if self.claim.state.value != self.way[-1]:
            assert self.claim.state.value in LAW[self.way[-1]]
            self.way.append(self.claim.state.value)

    @rule(locks=st.booleans())
    def its_author_confirms(self, locks: bool) -> None:
        self._try(lambda: confirm(self.claim, self.now, SHIPPED, locks=locks))

    @rule(outcome=st.sampled_from(["unfounded", "examine"]))
    def somebody_screens(self, outcome) -> None:
        ask = ScreenAsk(outcome=outcome, reason=WORDS)
        self._try(lambda: screen(self.claim, ask, an_id("acc"), self.now, SHIPPED))

    @rule(
        outcome=st.sampled_from(["keep", "remove", "negotiate", "negotiated"]),
        stays=st.sampled_from([None, True, False]), right=st.booleans(),
    )  # fmt: skip
    def somebody_decides(self, outcome, stays, right: bool) -> None:
        ask = SettleAsk(outcome=outcome, track_stays=stays, findings_sha256=HASH, reason=WORDS)
        present = HASH if right else "b" * 64
        before = self.claim
        self._try(lambda: settle(self.claim, ask, an_id("acc"), present, self.now, SHIPPED))
        assert right or self.claim == before

    @rule()
    def its_track_is_gone(self) -> None:
        self._try(lambda: make_moot(self.claim, self.now, SHIPPED))

    @rule()
    def the_owner_answers(self) -> None:
        self._try(lambda: reply(self.claim, WORDS, self.now))

    @rule(which=st.integers(0, 1))
    def a_reviewer_names_a_track(self, which: int) -> None:
        self._try(lambda: attach(self.claim, an_id("trk", which)))

    @rule(hours=st.sampled_from([1, 80, 24 * 400]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        due = plan_claim(SeenClaim(self.claim, None, None), SHIPPED, self.now)
        if isinstance(due, ForgetClaim):
            self._try(lambda: forget(self.claim))

    @invariant()
    def the_end_is_the_end(self) -> None:
        claim = self.claim
        if claim.state in ENDED:
            assert claim.ended is not None
            assert claim.locks is False
            assert claim.track_stays is not None
        else:
            assert claim.ended is None
        if claim.state is ClaimState.EXPIRED:
            assert claim.confirmed is None

    @invariant()
    def it_is_about_one_track_for_good(self) -> None:
        assert self.claim.track_id == an_id("trk")

    @invariant()
    def what_was_forgotten_stays_forgotten(self) -> None:
        if self.claim.erased:
            assert self.claim.state not in STANDING
            assert (self.claim.claimant, self.claim.basis, self.claim.work, self.claim.answer) == (None, "", None, None)
            assert "by_state" not in self.claim.indexes()


TestClaimLife = ClaimLife.TestCase
TestClaimLife.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30), st.booleans()), max_size=60))
def test_a_track_is_locked_exactly_while_a_claim_holds_it(steps):
    hold, held = Hold(track_id=an_id("trk")), set[str]()
    for number, (takes, which, unfounded) in enumerate(steps):
        claim_id = an_id("clm", which)
        if takes:
            try:
                hold = locked(hold, claim_id, NOW + timedelta(hours=number), by_itself=True)
                held.add(claim_id)
            except Conflict:
                assert len(held) == MOST
        else:
            hold = unlocked(hold, claim_id, HASH if unfounded else None)
            held.discard(claim_id)
        assert set(hold.claims) == held
        assert len(hold.claims) == len(held)
        assert (facts(hold).claim_stands, facts(hold).no_claim_stands) == (bool(held), not held)


def test_locks_by_themselves_are_bounded_per_track_and_window():
    hold = Hold(track_id=an_id("trk"))
    for number in range(SHIPPED.claim_locks_per_track):
        assert locks_by_itself(hold, HASH, NOW, SHIPPED)
        hold = unlocked(locked(hold, an_id("clm", number), NOW, by_itself=True), an_id("clm", number))
    assert not locks_by_itself(hold, HASH, NOW, SHIPPED)
    assert locks_by_itself(hold, HASH, NOW + WINDOW, SHIPPED)


def test_an_unfounded_source_is_remembered_for_this_track_and_a_person_may_lock_all_the_same():
    hold = unlocked(Hold(track_id=an_id("trk")), an_id("clm"), HASH)
    assert not locks_by_itself(hold, HASH, NOW, SHIPPED)
    assert locks_by_itself(hold, "b" * 64, NOW, SHIPPED)
    assert locked(hold, an_id("clm"), NOW, by_itself=False).claims == (an_id("clm"),)


def test_only_the_token_opens_a_claim():
    claim = a_claim()
    assert known_by(claim, TOKEN) is claim
    for found, token in ((claim, "x" * 64), (claim, ""), (None, TOKEN)):
        with pytest.raises(NotFound):
            known_by(found, token)
    assert TOKEN not in claim.model_dump_json()


@pytest.mark.parametrize(
    "flaw",
    [{"in_good_faith": False}, {"email": "nobody"}, {"basis": "mine"}, {"claimant": "\u202eevil"}, {"capacity": "fan"}],
)
def test_an_incomplete_claim_is_refused(flaw):
    with pytest.raises(ValidationError):
        an_ask(**flaw)


@pytest.mark.parametrize(
    ("changes", "status", "hours", "due"),
    [
        ({}, "accepted", 1, None),
        ({}, "accepted", 72, ForgetClaim),
        ({"state": "confirmed"}, "accepted", 1, LockClaimed),
        ({"state": "confirmed", "locks": True}, "under_investigation", 1, None),
        ({"state": "confirmed", "locks": True}, "under_investigation", 72, TellOverdue),
        ({"state": "confirmed", "locks": True, "told_overdue": NOW}, "under_investigation", 72, None),
        ({"state": "examined", "locks": True}, "removed", 1, MootClaim),
        ({"state": "confirmed"}, "pending_review", 1, None),
        ({"state": "kept"}, "accepted", 1, None),
        ({"state": "kept"}, "accepted", 72, ForgetClaim),
        ({"state": "expired", "erased": True}, "accepted", 9999, None),
    ],
)
def test_what_is_due(changes, status, hours, due):
    seen = SeenClaim(a_claim(**changes), a_track(status=Status(status)), None)
    found = plan_claim(seen, SHIPPED, NOW + timedelta(hours=hours))
    assert (type(found) if found else None) is due


def test_a_claim_round_trips_and_shows_nothing_personal_when_printed():
    claim = a_claim()
    assert Claim.model_validate_json(claim.model_dump_json()) == claim
    assert "author@rights.example" not in repr(claim)
    assert claim.token_sha256 not in repr(claim)
