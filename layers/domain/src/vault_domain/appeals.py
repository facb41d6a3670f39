"""Appeals: the owner of a rejected track answers once, and somebody who did not reject it looks again.

A strong match with something outside may be a false one, so the rules that
reject for it open the appeal themselves: rejection and right to answer arrive
together. Until the owner has answered, or the time for it is over, nobody can
dismiss it; to uphold it, nobody has to wait.

Filing one sends the track through the detectors as they are now; the decision
names the findings that it rests on. Upheld: the track is approved in the face
of exactly these findings and goes on to be admitted. Dismissed: final, with
reasons that its owner can read.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field

from vault_domain.appeal_time import answer_until, ends, told
from vault_domain.decision import Verdict
from vault_domain.errors import Conflict, Forbidden
from vault_domain.ids import AccountId, TrackId
from vault_domain.policy import Policy
from vault_domain.reasons import Reason
from vault_domain.records import Record, Sha256, UtcTime, Value
from vault_domain.review import ReviewVote, grounds
from vault_domain.tracks import Approval, Status, Track
from vault_domain.uploads import Upload, UploadState

MAX_WORDS = 4000
Outcome = Literal["upheld", "dismissed"]
End = Literal["upheld", "dismissed", "lapsed"]


class Appeal(Record):
    """One appeal against one rejection; ``step`` is the number of the history row that rejected."""

    table: ClassVar[str] = "tracks"
    kind: ClassVar[str] = "appeal"

    track_id: TrackId
    step: int = Field(ge=1)
    owner: AccountId
    opened_by: Literal["owner", "rules"] = "owner"
    reason: str | None = Field(default=None, min_length=10, max_length=MAX_WORDS)
    """The owner's words; none yet where the rules opened it, none any more where they were erased."""
    answered: UtcTime | None = None
    rejected_for: tuple[Reason, ...] = ()
    rejected_by: tuple[AccountId, ...] = ()
    """People whose votes rejected it; nobody when the rules did."""
    filed: UtcTime
    due: UtcTime | None = None
    """Until when a dispute that the rules opened can be answered."""
    outcome: End | None = None
    decided_by: AccountId | None = None
    decided: UtcTime | None = None
    answer: str | None = Field(default=None, max_length=MAX_WORDS)
    findings_sha256: Sha256 | None = None
    """The findings that the decision rests on."""

    def key(self) -> tuple[str, str]:
        return self.track_id, f"{self.kind}#{self.step:06d}"

    @property
    def is_answered(self) -> bool:
        """Whether its owner had their say; that stays so where the words were erased since."""
        return self.answered is not None or self.reason is not None


class AppealAsk(Value):
    """The body of POST /tracks/{track_id}/appeal."""

    reason: str = Field(min_length=10, max_length=MAX_WORDS)


class AppealDecisionAsk(Value):
    """The body of POST /tracks/{track_id}/appeal/decision; the owner reads the answer."""

    outcome: Outcome
    findings_sha256: Sha256
    """Of the findings that were looked at, as GET /tracks/{track_id}/appeal gives it."""
    answer: str = Field(min_length=10, max_length=MAX_WORDS)


def file(
    track: Track, upload: Upload | None, votes: Iterable[ReviewVote], ask: AppealAsk, now: datetime, policy: Policy
) -> Appeal:
    """The appeal. Raises ``Conflict`` for a track that was not rejected, too late, or without its recording."""
    if track.status is not Status.REJECTED:
        raise Conflict("only a rejected track can be appealed for")
    if upload is None or upload.state is not UploadState.VALIDATED:
        raise Conflict("this file could not be used; send another one instead")
    if upload.purged is not None:
        raise Conflict("the recording is not kept any more; submit it again")
    if now >= (until := ends(track, policy)):
        raise Conflict(f"an appeal could be made until {told(until)}")
    against = [vote.reviewer for vote in votes if vote.vote == "reject"]
    return Appeal(
        track_id=track.track_id,
        step=track.steps,
        owner=track.owner,
        reason=ask.reason,
        answered=now,
        rejected_for=track.reasons,
        rejected_by=tuple(sorted(set(against))),
        filed=now,
    )


def open_dispute(track: Track, now: datetime) -> Appeal:
    """The appeal that comes with a rejection by the rules; ``track`` was rejected just now."""
    return Appeal(
        track_id=track.track_id, step=track.steps, owner=track.owner, opened_by="rules", rejected_for=track.reasons,
        filed=now, due=track.appeal_until,
    )  # fmt: skip


def answered(appeal: Appeal, ask: AppealAsk, now: datetime, policy: Policy) -> Appeal:
    """The dispute with its owner's words. Raises ``Conflict`` for other words than before, or too late."""
    if appeal.is_answered or appeal.outcome is not None:
        raise Conflict("you have appealed already")
    if is_overdue(appeal, now, policy):
        raise Conflict(f"an answer could be given until {told(due(appeal, policy))}")
    return appeal.with_changes(reason=ask.reason, answered=now)


def is_overdue(appeal: Appeal, now: datetime, policy: Policy) -> bool:
    """Whether its owner was asked and did not answer in time."""
    waits = not appeal.is_answered and appeal.outcome is None
    return waits and now >= due(appeal, policy)


def due(appeal: Appeal, policy: Policy) -> datetime:
    """Until when its owner may answer it."""
    return appeal.due or answer_until(appeal.filed, policy)


def lapse(appeal: Appeal, now: datetime) -> Appeal:
    """Nobody answered in time."""
    return appeal.with_changes(outcome="lapsed", decided=now)


def decide(appeal: Appeal, by: str, ask: AppealDecisionAsk, present_findings: str, now: datetime) -> Appeal:
    """The decided appeal.

    Raises ``Forbidden`` for somebody who rejected the track before, ``Conflict``
    for one that is decided already or not yet answered, or when the findings changed since they were looked at.
    """
    if by in appeal.rejected_by:
        raise Forbidden("you rejected this track; somebody else decides about the appeal")
    if appeal.outcome is not None:
        raise Conflict("this appeal was decided")
    if not appeal.is_answered and ask.outcome == "dismissed":
        raise Conflict("its owner has not answered yet; it can't be dismissed before that")
    if ask.findings_sha256 != present_findings:
        raise Conflict("the findings changed since you looked; read them again", findings_sha256=present_findings)
    return appeal.with_changes(
        outcome=ask.outcome, decided_by=by, decided=now, answer=ask.answer, findings_sha256=ask.findings_sha256
    )


def approval_of(verdict: Verdict, findings_sha256: str, now: datetime) -> Approval:
    """An upheld appeal approves the track in the face of what is known now."""
    return Approval(how="appeal", evidence_sha256=findings_sha256, grounds=grounds(verdict.reasons), at=now)


LAPSED = Reason(code="dispute_lapsed", detail="The rejection was not answered in time.")


def final_reasons(track: Track, appeal: Appeal) -> tuple[Reason, ...]:
    """Why it stays rejected: what it was rejected for, and the answer in words."""
    said = Reason(code="appeal_dismissed", detail=(appeal.answer or "")[:500])
    return (*(reason for reason in appeal.rejected_for or track.reasons), said)
