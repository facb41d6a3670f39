"""What a sweep looks at: uploads that still need something, and tracks that were taken back."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from vault_domain.admission import may_be_indexed
from vault_domain.appeals import Appeal
from vault_domain.errors import NotFound
from vault_domain.evidence import FingerprintRecord, Original
from vault_domain.policy import Policy
from vault_domain.ports import every
from vault_domain.records import stamp
from vault_domain.revocation import keeps_fingerprints
from vault_domain.rights import RightsRecord
from vault_domain.sweeping import REFUSED, STANDINGS, SeenRemoved, SeenUpload
from vault_domain.tracks import Status, Track
from vault_domain.uploads import Upload, UploadState, source_key
from vault_edge.app import Deps
from vault_edge.index import VAULT

PAGE = 200
LOOK_BACK = timedelta(days=30)
"""How long after its retention a removed track is looked at by ordinary sweeps."""


def see_uploads(deps: Deps, now: datetime, patience: timedelta) -> Iterator[SeenUpload]:
    """Every upload that is not done with. What moved a moment ago is not looked at closely."""
    fresh = stamp(now - patience + timedelta(microseconds=1))  # the bound is exclusive
    for standing in STANDINGS:
        until = fresh if standing in ("waiting", "validated") and patience else None
        yield from (_looked_at(listed, deps) for listed in _uploads(standing, until, deps))


def _uploads(standing: str, until: str | None, deps: Deps) -> Iterator[Upload]:
    return every(lambda at: deps.records.find(Upload, "by_state", standing, until=until, limit=PAGE, cursor=at))


def see_upload(upload_id: str, deps: Deps) -> SeenUpload:
    """One upload, read consistently. Raises ``NotFound``."""
    upload = deps.records.get(Upload, upload_id)
    if upload is None:
        raise NotFound("no such upload")
    return _looked_at(upload, deps)


def see_removed(deps: Deps, policy: Policy, now: datetime, *, everything: bool) -> Iterator[SeenRemoved]:
    """Tracks that were taken back: lately, or ever."""
    since = None if everything else stamp(now - timedelta(days=policy.removed_audio_days) - LOOK_BACK)
    indexed = lru_cache(1)(lambda: indexed_tracks(deps))  # one reading for all, and none if nobody asks
    status = Status.REMOVED.value
    for track in every(lambda at: deps.records.find(Track, "by_status", status, since=since, limit=PAGE, cursor=at)):
        rights = deps.records.get(RightsRecord, track.track_id)
        kept = keeps_fingerprints(track, rights, policy)
        asked = may_be_indexed(track) and not kept
        printed = not kept and track.stored is None and _is_fingerprinted(track.track_id, deps)
        yield SeenRemoved(track, rights, asked and track.track_id in indexed(), printed)


def see_removed_track(track_id: str, deps: Deps) -> SeenRemoved:
    """One track, read consistently. Raises ``NotFound``."""
    track = deps.records.get(Track, track_id)
    if track is None:
        raise NotFound("no such track")
    rights, indexed = deps.records.get(RightsRecord, track_id), track_id in indexed_tracks(deps)
    return SeenRemoved(track, rights, indexed, _is_fingerprinted(track_id, deps))


def _is_fingerprinted(track_id: str, deps: Deps) -> bool:
    return deps.records.get(FingerprintRecord, track_id) is not None


def indexed_tracks(deps: Deps) -> frozenset[str]:
    """Every track that a search of the vault would find."""
    return deps.index.listed(VAULT)


def claim_of(track: Track, deps: Deps) -> Original | None:
    """The claim to a sound that this track holds, if it does."""
    found = deps.records.get(Original, track.audio_sha256) if track.audio_sha256 else None
    return found if found is not None and found.track_id == track.track_id else None


def _looked_at(upload: Upload, deps: Deps) -> SeenUpload:
    """Arrival, claims and answers are looked up only where they decide anything."""
    track = deps.records.get(Track, upload.track_id) if upload.track_id else None
    arrived = upload.arrived is not None
    if not arrived and upload.state is UploadState.WAITING and upload.purpose == "track":
        arrived = deps.bucket("quarantine").first_version(source_key(upload.upload_id)) is not None
    claims = track is not None and track.status in REFUSED and claim_of(track, deps) is not None
    answered = track is not None and track.status is Status.DISPUTE_PENDING and _is_answered(track.track_id, deps)
    return SeenUpload(upload, track, arrived, claims, answered)


def _is_answered(track_id: str, deps: Deps) -> bool:
    appeals = deps.records.list(Appeal, track_id).items
    return bool(appeals) and appeals[-1].is_answered
