"""The track and its one transition table.

Nothing but :func:`transition` changes a status. A row of ``TABLE`` says from
where, on which trigger, by which role, under which guard, to where. Guards are
small named predicates over :class:`Guards`, the facts that the caller gathered.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from vault_domain.errors import Conflict, Forbidden
from vault_domain.events import Actor
from vault_domain.ids import AccountId, RightsId, SubmissionId, TrackId, UploadId
from vault_domain.reasons import Reason
from vault_domain.records import Record, Sha256, UtcTime, Value, stamp
from vault_domain.submission import Metadata


class Status(StrEnum):
    """Where a track stands."""

    SUBMITTED = "submitted"
    PENDING_AUTOMATED_CHECKS = "pending_automated_checks"
    PENDING_REVIEW = "pending_review"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    REMOVED = "removed"
    DISPUTE_PENDING = "dispute_pending"
    REJECTED_FINAL = "rejected_final"
    UNDER_INVESTIGATION = "under_investigation"


class Trigger(StrEnum):
    """What can happen to a track."""

    CHECKS_STARTED = "checks_started"
    CHECKS_FINISHED = "checks_finished"
    CHECKED_AGAIN = "checked_again"
    ADMITTED = "admitted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    UPLOAD_FAILED = "upload_failed"
    APPEALED = "appealed"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_LAPSED = "dispute_lapsed"
    APPEAL_UPHELD = "appeal_upheld"
    APPEAL_DISMISSED = "appeal_dismissed"
    CLAIM_CONFIRMED = "claim_confirmed"
    CLAIM_DISMISSED = "claim_dismissed"
    CLAIM_UPHELD = "claim_upheld"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Guards:
    """Facts that guards look at; unknown is False, so that a guard fails closed."""

    in_vault: bool = False
    """The audio is in the vault bucket, its features are in the index, its hash is claimed."""
    verdict: Literal["none", "accept", "review", "reject"] = "none"
    duplicate: bool = False
    """The same sound belongs to another track."""
    approved_by_vote: bool = False
    rejected_by_vote: bool = False
    is_owner: bool = False
    appeal_used: bool = False
    disputable: bool = False
    """Rejected by the rules for a strong match with something outside, which may be a false one."""
    answer_overdue: bool = False
    """The owner was asked to answer, and the time for it is over."""
    claim_stands: bool = False
    """A complete claim, confirmed by its author, stands on the track."""
    no_claim_stands: bool = False
    """Every claim on the track was settled in its favour."""


Guard = Callable[[Guards], bool]


def _always(_: Guards) -> bool:
    return True


def _verdict_known(facts: Guards) -> bool:
    return facts.verdict != "none"


def _may_enter(facts: Guards) -> bool:
    return facts.in_vault and (facts.verdict == "accept" or facts.approved_by_vote)


def _must_leave(facts: Guards) -> bool:
    return facts.verdict == "reject" or facts.duplicate or facts.rejected_by_vote


def _owner(facts: Guards) -> bool:
    return facts.is_owner


def _first_appeal(facts: Guards) -> bool:
    return facts.is_owner and not facts.appeal_used


def _disputable(facts: Guards) -> bool:
    return facts.disputable


def _unanswered(facts: Guards) -> bool:
    return facts.answer_overdue


def _claimed(facts: Guards) -> bool:
    return facts.claim_stands


def _unclaimed(facts: Guards) -> bool:
    return facts.no_claim_stands and not facts.claim_stands


@dataclass(frozen=True)
class Row:
    """One permitted change."""

    source: Status
    trigger: Trigger
    roles: frozenset[str]
    guard: Guard
    target: Status


def _row(source: Status, trigger: Trigger, roles: str, guard: Guard, target: Status) -> Row:
    return Row(source, trigger, frozenset(roles.split()), guard, target)


_PEOPLE = "contributor reviewer admin"
"""Whoever owns a track: a contributor who became a reviewer keeps every right to their own work."""
_OPEN = (Status.SUBMITTED, Status.PENDING_AUTOMATED_CHECKS, Status.PENDING_REVIEW)
_REFUSED = (Status.REJECTED, Status.DISPUTE_PENDING)

TABLE: tuple[Row, ...] = (
    _row(Status.SUBMITTED, Trigger.CHECKS_STARTED, "system", _always, Status.PENDING_AUTOMATED_CHECKS),
    _row(
        Status.PENDING_AUTOMATED_CHECKS,
        Trigger.CHECKS_FINISHED,
        "system",
        _verdict_known,
        Status.PENDING_REVIEW,
    ),
    _row(Status.PENDING_REVIEW, Trigger.CHECKED_AGAIN, "system", _verdict_known, Status.PENDING_REVIEW),
    _row(Status.PENDING_REVIEW, Trigger.ADMITTED, "system", _may_enter, Status.ACCEPTED),
    _row(Status.PENDING_REVIEW, Trigger.REJECTED, "system reviewer admin", _must_leave, Status.REJECTED),
    *(_row(s, Trigger.UPLOAD_FAILED, "system", _always, Status.REJECTED) for s in _OPEN[:2]),
    *(_row(s, Trigger.WITHDRAWN, _PEOPLE, _owner, Status.REMOVED) for s in _OPEN + _REFUSED),
    _row(Status.ACCEPTED, Trigger.REVOKED, _PEOPLE, _owner, Status.REMOVED),
    _row(Status.UNDER_INVESTIGATION, Trigger.REVOKED, _PEOPLE, _owner, Status.REMOVED),
    _row(Status.REJECTED, Trigger.APPEALED, _PEOPLE, _first_appeal, Status.DISPUTE_PENDING),
    _row(Status.REJECTED, Trigger.DISPUTE_OPENED, "system", _disputable, Status.DISPUTE_PENDING),
    _row(Status.DISPUTE_PENDING, Trigger.DISPUTE_LAPSED, "system", _unanswered, Status.REJECTED_FINAL),
    _row(Status.DISPUTE_PENDING, Trigger.APPEAL_UPHELD, "reviewer admin", _always, Status.PENDING_REVIEW),
    _row(Status.DISPUTE_PENDING, Trigger.APPEAL_DISMISSED, "reviewer admin", _always, Status.REJECTED_FINAL),
    _row(Status.ACCEPTED, Trigger.CLAIM_CONFIRMED, "system reviewer admin", _claimed, Status.UNDER_INVESTIGATION),
    _row(Status.UNDER_INVESTIGATION, Trigger.CLAIM_DISMISSED, "reviewer admin", _unclaimed, Status.ACCEPTED),
    _row(Status.UNDER_INVESTIGATION, Trigger.CLAIM_UPHELD, "reviewer admin", _claimed, Status.REMOVED),
)

FINAL = frozenset({Status.REMOVED, Status.REJECTED_FINAL})
UNDECIDED = frozenset(_OPEN)
"""Where the pipeline may still have work to do."""


class Approval(Value):
    """People decided in favour: on what evidence, in spite of which findings.

    It holds while no ground is found that they did not know.
    """

    how: Literal["vote", "override", "appeal"]
    evidence_sha256: Sha256
    grounds: tuple[str, ...] = ()
    """``code:ref`` of every reason that stood against the track."""
    at: UtcTime


class Track(Record):
    """A submitted track. Its audio is named ``lemm://vault/<track_id>``, never by address."""

    table: ClassVar[str] = "tracks"
    kind: ClassVar[str] = "track"
    index_names: ClassVar[frozenset[str]] = frozenset({"by_owner", "by_status", "by_artist", "by_date"})

    track_id: TrackId
    submission_id: SubmissionId
    upload_id: UploadId
    rights_id: RightsId
    owner: AccountId
    status: Status = Status.SUBMITTED
    metadata: Metadata
    metadata_version: int = Field(default=1, ge=1)
    submitted: UtcTime
    changed: UtcTime
    flags: tuple[Reason, ...] = ()
    """Reasons for review that the submission itself gives."""
    reasons: tuple[Reason, ...] = ()
    """Why the track stands where it stands."""
    dispute_open: bool = False
    appeal_used: bool = False
    appeal_until: UtcTime | None = None
    """Until when the last rejection can be answered, as its letter said."""
    appeal_reminded: UtcTime | None = None
    audio_sha256: Sha256 | None = None
    content_sha256: Sha256 | None = None
    duration_s: float | None = Field(default=None, ge=0)
    stored: str | None = Field(default=None, pattern="^lemm://vault/trk_[0-9a-z]{26}$")
    stored_bytes: int | None = Field(default=None, ge=0)
    stored_sha256: Sha256 | None = None
    verdict: Literal["none", "accept", "review", "reject"] = "none"
    verdict_policy: int | None = None
    evidence_snapshot: str | None = None
    evidence_sha256: Sha256 | None = None
    """Hash of the findings behind the verdict: the same findings are not decided twice."""
    approval: Approval | None = None
    was_favoured: bool = False
    """An admission may have begun under a decision in favour that no longer stands."""
    ask_sha256: Sha256 | None = None
    """Hash of the submission, so that a repeated one is known for what it is."""
    steps: int = Field(default=0, ge=0)
    """How many times the status has changed; numbers the history rows."""

    def key(self) -> tuple[str, str]:
        return self.track_id, self.kind

    def indexes(self) -> dict[str, tuple[str, str]]:
        return {
            "by_owner": (self.owner, stamp(self.submitted)),
            "by_status": (self.status.value, stamp(self.changed)),
            "by_artist": (artist_key(self.metadata.artist_display_name), stamp(self.submitted)),
            "by_date": (self.submitted.strftime("%Y-%m"), stamp(self.submitted)),
        }


