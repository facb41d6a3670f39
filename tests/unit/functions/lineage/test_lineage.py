"""lineage: owners see the runs and models of their tracks, jobs their runs, and a revocation what it reached."""

import pytest
from granting import numbered, take_back
from lineages import WEIGHTS, Training
from records import HASH
from simulator import Simulator
from vault_domain.ports import Put
from vault_domain.safety import OutputCheck
from wire import SERVICE, body_of

ONE, THREE = numbered("trk", 1), numbered("trk", 3)


@pytest.fixture
def training(sim: Simulator, load_step) -> Training:
    return Training(sim, load_step)


def get(training: Training, path: str, role: str = "contributor", **more):
    return training.call("lineage", "GET", path, role=role, **more)


def an_output(training: Training, name: str, outcome: str) -> None:
    check = OutputCheck(
        output_id=f"out_{name}", check=1, service=SERVICE, model_id="tiny", content_sha256=HASH, audio_sha256=HASH,
        duration_s=1.0, outcome=outcome, similarity_level="none", sim_internal_max=0.0, sim_external_max=0.0,
        checked_against_internal=True, checked_against_external_catalogs=(), versions={}, at=training.sim.clock(),
    )  # fmt: skip
    training.sim.store.commit([Put(check, 0)])


def test_an_owner_sees_the_runs_and_models_of_a_track(training: Training):
    training.trained()
    training.register()
    told = body_of(get(training, f"/tracks/{ONE}/runs"))
    (run,) = told["runs"]
    assert (run["run_id"], run["model_id"], run["purpose"], run["reads"], run["declared"]) == (
        "run_one", "tiny", "product", 2, True,
    )  # fmt: skip
    assert (run["state"], run["weights_sha256"]) == ("completed", WEIGHTS)
    assert told["models"] == [{"model_id": "tiny", "versions": ["1.0"]}]
    unread = body_of(get(training, f"/tracks/{THREE}/runs"))["runs"][0]
    assert (unread["reads"], unread["declared"], unread["last_read"]) == (0, False, None)


def test_newest_runs_come_first_and_a_claim_that_died_is_not_shown(training: Training):
    training.trained()
    training.sim.clock.advance(hours=1)
    training.open(run_id="run_two")
    assert [one["run_id"] for one in body_of(get(training, f"/tracks/{ONE}/runs"))["runs"]] == ["run_two", "run_one"]
    from vault_domain.training import TrainingRun

    run = training.sim.store.get(TrainingRun, "run_two")
    training.sim.store.commit([Put(run.with_changes(state="opening"), run.version)])
    assert [one["run_id"] for one in body_of(get(training, f"/tracks/{ONE}/runs"))["runs"]] == ["run_one"]


@pytest.mark.parametrize("path", ["runs", "revocation", "runs/run_one/proof"])
def test_a_stranger_sees_nothing_of_it(training: Training, path):
    training.trained()
    stranger = numbered("acc", 9)
    assert get(training, f"/tracks/{ONE}/{path}", subject=stranger)["statusCode"] == 404
    assert get(training, f"/tracks/{numbered('trk', 9)}/{path}")["statusCode"] == 404
    assert get(training, f"/tracks/{ONE}/{path}", "system")["statusCode"] == 403


def test_a_runs_lineage_is_for_its_job_and_admins(training: Training):
    training.open()
    assert get(training, "/training/runs/run_one/lineage", "system")["statusCode"] == 404
    assert training.complete()["statusCode"] == 200
    for role in ("system", "admin"):
        told = body_of(get(training, "/training/runs/run_one/lineage", role))
        assert (told["spec"]["code_version"], told["spec"]["hyper_parameters"]) == ("v1.2", {"lr": 0.001, "epochs": 2})
        assert (told["tracks"], told["reads"], told["weights_sha256"]) == (3, 0, WEIGHTS)
    assert get(training, "/training/runs/run_one/lineage", subject=None)["statusCode"] == 403
    stranger = get(training, "/training/runs/run_one/lineage", "system", subject=numbered("svc", 9))
    assert stranger["statusCode"] == 404


def test_a_revocation_report_says_what_was_touched_and_when_it_ended(training: Training):
    training.trained()
    training.register()
    an_output(training, "early", "allow")
    training.sim.clock.advance(hours=1)
    training.open(run_id="run_two")
    an_output(training, "free", "allow")
    an_output(training, "warned", "warn")
    an_output(training, "blocked", "block")
    assert get(training, f"/tracks/{ONE}/revocation")["statusCode"] == 409
    training.sim.clock.advance(hours=1)
    take_back(training.sim, ONE)
    report = body_of(get(training, f"/tracks/{ONE}/revocation"))
    assert [(run["run_id"], run["because"]) for run in report["runs"]] == [
        ("run_two", "revoked"), ("run_one", "run_ended"),
    ]  # fmt: skip
    assert report["runs"][0]["stopped"] == report["revoked_at"] > report["runs"][1]["stopped"]
    (touched,) = report["outputs"]
    assert (touched["model_id"], touched["cleared"], touched["output_ids"]) == ("tiny", 3, [])
    assert touched["first"] < touched["last"] < report["revoked_at"]
    (model,) = report["models"]
    assert (model["versions"], model["stopped"], model["replaced"]) == (["1.0"], report["revoked_at"], None)
    training.sim.clock.advance(hours=1)
    training.trained("run_three", reads=(2,))
    training.register(model_version="2.0", runs=("run_three",))
    later = body_of(get(training, f"/tracks/{ONE}/revocation"))["models"][0]
    assert (later["versions"], later["stopped"]) == (["1.0"], report["revoked_at"])
    assert later["replaced"] > report["revoked_at"]
    full = body_of(get(training, f"/tracks/{ONE}/revocation", "admin"))
    assert full["outputs"][0]["output_ids"] == ["out_early", "out_free", "out_warned"]
