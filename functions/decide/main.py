"""decide: evidence and the policy in force become a verdict, on record with everything it rests on.

It reads no audio. The same findings are not decided twice; new findings, as
after the index moved on, are, while the track still waits to be admitted. What
people approved stays approved unless a ground appears that they did not know.
"""

from pydantic import BaseModel
from vault_domain.admission import favoured
from vault_domain.appeals import Appeal, open_dispute
from vault_domain.decision import Verdict, decide_submission, holding, max_similarity, versions_of
from vault_domain.errors import NotFound, Revoked
from vault_domain.events import Actor, Kind
from vault_domain.evidence import SourceReport, findings_sha256
from vault_domain.ids import TrackId
from vault_domain.ports import Put
from vault_domain.reasons import Reason
from vault_domain.review import still_approved
from vault_domain.tracks import Guards, Status, Track, Trigger
from vault_domain.uploads import Upload
from vault_edge.app import App, Deps, Json
from vault_edge.controls import own_catalogue_of, own_refs
from vault_edge.journey import Journey
from vault_edge.racing import settled

app = App("decide")
ACTOR = Actor(id="fn:decide", role="system")
HOW = {
    Status.PENDING_AUTOMATED_CHECKS: Trigger.CHECKS_FINISHED,
    Status.PENDING_REVIEW: Trigger.CHECKED_AGAIN,
}
Reports = tuple[SourceReport, ...]


class DecideAsk(BaseModel):
    """The track to decide."""

    track_id: TrackId


@app.step
def decide(ask: DecideAsk, deps: Deps) -> Json:
    """Gather, decide, record. Raises ``Revoked`` for a track that was taken back meanwhile."""
    return {"track_id": ask.track_id, "outcome": settled(lambda: _decide(ask.track_id, deps))}


def _decide(track_id: str, deps: Deps) -> str:
    track = deps.records.get(Track, track_id)
    upload = deps.records.get(Upload, track.upload_id) if track else None
    if track is None or upload is None:
        raise NotFound("no such track")
    if track.status is Status.REMOVED:
        raise Revoked("the track was taken back")
    reports: Reports = deps.records.list(SourceReport, track_id).items
    flags = holding((*track.flags, *upload.flags))
    own = own_catalogue_of(track.owner, deps)
    findings = findings_sha256(reports, flags, own_refs(own, reports))
    if track.status not in HOW or track.evidence_sha256 == findings:
        return _standing(track)
    number, policy = deps.policy_in_force()
    verdict = decide_submission(reports, flags, policy, _configured(deps), own)
    return _standing(_record(track, verdict, reports, number, findings, deps))


def _standing(track: Track) -> str:
    """What the state machine acts on."""
    return "accept" if track.status is Status.PENDING_REVIEW and favoured(track) else track.verdict


def _configured(deps: Deps) -> frozenset[str]:
    return frozenset({"acoustid"} if deps.optional("LEMM_ACOUSTID_CONFIGURED") == "true" else ())


def _record(track: Track, verdict: Verdict, reports: Reports, number: int, findings: str, deps: Deps) -> Track:
    """Verdict, status and event in one commit; a rejection passes through review, as the table has it."""
    approval = still_approved(track.approval, verdict)
    journey, facts = Journey(deps, track, ACTOR), Guards(verdict=verdict.outcome)
    opened: list[Put] = []
    searched = next((report.snapshot for report in reports if report.source == "vault"), None)
    journey.take(
        HOW[track.status], facts, verdict.reasons,
        verdict=verdict.outcome, verdict_policy=number, evidence_snapshot=searched, evidence_sha256=findings,
        approval=approval, was_favoured=track.was_favoured or favoured(track),
    )  # fmt: skip
    if verdict.outcome == "reject" and approval is None:
        journey.take(Trigger.REJECTED, facts, verdict.reasons, dispute_open=verdict.dispute)
        if verdict.dispute:
            opened.append(Put(_dispute(journey), 0))
    journey.tell(
        Kind.SUBMISSION_DECISION,
        versions_of(reports, number),
        outcome=verdict.outcome,
        reasons=[_said(reason) for reason in verdict.reasons],
        sim_internal_max=max_similarity(reports, "internal"),
        sim_external_max=max_similarity(reports, "external"),
        findings_sha256=findings,
    )
    return journey.commit(*opened)


def _dispute(journey: Journey) -> Appeal:
    """A strong match with something outside may be a false one: the right to answer comes with the rejection."""
    appeal = open_dispute(journey.track, journey.now)
    journey.take(Trigger.DISPUTE_OPENED, Guards(disputable=True), journey.track.reasons, appeal_used=True)
    journey.tell(Kind.DISPUTE_OPENED, step=appeal.step)
    return appeal


def _said(reason: Reason) -> dict[str, object]:
    return {"code": reason.code, "refs": list(reason.refs)}


handler, http = app.lambda_entry(), app.http_entry()
