"""gateway-issue-token: what is granted, recorded before it is signed, and asked for again."""

import hashlib

import pytest
from granting import a_track, its_rights, missing_party, numbered, stock, take_back
from simulator import Simulator, killed_everywhere
from vault_domain.canonical import digest
from vault_domain.events import AuditEvent, Kind
from vault_domain.ports import Put
from vault_domain.tracks import Status
from vault_domain.training import RunTrack, TrainingRun
from vault_edge.deps import Deps
from vault_store.dsse import open_sealed
from wire import SERVICE, body_of, event, token

SPEC = {"run_id": "run_one", "model_id": "m", "model_type": "diffusion", "purpose": "product"}


def ask(module, sim, spec=None, subject=None, scopes=("training",)):
    bearer = token(sim, "system", *scopes, subject=subject)
    return module.handler(event("POST", "/training/tokens", body=spec or SPEC, bearer=bearer), None)


def manifest_of(sim, answer):
    signer = sim.signer("receipt")
    return open_sealed(answer["manifest"], "training-manifest", {signer.key_id: signer.public_key()})


def tracks_of(manifest):
    return [entry for shard in manifest["shards"] for entry in shard["tracks"]]


def events(sim, kind):
    return [one for one in sim.store.everything(AuditEvent) if one.event is kind]


def test_grants_accepted_tracks_whose_rights_allow_it(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1), a_track(2), a_track(3, status=Status.UNDER_INVESTIGATION))
    stock(sim, a_track(4), parties=missing_party())
    take_back(sim, numbered("trk", 2))
    result = ask(load_step("gateway-issue-token"), sim)
    assert result["statusCode"] == 201
    answer = body_of(result)
    manifest = manifest_of(sim, answer)
    assert [entry["track_id"] for entry in tracks_of(manifest)] == [numbered("trk", 1)]
    assert tracks_of(manifest)[0]["uri"] == f"lemm://vault/{numbered('trk', 1)}"
    run = sim.store.get(TrainingRun, "run_one")
    assert run.state == "open"
    assert run.job == SERVICE
    assert run.manifest_sha256 == digest(manifest)
    assert run.tracks_left_out == {"party_missing": 1}
    assert [row.track_id for row in sim.store.everything(RunTrack)] == [numbered("trk", 1)]
    assert len(events(sim, Kind.RUN_OPENED)) == len(events(sim, Kind.TRAINING_BATCH)) == 1
    assert events(sim, Kind.TRAINING_BATCH)[0].data["manifest_sha256"] == run.manifest_sha256


def test_the_same_request_again_gives_the_same_manifest(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1), a_track(2))
    module = load_step("gateway-issue-token")
    first = body_of(ask(module, sim))
    sim.clock.advance(minutes=5)
    before = sim.dump()
    second = body_of(ask(module, sim))
    assert (first["manifest"], first["token"]) == (second["manifest"], second["token"])
    assert sim.dump() == before


def test_asked_again_it_leaves_out_what_was_taken_back_and_adds_nothing(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1), a_track(2))
    module = load_step("gateway-issue-token")
    first = body_of(ask(module, sim))
    take_back(sim, numbered("trk", 1))
    stock(sim, a_track(3))
    second = body_of(ask(module, sim))
    assert [entry["track_id"] for entry in tracks_of(manifest_of(sim, second))] == [numbered("trk", 2)]
    assert first["run"]["manifest_sha256"] != second["run"]["manifest_sha256"]
    assert sim.store.get(RunTrack, "run_one", f"granted#{numbered('trk', 1)}") is not None


def test_an_expired_run_may_be_renewed_while_it_is_open(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1))
    module = load_step("gateway-issue-token")
    first = body_of(ask(module, sim))
    sim.clock.advance(days=2)
    second = body_of(ask(module, sim))
    assert second["run"]["expires"] > first["run"]["expires"]
    assert second["token"] != first["token"]


def test_a_run_id_is_one_jobs_one_request(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1))
    module = load_step("gateway-issue-token")
    assert ask(module, sim)["statusCode"] == 201
    assert ask(module, sim, {**SPEC, "model_id": "other"})["statusCode"] == 409
    assert ask(module, sim, subject=numbered("svc", 9))["statusCode"] == 409


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"packs": ["somebody_elses_pack"]}, 403, "licence"),
        ({"filters": {"genres": ["polka"]}}, 409, "conflict"),
        ({"purpose": "internal_demo"}, 409, "conflict"),
        ({"purpose": "anything"}, 422, "bad_request"),
        ({"run_id": "../etc"}, 422, "bad_request"),
        ({"packs": ["LEMM_Vault_v1_core", "LEMM_Vault_v1_core"]}, 422, "bad_request"),
    ],
)
def test_refusals_leave_nothing_behind(sim: Simulator, load_step, change, status, code) -> None:
    stock(sim, a_track(1))
    module = load_step("gateway-issue-token")
    token(sim, "system", "training")
    before = sim.dump()
    result = ask(module, sim, SPEC | change)
    assert (result["statusCode"], body_of(result)["code"]) == (status, code)
    assert sim.dump() == before


@pytest.mark.parametrize("scopes", [(), ("safety",), ("catalogue",)])
def test_only_training_jobs_may_ask(sim: Simulator, load_step, scopes) -> None:
    assert ask(load_step("gateway-issue-token"), sim, scopes=scopes)["statusCode"] == 403


def test_people_may_not_ask(sim: Simulator, load_step) -> None:
    module = load_step("gateway-issue-token")
    result = module.handler(event("POST", "/training/tokens", body=SPEC, bearer=token(sim, "admin")), None)
    assert result["statusCode"] == 403


