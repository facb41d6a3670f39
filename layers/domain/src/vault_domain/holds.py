"""What locks a track: the claims that stand on it, in one record that every lock and unlock rewrites.

A claim locks by itself unless its source was found unfounded on this track
before, the track was locked that often already within ``WINDOW``, or too many
claims stand on it. It is heard then all the same, and a reviewer may lock.
"""

from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import Field

from vault_domain.errors import Conflict
from vault_domain.ids import ClaimId, OutputId, TrackId
from vault_domain.policy import Policy
from vault_domain.reasons import Reason
from vault_domain.records import Record, Sha256, UtcTime
from vault_domain.tracks import Guards

WINDOW = timedelta(days=30)
MOST = 20
"""Claims that can stand on one track at a time and lock it."""
REMEMBERED = 100


class Hold(Record):
    """The claims that lock one track, and what bounds further ones."""

    table: ClassVar[str] = "claims"
    kind: ClassVar[str] = "hold"

    track_id: TrackId | OutputId
    """The track, or the output, that the claims are about."""
    claims: tuple[ClaimId, ...] = Field(default=(), max_length=MOST)
    locked: tuple[UtcTime, ...] = Field(default=(), max_length=REMEMBERED)
    """When claims locked it by themselves."""
    unfounded: tuple[Sha256, ...] = Field(default=(), max_length=REMEMBERED)
    """Sources whose claims on this track were found unfounded."""

    def key(self) -> tuple[str, str]:
        return self.track_id, self.kind


def locks_by_itself(hold: Hold, source: str, now: datetime, policy: Policy) -> bool:
    """Whether a confirmed claim from this source locks the track without a person."""
    lately = sum(now - moment < WINDOW for moment in hold.locked)
    return source not in hold.unfounded and lately < policy.claim_locks_per_track and len(hold.claims) < MOST


def locked(hold: Hold, claim_id: str, now: datetime, *, by_itself: bool) -> Hold:
    """With one more claim. Raises ``Conflict`` when as many stand as can."""
    if claim_id in hold.claims:
        return hold
    if len(hold.claims) >= MOST:
        raise Conflict(f"{MOST} claims stand on this track; settle some of them first")
    moments = (*hold.locked, now) if by_itself else hold.locked
    return hold.with_changes(claims=(*hold.claims, claim_id), locked=moments[-REMEMBERED:])


def unlocked(hold: Hold, claim_id: str, unfounded: str | None = None) -> Hold:
    """Without this claim; ``unfounded`` is its source, if it was found to be so."""
    sources = hold.unfounded
    if unfounded is not None:
        sources = (*(one for one in sources if one != unfounded), unfounded)[-REMEMBERED:]
    return hold.with_changes(claims=tuple(one for one in hold.claims if one != claim_id), unfounded=sources)


def facts(hold: Hold) -> Guards:
    """What the track's table asks about claims."""
    return Guards(claim_stands=bool(hold.claims), no_claim_stands=not hold.claims)


def reason_of(code: str, detail: str, claim_id: str) -> tuple[Reason, ...]:
    """Why the track stands where a claim has put it."""
    return (Reason(code=code, detail=detail[:500], refs=(claim_id,)),)
