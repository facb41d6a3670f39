"""gateway-fetch: one read of one granted track, decided with consent as it stands now."""

from typing import Any

from vault_domain.events import Actor, Kind, make_event
from vault_domain.ids import TrackId
from vault_domain.ports import Put, Require
from vault_domain.rights import RightsRecord
from vault_domain.runs import check_read, check_token, mark_read
from vault_domain.tracks import Track
from vault_domain.training import RunTrack, TrainingRun
from vault_edge.app import Answer, App, Deps, Request, redirect
from vault_edge.racing import settled
from vault_edge.run_tokens import verify_run_token

app = App("gateway-fetch")

LONGEST_LINK_S = 60


@app.get("/training/objects/{track_id}", role="public")
def fetch(track_id: TrackId, request: Request, deps: Deps) -> Answer:
    """Read one track of a run with its token: a redirect to a link that lives for a minute at most.

    1. The token's form, signature, issuer, audience and times. 2. The run is open, not expired, and the token
    is of its present manifest. 3. The track is in it. 4. Track and rights allow the purpose now.
    5. The read is written down. 6. Only then is a link made, for this one object.
    """
    claims = verify_run_token(request.headers, deps)
    track = settled(lambda: _record_read(track_id, claims, deps))  # a revocation in between is seen
    return redirect(_link(track, deps))


def _record_read(track_id: str, claims: dict[str, Any], deps: Deps) -> Track:
    """Steps 2 to 5. The commit demands the very rights and status that were judged."""
    now = deps.clock()
    run = check_token(deps.records.get(TrainingRun, claims["run_id"]), claims, now)
    granted, track, rights = check_read(
        run,
        deps.records.get(RunTrack, run.run_id, f"{RunTrack.kind}#{track_id}"),
        deps.records.get(Track, track_id),
        deps.records.get(RightsRecord, track_id),
    )
    read = mark_read(granted, now)
    event = make_event(
        deps.new_id("evt"), Kind.VAULT_ACCESS, track_id, Actor(id=run.job, role="system"), now,
        run_id=run.run_id, model_id=run.spec.model_id, purpose=run.spec.purpose, read=read.reads,
        sha256=granted.sha256, rights_sha256=rights.digest(), manifest_sha256=run.manifest_sha256,
    )  # fmt: skip
    expected = [Require(track, track.version), Require(rights, rights.version)]
    deps.records.commit([Put(read, granted.version), *expected], [event])
    return track


def _link(track: Track, deps: Deps) -> str:
    """Step 6."""
    seconds = min(deps.policy().read_link_s, LONGEST_LINK_S)
    return deps.bucket("vault").presign_get(f"audio/{track.track_id}.flac", seconds=seconds)


handler, http = app.lambda_entry(), app.http_entry()
