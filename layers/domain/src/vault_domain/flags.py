"""Community flags: a contributor asks that somebody look at a track that is listed.

A flag changes nothing about the track. Reviewers settle all flags on a track at
once: they dismiss them, or open a claim of their own, which locks the track and
takes the way of every claim.
"""

from datetime import datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field

from vault_domain.canonical import sha256_hex
from vault_domain.ids import AccountId, ClaimId, TrackId
from vault_domain.infringement import Claim, ClaimState
from vault_domain.policy import Policy
from vault_domain.records import Record, UtcTime, Value, stamp
from vault_domain.tracks import Track

OPEN = "flagged"
MAX_WORDS = 1000
About = Literal["infringement", "wrong_details", "not_music", "other"]


class FlagAsk(Value):
    """The body of POST /tracks/{track_id}/flags."""

    about: About
    words: str = Field(min_length=10, max_length=MAX_WORDS)
    """What should be looked at; reviewers read it, nobody else."""


class FlagsAsk(Value):
    """The body of POST /tracks/{track_id}/flags/decision, for all open flags on the track."""

    outcome: Literal["dismissed", "claim_opened"]
    reason: str = Field(min_length=10, max_length=MAX_WORDS)
    """With ``claim_opened`` the owner of the track reads it as the basis of the claim."""


class Flag(Record):
    """One person's flag on one track."""

    table: ClassVar[str] = "claims"
    kind: ClassVar[str] = "flag"
    index_names: ClassVar[frozenset[str]] = frozenset({"by_state", "by_track"})

    track_id: TrackId
    by: AccountId
    about: About
    words: str = Field(max_length=MAX_WORDS)
    at: UtcTime
    outcome: Literal["dismissed", "claim_opened"] | None = None
    settled_by: AccountId | None = None
    settled: UtcTime | None = None
    reason: str | None = None
    claim_id: ClaimId | None = None

    def key(self) -> tuple[str, str]:
        return self.track_id, f"{self.kind}#{self.by}"

    def indexes(self) -> dict[str, tuple[str, str]]:
        found = {"by_track": (self.track_id, stamp(self.at))}
        return found if self.outcome else {**found, "by_state": (OPEN, stamp(self.at))}


def asked_by_correction(present: Flag | None, track: Track, question: str, now: datetime) -> Flag:
    """The owner's own correction asks that somebody look; an open one of theirs is told more."""
    words = f"Corrected by its owner. {question}"[:MAX_WORDS]
    if present is None:
        return Flag(track_id=track.track_id, by=track.owner, about="wrong_details", words=words, at=now)
    fresh = {"outcome": None, "settled_by": None, "settled": None, "reason": None, "claim_id": None}
    return present.with_changes(**fresh, words=words, at=now)


def settled(flag: Flag, ask: FlagsAsk, by: str, now: datetime, claim_id: str | None) -> Flag:
    """The flag, settled."""
    return flag.with_changes(outcome=ask.outcome, settled_by=by, settled=now, reason=ask.reason, claim_id=claim_id)


def claim_from(
    track: Track, ask: FlagsAsk, claim_id: str, by: str, source: str, token: str, now: datetime, policy: Policy
) -> Claim:
    """A reviewer's own claim: examined from the start, and decided by somebody else."""
    return Claim(
        claim_id=claim_id,
        state=ClaimState.EXAMINED,
        track_id=track.track_id,
        locks=True,
        source=source,
        opened_by=by,
        capacity="community",
        basis=ask.reason,
        token_sha256=sha256_hex(token.encode()),
        filed=now,
        confirmed=now,
        screened_by=by,
        due=now + timedelta(days=policy.claim_decide_days),
    )
