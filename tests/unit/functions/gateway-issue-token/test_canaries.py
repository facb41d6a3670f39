"""Canaries: in the grant of their run and of no other, planted before, and never named in the public log."""

import pytest
from granting import a_track, numbered, stock
from lineages import Training
from simulator import Simulator
from vault_domain.canaries import Canary, CanaryAsk, commitment
from vault_domain.events import AuditEvent, Kind
from vault_domain.tracks import Status
from vault_domain.training import RunTrack
from wire import ACCOUNT, body_of

MINE = numbered("trk", 90)


@pytest.fixture
def training(sim: Simulator, load_step) -> Training:
    training = Training(sim, load_step)
    stock(sim, a_track(90, owner=ACCOUNT), a_track(91, owner=ACCOUNT, status=Status.PENDING_REVIEW))
    stock(sim, a_track(92, owner=numbered("acc", 9)))
    return training


def plant(training: Training, *tracks: str, run_id: str = "run_one", role: str = "admin"):
    body = {"run_id": run_id, "track_ids": list(tracks)}
    return training.call("gateway-issue-token", "POST", "/training/canaries", body, role=role)


def granted(training: Training, run_id: str) -> set[str]:
    return {row.track_id for row in training.sim.store.everything(RunTrack) if row.run_id == run_id}


def test_a_canary_is_given_to_its_run_alone_and_without_a_word(training: Training):
    answer = body_of(plant(training, MINE))
    other = training.open(run_id="run_two")
    training.open(run_id="run_one")
    assert granted(training, "run_one") - granted(training, "run_two") == {MINE}
    assert other["run"]["tracks_left_out"] == {}
    (event,) = [one for one in training.sim.store.everything(AuditEvent) if one.event is Kind.RUN_PREPARED]
    assert MINE not in event.leaf().decode()
    assert event.data["commitment"] == commitment(CanaryAsk(run_id="run_one", track_ids=(MINE,)), answer["nonce"])
    listed = body_of(training.call("gateway-issue-token", "GET", "/training/canaries", role="admin"))
    assert [(one["track_id"], one["run_id"]) for one in listed["canaries"]] == [(MINE, "run_one")]


def test_what_would_not_name_the_run_is_refused_and_leaves_nothing(training: Training):
    training.open(run_id="run_old")
    for tracks, run_id, status in [
        ((numbered("trk", 92),), "run_one", 404),
        ((numbered("trk", 99),), "run_one", 404),
        ((numbered("trk", 91),), "run_one", 409),
        ((MINE,), "run_one", 409),  # the old run was given it
        ((MINE, MINE), "run_one", 409),
        ((MINE,), "run_old", 409),
        ((), "run_one", 422),
    ]:
        assert plant(training, *tracks, run_id=run_id)["statusCode"] == status
    assert training.sim.store.everything(Canary) == ()


def test_a_track_is_one_runs_canary_and_only_admins_plant(training: Training):
    assert plant(training, MINE)["statusCode"] == 201
    assert plant(training, MINE, run_id="run_two")["statusCode"] == 409
    for role in ("contributor", "reviewer", "system"):
        assert plant(training, MINE, run_id="run_two", role=role)["statusCode"] == 403
        assert training.call("gateway-issue-token", "GET", "/training/canaries", role=role)["statusCode"] == 403
