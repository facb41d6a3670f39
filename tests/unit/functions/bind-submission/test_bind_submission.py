"""bind-submission: token and submission find each other, whichever comes first."""

import pytest
from ingesting import an_upload, playing_decode, run, submitted, track_of, validated
from killing import ends_the_same
from simulator import Simulator
from vault_domain.errors import NotFound, TooShort
from vault_domain.tracks import Status
from vault_domain.uploads import Upload, UploadState


@pytest.fixture
def waiting(sim: Simulator) -> str:
    """A validated upload that nobody has named yet."""
    playing_decode(sim)
    upload_id = an_upload(sim)
    validated(sim, upload_id)
    sim.task_log.waiting |= {"one", "two"}
    return upload_id


def bind(sim: Simulator, upload_id: str, **event):
    return run("bind-submission", sim.deps, upload_id=upload_id, **event)


def test_the_submission_came_first(sim: Simulator, waiting: str):
    track_id = submitted(sim, waiting)
    assert bind(sim, waiting, token="one")["outcome"] == "bound"
    assert sim.task_log.succeeded == {"one": {"upload_id": waiting, "track_id": track_id}}


def test_the_token_came_first(sim: Simulator, waiting: str):
    assert bind(sim, waiting, token="one")["outcome"] == "waiting"
    assert sim.store.get(Upload, waiting).token == "one"
    submitted(sim, waiting)
    assert set(sim.task_log.succeeded) == {"one"}


def test_a_retry_brings_a_new_token(sim: Simulator, waiting: str):
    bind(sim, waiting, token="one")
    bind(sim, waiting, token="two")
    submitted(sim, waiting)
    assert set(sim.task_log.succeeded) == {"two"}


def test_an_upload_that_is_past_binding_fails_the_token(sim: Simulator, waiting: str):
    assert bind(sim, waiting, expire=True)["outcome"] == "expired"
    assert bind(sim, waiting, token="one")["outcome"] == "expired"
    assert sim.task_log.failed["one"][0] == "Expired"


def test_a_refused_upload_takes_its_track_with_it(sim: Simulator):
    playing_decode(sim, TooShort("2.0 s; at least 3 s are needed"))
    upload_id = an_upload(sim)
    track_id = submitted(sim, upload_id)
    validated(sim, upload_id)
    for _ in range(2):
        assert bind(sim, upload_id, conclude=True)["outcome"] == "concluded"
    track = track_of(sim, track_id)
    assert (track.status, [reason.code for reason in track.reasons]) == (Status.REJECTED, ["too_short"])


def test_expiry_leaves_a_bound_upload_alone(sim: Simulator, waiting: str):
    submitted(sim, waiting)
    assert bind(sim, waiting, expire=True)["outcome"] == "bound"
    assert sim.store.get(Upload, waiting).state is UploadState.VALIDATED


def test_no_such_upload(sim: Simulator):
    with pytest.raises(NotFound):
        bind(sim, "upl_" + "0" * 26, token="one")


@pytest.mark.parametrize("event", [{"token": "one"}, {"expire": True}])
def test_killed_anywhere_and_repeated(event):
    def make():
        sim = Simulator()
        playing_decode(sim)
        upload_id = an_upload(sim)
        validated(sim, upload_id)
        sim.task_log.waiting.add("one")
        return sim, lambda deps: run("bind-submission", deps, upload_id=upload_id, **event)

    assert ends_the_same(make) >= 2


@pytest.mark.parametrize("refused", [True, False])
def test_killed_anywhere_with_a_track(refused):
    def make():
        sim = Simulator()
        playing_decode(sim, TooShort("short") if refused else None)
        upload_id = an_upload(sim)
        submitted(sim, upload_id)
        validated(sim, upload_id)
        sim.task_log.waiting.add("one")
        event = {"conclude": True} if refused else {"token": "one"}
        return sim, lambda deps: run("bind-submission", deps, upload_id=upload_id, **event)

    assert ends_the_same(make) >= 2
