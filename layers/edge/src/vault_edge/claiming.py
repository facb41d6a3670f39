"""A claim takes hold of its track, or lets go of it: claim, hold, track, history, events and messages in one commit.

Used where a claim is confirmed or judged, and by ``sweep``, which finishes what
could not be done at the time.
"""

from collections.abc import Iterable

from vault_domain.errors import Conflict, NotFound
from vault_domain.events import Actor, Kind
from vault_domain.holds import Hold, facts, locked, reason_of, unlocked
from vault_domain.infringement import Claim, ClaimState
from vault_domain.messages import Message
from vault_domain.ports import Change, Put
from vault_domain.tracks import Status, Track, Trigger

from vault_edge.deps import Deps
from vault_edge.journey import Journey

IN_VAULT = (Status.ACCEPTED, Status.UNDER_INVESTIGATION)
REPORTED = "Somebody reported an infringement; until that is settled the track is used for nothing."


def hold_of(track_id: str, deps: Deps) -> Hold:
    """What locks this track; an empty hold when nothing ever did."""
    return deps.records.get(Hold, track_id) or Hold(track_id=track_id)


def track_of(claim: Claim, deps: Deps) -> Track | None:
    """The track that a claim is about, if it names one that there is."""
    return deps.records.get(Track, claim.track_id) if claim.track_id else None


def in_force(deps: Deps) -> dict[str, str]:
    """The policy version that a decision about a claim is made under, as its event names it."""
    return {"policy": str(deps.policy_in_force()[0])}


def take_hold(
    claim: Claim, track: Track, actor: Actor, kind: Kind, deps: Deps, *told: Message, by_itself: bool,
    also: Iterable[Change] = (),
) -> Track:  # fmt: skip
    """Commit a claim that locks, and lock its track. Raises ``Conflict`` for one that is not in the vault.

    ``also``: changes that belong to the same commit.
    """
    if track.status not in IN_VAULT:
        raise Conflict("this track is not in the vault; there is nothing to lock")
    hold, journey = hold_of(track.track_id, deps), Journey(deps, track, actor)
    held = locked(hold, claim.claim_id, journey.now, by_itself=by_itself)
    if track.status is Status.ACCEPTED:
        journey.take(Trigger.CLAIM_CONFIRMED, facts(held), reason_of("claim_confirmed", REPORTED, claim.claim_id))
    journey.tell(kind, in_force(deps), claim_id=claim.claim_id, locks=True, by_itself=by_itself)
    return journey.conclude(Put(held, hold.version), Put(claim, claim.version), *_written(told), *also)


def let_go(claim: Claim, actor: Actor, kind: Kind, deps: Deps, *told: Message) -> None:
    """Commit an ended claim, and what its end means for the track; one that was taken back meanwhile stays so."""
    track = track_of(claim, deps)
    if track is None:
        raise NotFound("no such track")
    hold, journey = hold_of(track.track_id, deps), Journey(deps, track, actor)
    freed = unlocked(hold, claim.claim_id, claim.source if claim.state is ClaimState.UNFOUNDED else None)
    why = claim.reason or ""
    if track.status is Status.UNDER_INVESTIGATION and not claim.track_stays:
        journey.take(Trigger.CLAIM_UPHELD, facts(hold), reason_of("claim_upheld", why, claim.claim_id))
    elif track.status is Status.UNDER_INVESTIGATION and not freed.claims:
        journey.take(Trigger.CLAIM_DISMISSED, facts(freed), reason_of("claim_dismissed", why, claim.claim_id))
    ended = {"claim_id": claim.claim_id, "outcome": claim.state.value, "findings_sha256": claim.findings_sha256}
    journey.tell(kind, in_force(deps), **ended)
    journey.conclude(Put(freed, hold.version), Put(claim, claim.version), *_written(told))


def _written(told: tuple[Message, ...]) -> list[Change]:
    return [Put(one, 0) for one in told]
