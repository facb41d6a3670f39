"""Review by people: who holds a track, who voted on which evidence, and what the votes come to.

- Unflagged: one voice decides. Flagged: two do, or one admin (the numbers are policy).
- A vote counts for the evidence it names; when the findings change, voting begins anew.
- One vote per person and evidence. A question to the owner stops the clock and
  holds further votes until it is answered, or the time for it is over.
- An approval holds while no ground appears that the voters did not know.

Every vote rewrites the track's one case record, so of two votes at the same
moment one is counted after the other.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from vault_domain.admission import favoured
from vault_domain.decision import Verdict
from vault_domain.errors import Conflict
from vault_domain.ids import AccountId, TrackId
from vault_domain.policy import Policy
from vault_domain.reasons import Reason
from vault_domain.records import Record, Sha256, UtcTime, Value
from vault_domain.rights import RightsRecord
from vault_domain.tracks import Approval, Status, Track, artist_key

Choice = Literal["approve", "reject"]
UNFLAGGED = frozenset({"awaiting_reviewer", "clean", "corrected", "own_catalogue_match"})
MAX_NOTE = 2000
EXTERNAL = frozenset({"weak_external_match", "strong_external_match", "melody_of_known_work"})
INTERNAL = frozenset({"near_duplicate", "duplicate", "melody_of_vault_track"})


class ReviewCase(Record):
    """Who works on a track, whether its owner was asked, and for how long the clock stood still."""

    table: ClassVar[str] = "tracks"
    kind: ClassVar[str] = "review_case"

    track_id: TrackId
    claimed_by: AccountId | None = None
    claimed_until: UtcTime | None = None
    questions: int = Field(default=0, ge=0, le=100)
    asked: UtcTime | None = None
    """Since when the newest question waits for its answer."""
    stopped_s: float = Field(default=0, ge=0)

    def key(self) -> tuple[str, str]:
        return self.track_id, self.kind


class ReviewVote(Record):
    """One person's vote on one state of the evidence; written once."""

    table: ClassVar[str] = "tracks"
    kind: ClassVar[str] = "review_vote"

    track_id: TrackId
    reviewer: AccountId
    role: Literal["reviewer", "admin"]
    vote: Choice
    override: bool = False
    evidence_sha256: Sha256
    note: str = Field(default="", max_length=MAX_NOTE)
    at: UtcTime

    def key(self) -> tuple[str, str]:
        return self.track_id, f"{self.kind}#{self.evidence_sha256}#{self.reviewer}"


class ReviewQuestion(Record):
    """What a reviewer asked the owner, and the answer."""

    table: ClassVar[str] = "tracks"
    kind: ClassVar[str] = "review_question"

    track_id: TrackId
    number: int = Field(ge=1, le=100)
    asked_by: AccountId
    question: str = Field(min_length=3, max_length=MAX_NOTE)
    asked: UtcTime
    answer: str | None = Field(default=None, max_length=MAX_NOTE)
    answered: UtcTime | None = None

    def key(self) -> tuple[str, str]:
        return self.track_id, f"{self.kind}#{self.number:04d}"


class VoteAsk(Value):
    """The body of POST /review/{track_id}/votes; ``evidence_sha256`` names the evidence that was looked at."""

    vote: Literal["approve", "reject", "needs_more_info"]
    evidence_sha256: Sha256
    note: str = Field(default="", max_length=MAX_NOTE)
    """For reviewers; with ``reject`` and ``needs_more_info`` the owner reads it, so it is demanded then."""

    @model_validator(mode="after")
    def _said_why(self) -> "VoteAsk":
        if self.vote != "approve" and len(self.note) < 3:
            raise ValueError("say why in the note: the owner reads it")
        return self


class OverrideAsk(Value):
    """The body of POST /review/{track_id}/override: an admin decides alone."""

    vote: Choice
    evidence_sha256: Sha256
    reason: str = Field(min_length=10, max_length=MAX_NOTE)


class AnswerAsk(Value):
    """The body of POST /review/{track_id}/answers."""

    answer: str = Field(min_length=1, max_length=MAX_NOTE)


def is_own(track: Track, rights: RightsRecord | None, account_id: str, display: str | None) -> bool:
    """Whether this person has a stake in the track: its owner, a rights holder, or of a name that it gives."""
    if track.owner == account_id:
        return True
    if rights is not None and any(party.holder == account_id for party in rights.parties):
        return True
    named = {artist_key(name) for name in (track.metadata.artist_display_name, *track.metadata.collaborator_names)}
    return display is not None and artist_key(display) in named


def is_flagged(track: Track) -> bool:
    """Whether anything but the wish for a reviewer holds this track."""
    return any(reason.code not in UNFLAGGED for reason in track.reasons)


def kind_of_hit(track: Track) -> Literal["external", "internal", "none"]:
    """What a queue is filtered by; an outside match outweighs one of our own."""
    codes = {reason.code for reason in track.reasons}
    if codes & EXTERNAL:
        return "external"
    return "internal" if codes & INTERNAL else "none"


def check_open(track: Track, evidence_sha256: str) -> None:
    """Raise ``Conflict`` unless the track waits for people, and on just this evidence."""
    if track.status is not Status.PENDING_REVIEW or favoured(track):
        raise Conflict("this track does not wait for a review")
    if track.evidence_sha256 != evidence_sha256:
        raise Conflict("the evidence changed since you looked; read it again", evidence_sha256=track.evidence_sha256)


def holder(case: ReviewCase, now: datetime) -> str | None:
    """Who holds the track for review at this moment."""
    live = case.claimed_until is not None and now < case.claimed_until
    return case.claimed_by if live else None


