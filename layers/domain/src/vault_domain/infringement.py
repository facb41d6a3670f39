"""Claims of infringement by anybody: filed, confirmed by mail, screened, examined, decided; each with its deadline.

A claim is about a track of the vault or about one generated output; what holds of the one holds of the other.

- A claim counts once its author confirmed it with the token that was mailed to
  them; of the token only its SHA-256 is kept.
- A complete, confirmed claim locks its track at once; people decide how it ends.
- ``unfounded`` ends it in one call. Otherwise a claim ends in ``kept``,
  ``removed`` or ``negotiated``, by somebody who neither has a stake in the track
  nor filed the claim.
- A passed deadline decides nothing: it is told to admins, and the lock stays.

What locks a track, and how floods are bounded, stands in :mod:`vault_domain.holds`.
"""

import hmac
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from vault_domain.accounts import DisplayName, Email
from vault_domain.canonical import sha256_hex
from vault_domain.errors import BadRequest, Conflict, Expired, NotFound
from vault_domain.ids import AccountId, ClaimId, OutputId, TrackId
from vault_domain.policy import Policy
from vault_domain.records import Record, Sha256, UtcTime, Value, stamp
from vault_domain.submission import Line

MAX_WORDS = 4000
MIN_WORDS = 30


class ClaimState(StrEnum):
    """Where a claim stands; the names are part of the public interface."""

    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    EXAMINED = "examined"
    NEGOTIATING = "negotiating"
    UNFOUNDED = "unfounded"
    KEPT = "kept"
    REMOVED = "removed"
    NEGOTIATED = "negotiated"
    MOOT = "moot"
    EXPIRED = "expired"


STANDING = frozenset({ClaimState.CONFIRMED, ClaimState.EXAMINED, ClaimState.NEGOTIATING})
ENDED = frozenset(ClaimState) - STANDING - {ClaimState.UNCONFIRMED, ClaimState.EXPIRED}


class ClaimedWork(Value):
    """The work whose rights are said to be infringed."""

    title: Line
    artist: Line
    where: str = Field(min_length=3, max_length=500)
    """Where it can be heard or looked up: a public address, an ISRC, a catalogue number."""


class ClaimAsk(Value):
    """The body of POST /claims."""

    claimant: DisplayName
    email: Email
    capacity: Literal["rights_holder", "representative"]
    work: ClaimedWork
    track_id: TrackId | None = None
    """The track of the vault, if it is known: only then can the claim lock it. Otherwise say where you met it."""
    output_id: OutputId | None = None
    """The generated output, if the claim is about one: its certificate names it. It is suspended then."""
    met: str = Field(default="", max_length=1000)
    basis: str = Field(min_length=MIN_WORDS, max_length=MAX_WORDS)
    """What is the same, and which rights you hold in it. The owner of the track reads this."""
    in_good_faith: Literal[True]
    """You believe what you say, and know that a false claim harms somebody."""

    @model_validator(mode="after")
    def _about_one(self) -> "ClaimAsk":
        if self.track_id is not None and self.output_id is not None:
            raise ValueError("a claim is about a track or about an output; file another one for the other")
        return self