class GenreEntry(Record):
    """One row per genre tag, so that tracks are found by any of their genres."""

    table: ClassVar[str] = "tracks"
    kind: ClassVar[str] = "genre"
    index_names: ClassVar[frozenset[str]] = frozenset({"by_genre"})

    track_id: TrackId
    genre: str
    submitted: UtcTime

    def key(self) -> tuple[str, str]:
        return self.track_id, f"genre#{self.genre}"

    def indexes(self) -> dict[str, tuple[str, str]]:
        return {"by_genre": (self.genre, stamp(self.submitted))}


class HistoryRow(Record):
    """One status change, as its owner and reviewers may read it."""

    table: ClassVar[str] = "tracks"
    kind: ClassVar[str] = "history"

    track_id: TrackId
    step: int = Field(ge=0)
    source: Status | None
    target: Status
    trigger: Trigger | Literal["submitted"]
    role: str
    at: UtcTime
    reasons: tuple[Reason, ...] = ()
    policy: int | None = None

    def key(self) -> tuple[str, str]:
        return self.track_id, f"history#{self.step:06d}"


def artist_key(name: str) -> str:
    """An artist's name as an index key: case-folded, spaces collapsed."""
    return " ".join(name.casefold().split())


def find_row(source: Status, trigger: Trigger) -> Row | None:
    """The one row for this pair, if the table has it."""
    return next((row for row in TABLE if row.source is source and row.trigger is trigger), None)


