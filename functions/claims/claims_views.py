"""What claims look like to each reader, and what is asked."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field
from vault_domain.errors import NotFound
from vault_domain.evidence import Hit, SourceReport
from vault_domain.ids import AccountId, ClaimId, OutputId, TrackId
from vault_domain.infringement import MAX_WORDS, Claim, ClaimedWork, ClaimState
from vault_domain.reasons import Reason
from vault_domain.suspensions import findings
from vault_edge.app import Caller, Deps
from vault_edge.claiming import track_of
from vault_edge.complaining import output_of
from vault_edge.permitting import enforce, permitted
from vault_edge.reviewing import findings_of

SUMMED = ("claim_id", "state", "track_id", "output_id", "work", "filed", "confirmed", "due")


class TokenAsk(BaseModel):
    """The token of the mailed link."""

    token: Annotated[str, Field(min_length=20, max_length=200)]


class TrackAsk(BaseModel):
    """The track that a claim is about."""

    track_id: TrackId


class WordsAsk(BaseModel):
    """The owner's answer to a claim."""

    answer: Annotated[str, Field(min_length=10, max_length=MAX_WORDS)]


class QueueAsk(BaseModel):
    """Which claims."""

    state: ClaimState = ClaimState.CONFIRMED
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: Annotated[str | None, Field(max_length=2000)] = None


class ClaimReceipt(BaseModel):
    """The claim was filed; it counts once it is confirmed."""

    claim_id: ClaimId
    confirm_until: datetime


class ClaimStatus(BaseModel):
    """Where a claim stands, as its author sees it."""

    claim_id: ClaimId
    state: ClaimState
    locked: bool = Field(description="whether the track is locked because of this claim")
    filed: datetime
    confirmed: datetime | None
    due: datetime | None = Field(description="when the next step has to have happened; none once it ended")
    ended: datetime | None
    reason: str | None


class ClaimAbout(BaseModel):
    """A claim as the track's owner sees it: the substance, never the author."""

    claim_id: ClaimId
    state: ClaimState
    locked: bool
    capacity: str
    work: ClaimedWork | None
    basis: str
    confirmed: datetime
    due: datetime | None
    answer: str | None
    answered: datetime | None
    ended: datetime | None
    reason: str | None
    track_stays: bool | None


class TrackClaims(BaseModel):
    """The claims about one track."""

    track_id: TrackId
    claims: tuple[ClaimAbout, ...]


class OutputClaims(BaseModel):
    """The claims about one output."""

    output_id: OutputId
    claims: tuple[ClaimAbout, ...]


class Answered(BaseModel):
    """The answer as it stands."""

    claim_id: ClaimId
    answer: str
    answered: datetime | None


class Attached(BaseModel):
    """Claim and track after a reviewer's step."""

    claim_id: ClaimId
    state: ClaimState
    track_id: TrackId | None
    track_status: str | None
    output_id: OutputId | None = None
    output_status: str | None = Field(default=None, description="suspended, withdrawn, lifted, or none of them")
    due: datetime


class ClaimSummary(BaseModel):
    """One line of the queue."""

    claim_id: ClaimId
    state: ClaimState
    track_id: TrackId | None
    track_title: str | None
    track_status: str | None
    output_id: OutputId | None
    output_status: str | None = Field(description="suspended, withdrawn, lifted, or none of them")
    locked: bool
    work: ClaimedWork | None
    answered: bool
    filed: datetime
    confirmed: datetime | None
    due: datetime
    overdue: bool


class ClaimPage(BaseModel):
    """A page of the queue."""

    claims: tuple[ClaimSummary, ...]
    cursor: str | None


class ClaimDetail(ClaimSummary):
    """All that is known about a claim."""

    claimant: str | None = Field(description="none once the data of the claim were erased")
    email: str | None
    capacity: str
    met: str
    basis: str
    answer: str | None
    reason: str | None
    screened_by: AccountId | None
    decided_by: AccountId | None
    ended: datetime | None
    track_stays: bool | None
    erased: bool
    opened_by: AccountId | None = Field(description="the reviewer who opened it because the track was flagged")
    owner: AccountId | None
    findings: tuple[Reason, ...] = Field(description="what stands against the track now, by the policy in force")
    findings_sha256: str | None = Field(description="names these findings; a decision has to quote it")
    sources: tuple[SourceReport, ...]
    matches: tuple[Hit, ...] = Field(description="of an output: what its last check found")


def status_of(claim: Claim) -> ClaimStatus:
    """For its author."""
    due = None if claim.ended is not None else claim.due
    return ClaimStatus(**_picked(claim, ClaimStatus), locked=claim.locks, due=due)


def to_owner(claim: Claim) -> ClaimAbout:
    """For the owner of the track."""
    due = None if claim.ended is not None else claim.due
    return ClaimAbout(**_picked(claim, ClaimAbout), locked=claim.locks, due=due)


def summary(claim: Claim, deps: Deps) -> ClaimSummary:
    """For the queue."""
    return ClaimSummary(**_summed(claim, deps))


def detail(claim_id: str, caller: Caller, deps: Deps) -> ClaimDetail:
    """For a reviewer who has no stake in the track. Raises ``NotFound`` or ``Forbidden``."""
    claim = reachable("claim.read", claim_id, caller, deps)
    track = track_of(claim, deps)
    known = findings_of(track, deps) if track is not None else None
    output = output_of(claim, deps)
    last, sha256 = findings(output.heard) if output is not None else (None, None)
    return ClaimDetail(
        **_summed(claim, deps),
        **{name: getattr(claim, name) for name in (
            "claimant", "email", "capacity", "met", "basis", "answer", "reason", "screened_by", "decided_by", "ended",
            "track_stays", "erased", "opened_by",
        )},
        owner=track.owner if track is not None else output.owner if output is not None else None,
        findings=known.verdict.reasons if known else last.reasons if last else (),
        findings_sha256=known.sha256 if known else sha256,
        matches=last.hits if last else (),
        sources=known.reports if known else (),
    )  # fmt: skip


def reachable(what: str, claim_id: str, caller: Caller, deps: Deps) -> Claim:
    """The claim, if the matrix lets this caller do ``what`` with one about its track."""
    claim = deps.records.get(Claim, claim_id)
    if claim is not None and track_of(claim, deps) is not None:
        permitted(what, str(claim.track_id), caller, deps)
        return claim
    output = output_of(claim, deps) if claim is not None else None
    enforce(what, caller, deps, own=output is not None and output.owner == caller.id, thing="claim")
    if claim is None:
        raise NotFound("no such claim")
    return claim


def _summed(claim: Claim, deps: Deps) -> dict[str, object]:
    track, output = track_of(claim, deps), output_of(claim, deps)
    return {
        **{name: getattr(claim, name) for name in SUMMED},
        "track_title": track.metadata.title if track else None,
        "track_status": track.status.value if track else None,
        "output_status": (output.suspension.state if output and output.suspension else None),
        "locked": claim.locks,
        "answered": claim.answer is not None,
        "overdue": claim.ended is None and claim.due <= deps.clock(),
    }


def _picked(claim: Claim, view: type[BaseModel]) -> dict[str, object]:
    names = view.model_fields.keys() & type(claim).model_fields.keys() - {"due"}
    return {name: getattr(claim, name) for name in names}