class Claim(Record):
    """One claim. Name, address and words are personal data: they are here and in no event."""

    table: ClassVar[str] = "claims"
    kind: ClassVar[str] = "claim"
    index_names: ClassVar[frozenset[str]] = frozenset({"by_state", "by_track"})

    claim_id: ClaimId
    state: ClaimState = ClaimState.UNCONFIRMED
    track_id: TrackId | None = None
    output_id: OutputId | None = None
    check: int | None = Field(default=None, ge=1)
    """The output's last check when the claim was filed: what was checked under its id since is another matter."""
    locks: bool = False
    """The track is locked, or the output suspended, because of this claim."""
    source: Sha256
    """Salted hash of the e-mail address."""
    claimant: str | None = Field(default=None, repr=False)
    email: Email | None = Field(default=None, repr=False)
    erased: bool = False
    """Name, address, words and the answer to them are gone: it was not confirmed, or ended long ago."""
    capacity: Literal["rights_holder", "representative", "community"]
    """``community``: a reviewer opened it because contributors flagged the track."""
    opened_by: AccountId | None = None
    work: ClaimedWork | None = None
    met: str = Field(default="", max_length=1000)
    basis: str = Field(default="", max_length=MAX_WORDS)
    token_sha256: Sha256 = Field(repr=False)
    filed: UtcTime
    confirmed: UtcTime | None = None
    due: UtcTime
    """When the next thing has to have happened: confirming, screening, deciding, forgetting."""
    told_overdue: UtcTime | None = None
    answer: str | None = Field(default=None, max_length=MAX_WORDS)
    """What the track's owner says to it."""
    answered: UtcTime | None = None
    screened_by: AccountId | None = None
    decided_by: AccountId | None = None
    ended: UtcTime | None = None
    track_stays: bool | None = None
    reason: str | None = Field(default=None, max_length=MAX_WORDS)
    """Why it was screened or decided so; both sides read it."""
    findings_sha256: Sha256 | None = None
    """The findings of the detectors that the decision rests on."""

    def key(self) -> tuple[str, str]:
        return self.claim_id, self.kind

    def indexes(self) -> dict[str, tuple[str, str]]:
        found = {} if self.erased else {"by_state": (self.state.value, stamp(self.due))}
        about = self.track_id or self.output_id
        if about is not None:
            found["by_track"] = (about, stamp(self.filed))
        return found


class ScreenAsk(Value):
    """The body of POST /claims/{claim_id}/screening: does the claim need to be examined?"""

    outcome: Literal["unfounded", "examine"]
    reason: str = Field(min_length=10, max_length=MAX_WORDS)


class SettleAsk(Value):
    """The body of POST /claims/{claim_id}/decision.

    ``negotiate`` gives both sides time. ``negotiated`` ends it as they agreed: ``track_stays`` says how.
    """

    outcome: Literal["keep", "remove", "negotiate", "negotiated"]
    track_stays: bool | None = None
    findings_sha256: Sha256
    """Of the findings that were looked at, as GET /claims/{claim_id} gives it."""
    reason: str = Field(min_length=10, max_length=MAX_WORDS)


def token_name(claim_id: str) -> str:
    """What the confirmation token is made from, under the installation's salt."""
    return f"claim:{claim_id}"


def file_claim(
    ask: ClaimAsk, claim_id: str, source: str, token: str, now: datetime, policy: Policy, check: int | None = None
) -> Claim:
    """The claim as filed; it counts for nothing until it is confirmed. ``check``: the last one of the output."""
    fields = ask.model_dump(exclude={"in_good_faith"})
    return Claim(
        **fields,
        claim_id=claim_id,
        check=check,
        source=source,
        token_sha256=sha256_hex(token.encode()),
        filed=now,
        due=now + timedelta(hours=policy.claim_confirm_hours),
    )


def known_by(claim: Claim | None, token: str) -> Claim:
    """The claim, for whoever has its token. Raises ``NotFound``, whichever of the two is wrong."""
    shown = sha256_hex(token.encode())
    if claim is None or not hmac.compare_digest(claim.token_sha256, shown):
        raise NotFound("no such claim, or the link is not complete")
    return claim


def confirm(claim: Claim, now: datetime, policy: Policy, *, locks: bool) -> Claim:
    """The claim confirmed by its author. Raises ``Expired`` past its time."""
    if claim.state is not ClaimState.UNCONFIRMED or now >= claim.due:
        raise Expired("this claim was not confirmed in time and was deleted; file it again")
    due = now + timedelta(days=policy.claim_screen_days)
    return claim.with_changes(state=ClaimState.CONFIRMED, confirmed=now, due=due, locks=locks)


