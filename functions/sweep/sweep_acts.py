"""Carrying out a plan: one effect after the other, the record of it last, all of it repeatable."""

from contextlib import suppress
from datetime import timedelta

from sweep_sight import claim_of, see_removed_track, see_upload
from vault_domain.admission import vault_audio_key, vault_features_key, vault_query_key
from vault_domain.appeal_time import ends, told
from vault_domain.errors import Conflict
from vault_domain.events import Actor, Kind, make_event
from vault_domain.evidence import FingerprintRecord
from vault_domain.messages import Topic, message
from vault_domain.ports import Delete, Put, Require
from vault_domain.sweeping import (
    NEVER_ARRIVED,
    AboutTrack,
    ExpireUpload,
    HideTrack,
    Instruction,
    PurgeAudio,
    PurgeFingerprints,
    PurgeUpload,
    RefuseUpload,
    ReleaseClaim,
    RemindOwner,
    SeenUpload,
    StartPipeline,
    plan_removed,
    plan_upload,
)  # fmt: skip
from vault_domain.uploads import (
    Upload,
    analysis_key,
    canonical_key,
    expire,
    features_key,
    refuse,
    restarted,
    source_key,
)
from vault_edge.app import Deps
from vault_edge.membership import leave
from vault_edge.racing import settled

AboutUpload = ExpireUpload | RefuseUpload | StartPipeline | ReleaseClaim | RemindOwner | PurgeUpload
ACTOR = Actor(id="fn:sweep", role="system")


def carry_out(instruction: Instruction, deps: Deps, patience: timedelta) -> bool:
    """Do it if it is still what the rules say; False when the world moved on."""
    if isinstance(instruction, HideTrack | PurgeAudio | PurgeFingerprints):
        return settled(lambda: _removed(instruction, deps))
    return settled(lambda: _upload(instruction, deps, patience))


def _upload(instruction: AboutUpload, deps: Deps, patience: timedelta) -> bool:
    seen = see_upload(instruction.upload_id, deps)
    if plan_upload(seen, deps.policy(), deps.clock(), patience) != instruction:
        return False
    if isinstance(instruction, ExpireUpload):
        _change(seen.upload, expire(seen.upload, deps.clock()), Kind.UPLOAD_EXPIRED, deps)
    elif isinstance(instruction, RefuseUpload):
        refused = refuse(seen.upload, NEVER_ARRIVED, deps.clock())
        _change(seen.upload, refused, Kind.UPLOAD_REFUSED, deps, code=NEVER_ARRIVED.code)
    elif isinstance(instruction, StartPipeline):
        _start(instruction, seen, deps)
    elif isinstance(instruction, ReleaseClaim):
        _release(seen, deps)
    elif isinstance(instruction, RemindOwner):
        _remind(seen, deps)
    else:
        _purge(instruction, seen, deps)
    return True


def _start(instruction: StartPipeline, seen: SeenUpload, deps: Deps) -> None:
    """Start first, note it after: a sweep that dies in between starts the same name again, which is one start."""
    document = {"bucket": deps.bucket("quarantine").bucket, "key": source_key(instruction.upload_id)}
    with suppress(Conflict):  # it was started under this name before
        deps.tasks.start(deps.env("LEMM_STATE_MACHINE_INGEST"), instruction.name, document)
    deps.records.commit([Put(restarted(seen.upload, deps.clock()), seen.upload.version)])


def _release(seen: SeenUpload, deps: Deps) -> None:
    claim = claim_of(seen.track, deps) if seen.track is not None else None
    if claim is not None and seen.track is not None:
        deps.records.commit([Delete(claim, claim.version), Require(seen.track, seen.track.version)])


def _remind(seen: SeenUpload, deps: Deps) -> None:
    """Told once: the track carries the mark in the same commit."""
    track, now = seen.track, deps.clock()
    if track is not None:
        until = told(ends(track, deps.policy()))
        said = message(track.owner, Topic.APPEAL_ENDING, track.track_id, now, title=track.metadata.title, until=until)
        deps.records.commit([Put(track.with_changes(appeal_reminded=now), track.version), Put(said, 0)])


def _purge(instruction: PurgeUpload, seen: SeenUpload, deps: Deps) -> None:
    """An output's audio goes by its bucket's own lifecycle rule where this function has no right to it.

    A track that never came in may have left copies in the vault, when its admission was cut off.
    """
    upload, track = seen.upload, seen.track
    if upload.purpose == "track":
        for name in (source_key, canonical_key, analysis_key, features_key):
            deps.bucket("quarantine").delete(name(upload.upload_id), all_versions=True)
    elif deps.optional("LEMM_BUCKET_OUTPUTS"):
        for name in (source_key, analysis_key):
            deps.bucket("outputs").delete(name(upload.upload_id), all_versions=True)
    if track is not None and track.stored_sha256 is None:
        for place in (vault_audio_key, vault_features_key, vault_query_key):
            deps.bucket("vault").delete(place(track.track_id), all_versions=True)
    purged = upload.with_changes(purged=deps.clock(), parked=None)
    _change(upload, purged, Kind.AUDIO_PURGED, deps, why=instruction.why)


def _removed(instruction: AboutTrack, deps: Deps) -> bool:
    seen = see_removed_track(instruction.track_id, deps)
    if instruction not in plan_removed(seen, deps.policy(), deps.clock()):
        return False
    if isinstance(instruction, HideTrack):
        leave(deps.index, instruction.track_id, deps.clock())
        return True
    vault, track = deps.bucket("vault"), seen.track
    if isinstance(instruction, PurgeFingerprints):
        event = make_event(deps.new_id("evt"), Kind.AUDIO_PURGED, track.track_id, ACTOR, deps.clock(), why="forgotten")
        deps.records.commit([Require(track, track.version), *_prints(track.track_id, deps)], [event])
        return True
    for place in (vault_audio_key, vault_query_key):
        vault.delete(place(instruction.track_id), all_versions=True)
    for made in list(vault.list(f"logmel/{instruction.track_id}/")):  # what training jobs were served of it
        vault.delete(made.key, all_versions=True)
    prints = _prints(track.track_id, deps) if instruction.features_too else []
    event = make_event(deps.new_id("evt"), Kind.AUDIO_PURGED, track.track_id, ACTOR, deps.clock(), why="removed")
    deps.records.commit([Put(track.with_changes(stored=None), track.version), *prints], [event])
    return True


def _prints(track_id: str, deps: Deps) -> list[Delete]:
    """Delete the features, and give the change that deletes the record of them."""
    deps.bucket("vault").delete(vault_features_key(track_id), all_versions=True)
    known = deps.records.get(FingerprintRecord, track_id)
    return [Delete(known, known.version)] if known is not None else []


def _change(before: Upload, after: Upload, kind: Kind, deps: Deps, **data: str) -> None:
    event = make_event(deps.new_id("evt"), kind, before.upload_id, ACTOR, deps.clock(), None, **data)
    deps.records.commit([Put(after, before.version)], [event])
