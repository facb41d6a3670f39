"""Naming the track, screening, deciding: what reviewers and admins do with a claim."""

from claims_views import Attached, reachable
from vault_domain.accounts import EmailClaim
from vault_domain.errors import Conflict, Forbidden
from vault_domain.events import Kind, make_event
from vault_domain.infringement import (
    Claim,
    ClaimState,
    ScreenAsk,
    SettleAsk,
    attach,
    check_standing,
    screen,
    settle,
    token_name,
)  # fmt: skip
from vault_domain.messages import Message, Topic, message
from vault_domain.ports import Put
from vault_domain.suspensions import findings
from vault_domain.tracks import Status, Track
from vault_edge.app import Caller, Deps
from vault_edge.claiming import in_force, let_go, take_hold, track_of
from vault_edge.complaining import ClaimedOutput, note, output_of, release, suspend_for
from vault_edge.journey import Journey
from vault_edge.permitting import permitted
from vault_edge.racing import settled
from vault_edge.reviewing import findings_of, run_again


def attached(claim_id: str, track_id: str, caller: Caller, deps: Deps) -> Attached:
    """The track is named and locked. Done before, it changes nothing."""

    def attempt() -> Claim:
        claim = _judged("claim.attach", claim_id, caller, deps)
        track = permitted("claim.attach", track_id, caller, deps)
        if claim.locks and claim.track_id == track_id:
            return claim
        named = attach(claim, track_id)
        take_hold(named, track, caller.actor, Kind.CLAIM_ATTACHED, deps, by_itself=False)
        return named

    claim = settled(attempt)
    track = permitted("claim.attach", track_id, caller, deps)
    run_again(track, claim_id, deps)
    return shown(claim, deps)


def screened(claim_id: str, ask: ScreenAsk, caller: Caller, deps: Deps) -> Attached:
    """Unfounded: ended and unlocked at once. Else it is examined, which needs a locked track."""
    return shown(settled(lambda: _screen(claim_id, ask, caller, deps)), deps)


def decided(claim_id: str, ask: SettleAsk, caller: Caller, deps: Deps) -> Attached:
    """Ended as decided, or given time."""
    return shown(settled(lambda: _decide(claim_id, ask, caller, deps)), deps)


def shown(claim: Claim, deps: Deps) -> Attached:
    """Claim and track, or output, as they are now."""
    track, output = track_of(claim, deps), output_of(claim, deps)
    return Attached(
        claim_id=claim.claim_id, state=claim.state, track_id=claim.track_id,
        track_status=track.status.value if track else None, due=claim.due, output_id=claim.output_id,
        output_status=output.suspension.state if output and output.suspension else None,
    )  # fmt: skip


def _screen(claim_id: str, ask: ScreenAsk, caller: Caller, deps: Deps) -> Claim:
    claim = _judged("claim.screen", claim_id, caller, deps)
    if _repeated(claim, claim.screened_by, caller, ask.reason, ask.outcome == "unfounded"):
        return claim
    now, policy, track = deps.clock(), deps.policy(), track_of(claim, deps)
    made = screen(claim, ask, caller.id, now, policy)
    if (output := output_of(claim, deps)) is not None:
        screened_output(claim, made, output, caller, deps, _ended(made, deps))
        return made
    if made.state is ClaimState.EXAMINED:
        if track is None or not claim.locks:
            raise Conflict("name the track first: POST /claims/{claim_id}/track")
        _examine(made, _held(track), caller, deps)
    elif track is not None:
        let_go(made, caller.actor, Kind.CLAIM_SCREENED, deps, _ended(made, deps))
    else:
        event = make_event(
            deps.new_id("evt"), Kind.CLAIM_SCREENED, claim_id, caller.actor, now, in_force(deps),
            outcome=made.state.value,
        )  # fmt: skip
        deps.records.commit([Put(made, claim.version), Put(_ended(made, deps), 0)], [event])
    return made


def _examine(claim: Claim, track: Track, caller: Caller, deps: Deps) -> None:
    journey = Journey(deps, track, caller.actor)
    journey.tell(Kind.CLAIM_SCREENED, in_force(deps), claim_id=claim.claim_id, outcome=claim.state.value)
    told = message(
        track.owner, Topic.CLAIM_EXAMINED, track.track_id, journey.now, title=track.metadata.title,
        until=f"{claim.due:%d %B %Y}",
    )  # fmt: skip
    journey.conclude(Put(claim, claim.version), Put(told, 0))