def attach(claim: Claim, track_id: str) -> Claim:
    """The claim with the track that it is about, found by a reviewer; it locks it then."""
    check_standing(claim)
    if claim.output_id is not None:
        raise Conflict("this claim is about an output")
    if claim.track_id not in (None, track_id):
        raise Conflict("this claim is about another track")
    return claim.with_changes(track_id=track_id, locks=True)


def reply(claim: Claim, words: str, now: datetime) -> Claim:
    """With the owner's answer; until it is decided they may put it better."""
    check_standing(claim)
    return claim.with_changes(answer=words, answered=now)


def screen(claim: Claim, ask: ScreenAsk, by: str, now: datetime, policy: Policy) -> Claim:
    """Screened once. Raises ``Conflict`` for a claim that does not wait for it."""
    if claim.state is not ClaimState.CONFIRMED:
        raise Conflict(f"a claim that is {claim.state.value} is not screened")
    if ask.outcome == "unfounded":
        return _end(claim, ClaimState.UNFOUNDED, now, policy, screened_by=by, reason=ask.reason, track_stays=True)
    due = now + timedelta(days=policy.claim_decide_days)
    return claim.with_changes(state=ClaimState.EXAMINED, screened_by=by, reason=ask.reason, due=due, told_overdue=None)


def settle(claim: Claim, ask: SettleAsk, by: str, present_findings: str, now: datetime, policy: Policy) -> Claim:
    """Decided, or given time to negotiate.

    Raises ``Conflict`` unless the claim was screened, or when the findings changed since they were looked at,
    ``BadRequest`` when an agreement does not say what becomes of the track.
    """
    if claim.state not in (ClaimState.EXAMINED, ClaimState.NEGOTIATING):
        raise Conflict(f"a claim that is {claim.state.value} is not decided; screen it first")
    if ask.findings_sha256 != present_findings:
        raise Conflict("the findings changed since you looked; read them again", findings_sha256=present_findings)
    if (ask.outcome == "negotiated") is not (ask.track_stays is not None):
        raise BadRequest("track_stays belongs to the outcome negotiated, and only to that")
    said = {"decided_by": by, "reason": ask.reason, "findings_sha256": ask.findings_sha256}
    if ask.outcome == "negotiate":
        if claim.state is ClaimState.NEGOTIATING:
            raise Conflict("they negotiate already")
        due = now + timedelta(days=policy.claim_negotiate_days)
        return claim.with_changes(state=ClaimState.NEGOTIATING, due=due, told_overdue=None, **said)
    agreed = (ClaimState.NEGOTIATED, ask.track_stays)
    state, stays = {"keep": (ClaimState.KEPT, True), "remove": (ClaimState.REMOVED, False)}.get(ask.outcome, agreed)
    return _end(claim, state, now, policy, track_stays=stays, **said)


def make_moot(claim: Claim, now: datetime, policy: Policy) -> Claim:
    """The track is gone, by its owner or by another claim: nothing is left to decide."""
    check_standing(claim)
    return _end(claim, ClaimState.MOOT, now, policy, track_stays=False)


def forget(claim: Claim) -> Claim:
    """Without name, address and words of its author, and without the answer: not confirmed, or ended long ago."""
    state = ClaimState.EXPIRED if claim.state is ClaimState.UNCONFIRMED else claim.state
    gone = {"claimant": None, "email": None, "work": None, "met": "", "basis": "", "answer": None}
    return claim.with_changes(state=state, erased=True, **gone)


def check_standing(claim: Claim) -> None:
    """Raise ``Conflict`` unless the claim is confirmed and not decided."""
    if claim.state not in STANDING:
        raise Conflict(f"this claim is {claim.state.value}")


def _end(claim: Claim, state: ClaimState, now: datetime, policy: Policy, **changes: object) -> Claim:
    due = now + timedelta(days=policy.claim_data_days)
    return claim.with_changes(state=state, ended=now, due=due, locks=False, told_overdue=None, **changes)
