"""model-registry: versions rest on ended runs, are registered once, and say how stale they have become."""

import json

import pytest
from granting import numbered, take_back
from lineages import WEIGHTS, Training
from packing import registered_dataset
from simulator import Simulator, killed_everywhere
from vault_domain.accounts import ServiceAccount
from vault_domain.canaries import Canary
from vault_domain.events import AuditEvent, Kind
from vault_domain.lineage import Model, ModelVersion
from vault_domain.model_names import ModelUse
from vault_domain.ports import Put
from vault_domain.reasons import Reason
from vault_domain.release_gate import MAX_AUDIT_BYTES, MAX_OUTPUTS, Release
from vault_domain.safety import LEVELS, OutputCheck
from vault_store.dsse import open_statement
from wire import SERVICE, body_of, event, token


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


# --- the release gate --------------------------------------------------------------------


def outputs(training: Training, copies: int = 0, count: int = 300, **more) -> list[dict]:
    """Outputs of the model that were checked, as an audit names them."""
    asked = []
    for number in range(count):
        outcome = "block" if number < copies else "allow"
        one = OutputCheck(
            output_id=f"out_{number}", check=1, service=numbered("svc", 7), content_sha256="0" * 64,
            audio_sha256=f"{number:064x}", duration_s=9, outcome=outcome, similarity_level=LEVELS[outcome],
            sim_internal_max=0.0, sim_external_max=0.0, checked_against_internal=True,
            checked_against_external_catalogs=("catalogue:open",), versions={}, at=training.sim.clock(),
            **{"model_id": "tiny", **more},
        )  # fmt: skip
        training.sim.store.commit([Put(one, 0)])
        asked.append({"output_id": one.output_id, "prompt": "caption" if number % 2 else "unconditional"})
    return asked


def audit(training: Training, asked: list[dict], **more):
    return training.call("model-registry", "POST", "/models/tiny/versions/1.0/audits", {"outputs": asked}, **more)


def audits(training: Training) -> list[AuditEvent]:
    return [one for one in training.sim.store.everything(AuditEvent) if one.event is Kind.MODEL_AUDITED]


def test_a_version_is_blocked_until_an_audit_passes_and_again_when_one_fails(training: Training):
    training.trained()
    assert body_of(training.register())["release"] == {"state": "blocked", "audits": 0, "audit": None}
    asked = outputs(training)
    said = body_of(audit(training, asked))
    assert (said["state"], said["audit"]["extracted"], said["audit"]["upper_bound"]) == ("passed", 0, 0.009937)
    assert body_of(version(training, role="contributor"))["release"] == said
    assert body_of(audit(training, asked)) == said, "the same again is the same"
    found = training.sim.store.get(OutputCheck, "out_1", f"{OutputCheck.kind}#000001")
    assert found is not None
    training.sim.store.commit([Put(found.with_changes(check=2, outcome="block", similarity_level="blocked"), 0)])
    said = body_of(audit(training, asked))
    assert (said["state"], said["audits"], said["audit"]["extracted"]) == ("blocked", 2, 1)
    assert sorted(one.data["passed"] for one in audits(training)) == [False, True]


def test_whatever_the_caller_says_the_vaults_own_checks_count(training: Training):
    training.trained()
    training.register()
    said = body_of(audit(training, outputs(training, copies=30)))
    assert (said["state"], said["audit"]["extracted"]) == ("blocked", 30)
    assert said["audit"]["rate"] == 0.1


def test_a_canary_of_its_runs_that_comes_out_blocks_it_whatever_it_was_prompted_with(training: Training):
    training.trained()
    training.register()
    copied = (Reason(code="too_similar", refs=(numbered("trk", 77),)),)
    asked = outputs(training, copies=1, count=500, reasons=copied)
    assert body_of(audit(training, asked))["state"] == "passed"
    for run_id, passes in (("run_other", True), ("run_one", False)):
        canary = Canary(
            track_id=numbered("trk", 77), run_id=run_id, planted_by=numbered("acc", 1), at=training.sim.clock()
        )
        before = training.sim.store.get(Canary, *canary.key())
        training.sim.store.commit([Put(canary, before.version if before else 0)])
        said = body_of(audit(training, asked))
        assert said["state"] == ("passed" if passes else "blocked")
    assert said["audit"]["why"] == ["1 outputs give canaries away"]


def test_a_version_of_somebody_else_and_outputs_of_another_model_are_refused(training: Training):
    training.trained()
    training.register()
    asked = outputs(training, count=3, model_id="other")
    assert audit(training, asked)["statusCode"] == 409
    assert audit(training, asked, subject=numbered("svc", 9))["statusCode"] == 404
    assert audits(training) == []


def test_the_largest_audit_that_there_can_be_is_read_and_a_larger_body_is_not(training: Training):
    training.trained()
    training.register()
    asked = [{"output_id": f"out_{n:060d}", "prompt": "unconditional"} for n in range(MAX_OUTPUTS)]
    assert audit(training, asked)["statusCode"] == 409, "read, and none of them was checked"
    assert len(json.dumps({"outputs": asked})) <= MAX_AUDIT_BYTES
    assert audit(training, [{**one, "more": "x" * 40} for one in asked])["statusCode"] == 413


def test_an_audit_that_is_cut_off_is_made_once(load_step):
    def make():
        sim = Simulator()

        def load(step):
            module = load_step(step)
            module.app.bind(sim.deps)
            return module

        training = Training(sim, load)
        training.trained()
        training.register()
        asked = outputs(training)

        def step(deps):
            module = load_step("model-registry")
            module.app.bind(deps)
            answer = module.handler(
                event("POST", "/models/tiny/versions/1.0/audits", body={"outputs": asked},
                      bearer=token(sim, "system", "training")), None,
            )  # fmt: skip
            assert answer["statusCode"] == 200, answer["body"]

        return sim, step

    for label, sim in killed_everywhere(make):
        (one,) = [one for one in sim.store.everything(AuditEvent) if one.event is Kind.MODEL_AUDITED]
        (stands,) = sim.store.everything(Release)
        assert (stands.state, stands.audits, one.data["passed"]) == ("passed", 1, True), label


def test_a_name_that_others_outputs_were_checked_under_is_not_theirs_to_lose(training: Training):
    """A first registration closes the gate over a name: only who uses it, or has no other, may do so."""
    sim = training.sim
    stranger, sister, ours = numbered("svc", 8), numbered("svc", 9), SERVICE
    for name, owner in ((stranger, numbered("acc", 8)), (sister, numbered("acc", 9)), (ours, numbered("acc", 9))):
        sim.store.commit([Put(ServiceAccount(
            client_id=name, name="s", owner=owner, scopes=("safety",), secret_sha256="0" * 64, created=sim.clock(),
        ), 0)])  # fmt: skip

    def used(service):
        sim.store.commit([Put(ModelUse(model_id="tiny", service=service, since=sim.clock()), 0)])
        sim.clock.advance(minutes=1)

    used(sister)
    training.trained()
    sim.clock.advance(minutes=1)
    used(stranger)
    training.trained("run_late")
    before = sim.dump()
    told = training.register(runs=("run_late",))
    assert (told["statusCode"], "somebody else's service" in body_of(told)["detail"]) == (409, True)
    assert sim.dump() == before
    assert training.register()["statusCode"] == 201, "one's own use, and another's since one's run began, stop nothing"
    assert training.register("2.0", ("run_late",))["statusCode"] == 201
