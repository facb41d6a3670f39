"""The pipeline as its state machine has it, every step real but the decoder, which is played."""

import pytest
from ingesting import (
    OWNER,
    STRANGER,
    an_upload,
    indexed,
    lonely_vault,
    main_of,
    playing_decode,
    run,
    sound,
    submitted,
    track_of,
)  # fmt: skip
from machine import Execution
from simulator import Simulator
from vault_domain.errors import NotAudio, Unavailable
from vault_domain.rights import RevokeAsk
from vault_domain.tracks import Status
from vault_domain.uploads import Upload, UploadState, source_key


@pytest.fixture
def sim() -> Simulator:
    """A vault that asks its own index alone."""
    return lonely_vault()


def execution(sim: Simulator, upload_id: str, attempt: int = 0) -> Execution:
    document = {"bucket": "quarantine", "key": source_key(upload_id)}
    return Execution(sim, f"{upload_id}-{attempt}", document, embedder=None)


def in_turn(running: list[Execution]) -> None:
    """Each takes one step, then the next one, until none has anything to do."""
    moved = True
    while moved:
        steps = [one.step() for one in running]
        moved = any(steps)


def test_an_original_is_accepted(sim: Simulator):
    upload_id = an_upload(sim)
    track_id = submitted(sim, upload_id)
    ran = execution(sim, upload_id).to_end()
    assert ran.status == "succeeded"
    assert "Admit" in ran.trail
    assert track_of(sim, track_id).status is Status.ACCEPTED
    assert indexed(sim) == {track_id}


def test_the_bytes_may_come_before_the_submission(sim: Simulator):
    upload_id = an_upload(sim)
    ran = execution(sim, upload_id).to_end()
    assert (ran.status, ran.state) == ("waiting", "Bind")
    track_id = submitted(sim, upload_id)
    assert ran.to_end().status == "succeeded"
    assert track_of(sim, track_id).status is Status.ACCEPTED


def test_a_byte_identical_second_is_rejected_and_names_the_first(sim: Simulator):
    first, second = an_upload(sim), an_upload(sim, caller=STRANGER)
    one, two = submitted(sim, first), submitted(sim, second, STRANGER)
    execution(sim, first).to_end()
    assert execution(sim, second).to_end().status == "succeeded"
    refused = track_of(sim, two)
    assert (refused.status, refused.reasons[0].code, refused.reasons[0].refs) == (Status.REJECTED, "duplicate", (one,))


def test_two_identical_uploads_at_the_same_moment_give_one_accepted_track(sim: Simulator):
    uploads = [an_upload(sim), an_upload(sim, caller=STRANGER)]
    tracks = [submitted(sim, uploads[0]), submitted(sim, uploads[1], STRANGER)]
    running = [execution(sim, upload_id) for upload_id in uploads]
    in_turn(running)
    assert sorted(track_of(sim, track_id).status.value for track_id in tracks) == ["accepted", "rejected"]
    assert len(indexed(sim)) == 1


def test_two_different_uploads_at_the_same_moment_are_both_accepted(sim: Simulator):
    uploads = [an_upload(sim, sound(1)), an_upload(sim, sound(2), STRANGER)]
    tracks = [submitted(sim, uploads[0]), submitted(sim, uploads[1], STRANGER)]
    running = [execution(sim, upload_id) for upload_id in uploads]
    in_turn(running)
    assert [track_of(sim, track_id).status for track_id in tracks] == [Status.ACCEPTED] * 2
    assert "MatchAgain" in running[0].trail + running[1].trail


def test_a_file_that_is_no_audio_takes_its_track_with_it(sim: Simulator):
    playing_decode(sim, NotAudio("a text file"))
    upload_id = an_upload(sim, b"I am a text file, called .mp3")
    track_id = submitted(sim, upload_id)
    ran = execution(sim, upload_id).to_end()
    assert (ran.status, ran.trail[-1]) == ("succeeded", "Conclude")
    track = track_of(sim, track_id)
    assert (track.status, track.reasons[0].code) == (Status.REJECTED, "not_audio")
    assert not sim.buckets.open("quarantine").dump()


def test_an_upload_that_nobody_names_expires_with_its_execution(sim: Simulator):
    upload_id = an_upload(sim)
    ran = execution(sim, upload_id).to_end()
    ran.time_out()
    assert ran.to_end().status == "succeeded"
    upload = sim.store.get(Upload, upload_id)
    assert upload is not None
    assert upload.state is UploadState.EXPIRED


def test_what_fails_for_good_is_parked_visibly_and_goes_on_later(sim: Simulator):
    playing_decode(sim, Unavailable("no room left"))
    upload_id = an_upload(sim)
    track_id = submitted(sim, upload_id)
    ran = execution(sim, upload_id).to_end()
    assert (ran.status, ran.state) == ("failed", "Parked")
    upload = sim.store.get(Upload, upload_id)
    assert upload is not None
    assert upload.parked is not None
    assert (upload.parked.step, upload.parked.error) == ("validate", "Unavailable")
    playing_decode(sim)
    sim.clock.advance(hours=1)
    run("sweep", sim.deps)
    ((_, name, document),) = sim.task_log.started
    assert Execution(sim, name, document, embedder=None).to_end().status == "succeeded"
    assert track_of(sim, track_id).status is Status.ACCEPTED


def test_a_track_that_is_taken_back_on_its_way_ends_the_execution(sim: Simulator):
    upload_id = an_upload(sim)
    track_id = submitted(sim, upload_id)
    ran = execution(sim, upload_id)
    while ran.state != "Matching":
        ran.step()
    main_of("revoke").take_back(track_id, RevokeAsk(), OWNER, sim.deps)
    ran.to_end()
    assert track_of(sim, track_id).status is Status.REMOVED
    upload = sim.store.get(Upload, upload_id)
    assert upload is not None
    assert upload.parked is None
    assert not indexed(sim)


def test_an_execution_that_ran_before_changes_nothing(sim: Simulator):
    upload_id = an_upload(sim)
    track_id = submitted(sim, upload_id)
    execution(sim, upload_id).to_end()
    before = track_of(sim, track_id)
    execution(sim, upload_id, 1).to_end()
    assert track_of(sim, track_id) == before
