"""review: people decide what the rules leave open, on evidence they name, and never about their own work.

A vote, the case it rewrites and what the votes come to are one commit. An
approved track goes through the pipeline once more: it is compared with the
vault as it is then, and admitted unless a ground appears that nobody knew.
"""

from datetime import timedelta

from review_asks import QueueAsk, asked_for, case_of, summary
from review_notes import noted, notes_of
from review_voting import ask_owner, ballot, cast
from vault_domain.errors import Conflict
from vault_domain.events import Kind
from vault_domain.evidence import SourceReport
from vault_domain.ids import TrackId
from vault_domain.messages import Topic, message
from vault_domain.notes import NoteAsk
from vault_domain.permissions import roles
from vault_domain.ports import Put, Require
from vault_domain.records import stamp
from vault_domain.review import (
    AnswerAsk,
    OverrideAsk,
    ReviewCase,
    ReviewQuestion,
    ReviewVote,
    VoteAsk,
    answer,
    claim,
    counting,
    needed,
)  # fmt: skip
from vault_domain.tracks import HistoryRow, Status, Track
from vault_edge.app import App, Caller, Deps, Json, Query
from vault_edge.journey import Journey
from vault_edge.permitting import permitted
from vault_edge.racing import settled
from vault_edge.reviewing import run_again

app = App("review")
HIDDEN = {"version", "track_id"}


@app.get("/review/queue", role=roles("review.queue"))
def queue(ask: Query[QueueAsk], caller: Caller, deps: Deps) -> Json:
    """Tracks that wait for a person, oldest first."""
    until = stamp(deps.clock() - timedelta(hours=ask.older_than_h)) if ask.older_than_h else None
    page = deps.records.find(
        Track, "by_status", Status.PENDING_REVIEW.value, until=until, limit=ask.limit, cursor=ask.cursor
    )
    policy = deps.policy()
    waiting = [summary(track, policy, deps) for track in page.items if asked_for(track, ask, caller)]
    return {"tracks": waiting, "cursor": page.cursor}


@app.get("/review/{track_id}", role=roles("review.read"))
def evidence(track_id: TrackId, caller: Caller, deps: Deps) -> Json:
    """All that is known: every span, by which detector, under which versions; votes, notes, questions and answers."""
    track = permitted("review.read", track_id, caller, deps)
    votes = deps.records.list(ReviewVote, track_id).items
    counted = counting(votes, track)
    reports = deps.records.list(SourceReport, track_id).items
    history = deps.records.list(HistoryRow, track_id).items
    return {
        **summary(track, deps.policy(), deps),
        "status": track.status.value,
        "metadata": track.metadata.model_dump(mode="json"),
        "declared": [reason.model_dump() for reason in track.flags],
        "evidence_sha256": track.evidence_sha256,
        "policy": track.verdict_policy,
        "approval": track.approval.model_dump(mode="json") if track.approval else None,
        "sources": [report.model_dump(mode="json", exclude={"version", "subject"}) for report in reports],
        "votes": [{**vote.model_dump(mode="json", exclude=HIDDEN), "counts": vote in counted} for vote in votes],
        "questions": _questions(track_id, deps),
        "notes": notes_of(track_id, deps),
        "history": [row.model_dump(mode="json", exclude=HIDDEN) for row in history],
    }


@app.post("/review/{track_id}/claim", role=roles("review.claim"))
def hold(track_id: TrackId, caller: Caller, deps: Deps) -> Json:
    """Hold a track for review, for a while; asking again prolongs it."""
    case = settled(lambda: _hold(permitted("review.claim", track_id, caller, deps), caller, deps))
    return {"track_id": track_id, "claimed_by": case.claimed_by, "claimed_until": case.claimed_until}


@app.post("/review/{track_id}/votes", role=roles("review.vote"))
def vote(track_id: TrackId, ask: VoteAsk, caller: Caller, deps: Deps) -> Json:
    """Vote on the evidence that you saw, or ask its owner; the same vote twice is the same as once."""
    choice = ask.vote
    if choice == "needs_more_info":
        return settled(lambda: ask_owner(permitted("review.vote", track_id, caller, deps), ask, caller, deps))

    def attempt() -> Track:
        track = permitted("review.vote", track_id, caller, deps)
        return cast(track, ballot(track, choice, ask.evidence_sha256, ask.note, caller, deps), caller, deps)

    return _carried_on(settled(attempt), deps)


