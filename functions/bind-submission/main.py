"""bind-submission: join the bytes that arrived with the submission that names them.

The pipeline waits here under a task token. Whoever comes second, the token or
the submission, finds the other in the upload's record: both are written on the
condition that the record is as it was read, so neither can be missed.
"""

from pydantic import BaseModel, Field
from vault_domain.errors import NotFound
from vault_domain.events import Actor, Kind, make_event
from vault_domain.ids import UploadId
from vault_domain.ports import Put
from vault_domain.reasons import Reason
from vault_domain.tracks import Status, Track, Trigger
from vault_domain.uploads import Upload, UploadState, expire, wait_with
from vault_edge.app import App, Deps, Json
from vault_edge.journey import Journey
from vault_edge.racing import settled

app = App("bind-submission")
ACTOR = Actor(id="fn:bind-submission", role="system")
OPEN = (Status.SUBMITTED, Status.PENDING_AUTOMATED_CHECKS)


class BindAsk(BaseModel):
    """Wait under a token, conclude a refused upload, or expire an unclaimed one."""

    upload_id: UploadId
    token: str | None = Field(default=None, min_length=1, max_length=2048)
    conclude: bool = False
    expire: bool = False


@app.step
def bind(ask: BindAsk, deps: Deps) -> Json:
    """One of three, each repeated after a lost race."""
    if ask.conclude:
        return settled(lambda: _conclude(_read(ask, deps), deps))
    if ask.expire:
        return settled(lambda: _expire(_read(ask, deps), deps))
    return settled(lambda: _wait(_read(ask, deps), ask.token or "", deps))


def _read(ask: BindAsk, deps: Deps) -> Upload:
    upload = deps.records.get(Upload, ask.upload_id)
    if upload is None:
        raise NotFound("no such upload")
    return upload


def _wait(upload: Upload, token: str, deps: Deps) -> Json:
    """Answer the token at once when the track is known, else keep it for ``submit``."""
    if upload.track_id is not None:
        bound = {"upload_id": upload.upload_id, "track_id": upload.track_id}
        deps.tasks.succeed(token, bound)
        return {**bound, "outcome": "bound"}
    if upload.state is not UploadState.VALIDATED:
        deps.tasks.fail(token, "Expired", f"the upload is {upload.state.value}")
        return {"upload_id": upload.upload_id, "outcome": upload.state.value}
    if upload.token != token:
        deps.records.commit([Put(wait_with(upload, token, deps.clock()), upload.version)])
    return {"upload_id": upload.upload_id, "outcome": "waiting"}


def _conclude(upload: Upload, deps: Deps) -> Json:
    """A refused upload takes its track with it, unless that ended otherwise before."""
    track = deps.records.get(Track, upload.track_id) if upload.track_id else None
    if track is not None and upload.refusal is not None and track.status in OPEN:
        reason = Reason(code=upload.refusal.code, detail=upload.refusal.detail)
        journey = Journey(deps, track, ACTOR)
        journey.take(Trigger.UPLOAD_FAILED, reasons=(reason,))
        journey.commit()
    return {"upload_id": upload.upload_id, "outcome": "concluded"}


def _expire(upload: Upload, deps: Deps) -> Json:
    """An upload that nobody named in time; one that was named meanwhile goes on, by way of ``sweep``."""
    if upload.track_id is not None:
        return {"upload_id": upload.upload_id, "outcome": "bound"}
    if upload.state in (UploadState.WAITING, UploadState.VALIDATED):
        now = deps.clock()
        event = make_event(deps.new_id("evt"), Kind.UPLOAD_EXPIRED, upload.upload_id, ACTOR, now)
        deps.records.commit([Put(expire(upload, now), upload.version)], [event])
    return {"upload_id": upload.upload_id, "outcome": "expired"}


handler, http = app.lambda_entry(), app.http_entry()