def claim(case: ReviewCase, reviewer: str, now: datetime, policy: Policy) -> ReviewCase:
    """Hold it for a while. Raises ``Conflict`` while somebody else does."""
    if holder(case, now) not in (None, reviewer):
        raise Conflict("another reviewer works on this track", until=str(case.claimed_until))
    until = now + timedelta(seconds=policy.review_claim_s)
    return case.with_changes(claimed_by=reviewer, claimed_until=until)


def waits_for_owner(case: ReviewCase, now: datetime, policy: Policy) -> bool:
    """Whether a question stands open, and its time is not over."""
    return case.asked is not None and now < case.asked + timedelta(days=policy.answer_days)


def after_vote(case: ReviewCase, reviewer: str, now: datetime, policy: Policy, *, override: bool = False) -> ReviewCase:
    """The case with one more vote counted; the voter's hold ends.

    Raises ``Conflict`` while the owner is to answer or another reviewer works on it, unless an admin overrides.
    """
    if not override and waits_for_owner(case, now, policy):
        raise Conflict("the owner was asked; wait for the answer")
    if not override and holder(case, now) not in (None, reviewer):
        raise Conflict("another reviewer works on this track", until=str(case.claimed_until))
    return case.with_changes(claimed_by=None, claimed_until=None)


def ask(
    case: ReviewCase, reviewer: str, question: str, now: datetime, policy: Policy
) -> tuple[ReviewCase, ReviewQuestion]:
    """The case with its clock stopped, and the question."""
    freed = after_vote(_stopped(case, now, policy), reviewer, now, policy)
    asked = freed.with_changes(asked=now, questions=case.questions + 1)
    return asked, ReviewQuestion(
        track_id=case.track_id, number=asked.questions, asked_by=reviewer, question=question, asked=now
    )


def answer(
    case: ReviewCase, question: ReviewQuestion | None, text: str, now: datetime, policy: Policy
) -> tuple[ReviewCase, ReviewQuestion]:
    """The clock runs again. Raises ``Conflict`` when nothing was asked, or it was answered."""
    if case.asked is None or question is None or question.answer is not None:
        raise Conflict("no question waits for an answer")
    running = _stopped(case, now, policy).with_changes(asked=None)
    return running, question.with_changes(answer=text, answered=now)


def _stopped(case: ReviewCase, now: datetime, policy: Policy) -> ReviewCase:
    """With the time of an open question added, at most the time that an answer may take."""
    if case.asked is None:
        return case
    passed = min((now - case.asked).total_seconds(), policy.answer_days * 86_400.0)
    return case.with_changes(stopped_s=case.stopped_s + passed)


def open_for_s(track: Track, case: ReviewCase, now: datetime, policy: Policy) -> float:
    """Seconds since submission on the review's clock."""
    return max(0.0, (now - track.submitted).total_seconds() - _stopped(case, now, policy).stopped_s)


def counting(votes: Iterable[ReviewVote], track: Track) -> tuple[ReviewVote, ...]:
    """The votes on the present evidence."""
    return tuple(vote for vote in votes if vote.evidence_sha256 == track.evidence_sha256)


def needed(track: Track, policy: Policy) -> int:
    """Equal voices that decide."""
    return policy.approvals_flagged if is_flagged(track) else policy.approvals_unflagged


def outcome(votes: Iterable[ReviewVote], track: Track, policy: Policy) -> Choice | None:
    """What the votes on the present evidence come to; None while they decide nothing."""
    counted = counting(votes, track)
    for vote in counted:
        if vote.override or (vote.role == "admin" and policy.admin_decides_alone):
            return vote.vote
    sides: tuple[Choice, ...] = ("approve", "reject")
    for side in sides:
        if sum(vote.vote == side for vote in counted) >= needed(track, policy):
            return side
    return None


# --- approvals -----------------------------------------------------------------


def grounds(reasons: Iterable[Reason]) -> tuple[str, ...]:
    """What stands against a track, as far as it can be compared with what stood against it before."""
    found = (reason for reason in reasons if reason.code not in UNFLAGGED)
    return tuple(sorted({f"{reason.code}:{','.join(sorted(reason.refs))}" for reason in found}))


def approve(track: Track, how: Literal["vote", "override", "appeal"], now: datetime) -> Track:
    """The track with its approval on the present evidence. Its status changes when it has been admitted."""
    if track.evidence_sha256 is None:
        raise Conflict("this track was not checked yet")
    given = Approval(how=how, evidence_sha256=track.evidence_sha256, grounds=grounds(track.reasons), at=now)
    return track.with_changes(approval=given, changed=now)


def still_approved(approval: Approval | None, verdict: Verdict) -> Approval | None:
    """The approval, unless a ground has come up that those who gave it did not know."""
    if approval is None or not set(grounds(verdict.reasons)) <= set(approval.grounds):
        return None
    return approval


def approved_reasons(track: Track) -> tuple[Reason, ...]:
    """Why an admitted track is in: its findings, and that people decided in spite of them."""
    if track.approval is None:
        return track.reasons
    how = {"vote": "by vote of reviewers", "override": "by an admin", "appeal": "after an appeal"}[track.approval.how]
    return (*track.reasons, Reason(code=f"approved_by_{track.approval.how}", detail=f"Approved {how}."))


def rejected_reasons(track: Track, decisive: Iterable[ReviewVote]) -> tuple[Reason, ...]:
    """Why reviewers refused it: the findings, and each one's words without a name."""
    said = (Reason(code="rejected_by_review", detail=vote.note[:500]) for vote in decisive if vote.vote == "reject")
    return (*(reason for reason in track.reasons if reason.code not in UNFLAGGED), *said)
