"""appeal: the owner of a rejected track answers, once per rejection, and somebody else looks again.

1. Filing locks in what the track was rejected for and by whom, and sends it
through the detectors as they are now. 2. Who decides names the findings they
saw. 3. Upheld, the track goes on through the pipeline and is admitted unless a
ground appears that nobody knew; dismissed, it is final.
"""

from appeal_queue import AppealPage, QueueAsk, waiting
from vault_domain.appeals import (
    Appeal,
    AppealAsk,
    AppealDecisionAsk,
    answered,
    approval_of,
    decide,
    file,
    final_reasons,
)
from vault_domain.errors import NotFound
from vault_domain.events import Kind
from vault_domain.ids import TrackId
from vault_domain.permissions import roles
from vault_domain.ports import Put, Require
from vault_domain.review import ReviewVote
from vault_domain.tracks import Guards, Status, Track, Trigger
from vault_domain.uploads import Upload
from vault_edge.app import App, Caller, Deps, Json, Query
from vault_edge.journey import Journey
from vault_edge.permitting import permitted
from vault_edge.racing import settled
from vault_edge.reviewing import findings_of, run_again

app = App("appeal")


@app.post("/tracks/{track_id}/appeal", role=roles("appeal.file"), status=201)
def lodge(track_id: TrackId, ask: AppealAsk, caller: Caller, deps: Deps) -> Json:
    """Appeal against the rejection of your track, or answer the dispute that came with it; it is compared anew.

    The same words twice are one appeal.
    """
    track, appeal = settled(lambda: _lodge(permitted("appeal.file", track_id, caller, deps), ask, caller, deps))
    run_again(track, f"appeal-{appeal.step}", deps)
    return _shown(appeal, caller)


@app.get("/appeals", role=roles("appeal.queue"))
def queue(ask: Query[QueueAsk], caller: Caller, deps: Deps) -> AppealPage:
    """Tracks whose rejection is disputed, oldest first; your own are not in it."""
    return waiting(ask, caller, deps)


@app.get("/tracks/{track_id}/appeal", role=roles("appeal.read"))
def show(track_id: TrackId, caller: Caller, deps: Deps) -> Json:
    """The newest appeal, and what is known against the track now."""
    track = permitted("appeal.read", track_id, caller, deps)
    appeal = _newest(track_id, deps)
    known = findings_of(track, deps)
    now = [reason.model_dump() for reason in known.verdict.reasons]
    return {**_shown(appeal, caller), "status": track.status.value, "findings_sha256": known.sha256, "findings": now}


@app.post("/tracks/{track_id}/appeal/decision", role=roles("appeal.decide"))
def settle(track_id: TrackId, ask: AppealDecisionAsk, caller: Caller, deps: Deps) -> Json:
    """Decide an appeal against a rejection that was not yours; the owner reads your answer."""
    track, appeal = settled(lambda: _settle(permitted("appeal.decide", track_id, caller, deps), ask, caller, deps))
    if track.approval is not None and track.status is Status.PENDING_REVIEW:
        run_again(track, f"upheld-{appeal.step}", deps)
    return {**_shown(appeal, caller), "status": track.status.value}


def _lodge(track: Track, ask: AppealAsk, caller: Caller, deps: Deps) -> tuple[Track, Appeal]:
    journey = Journey(deps, track, caller.actor)
    if track.status is Status.DISPUTE_PENDING:
        appeal = _newest(track.track_id, deps)
        if appeal.reason != ask.reason:
            appeal = answered(appeal, ask, journey.now, deps.policy())
            journey.tell(Kind.APPEAL_FILED, step=appeal.step)
            journey.conclude(Put(appeal, appeal.version))
        return track, appeal
    upload = deps.records.get(Upload, track.upload_id)
    votes = deps.records.list(ReviewVote, track.track_id).items
    appeal = file(track, upload, votes, ask, journey.now, deps.policy())
    facts = Guards(is_owner=True, appeal_used=track.appeal_used)
    journey.take(Trigger.APPEALED, facts, track.reasons, appeal_used=True, dispute_open=True)
    journey.tell(Kind.APPEAL_FILED, step=appeal.step)
    kept = [Require(upload, upload.version)] if upload else []  # not purged at this very moment
    return journey.commit(Put(appeal, 0), *kept), appeal


def _settle(track: Track, ask: AppealDecisionAsk, caller: Caller, deps: Deps) -> tuple[Track, Appeal]:
    appeal = _newest(track.track_id, deps)
    if (appeal.decided_by, appeal.outcome, appeal.answer) == (caller.id, ask.outcome, ask.answer):
        return track, appeal
    verdict, findings, number, searched, _ = findings_of(track, deps)
    journey = Journey(deps, track, caller.actor)
    decided = decide(appeal, caller.id, ask, findings, journey.now)
    if decided.outcome == "upheld":
        journey.take(
            Trigger.APPEAL_UPHELD, reasons=verdict.reasons, approval=approval_of(verdict, findings, journey.now),
            verdict="review", verdict_policy=number, evidence_sha256=findings, evidence_snapshot=searched,
            appeal_used=False, dispute_open=False,
        )  # fmt: skip
    else:
        journey.take(Trigger.APPEAL_DISMISSED, reasons=final_reasons(track, decided), dispute_open=False)
    rests_on = {"policy": str(number)}
    journey.tell(Kind.APPEAL_DECIDED, rests_on, outcome=ask.outcome, step=appeal.step, findings_sha256=findings)
    return journey.commit(Put(decided, appeal.version)), decided


def _newest(track_id: str, deps: Deps) -> Appeal:
    appeals = deps.records.list(Appeal, track_id).items
    if not appeals:
        raise NotFound("there is no appeal for this track")
    return appeals[-1]


def _shown(appeal: Appeal, caller: Caller) -> Json:
    """Owners read words and outcome; who rejected and who decided is for reviewers."""
    people = {"rejected_by", "decided_by"} if caller.id == appeal.owner else set()
    return appeal.model_dump(mode="json", exclude={"version", *people})


handler, http = app.lambda_entry(), app.http_entry()
