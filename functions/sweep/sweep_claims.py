"""Claims that need something, and doing it."""

from collections.abc import Iterator
from datetime import datetime

from vault_domain.claim_sweeping import (
    ClaimInstruction,
    ForgetClaim,
    LockClaimed,
    MootClaim,
    SeenClaim,
    plan_claim,
)  # fmt: skip
from vault_domain.events import Actor, Kind, make_event
from vault_domain.holds import Hold
from vault_domain.infringement import STANDING, Claim, ClaimState, forget, make_moot, token_name
from vault_domain.messages import Topic, message
from vault_domain.ports import Put, every
from vault_domain.records import stamp
from vault_domain.suspensions import Suspension
from vault_edge.app import Deps
from vault_edge.claiming import let_go, take_hold, track_of
from vault_edge.complaining import output_of, release
from vault_edge.racing import settled
from vault_edge.reviewing import run_again

ACTOR = Actor(id="fn:sweep", role="system")
PAGE = 200


def see_claims(deps: Deps, now: datetime) -> Iterator[SeenClaim]:
    """Every claim that stands, and those of other states whose time has come."""
    for state in ClaimState:
        until = None if state in STANDING else stamp(now)
        yield from (_seen(claim, deps) for claim in _claims(state, until, deps))


def _claims(state: ClaimState, until: str | None, deps: Deps) -> Iterator[Claim]:
    return every(lambda at: deps.records.find(Claim, "by_state", state.value, until=until, limit=PAGE, cursor=at))


def carry_out_claim(instruction: ClaimInstruction, deps: Deps) -> bool:
    """Do it if it is still what the rules say; False when the world moved on."""
    return settled(lambda: _carry_out(instruction, deps))


def _carry_out(instruction: ClaimInstruction, deps: Deps) -> bool:
    claim = deps.records.get(Claim, instruction.claim_id)
    if claim is None:
        return False
    seen, now = _seen(claim, deps), deps.clock()
    if plan_claim(seen, deps.policy(), now) != instruction:
        return False
    if isinstance(instruction, ForgetClaim):
        event = make_event(deps.new_id("evt"), Kind.CLAIM_EXPIRED, claim.claim_id, ACTOR, now, state=claim.state.value)
        deps.records.commit([Put(forget(claim), claim.version)], [event])
    elif isinstance(instruction, MootClaim):
        ended = make_moot(claim, now, deps.policy())
        told = message(
            claim.claim_id, Topic.CLAIM_ENDED, claim.claim_id, now, secret=token_name(claim.claim_id),
            outcome=ended.state.value, why="It was taken out already; nothing is left to decide.",
        )  # fmt: skip
        output = output_of(claim, deps)
        if output is not None:
            release(ended, output, ACTOR, Kind.CLAIM_DECIDED, deps, told)
        else:
            let_go(ended, ACTOR, Kind.CLAIM_DECIDED, deps, told)
    elif isinstance(instruction, LockClaimed):
        _lock(seen, deps)
    else:
        _tell(claim, now, deps)
    return True


def _lock(seen: SeenClaim, deps: Deps) -> None:
    """Lock, and compare the track with everything once more."""
    if seen.track is not None:
        locked = take_hold(
            seen.claim.with_changes(locks=True), seen.track, ACTOR, Kind.CLAIM_ATTACHED, deps, by_itself=True
        )
        run_again(locked, seen.claim.claim_id, deps)


def _tell(claim: Claim, now: datetime, deps: Deps) -> None:
    told = message(
        "admins", Topic.CLAIM_OVERDUE, claim.claim_id, now, until=f"{claim.due:%d %B %Y}", state=claim.state.value
    )
    deps.records.commit([Put(claim.with_changes(told_overdue=now), claim.version), Put(told, 0)])


def _seen(claim: Claim, deps: Deps) -> SeenClaim:
    hold = deps.records.get(Hold, claim.track_id) if claim.track_id else None
    suspension = deps.records.get(Suspension, claim.output_id) if claim.output_id else None
    withdrawn = suspension is not None and suspension.state == "withdrawn"
    return SeenClaim(claim, track_of(claim, deps), hold, withdrawn)
