"""gateway-fetch: one read of one granted track, decided with consent as it stands now."""

from functools import partial
from typing import Any

from served_objects import Served, served
from vault_domain.bulk import ALL, BulkDecision, bulk_key, is_held
from vault_domain.errors import OverLimit, PolicyRefused
from vault_domain.events import Actor, AuditEvent, Kind, make_event
from vault_domain.ids import TrackId
from vault_domain.leases import (
    JobMeter,
    Lease,
    check_lease,
    check_training_open,
    draw,
    has_share,
    meter,
    spend,
)
from vault_domain.messages import Topic, message
from vault_domain.policy import HEAD_OF_POLICY, Policy, in_force
from vault_domain.ports import Put, Require
from vault_domain.rights import RightsRecord
from vault_domain.runs import check_read, check_token, mark_read
from vault_domain.tracks import Track
from vault_domain.training import RunTrack, TrainingRun
from vault_edge.app import Answer, App, Deps, Request
from vault_edge.racing import settled
from vault_edge.run_tokens import verify_run_token

app = App("gateway-fetch")

LONGEST_LINK_S = 60


@app.get("/training/objects/{track_id}", role="public", status=302, also=(401, 403, 410, 429))
def fetch(track_id: TrackId, request: Request, deps: Deps) -> Answer:
    """Read one track of a run with its token: a redirect to a link that lives for a minute at most.

    1. The token's form, signature, issuer, audience and times. 2. The run is open, not expired, and the token
    is of its present manifest. 3. The worker's lease holds. 4. The track is in it. 5. Track, rights and
    governance allow the purpose now. 6. Rate and volume are within bounds, for lease, account and run. 7. The read
    is written down. 8. Only then is a link made, for this one object.
    """
    claims = verify_run_token(request.headers, deps)
    try:
        found, seconds = settled(lambda: _record_read(track_id, claims, deps))  # a revocation in between is seen
    except OverLimit as refusal:
        settled(partial(_alarm, str(refusal.facts["cause"]), claims, deps))
        raise
    link = deps.bucket("vault").presign_get(found.key, seconds=min(seconds, LONGEST_LINK_S))
    return Answer(status=302, headers={"location": link, "content-digest-sha256": found.sha256})


def _record_read(track_id: str, claims: dict[str, Any], deps: Deps) -> tuple[Served, int]:
    """Steps 2 to 7; what to serve, and for how many seconds.

    What is judged comes in one request, but for governance's word on the owner. The commit demands the very rights
    and status that were judged, and a lease that stands.
    """
    now, run_id = deps.clock(), claims["run_id"]
    granted_key, lease_key = f"{RunTrack.kind}#{track_id}", f"{Lease.kind}#{claims['lease']}"
    known = deps.records.together([
        HEAD_OF_POLICY, (TrainingRun, run_id, TrainingRun.kind), (Lease, run_id, lease_key),
        (RunTrack, run_id, granted_key), (Track, track_id, Track.kind), (RightsRecord, track_id, RightsRecord.kind),
    ])  # fmt: skip
    policy = in_force(known.get(*HEAD_OF_POLICY))[1]
    check_training_open(policy)
    run = check_token(known.get(TrainingRun, run_id), claims, now)
    lease = check_lease(known.get(Lease, run_id, lease_key), now)
    granted, track, rights = check_read(
        run, known.get(RunTrack, run_id, granted_key), known.get(Track, track_id), known.get(RightsRecord, track_id)
    )
    if is_held(deps.records.get(BulkDecision, ALL, bulk_key(track.owner))):
        raise PolicyRefused("governance holds tracks of this source; leave it out")
    found = served(track, run.spec.format, deps)
    metered, unusual = meter(lease, run, found.size, policy, now)
    metered, drawn = _within_minute(metered, run, policy, deps)
    read = mark_read(granted, now)
    event = make_event(
        deps.new_id("evt"), Kind.VAULT_ACCESS, track_id, Actor(id=run.job, role="system"), now,
        run_id=run.run_id, model_id=run.spec.model_id, purpose=run.spec.purpose, read=read.reads,
        sha256=granted.sha256, rights_sha256=rights.digest(), manifest_sha256=run.manifest_sha256,
        worker=lease.worker, format=run.spec.format, served_sha256=found.sha256,
    )  # fmt: skip
    expected = [Require(track, track.version), Require(rights, rights.version)]
    alarms = [_alarm_event(unusual, metered, run, deps)] if unusual else []
    told = [_told(unusual, metered, run, deps)] if unusual else []
    changes = [Put(read, granted.version), Put(metered, lease.version), *drawn, *told]
    deps.records.commit([*changes, *expected], [event, *alarms])
    return found, policy.read_link_s


def _within_minute(lease: Lease, run: TrainingRun, policy: Policy, deps: Deps) -> tuple[Lease, list[Put]]:
    """One read of the account's minute: from the lease's share, or from another one drawn now."""
    now = deps.clock()
    if has_share(lease, now):
        return spend(lease), []
    known = deps.records.get(JobMeter, f"job#{run.job}")
    drawing, given = draw(lease, known, run.job, policy, now)
    return spend(drawing), [Put(given, known.version if known else 0)]


def _alarm(cause: str, claims: dict[str, Any], deps: Deps) -> None:
    """A limit that was hit is told once per lease and cause: to the log, and to the admins."""
    run = check_token(deps.records.get(TrainingRun, claims["run_id"]), claims, deps.clock())
    lease = deps.records.get(Lease, run.run_id, f"{Lease.kind}#{claims['lease']}")
    if lease is None or cause in lease.alarms:
        return
    marked = lease.with_changes(alarms=(*lease.alarms, cause))
    changes = [Put(marked, lease.version), _told(cause, marked, run, deps)]
    deps.records.commit(changes, [_alarm_event(cause, marked, run, deps)])


def _told(cause: str, lease: Lease, run: TrainingRun, deps: Deps) -> Put:
    why = f"{cause} is out of bounds; worker {lease.worker} has read {lease.reads} times, {lease.bytes} bytes."
    name = f"{lease.worker}:{cause}"
    return Put(message("admins", Topic.RUN_ALARM, run.run_id, deps.clock(), name, why=why), 0)


def _alarm_event(cause: str, lease: Lease, run: TrainingRun, deps: Deps) -> AuditEvent:
    return make_event(
        deps.new_id("evt"), Kind.RUN_ALARM, run.run_id, Actor(id=run.job, role="system"), deps.clock(),
        cause=cause, worker=lease.worker, reads=lease.reads, bytes=lease.bytes, bytes_granted=run.bytes_granted,
    )  # fmt: skip


handler, http = app.lambda_entry(), app.http_entry()