def _decide(claim_id: str, ask: SettleAsk, caller: Caller, deps: Deps) -> Claim:
    claim = _judged("claim.decide", claim_id, caller, deps)
    if _repeated(claim, claim.decided_by, caller, ask.reason, ask.outcome != "negotiate"):
        return claim
    if (output := output_of(claim, deps)) is not None:
        return decided_output(claim, ask, output, caller, deps)
    track = track_of(claim, deps)
    if track is None:
        raise Conflict("name the track first: POST /claims/{claim_id}/track")
    known = findings_of(_held(track), deps)
    made = settle(claim, ask, caller.id, known.sha256, deps.clock(), deps.policy())
    if made.state is not ClaimState.NEGOTIATING:
        let_go(made, caller.actor, Kind.CLAIM_DECIDED, deps, _ended(made, deps))
        return made
    journey = Journey(deps, track, caller.actor)
    journey.tell(Kind.CLAIM_DECIDED, in_force(deps), claim_id=claim_id, outcome=made.state.value)
    journey.conclude(Put(made, claim.version))
    return made


def screened_output(
    claim: Claim, made: Claim, output: ClaimedOutput, caller: Caller, deps: Deps, ended: Message
) -> None:
    """As for a track: unfounded, it ends and the output is free; else it is examined, which suspends it."""
    if made.state is not ClaimState.EXAMINED:
        release(made, output, caller.actor, Kind.CLAIM_SCREENED, deps, ended)
        return
    told = [_asked(made, output.owner, deps)] if output.owner is not None else []
    if claim.locks:
        note(made, output, caller.actor, Kind.CLAIM_SCREENED, deps, *told, outcome=made.state.value)
    else:
        held = made.with_changes(locks=True)
        suspend_for(
            held, output, caller.actor, Kind.CLAIM_SCREENED, deps, *told, by_itself=False, outcome=made.state.value
        )


def decided_output(claim: Claim, ask: SettleAsk, output: ClaimedOutput, caller: Caller, deps: Deps) -> Claim:
    """Upheld, the output is withdrawn for good; dismissed, it may be checked again."""
    _, found = findings(output.heard)
    made = settle(claim, ask, caller.id, found, deps.clock(), deps.policy())
    if made.state is ClaimState.NEGOTIATING:
        note(made, output, caller.actor, Kind.CLAIM_DECIDED, deps, outcome=made.state.value)
    else:
        release(made, output, caller.actor, Kind.CLAIM_DECIDED, deps, _ended(made, deps))
    return made


def _asked(claim: Claim, owner: str, deps: Deps) -> Message:
    about = claim.output_id or ""
    return message(owner, Topic.CLAIM_EXAMINED, about, deps.clock(), title=about, until=f"{claim.due:%d %B %Y}")


def _judged(what: str, claim_id: str, caller: Caller, deps: Deps) -> Claim:
    """The claim, for somebody without a stake in it. Raises ``Forbidden`` for its own author."""
    claim = reachable(what, claim_id, caller, deps)
    author = deps.records.get(EmailClaim, f"email#{claim.source}")
    if caller.id in (claim.opened_by, author.account_id if author is not None else None):
        raise Forbidden("You filed or opened this claim; somebody else decides about it")
    return claim


def _held(track: Track) -> Track:
    """Raises ``Conflict`` when the owner took the track back, or it is gone by another claim."""
    if track.status is not Status.UNDER_INVESTIGATION:
        raise Conflict("the track is not locked any more; if it was taken back, this claim ends by itself")
    return track


def _repeated(claim: Claim, by: str | None, caller: Caller, reason: str, ends: bool) -> bool:
    """Whether this very step was made before: the same person, the same words, and it ended the claim if it should."""
    if (by, claim.reason) != (caller.id, reason):
        if claim.ended is not None:
            check_standing(claim)
        return False
    return (claim.ended is not None) is ends


def _ended(claim: Claim, deps: Deps) -> Message:
    return message(
        claim.claim_id, Topic.CLAIM_ENDED, claim.claim_id, deps.clock(), secret=token_name(claim.claim_id),
        outcome=claim.state.value, why=claim.reason or "",
    )  # fmt: skip