def test_nothing_is_signed_before_it_is_recorded(sim: Simulator, load_step) -> None:
    """A signer that looks at the store when it is asked: the open run must be there."""
    stock(sim, a_track(1))
    module = load_step("gateway-issue-token")
    inner, seen = sim.signer("receipt"), []

    class Watching:
        key_id = inner.key_id

        def public_key(self) -> bytes:
            return inner.public_key()

        def sign(self, message: bytes) -> bytes:
            seen.append(sim.store.get(TrainingRun, "run_one").state)
            return inner.sign(message)

    module.app.bind(sim.container(signer=lambda purpose: Watching()))
    assert ask(module, sim)["statusCode"] == 201
    assert seen == ["open", "open"]


def test_many_tracks_are_recorded_in_batches(sim: Simulator, load_step) -> None:
    stock(sim, *(a_track(number, owner=numbered("acc", number % 10)) for number in range(1, 211)))
    answer = body_of(ask(load_step("gateway-issue-token"), sim))
    assert answer["run"]["tracks_granted"] == 210
    assert len(sim.store.everything(RunTrack)) == 210


def test_killed_anywhere_the_same_job_finishes_what_it_began(load_step) -> None:
    def make():
        sim = Simulator()
        stock(sim, *(a_track(number) for number in range(1, 101)))
        bearer = token(sim, "system", "training")
        module = load_step("gateway-issue-token")

        def step(deps: Deps):
            module.app.bind(deps)
            result = module.handler(event("POST", "/training/tokens", body=SPEC, bearer=bearer), None)
            assert result["statusCode"] == 201, result["body"]

        return sim, step

    for label, sim in killed_everywhere(make):
        run = sim.store.get(TrainingRun, "run_one")
        assert run.state == "open", label
        assert {row.track_id for row in sim.store.everything(RunTrack)} == {numbered("trk", n) for n in range(1, 101)}
        assert len(events(sim, Kind.RUN_OPENED)) == 1, label


def test_a_claim_that_died_is_taken_over_with_the_rights_of_now(sim: Simulator, load_step) -> None:
    stock(sim, *(a_track(number) for number in range(1, 101)))
    module = load_step("gateway-issue-token")
    bearer = token(sim, "system", "training")
    sim.kill_at(4)  # key, claim, first batch, then dead
    with pytest.raises(BaseException, match="before effect"):
        module.handler(event("POST", "/training/tokens", body=SPEC, bearer=bearer), None)
    module.app.bind(sim.revive())
    assert sim.store.get(TrainingRun, "run_one").state == "opening"
    take_back(sim, numbered("trk", 1))
    answer = body_of(ask(module, sim))
    assert answer["run"]["tracks_granted"] == 99
    assert sim.store.get(RunTrack, "run_one", f"granted#{numbered('trk', 1)}") is None


def test_a_slow_rival_with_the_same_claim_writes_nothing(sim: Simulator, load_step) -> None:
    """Between the first one's claim and its rows a second call of the same job comes through whole."""
    stock(sim, a_track(1), a_track(2))
    module, calls = load_step("gateway-issue-token"), []
    inner = sim.records

    class Slow:
        def __getattr__(self, name):
            return getattr(inner, name)

        def commit(self, changes, events=()):
            inner.commit(changes, events)
            if not calls and any(isinstance(change.record, TrainingRun) for change in changes):
                calls.append(ask(load_step("gateway-issue-token"), sim)["statusCode"])

    module.app.bind(sim.container(records=Slow()))
    assert ask(module, sim)["statusCode"] == 409
    assert calls == [201]
    assert sim.store.get(TrainingRun, "run_one").state == "open"


def complete(module, sim, body, run_id="run_one", subject=None):
    bearer = token(sim, "system", "training", subject=subject)
    return module.handler(event("POST", f"/training/runs/{run_id}/complete", body=body, bearer=bearer), None)


def test_completing_compares_the_jobs_word_with_its_grant(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1), a_track(2))
    module = load_step("gateway-issue-token")
    ask(module, sim)
    known, stranger = a_track(1).stored_sha256, hashlib.sha256(b"else").hexdigest()
    body = {"outcome": "completed", "weights_sha256": "a" * 64, "consumed_sha256": [known, stranger]}
    first = body_of(complete(module, sim, body))
    assert (first["state"], first["consumed"], first["consumed_not_granted"]) == ("completed", 2, 1)
    before = sim.dump()
    assert body_of(complete(module, sim, body)) == first
    assert sim.dump() == before
    assert complete(module, sim, {"outcome": "failed"})["statusCode"] == 409
    assert ask(module, sim)["statusCode"] == 409
    assert len(events(sim, Kind.RUN_CLOSED)) == 1


def test_runs_of_others_do_not_exist(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1))
    module = load_step("gateway-issue-token")
    ask(module, sim)
    stranger = numbered("svc", 9)
    assert complete(module, sim, {"outcome": "completed"}, subject=stranger)["statusCode"] == 404
    bearer = token(sim, "system", "training", subject=stranger)
    assert module.handler(event("GET", "/training/runs/run_one", bearer=bearer), None)["statusCode"] == 404
    own = module.handler(event("GET", "/training/runs/run_one", bearer=token(sim, "system", "training")), None)
    assert body_of(own)["state"] == "open"


def test_a_track_that_changes_hands_midway_is_judged_by_its_present_rights(sim: Simulator, load_step) -> None:
    track = a_track(1)
    stock(sim, track)
    rights = its_rights(track)
    flags = rights.flags.model_copy(update={"training_allowed": False})
    sim.store.commit([Put(rights.with_changes(flags=flags), 1)])
    assert ask(load_step("gateway-issue-token"), sim)["statusCode"] == 409
