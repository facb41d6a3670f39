"""A contribution: everything of one submission belongs together, and nothing of a refused one exists."""

import pytest
from records import HASH, NOW, a_declaration, a_metadata, an_id, an_upload
from vault_domain.admission import duplicate_of, holds_claim, may_be_indexed, vault_audio_key, vault_uri
from vault_domain.contributions import ask_sha256, check_same, contribute
from vault_domain.errors import Conflict, TermsOutdated, TrainingNotAllowed
from vault_domain.ports import Put
from vault_domain.submission import SubmitAsk
from vault_domain.tracks import Status, Track
from vault_domain.uploads import UploadState


def an_ask(rights=None, **metadata) -> SubmitAsk:
    return SubmitAsk(
        audio_upload_token=an_id("upl"), metadata=a_metadata(**metadata), rights=a_declaration(**(rights or {})),
        accepted_terms_sha256=HASH,
    )  # fmt: skip


def made(ask=None, **upload):
    return contribute(ask or an_ask(), an_upload(**upload), HASH, NOW, an_id)


def test_all_records_name_the_same_track():
    found = made(an_ask(genre_tags=["jazz", "ambient", "jazz"]))
    track_id = found.track.track_id
    assert {found.rights.track_id, found.consent.track_id, found.history.track_id, found.upload.track_id} == {track_id}
    assert [genre.genre for genre in found.genres] == ["ambient", "jazz"]
    assert found.track.rights_id == found.rights.rights_id


def test_everything_is_new_but_the_upload():
    puts = made(version=4).changes()
    assert all(isinstance(change, Put) for change in puts)
    assert [change.expects for change in puts] == [0] * (len(puts) - 1) + [4]
    assert len({(type(change.record), change.record.key()) for change in puts}) == len(puts)


def test_refusals():
    with pytest.raises(TermsOutdated):
        contribute(an_ask(), an_upload(), "b" * 64, NOW, an_id)
    with pytest.raises(TrainingNotAllowed):
        made(an_ask({"training_allowed": False}))
    for state in (UploadState.REFUSED, UploadState.EXPIRED):
        with pytest.raises(Conflict):
            made(state=state)
    with pytest.raises(Conflict):
        made(purpose="output")


def test_a_repeated_submission_is_known_by_every_field():
    track = made().track
    check_same(track, an_ask())
    for other in (an_ask(title="Another"), an_ask({"is_cover": True}), an_ask({"internal_demo_ok": True})):
        assert ask_sha256(other) != ask_sha256(an_ask())
        with pytest.raises(Conflict):
            check_same(track, other)


# --- admission ---------------------------------------------------------------


@pytest.mark.parametrize("status", list(Status))
def test_only_what_is_in_or_on_its_way_holds_a_claim(status):
    track = made().track.with_changes(status=status)
    assert holds_claim(track) is (status in (Status.PENDING_REVIEW, Status.ACCEPTED, Status.UNDER_INVESTIGATION))
    assert not holds_claim(None)


def test_names_of_places():
    track_id = an_id("trk")
    assert Track.model_validate({**made().track.model_dump(), "stored": vault_uri(track_id)}).stored == (
        f"lemm://vault/{track_id}"
    )
    assert vault_audio_key(track_id) == f"audio/{track_id}.flac"
    assert duplicate_of(track_id).refs == (track_id,)


@pytest.mark.parametrize(("stored", "verdict", "may"), [
    (None, "none", False), (None, "review", False), (None, "accept", True), (HASH, "reject", True),
])  # fmt: skip
def test_what_may_be_in_the_index(stored, verdict, may):
    assert may_be_indexed(made().track.with_changes(stored_sha256=stored, verdict=verdict)) is may