@app.post("/review/{track_id}/notes", role=roles("review.note"))
def note(track_id: TrackId, ask: NoteAsk, caller: Caller, deps: Deps) -> Json:
    """Leave a note for other reviewers, without a vote; its owner never reads it. Twice in a row is once."""
    settled(lambda: noted(permitted("review.note", track_id, caller, deps), ask, caller, deps))
    return {"track_id": track_id, "notes": notes_of(track_id, deps)}


@app.post("/review/{track_id}/override", role=roles("review.override"))
def override(track_id: TrackId, ask: OverrideAsk, caller: Caller, deps: Deps) -> Json:
    """Decide alone, as an admin, for a reason that stays on record."""

    def attempt() -> Track:
        track = permitted("review.override", track_id, caller, deps)
        made = ballot(track, ask.vote, ask.evidence_sha256, ask.reason, caller, deps, override=True)
        return cast(track, made, caller, deps)

    return _carried_on(settled(attempt), deps)


@app.get("/review/{track_id}/questions", role=roles("review.questions"))
def questions(track_id: TrackId, caller: Caller, deps: Deps) -> Json:
    """What reviewers asked the owner, and the answers; no reviewer is named."""
    permitted("review.questions", track_id, caller, deps)
    return {"track_id": track_id, "questions": _questions(track_id, deps)}


@app.post("/review/{track_id}/answers", role=roles("review.answer"))
def reply(track_id: TrackId, ask: AnswerAsk, caller: Caller, deps: Deps) -> Json:
    """Answer the question about your track; the review goes on."""
    settled(lambda: _reply(permitted("review.answer", track_id, caller, deps), ask, caller, deps))
    return {"track_id": track_id, "questions": _questions(track_id, deps)}


def _carried_on(track: Track, deps: Deps) -> Json:
    """Start what an approval sets going; what a call that died here left undone, the next one or ``sweep`` starts."""
    if track.approval is not None and track.status is Status.PENDING_REVIEW:
        run_again(track, f"approved-{track.approval.evidence_sha256[:16]}", deps)
    return {
        "track_id": track.track_id,
        "status": track.status.value,
        "approved": track.approval is not None,
        "votes": len(counting(deps.records.list(ReviewVote, track.track_id).items, track)),
        "needed": needed(track, deps.policy()),
    }


def _hold(track: Track, caller: Caller, deps: Deps) -> ReviewCase:
    if track.status is not Status.PENDING_REVIEW:
        raise Conflict("this track does not wait for a review")
    case = case_of(track.track_id, deps)
    journey = Journey(deps, track, caller.actor)
    held = claim(case, caller.id, journey.now, deps.policy())
    journey.tell(Kind.REVIEW_CLAIMED, until=stamp(held.claimed_until or journey.now))
    journey.note(Put(held, case.version), Require(track, track.version))
    return held


def _reply(track: Track, ask: AnswerAsk, caller: Caller, deps: Deps) -> None:
    case = case_of(track.track_id, deps)
    key = f"{ReviewQuestion.kind}#{case.questions:04d}"
    question = deps.records.get(ReviewQuestion, track.track_id, key) if case.questions else None
    if question is not None and question.answer == ask.answer:
        return
    journey = Journey(deps, track, caller.actor)
    running, answered = answer(case, question, ask.answer, journey.now, deps.policy())
    journey.tell(Kind.REVIEW_ANSWERED, question=answered.number)
    told = message("reviewers", Topic.ANSWERED, track.track_id, journey.now, answered.number)
    journey.note(Put(running, case.version), Put(answered, answered.version), Put(told, 0))


def _questions(track_id: str, deps: Deps) -> list[Json]:
    found = deps.records.list(ReviewQuestion, track_id).items
    return [one.model_dump(mode="json", exclude={*HIDDEN, "asked_by"}) for one in found]


handler, http = app.lambda_entry(), app.http_entry()
