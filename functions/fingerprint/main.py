"""fingerprint: from analysis audio to the features that every comparison uses.

Promise: the features are a function of the audio, so a second run writes the
same bytes; the record of them, the track's hashes and its next status are one
commit, made after the object is there.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel
from vault_audio.features import SETTINGS, extract, pack
from vault_audio.recordings import read_analysis
from vault_domain.canonical import sha256_hex
from vault_domain.errors import NotFound, Revoked
from vault_domain.events import Actor, Kind
from vault_domain.evidence import FingerprintRecord
from vault_domain.ids import TrackId, UploadId
from vault_domain.ports import Put
from vault_domain.tracks import Status, Track, Trigger
from vault_domain.uploads import MAX_UPLOAD_BYTES, Upload, analysis_key, features_key
from vault_edge.app import App, Deps, Json
from vault_edge.journey import Journey
from vault_edge.racing import settled

app = App("fingerprint")
ACTOR = Actor(id="fn:fingerprint", role="system")


class StepAsk(BaseModel):
    """A bound upload and its track."""

    upload_id: UploadId
    track_id: TrackId


@app.step
def fingerprint(ask: StepAsk, deps: Deps) -> Json:
    """Extract once per track. Raises ``Revoked`` for a track that was taken back meanwhile."""
    answer = ask.model_dump()
    upload, track = deps.records.get(Upload, ask.upload_id), deps.records.get(Track, ask.track_id)
    if upload is None or track is None or track.upload_id != ask.upload_id:
        raise NotFound("no such upload and track")
    if track.status is Status.REMOVED:
        raise Revoked("the track was taken back")
    if track.status is not Status.SUBMITTED:
        return answer
    features = _features(ask.upload_id, deps)
    key = features_key(ask.upload_id)
    deps.bucket("quarantine").write(key, features, content_type="application/octet-stream")
    settled(lambda: _record(ask, upload, f"quarantine/{key}", features, deps))
    return answer


def _features(upload_id: str, deps: Deps) -> bytes:
    """Packed with the dense map, since this track is the query of what follows."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "analysis.flac")
        path.write_bytes(deps.bucket("quarantine").read(analysis_key(upload_id), limit=MAX_UPLOAD_BYTES))
        samples = read_analysis(path)
    return pack(extract(samples, deps.embedder.embed if deps.embedder else None), dense=True)


def _record(ask: StepAsk, upload: Upload, where: str, features: bytes, deps: Deps) -> None:
    track = deps.records.get(Track, ask.track_id)
    if track is None or track.status is Status.REMOVED:
        raise Revoked("the track was taken back")
    if track.status is not Status.SUBMITTED:
        return
    journey = Journey(deps, track, ACTOR)
    record = FingerprintRecord(
        subject=ask.track_id,
        duration_s=float(str(upload.facts["duration_s"])),
        audio_sha256=upload.audio_sha256 or "",
        content_sha256=upload.content_sha256 or "",
        chromaprint=upload.chromaprint or "",
        features=where,
        features_sha256=sha256_hex(features),
        settings={"features": SETTINGS},
        embedder=deps.embedder.identity if deps.embedder else None,
        at=journey.now,
    )
    journey.take(
        Trigger.CHECKS_STARTED,
        audio_sha256=record.audio_sha256,
        content_sha256=record.content_sha256,
        duration_s=record.duration_s,
    )
    versions = {"features": str(SETTINGS), **({"embedder": record.embedder} if record.embedder else {})}
    journey.tell(Kind.EVIDENCE_RECORDED, versions, features_sha256=record.features_sha256)
    present = deps.records.get(FingerprintRecord, ask.track_id)
    journey.commit(Put(record, present.version if present else 0))


handler, http = app.lambda_entry(), app.http_entry()
