"""What is due about claims: deadlines that passed, locks that could not be made at the time, claims without a track.

A deadline decides nothing by itself. What was never confirmed, or ended long
ago, loses everything personal.
"""

from dataclasses import dataclass
from datetime import datetime

from vault_domain.holds import Hold, locks_by_itself
from vault_domain.infringement import STANDING, Claim, ClaimState
from vault_domain.policy import Policy
from vault_domain.tracks import Status, Track


@dataclass(frozen=True)
class ForgetClaim:
    """Never confirmed, or past its retention: name, address and words of its author go."""

    claim_id: str


@dataclass(frozen=True)
class TellOverdue:
    """Admins learn, once, that a deadline passed."""

    claim_id: str


@dataclass(frozen=True)
class LockClaimed:
    """A confirmed claim's track came into the vault, or may be locked by itself again."""

    claim_id: str


@dataclass(frozen=True)
class MootClaim:
    """Its track was removed: nothing is left to decide."""

    claim_id: str


ClaimInstruction = ForgetClaim | TellOverdue | LockClaimed | MootClaim


@dataclass(frozen=True)
class SeenClaim:
    """One claim as the sweep found it, with its track and what locks that."""

    claim: Claim
    track: Track | None
    hold: Hold | None
    withdrawn: bool = False
    """The output that it is about was withdrawn."""


def plan_claim(seen: SeenClaim, policy: Policy, now: datetime) -> ClaimInstruction | None:
    """At most one thing to do about a claim."""
    claim, track = seen.claim, seen.track
    if claim.state not in STANDING:
        past = now >= claim.due and not claim.erased
        return ForgetClaim(claim.claim_id) if past else None
    if seen.withdrawn or (track is not None and track.status is Status.REMOVED):
        return MootClaim(claim.claim_id)
    if claim.state is ClaimState.CONFIRMED and not claim.locks and _could_lock(seen, policy, now):
        return LockClaimed(claim.claim_id)
    if now >= claim.due and claim.told_overdue is None:
        return TellOverdue(claim.claim_id)
    return None


def _could_lock(seen: SeenClaim, policy: Policy, now: datetime) -> bool:
    track = seen.track
    if track is None or track.status not in (Status.ACCEPTED, Status.UNDER_INVESTIGATION):
        return False
    hold = seen.hold or Hold(track_id=track.track_id)
    return locks_by_itself(hold, seen.claim.source, now, policy)
