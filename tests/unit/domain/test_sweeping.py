"""Sweeping rules: patient with what moves, thorough with what does not, and never against a dispute."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import HASH, NOW, a_rights, a_track, an_id, an_upload, later
from vault_domain.policy import Policy
from vault_domain.sweeping import (
    MAX_DOUBLINGS,
    ExpireUpload,
    HideTrack,
    PurgeAudio,
    PurgeUpload,
    RefuseUpload,
    ReleaseClaim,
    SeenRemoved,
    SeenUpload,
    StartPipeline,
    plan_removed,
    plan_upload,
)
from vault_domain.tracks import Status
from vault_domain.uploads import Parked, UploadState

POLICY = Policy()
PATIENCE = timedelta(seconds=POLICY.stuck_after_s)
TRACK, UPLOAD = an_id("trk"), an_id("upl")

uploads = st.builds(
    lambda state, bound, purpose, attempts, parked: an_upload(
        state=state, track_id=TRACK if bound else None, purpose=purpose, attempts=attempts,
        parked=Parked(step="decide", error="X", at=NOW) if parked else None,
    ),
    st.sampled_from(UploadState), st.booleans(), st.sampled_from(["track", "output"]), st.integers(0, 9), st.booleans(),
)  # fmt: skip
tracks = st.builds(
    lambda status, verdict: a_track(status=status, verdict=verdict),
    st.sampled_from(Status), st.sampled_from(["none", "accept", "review", "reject"]),
)  # fmt: skip
waits = st.timedeltas(timedelta(0), timedelta(days=400))


def bound(track, arrived: bool = True, claims: bool = False, **upload) -> SeenUpload:
    state = upload.pop("state", UploadState.VALIDATED)
    return SeenUpload(an_upload(track_id=TRACK, state=state, **upload), track, arrived, claims)


@given(uploads, tracks, st.booleans(), st.booleans(), waits, st.booleans())
def test_a_plan_holds_only_what_is_right_in_every_state(upload, track, arrived, claims, waited, at_once):
    seen = SeenUpload(upload, track if upload.track_id else None, arrived, claims)
    now = NOW + waited
    found = plan_upload(seen, POLICY, now, timedelta(0) if at_once else PATIENCE)
    if isinstance(found, PurgeUpload) and seen.track is not None and upload.state is UploadState.VALIDATED:
        kept = {Status.SUBMITTED, Status.PENDING_AUTOMATED_CHECKS, Status.PENDING_REVIEW, Status.DISPUTE_PENDING}
        assert track.status not in kept
        if track.status in (Status.REJECTED, Status.REJECTED_FINAL):
            assert waited >= timedelta(days=POLICY.rejected_audio_days)
            assert not claims
        if track.status is Status.REMOVED:
            assert waited >= timedelta(days=POLICY.removed_audio_days)
    if isinstance(found, StartPipeline):
        assert upload.purpose == "track" or upload.track_id is not None
        assert found.name == f"{UPLOAD}-{upload.attempts + 1}"
        assert at_once or waited >= PATIENCE
    if isinstance(found, ExpireUpload):
        assert upload.track_id is None
        assert waited > timedelta(days=1)
    if isinstance(found, RefuseUpload):
        assert not arrived


@given(uploads, tracks, waits)
def test_what_is_purged_needs_nothing_more(upload, track, waited):
    seen = SeenUpload(upload.with_changes(purged=NOW), track, True)
    assert plan_upload(seen, POLICY, NOW + waited, timedelta(0)) is None


@pytest.mark.parametrize("attempts", range(MAX_DOUBLINGS + 3))
def test_each_start_doubles_the_patience_up_to_a_bound(attempts):
    needed = PATIENCE * 2 ** min(attempts, MAX_DOUBLINGS)
    seen = bound(a_track(), attempts=attempts)
    assert plan_upload(seen, POLICY, NOW + needed - timedelta(seconds=1), PATIENCE) is None
    assert isinstance(plan_upload(seen, POLICY, NOW + needed, PATIENCE), StartPipeline)


@pytest.mark.parametrize(
    ("track", "wanted"),
    [
        ({"status": Status.SUBMITTED}, StartPipeline),
        ({"status": Status.PENDING_AUTOMATED_CHECKS}, StartPipeline),
        ({"status": Status.PENDING_REVIEW, "verdict": "accept"}, StartPipeline),
        ({"status": Status.PENDING_REVIEW, "verdict": "review"}, type(None)),
        ({"status": Status.ACCEPTED}, PurgeUpload),
        ({"status": Status.UNDER_INVESTIGATION}, PurgeUpload),
        ({"status": Status.REJECTED}, type(None)),
        ({"status": Status.DISPUTE_PENDING}, type(None)),
        ({"status": Status.REMOVED}, type(None)),
    ],
)
def test_an_hour_later(track, wanted):
    assert isinstance(plan_upload(bound(a_track(**track)), POLICY, later(hours=1), PATIENCE), wanted)


def test_the_track_s_own_movement_counts():
    seen = bound(a_track(changed=later(minutes=50)))
    assert plan_upload(seen, POLICY, later(hours=1), PATIENCE) is None


def test_claims_go_before_audio():
    old = later(days=365)
    seen = bound(a_track(status=Status.REJECTED), claims=True)
    assert plan_upload(seen, POLICY, old, PATIENCE) == ReleaseClaim(UPLOAD)


def test_bytes_that_never_came():
    seen = bound(a_track(), arrived=False, state=UploadState.WAITING)
    assert plan_upload(seen, POLICY, later(hours=23), PATIENCE) is None
    assert plan_upload(seen, POLICY, later(hours=25), PATIENCE) == RefuseUpload(UPLOAD)


@given(st.booleans(), st.booleans(), st.booleans(), waits)
def test_what_a_removed_track_loses(indexed, keeps, stored, waited):
    record = a_rights()
    flags = record.flags.model_copy(update={"keep_fingerprints_after_revocation": keeps})
    place = {"stored": f"lemm://vault/{TRACK}", "stored_sha256": HASH, "stored_bytes": 1} if stored else {}
    track = a_track(status=Status.REMOVED, verdict="accept", **place)
    found = plan_removed(SeenRemoved(track, a_rights(flags=flags), indexed), POLICY, NOW + waited)
    kept = keeps and stored
    assert (HideTrack(TRACK) in found) is (indexed and not kept)
    overdue = stored and waited >= timedelta(days=POLICY.removed_audio_days)
    assert (PurgeAudio(TRACK, features_too=not kept) in found) is overdue
    assert len(found) <= 2


@given(tracks.filter(lambda track: track.status is not Status.REMOVED), waits)
def test_no_other_track_loses_anything(track, waited):
    stored = track.with_changes(stored=f"lemm://vault/{TRACK}")
    assert plan_removed(SeenRemoved(stored, a_rights(), True), POLICY, NOW + waited) == ()
