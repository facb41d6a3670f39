"""model-registry: versions rest on ended runs, are registered once, and say how stale they have become."""

import pytest
from granting import numbered, take_back
from lineages import WEIGHTS, Training
from packing import registered_dataset
from simulator import Simulator, killed_everywhere
from vault_domain.events import AuditEvent, Kind
from vault_domain.lineage import Model, ModelVersion
from vault_store.dsse import open_statement
from wire import body_of


@pytest.fixture
def training(sim: Simulator, load_step) -> Training:
    return Training(sim, load_step)


def version(training: Training, role: str = "system", **more):
    return training.call("model-registry", "GET", "/models/tiny/versions/1.0", role=role, **more)


def test_a_version_says_what_it_was_trained_on(training: Training):
    training.trained()
    answer = training.register()
    assert answer["statusCode"] == 201, answer["body"]
    told = body_of(answer)
    assert (told["packs"], told["purposes"], told["constraints"]) == (["LEMM_Vault_v1_core"], ["product"], [])
    (run,) = told["runs"]
    assert (run["tracks"], run["tracks_read"], run["consumed_not_granted"]) == (3, 2, 0)
    assert told["revoked_since"]["summary"] == "all 3 tracks still allowed"
    assert body_of(version(training)) == told
    listed = body_of(training.call("model-registry", "GET", "/models", role="contributor"))
    assert [one["model_id"] for one in listed["models"]] == ["tiny"]
    shown = body_of(training.call("model-registry", "GET", "/models/tiny", role="contributor"))
    assert shown["versions"] == ["1.0"]


def test_the_statement_is_signed_and_its_hash_is_in_the_event(training: Training):
    training.trained()
    training.register()
    (stored,) = training.sim.store.everything(ModelVersion)
    signer = training.sim.signer("receipt")
    statement = open_statement(stored.statement, {signer.key_id: signer.public_key()})
    assert statement["subject"] == [{"name": "tiny@1.0", "digest": {"sha256": WEIGHTS}}]
    (told,) = [one for one in training.sim.store.everything(AuditEvent) if one.event is Kind.MODEL_REGISTERED]
    assert told.data["statement_sha256"] == stored.statement_sha256


def test_what_was_taken_back_since_is_counted_and_its_ids_are_for_those_concerned(training: Training):
    training.trained()
    training.register()
    training.sim.clock.advance(hours=1)
    take_back(training.sim, numbered("trk", 2))
    for role, ids in (("system", [numbered("trk", 2)]), ("admin", [numbered("trk", 2)]), ("contributor", [])):
        since = body_of(version(training, role))["revoked_since"]
        assert (since["summary"], since["revoked"], since["track_ids"]) == ("stale by 1 of 3 tracks", 1, ids)


def test_constraints_are_inherited_from_every_run(training: Training):
    training.trained("run_one", purpose="internal_experiment")
    training.trained("run_two")
    answer = body_of(training.register(runs=("run_one", "run_two")))
    assert answer["constraints"] == ["not_for_release"]


def test_the_claim_of_clean_data_is_granted_and_refused_by_the_packs_of_every_run(training: Training):
    training.trained("run_one")
    alone = body_of(training.register(runs=("run_one",)))["claim"]
    assert (alone["granted"], alone["against"]) == (True, [])
    registered_dataset(training.sim)
    training.trained("run_two", packs=["LEMM_Vault_v1_core", "open-music"], uses={"open-music": "metadata_join"})
    training.register(model_version="2.0", runs=("run_two",))
    path = "/models/tiny/versions/2.0"
    assert body_of(training.call("model-registry", "GET", path, role="contributor"))["claim"]["granted"]
    training.sim.clock.advance(days=183)
    lapsed = body_of(training.call("model-registry", "GET", path, role="contributor"))["claim"]
    assert not lapsed["granted"]
    assert "The review of open-music ran out" in lapsed["against"][0]


def test_the_claim_is_refused_to_a_model_that_used_what_it_was_not_granted(training: Training):
    training.open()
    assert training.complete(numbers=(1, 9))["statusCode"] == 200
    claim = body_of(training.register())["claim"]
    assert (claim["granted"], claim["against"]) == (
        False,
        ["run_one says that it used 1 recordings that it was not granted."],
    )


def test_the_same_request_again_is_the_same_version_and_another_is_refused(training: Training):
    training.trained()
    first = body_of(training.register())
    before = training.sim.dump()
    assert body_of(training.register()) == first
    assert training.sim.dump() == before
    training.trained("run_two")
    assert training.register(runs=("run_two",))["statusCode"] == 409


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"runs": ["run_none"]}, 404),
        ({"runs": ["run_one", "run_one"]}, 409),
        ({"weights_sha256": "e" * 64}, 409),
        ({"runs": ["run_failed"]}, 409),
        ({"runs": ["run_other"]}, 409),
        ({"runs": []}, 422),
    ],
)
def test_what_does_not_hold_together_is_refused_and_leaves_nothing(training: Training, changes, status):
    training.trained()
    training.open(run_id="run_failed")
    assert training.complete("run_failed", "failed")["statusCode"] == 200
    training.trained("run_other", model_id="other")
    before = training.sim.dump()
    assert training.register(**changes)["statusCode"] == status
    assert training.sim.dump() == before


def test_runs_and_models_of_other_jobs_are_not_to_be_had(training: Training):
    training.trained()
    stranger = numbered("svc", 9)
    body = {"model_version": "1.0", "runs": ["run_one"], "weights_sha256": WEIGHTS}
    path = "/models/tiny/versions"
    assert training.call("model-registry", "POST", path, body, subject=stranger)["statusCode"] == 404
    training.register()
    assert training.call("model-registry", "POST", path, body, subject=stranger)["statusCode"] == 409
    assert training.call("model-registry", "POST", path, body, role="admin")["statusCode"] == 403
    assert training.call("model-registry", "GET", "/models/none")["statusCode"] == 404
    assert training.call("model-registry", "GET", "/models/tiny/versions/9")["statusCode"] == 404


def test_killed_anywhere_a_version_is_whole_or_not_there(load_step):
    def make():
        sim = Simulator()

        def load(step):
            module = load_step(step)
            module.app.bind(sim.deps)
            return module

        training = Training(sim, load)
        training.trained()
        module = load_step("model-registry")

        def step(deps):
            module.app.bind(deps)
            training.load = lambda name: module
            assert training.register()["statusCode"] == 201

        return sim, step

    for label, sim in killed_everywhere(make):
        assert len(sim.store.everything(Model)) == len(sim.store.everything(ModelVersion)) == 1, label
        told = [one for one in sim.store.everything(AuditEvent) if one.event is Kind.MODEL_REGISTERED]
        assert len(told) == 1, label
