"""validate: pin the bytes that arrived first, have them decoded, and judge what was heard.

Promise: an upload ends ``validated`` with its facts, or ``refused`` with one
stable code and a sentence; then nothing of it is left, neither source nor
derivatives. What is ours to mend (``Unavailable`` and the like) refuses nothing.
"""

from pydantic import BaseModel, Field
from vault_domain.audio_rules import judge
from vault_domain.canonical import Json
from vault_domain.errors import AudioRefused, NotFound
from vault_domain.events import Actor, Kind, make_event
from vault_domain.ports import Put
from vault_domain.uploads import (
    Heard,
    Refusal,
    Upload,
    UploadState,
    analysis_key,
    canonical_key,
    mislabelled,
    pin,
    refuse,
    source_key,
    upload_of,
    validated,
)  # fmt: skip
from vault_edge.app import App, Deps
from vault_edge.racing import settled

app = App("validate")
ACTOR = Actor(id="fn:validate", role="system")


class ValidateAsk(BaseModel):
    """The key of an object that was created."""

    key: str = Field(max_length=1024)


@app.step
def validate(ask: ValidateAsk, deps: Deps) -> Json:
    """1. Pin. 2. Decode. 3. Judge. 4. Record. 5. Leave nothing of a refused upload."""
    upload = settled(lambda: _pinned(upload_of(ask.key), deps))  # 1
    if upload.state is UploadState.WAITING:
        upload = _heard(upload, deps)
    if upload.state is not UploadState.VALIDATED:  # 5
        for key in (canonical_key, analysis_key, source_key):
            deps.bucket("quarantine").delete(key(upload.upload_id), all_versions=True)
    outcome = "validated" if upload.state is UploadState.VALIDATED else "refused"
    return {"upload_id": upload.upload_id, "outcome": outcome}


def _pinned(upload_id: str, deps: Deps) -> Upload:
    upload = deps.records.get(Upload, upload_id)
    if upload is None or upload.purpose != "track":
        raise NotFound("no upload of a track has this key")
    if upload.state is not UploadState.WAITING or upload.arrived is not None:
        return upload
    first = deps.bucket("quarantine").first_version(source_key(upload_id))
    if first is None:
        raise NotFound("the object is not there")
    deps.records.commit([Put(pin(upload, first.version_id, deps.clock()), upload.version)])
    return upload.with_changes(object_version=first.version_id)


def _heard(upload: Upload, deps: Deps) -> Upload:
    """Only the file's own faults refuse it; every other error leaves here as it is."""
    found: Heard | Refusal
    try:
        found = Heard.model_validate(_decoded(upload, deps))  # 2
        if refused := judge(found.facts).error():  # 3
            raise refused
    except AudioRefused as error:
        found = Refusal(code=error.code, detail=f"{error.title}: {error.detail}"[:500])
    return settled(lambda: _record(upload.upload_id, found, deps))  # 4


def _decoded(upload: Upload, deps: Deps) -> Json:
    targets = {"canonical": canonical_key(upload.upload_id), "analysis": analysis_key(upload.upload_id)}
    source = {"bucket": "quarantine", "key": source_key(upload.upload_id), "version_id": upload.object_version}
    return deps.invoke("LEMM_FUNCTION_DECODE", {**source, "targets": targets})


def _record(upload_id: str, found: Heard | Refusal, deps: Deps) -> Upload:
    """The upload as it is now, judged once: who comes second finds the judgement made."""
    upload, now = deps.records.get(Upload, upload_id), deps.clock()
    if upload is None:
        raise NotFound("no such upload")
    if upload.state is not UploadState.WAITING:
        return upload
    if isinstance(found, Refusal):
        judged = refuse(upload, found, now)
        event = make_event(deps.new_id("evt"), Kind.UPLOAD_REFUSED, upload_id, ACTOR, now, code=found.code)
    else:
        flags = (*judge(found.facts).flags, *mislabelled(upload, found.container))
        judged = validated(upload, found, flags, now)
        event = make_event(
            deps.new_id("evt"), Kind.UPLOAD_VALIDATED, upload_id, ACTOR, now,
            content_sha256=found.content_sha256, audio_sha256=found.audio_sha256, duration_s=found.duration_s,
            container=found.container, flags=[flag.code for flag in flags],
        )  # fmt: skip
    deps.records.commit([Put(judged, upload.version)], [event])
    return judged


handler, http = app.lambda_entry(), app.http_entry()