def transition(
    track: Track,
    trigger: Trigger,
    actor: Actor,
    facts: Guards,
    now: datetime,
    reasons: tuple[Reason, ...] = (),
    **changes: object,
) -> tuple[Track, HistoryRow]:
    """The changed track and its history row.

    Raises ``Conflict`` when the table has no such row or its guard does not
    hold, ``Forbidden`` when the actor's role may not do it.
    """
    row = find_row(track.status, trigger)
    if row is None:
        raise Conflict(f"a track that is {track.status.value} can't be {trigger.value}")
    if actor.role not in row.roles:
        raise Forbidden(f"{trigger.value} is not for the role {actor.role}")
    if not row.guard(facts):
        raise Conflict(f"the conditions for {trigger.value} are not met")
    moved = track.with_changes(
        **{**changes, "status": row.target, "changed": now, "reasons": reasons, "steps": track.steps + 1}
    )
    history = HistoryRow(
        track_id=track.track_id,
        step=moved.steps,
        source=track.status,
        target=row.target,
        trigger=trigger,
        role=actor.role,
        at=now,
        reasons=reasons,
        policy=moved.verdict_policy,
    )
    return moved, history


def way_out(status: Status) -> Trigger:
    """How an owner takes a track back from here. Raises ``Conflict`` when it can't be taken back any more."""
    for trigger in (Trigger.REVOKED, Trigger.WITHDRAWN):
        if find_row(status, trigger) is not None:
            return trigger
    raise Conflict(f"a track that is {status.value} can't be taken back")
