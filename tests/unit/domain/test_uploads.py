"""Uploads: two final ends, one track at most, and one pinned version."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from records import HASH, NOW, an_id, an_upload, later
from vault_domain.audio_rules import AudioFacts
from vault_domain.errors import BadRequest, Conflict, Forbidden, TooLarge
from vault_domain.ids import UploadId
from vault_domain.uploads import (
    BIND_WITHIN,
    BOUND,
    MAX_OUTPUT_BYTES,
    MAX_UPLOAD_BYTES,
    Heard,
    Refusal,
    Upload,
    UploadAsk,
    UploadState,
    bind,
    counts_as_open,
    expire,
    is_overdue,
    may_open,
    mislabelled,
    open_upload,
    park,
    pin,
    refuse,
    restarted,
    source_key,
    upload_of,
    validated,
    wait_with,
)  # fmt: skip

WHY = Refusal(code="silent", detail="no signal")
FACTS = AudioFacts(
    duration_s=60, channels=2, sample_rate=44100, loudness_lufs=-14, peak_dbfs=-1, clipped_share=0, silence_share=0,
    longest_silence_s=0, dc_offset=0, bandwidth_hz=16000, noise_share=0, tone_share=0, dual_mono=False, mono_loss_db=-1,
)  # fmt: skip
HEARD = Heard(
    content_sha256=HASH, audio_sha256=HASH, duration_s=60, container="flac", codec="flac", chromaprint="A", facts=FACTS
)
TRACK = an_id("trk", 1)

moves = {
    "pin": lambda upload, now: pin(upload, f"v{now.second}", now),
    "validate": lambda upload, now: validated(upload, HEARD, (), now),
    "refuse": lambda upload, now: refuse(upload, WHY, now),
    "expire": lambda upload, now: expire(upload, now),
    "bind": lambda upload, now: bind(upload, TRACK, upload.owner, now),
    "bind another": lambda upload, now: bind(upload, an_id("trk", 2), upload.owner, now),
    "wait": lambda upload, now: wait_with(upload, "token", now),
    "park": lambda upload, now: park(upload, "decide", "X", now),
    "restart": lambda upload, now: restarted(upload, now),
}


@given(st.lists(st.sampled_from(sorted(moves)), max_size=25))
def test_no_sequence_of_moves_breaks_an_upload(names: list[str]):
    upload = an_upload()
    for second, name in enumerate(names):
        before = upload
        try:
            upload = moves[name](before, later(seconds=second))
        except Conflict:
            continue
        if before.state in (UploadState.REFUSED, UploadState.EXPIRED):
            assert upload.state is before.state
        if before.track_id is not None:
            assert upload.track_id == before.track_id
            assert upload.state is not UploadState.EXPIRED
        if before.arrived is not None:
            assert (upload.arrived, upload.object_version) == (before.arrived, before.object_version)
        if upload.state is UploadState.VALIDATED:
            assert upload.audio_sha256 == HASH
        if upload.state is UploadState.REFUSED:
            assert upload.refusal is not None
        assert upload.key() == before.key()


@pytest.mark.parametrize("state", [UploadState.REFUSED, UploadState.EXPIRED])
def test_what_ended_becomes_no_track(state):
    with pytest.raises(Conflict):
        bind(an_upload(state=state), TRACK, an_id("acc"), NOW)


def test_only_its_owner_binds_an_upload_and_outputs_never():
    with pytest.raises(Conflict):
        bind(an_upload(), TRACK, an_id("acc", 9), NOW)
    with pytest.raises(Conflict):
        bind(an_upload(purpose="output"), TRACK, an_id("acc"), NOW)


def test_ends_are_reached_twice_without_a_change():
    for end in (lambda u, now: refuse(u, WHY, now), expire):
        once = end(an_upload(), NOW)
        assert end(once, later(hours=1)) == once


@given(st.timedeltas(min_value=BIND_WITHIN * 0, max_value=BIND_WITHIN * 3))
def test_overdue_is_a_day_without_a_track(waited):
    assert is_overdue(an_upload(), NOW + waited) is (waited > BIND_WITHIN)
    assert not is_overdue(an_upload(track_id=TRACK), NOW + waited)
    assert not is_overdue(an_upload(state=UploadState.REFUSED, refusal=WHY), NOW + waited)


def test_standing_follows_what_an_upload_still_needs():
    assert an_upload().standing() == "waiting"
    assert an_upload(track_id=TRACK, state=UploadState.VALIDATED).standing() == BOUND
    assert an_upload(track_id=TRACK, state=UploadState.REFUSED).standing() == "refused"
    assert "by_state" not in an_upload(purged=NOW).indexes()


@pytest.mark.parametrize(("state", "track", "counts"), [("waiting", None, True), ("validated", None, True),
    ("waiting", TRACK, False), ("refused", None, False), ("expired", None, False)])  # fmt: skip
def test_what_counts_against_the_quota(state, track, counts):
    assert counts_as_open(an_upload(state=state, track_id=track)) is counts


@given(st.binary(min_size=16, max_size=16))
def test_source_keys_lead_back_to_their_upload(entropy: bytes):
    from vault_domain.ids import make_id

    upload_id = make_id("upl", entropy)
    TypeAdapter(UploadId).validate_python(upload_id)
    assert upload_of(source_key(upload_id)) == upload_id


@given(st.text(max_size=80))
def test_no_other_key_is_an_uploads(key: str):
    with pytest.raises(BadRequest):
        upload_of(key)


@pytest.mark.parametrize("key", ["uploads/upl_{}/source\n", "/uploads/upl_{}/source", "uploads/upl_{}/source/x"])
def test_near_misses(key: str):
    with pytest.raises(BadRequest):
        upload_of(key.format("0" * 26))


@pytest.mark.parametrize(
    ("purpose", "role", "scopes", "size", "error"),
    [
        ("track", "contributor", (), MAX_UPLOAD_BYTES, None),
        ("track", "admin", (), 1, None),
        ("track", "system", ("safety",), 1, Forbidden),
        ("track", "contributor", (), MAX_UPLOAD_BYTES + 1, TooLarge),
        ("output", "system", ("safety",), MAX_OUTPUT_BYTES, None),
        ("output", "system", ("safety",), MAX_OUTPUT_BYTES + 1, TooLarge),
        ("output", "system", ("training",), 1, Forbidden),
        ("output", "contributor", (), MAX_OUTPUT_BYTES, None),
        ("output", "contributor", (), MAX_OUTPUT_BYTES + 1, TooLarge),
    ],
)
def test_who_may_send_what(purpose, role, scopes, size, error):
    ask = UploadAsk(filename="a.wav", bytes=size, purpose=purpose)
    if error is None:
        may_open(ask, role, frozenset(scopes))
    else:
        with pytest.raises(error):
            may_open(ask, role, frozenset(scopes))


@pytest.mark.parametrize("name", ["", " ", "a\x00.wav", "a\nb", "x" * 201, "a\u202eb", "a\u2028b"])
def test_names_that_are_no_names(name):
    with pytest.raises(ValidationError):
        UploadAsk(filename=name, bytes=1)


@pytest.mark.parametrize(
    ("name", "announced", "container", "flagged"),
    [
        ("a.wav", "audio/wav", "wav", False),
        ("a.wav", "audio/wav", "mp3", True),
        ("a.mp3", "application/octet-stream", "flac", True),
        ("a", "application/octet-stream", "flac", False),
        ("a.FLAC", "audio/ogg", "flac", True),
        ("a.m4a", "audio/mp4", "mp4", False),
        ("a.opus", "audio/opus", "ogg", False),
        ("a.aac", "audio/aac", "aac", False),
        ("holiday.txt", "audio/mpeg", "mp3", False),
    ],
)
def test_names_and_types_that_say_something_else_than_the_bytes(name, announced, container, flagged):
    assert bool(mislabelled(an_upload(filename=name, content_type=announced), container)) is flagged


def test_an_opened_upload_is_what_was_asked():
    ask = UploadAsk(filename="a.wav", bytes=9, content_type="audio/wav")
    upload = open_upload(ask, an_id("upl"), an_id("acc"), NOW)
    assert (upload.state, upload.declared_bytes, upload.filename) == (UploadState.WAITING, 9, "a.wav")
    assert Upload.model_validate_json(upload.model_dump_json()) == upload
