"""Tracks and rights for tests of training grants, put straight into a simulated vault."""

import hashlib
from typing import Any

from simulator import Simulator
from vault_domain.ids import make_id
from vault_domain.ports import Put
from vault_domain.rights import ConsentFlags, Party, RightsRecord, revoke
from vault_domain.submission import Metadata
from vault_domain.tracks import Status, Track

OWNER = make_id("acc", bytes(16))


def numbered(prefix: str, number: int) -> str:
    return make_id(prefix, number.to_bytes(16, "big"))


def a_track(number: int, **changes: Any) -> Track:
    """Track ``number``, accepted, with audio that is its own id."""
    track_id = numbered("trk", number)
    found = Track(
        track_id=track_id,
        submission_id=numbered("sub", number),
        upload_id=numbered("upl", number),
        rights_id=numbered("rgt", number),
        owner=OWNER,
        status=Status.ACCEPTED,
        metadata=Metadata(title=f"Piece {number}", artist_display_name="Somebody", genre_tags=("ambient",)),
        submitted="2026-01-01T00:00:00Z",
        changed="2026-01-02T00:00:00Z",
        audio_sha256=hashlib.sha256(b"samples" + track_id.encode()).hexdigest(),
        duration_s=60.0,
        stored=f"lemm://vault/{track_id}",
        stored_bytes=len(track_id),
        stored_sha256=hashlib.sha256(track_id.encode()).hexdigest(),
        verdict="accept",
    )
    return found.with_changes(**changes)


def its_rights(track: Track, **changes: Any) -> RightsRecord:
    """Rights that allow training."""
    found = RightsRecord(
        rights_id=track.rights_id,
        track_id=track.track_id,
        contributor=track.owner,
        territorial_scope="worldwide",
        term="perpetual",
        rights_holder_type="individual",
        flags=ConsentFlags(
            training_allowed=True,
            internal_experiment_ok=True,
            product_ok=True,
            evaluation_ok=True,
            internal_demo_ok=False,
            allow_per_artist_adapters=False,
            keep_fingerprints_after_revocation=False,
        ),
        consent_version=1,
        terms_sha256="0" * 64,
        given=track.submitted,
    )
    return found.with_changes(**changes)


def stock(sim: Simulator, *tracks: Track, **rights: Any) -> None:
    """Put tracks, their rights and their audio into the vault."""
    for track in tracks:
        sim.store.commit([Put(track, 0), Put(its_rights(track, **rights), 0)])
        sim.buckets.open("vault").write(
            f"audio/{track.track_id}.flac", track.track_id.encode(), content_type="audio/flac"
        )


def stock_audio(sim: Simulator, number: int, data: bytes) -> str:
    """Put a track with this very audio (FLAC) into the vault; its id."""
    track = a_track(number, stored_bytes=len(data), stored_sha256=hashlib.sha256(data).hexdigest())
    sim.store.commit([Put(track, 0), Put(its_rights(track), 0)])
    sim.buckets.open("vault").write(f"audio/{track.track_id}.flac", data, content_type="audio/flac")
    return track.track_id


def take_back(sim: Simulator, track_id: str) -> None:
    """What the function ``revoke`` commits: rights and status together."""
    rights, track = sim.store.get(RightsRecord, track_id), sim.store.get(Track, track_id)
    assert rights is not None
    assert track is not None
    now = sim.clock()
    removed = track.with_changes(status=Status.REMOVED, changed=now, steps=track.steps + 1)
    sim.store.commit([Put(revoke(rights, "", now), rights.version), Put(removed, track.version)])


def missing_party() -> tuple[Party, ...]:
    return (Party(name="Else", holder="party:0"),)
