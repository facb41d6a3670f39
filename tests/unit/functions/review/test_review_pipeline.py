"""From two votes to the vault: the real state machine over the real steps."""

import pytest
from ingesting import STRANGER, an_upload, indexed, lonely_vault, sound, submitted, track_of
from machine import Execution
from reviewing import ANNA, BEN, carried_out, vote
from simulator import Simulator
from vault_domain.tracks import Status
from vault_domain.uploads import source_key


@pytest.fixture
def sim() -> Simulator:
    return lonely_vault()


def waiting(sim: Simulator, seed: int = 1) -> str:
    """A declared cover: nothing is found, and people have to look."""
    upload_id = an_upload(sim, sound(seed))
    track_id = submitted(sim, upload_id, is_cover=True, is_original=False)
    Execution(sim, upload_id, {"key": source_key(upload_id)}, embedder=None).to_end()
    assert track_of(sim, track_id).status is Status.PENDING_REVIEW
    return track_id


def accepted(sim: Simulator, seed: int) -> str:
    upload_id = an_upload(sim, sound(seed), STRANGER)
    track_id = submitted(sim, upload_id, STRANGER)
    Execution(sim, upload_id, {"key": source_key(upload_id)}, embedder=None).to_end()
    return track_id


def test_two_votes_bring_a_track_in(sim: Simulator):
    track_id = waiting(sim)
    vote(sim, track_id, ANNA)
    vote(sim, track_id, BEN)
    carried_out(sim)
    track = track_of(sim, track_id)
    assert track.status is Status.ACCEPTED
    assert "approved_by_vote" in {reason.code for reason in track.reasons}
    assert indexed(sim) == {track_id}


def test_the_vault_may_move_on_between_the_votes(sim: Simulator):
    track_id = waiting(sim)
    vote(sim, track_id, ANNA)
    other = accepted(sim, 2)
    vote(sim, track_id, BEN)
    carried_out(sim)
    assert track_of(sim, track_id).status is Status.ACCEPTED
    assert indexed(sim) == {track_id, other}


def test_a_track_whose_sound_came_in_meanwhile_is_rejected_in_spite_of_the_votes(sim: Simulator):
    track_id = waiting(sim)
    original = accepted(sim, 1)
    vote(sim, track_id, ANNA)
    vote(sim, track_id, BEN)
    carried_out(sim)
    track = track_of(sim, track_id)
    assert (track.status, track.reasons[0].code) == (Status.REJECTED, "duplicate")
    assert indexed(sim) == {original}
