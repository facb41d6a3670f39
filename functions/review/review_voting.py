"""Casting a vote: the vote, the case that puts votes in a row, and what they come to, in one commit."""

from datetime import timedelta

from review_asks import case_of
from vault_domain.errors import Conflict
from vault_domain.events import Kind
from vault_domain.messages import Topic, message
from vault_domain.ports import Change, Put, Require
from vault_domain.review import (
    Choice,
    ReviewVote,
    VoteAsk,
    after_vote,
    approve,
    ask,
    check_open,
    counting,
    outcome,
    rejected_reasons,
)  # fmt: skip
from vault_domain.tracks import Guards, Track, Trigger
from vault_edge.app import Caller, Deps, Json
from vault_edge.journey import Journey


def ballot(
    track: Track, choice: Choice, evidence_sha256: str, note: str, caller: Caller, deps: Deps, *, override: bool = False
) -> ReviewVote:
    """This caller's vote, not yet cast."""
    return ReviewVote(
        track_id=track.track_id, reviewer=caller.id, role="admin" if caller.role == "admin" else "reviewer",
        vote=choice, override=override, evidence_sha256=evidence_sha256, note=note, at=deps.clock(),
    )  # fmt: skip


def cast(track: Track, made: ReviewVote, caller: Caller, deps: Deps) -> Track:
    """The track after this vote. Raises ``Conflict`` when it can't be cast, ``LostRace`` when somebody was faster."""
    before = deps.records.get(ReviewVote, *made.key())
    if before is not None and (before.override or not made.override):
        if (before.vote, before.override) != (made.vote, made.override):
            raise Conflict("you have voted on this evidence already")
        return track
    check_open(track, made.evidence_sha256)
    number, policy = deps.policy_in_force()
    case = case_of(track.track_id, deps)
    freed = after_vote(case, caller.id, made.at, policy, override=made.override)
    others = [vote for vote in deps.records.list(ReviewVote, track.track_id).items if vote.reviewer != caller.id]
    votes = counting([*others, made], track)
    journey, rests_on = Journey(deps, track, caller.actor), {"policy": str(number)}
    said = {"evidence_sha256": made.evidence_sha256, "override": made.override}
    journey.tell(Kind.REVIEW_VOTED, rests_on, vote=made.vote, **said)
    changes: list[Change] = [Put(made, before.version if before else 0), Put(freed, case.version)]
    result = outcome(votes, track, policy)
    if result is None:
        journey.note(*changes, Require(track, track.version))
        return track
    if result == "approve":
        journey.track = approve(track, "override" if made.override else "vote", made.at)
    else:
        why = rejected_reasons(track, votes)
        journey.take(Trigger.REJECTED, Guards(rejected_by_vote=True), why, verdict="reject", dispute_open=True)
    journey.tell(Kind.REVIEW_DECIDED, rests_on, outcome=result, **said)
    return journey.commit(*changes)


def ask_owner(track: Track, vote: VoteAsk, caller: Caller, deps: Deps) -> Json:
    """Ask, and stop the clock."""
    case = case_of(track.track_id, deps)
    check_open(track, vote.evidence_sha256)
    journey = Journey(deps, track, caller.actor)
    policy = deps.policy()
    stopped, question = ask(case, caller.id, vote.note, journey.now, policy)
    journey.tell(Kind.REVIEW_ASKED, question=question.number, evidence_sha256=vote.evidence_sha256)
    until = journey.now + timedelta(days=policy.answer_days)
    told = message(
        track.owner, Topic.QUESTION, track.track_id, journey.now, question.number,
        title=track.metadata.title, question=vote.note, until=f"{until:%d %B %Y}",
    )  # fmt: skip
    journey.note(Put(stopped, case.version), Put(question, 0), Put(told, 0), Require(track, track.version))
    return {"track_id": track.track_id, "status": track.status.value, "question": question.number}
