"""admit: take a track that was decided in favour into the vault and the index.

1. Claim the sound: one track per recording, by the hash of its samples.
2. Enter the index that the track was compared with, or have it compared again.
3. Copy audio and features into the vault: only now, so that a track which turns
   out to need review leaves nothing there.
4. Record it: status, place, hash, fingerprint and events in one commit.

Each effect may be made twice. Cut off anywhere, the next run goes on; when the
track was taken back meanwhile, it undoes what was made and ends.
"""

import hashlib

from pydantic import BaseModel
from vault_audio.features import Features, pack, unpack
from vault_domain.admission import (
    duplicate_of,
    favoured,
    holds_claim,
    vault_audio_key,
    vault_features_key,
    vault_query_key,
    vault_uri,
)  # fmt: skip
from vault_domain.canonical import sha256_hex
from vault_domain.errors import Corrupt, NotFound
from vault_domain.events import Actor, Kind
from vault_domain.evidence import FingerprintRecord, Original
from vault_domain.ids import TrackId
from vault_domain.ports import Delete, Put, Require
from vault_domain.review import approved_reasons
from vault_domain.tracks import Guards, Status, Track, Trigger
from vault_domain.uploads import MAX_UPLOAD_BYTES, canonical_key, features_key
from vault_edge import membership
from vault_edge.app import App, Deps, Json
from vault_edge.journey import Journey
from vault_edge.racing import settled

app = App("admit")
ACTOR = Actor(id="fn:admit", role="system")


class AdmitAsk(BaseModel):
    """The track to admit."""

    track_id: TrackId


@app.step
def admit(ask: AdmitAsk, deps: Deps) -> Json:
    """Raises ``StaleEvidence`` when the track has to be compared again first."""
    return {"track_id": ask.track_id, "outcome": settled(lambda: _admit(ask.track_id, deps))}


def _admit(track_id: str, deps: Deps) -> str:
    track = deps.records.get(Track, track_id)
    if track is None:
        raise NotFound("no such track")
    if track.status is Status.REMOVED and track.stored_sha256 is None:
        _undo(track, deps)
    if track.status is not Status.PENDING_REVIEW or not favoured(track):
        return track.status.value
    claim = _claim(track, deps)  # 1
    if claim.track_id != track_id:
        return _reject(track, claim.track_id, deps)
    features, record = _features(track, deps)
    manifest = membership.enter(deps.index, track_id, features, track.evidence_snapshot, deps.clock())  # 2
    audio_sha256, size = _copy_audio(track, deps)  # 3
    record = _keep_features(track, features, record, deps)
    journey = Journey(deps, track, ACTOR)  # 4
    facts = Guards(in_vault=True, verdict=track.verdict, approved_by_vote=track.approval is not None)
    journey.take(
        Trigger.ADMITTED, facts, approved_reasons(track),
        stored=vault_uri(track_id), stored_bytes=size, stored_sha256=audio_sha256,
    )  # fmt: skip
    journey.tell(Kind.INDEX_CHANGED, {"snapshot:vault": manifest.snapshot_id}, change="entered")
    journey.commit(Put(record, record.version), Require(claim, claim.version))
    return journey.track.status.value


def _claim(track: Track, deps: Deps) -> Original:
    """The claim to this sound: ours, or that of a track which is here or on its way.

    Ours is made only while the track is as it was read, so one that was taken back meanwhile claims nothing.
    """
    if track.audio_sha256 is None:
        raise NotFound("the track has no fingerprint yet")
    found = deps.records.get(Original, track.audio_sha256)
    if found is not None:
        holder = deps.records.get(Track, found.track_id)
        if found.track_id == track.track_id or holds_claim(holder):
            return found
    version = found.version if found else 0
    ours = Original(audio_sha256=track.audio_sha256, track_id=track.track_id, since=deps.clock())
    deps.records.commit([Put(ours, version), Require(track, track.version)])
    return ours.with_changes(version=version + 1)


def _reject(track: Track, original: str, deps: Deps) -> str:
    journey = Journey(deps, track, ACTOR)
    journey.take(Trigger.REJECTED, Guards(duplicate=True), (duplicate_of(original),), verdict="reject", approval=None)
    return journey.commit().status.value


def _copy_audio(track: Track, deps: Deps) -> tuple[str, int]:
    """SHA-256 and size of the vault's copy, which is made once."""
    vault, key = deps.bucket("vault"), vault_audio_key(track.track_id)
    if vault.head(key) is None:
        vault.copy_from(deps.bucket("quarantine").bucket, canonical_key(track.upload_id), key)
    digest, size = hashlib.sha256(), 0
    for piece in vault.stream(key):
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


def _features(track: Track, deps: Deps) -> tuple[Features, FingerprintRecord]:
    """The features as references need them, and the record of the track's sound."""
    record = deps.records.get(FingerprintRecord, track.track_id)
    data = deps.bucket("quarantine").read(features_key(track.upload_id), limit=MAX_UPLOAD_BYTES)
    if record is None or sha256_hex(data) != record.features_sha256:
        raise Corrupt(f"the features of {track.track_id} do not match their record")
    return unpack(data).without_dense(), record


def _keep_features(track: Track, features: Features, record: FingerprintRecord, deps: Deps) -> FingerprintRecord:
    """The features beside the audio, as a reference and as a query, and the record that says so."""
    vault, key, kept = deps.bucket("vault"), vault_features_key(track.track_id), pack(features)
    vault.write(key, kept, content_type="application/octet-stream")
    vault.copy_from(deps.bucket("quarantine").bucket, features_key(track.upload_id), vault_query_key(track.track_id))
    return record.with_changes(
        features=f"vault/{key}", features_sha256=sha256_hex(kept), query_sha256=record.features_sha256
    )


def _undo(track: Track, deps: Deps) -> None:
    """Taken back while on its way in: nothing of it stays, here or in the index."""
    membership.leave(deps.index, track.track_id, deps.clock())
    for name in (vault_audio_key, vault_features_key, vault_query_key):
        deps.bucket("vault").delete(name(track.track_id))
    claim = deps.records.get(Original, track.audio_sha256) if track.audio_sha256 else None
    if claim is not None and claim.track_id == track.track_id:
        deps.records.commit([Delete(claim, claim.version)])


handler, http = app.lambda_entry(), app.http_entry()
