"""packs: a dry run writes nothing, a version is built once, a frozen one never changes, and runs read it."""

import json
from datetime import timedelta

import pytest
from granting import OWNER, a_track, its_rights, numbered, stock, take_back
from ingesting import main_of
from ingesting import run as run_step
from packing import registered_dataset
from simulator import Simulator, killed_everywhere
from vault_domain.bulk import BulkDecision
from vault_domain.canaries import Canary
from vault_domain.canonical import sha256_hex
from vault_domain.events import Actor, AuditEvent, Kind
from vault_domain.pack_jobs import POKED_AFTER, PackBuild
from vault_domain.packs import PackAsk, PackHead, PackVersion
from vault_domain.ports import Put
from vault_domain.sealing import word_hash
from vault_domain.training import TrainingRun
from vault_edge.deps import Deps
from vault_edge.pack_sources import find_dataset
from vault_store.dsse import open_sealed
from wire import body_of, event, token

WHY = "for the first model"
ASK = {"name": "LEMM_ambient", "query": {"genres": ["ambient"]}}
SPEC = {"run_id": "run_one", "model_id": "m", "model_type": "t", "purpose": "product", "packs": ["LEMM_ambient@1"]}


def call(module, sim, method, path, body=None, role="admin"):
    """An answer; of a build, what became of it when the state machine has run."""
    answer = module.handler(event(method, path, body=body, bearer=token(sim, role)), None)
    return finished(module, sim, answer) if path == "/packs" and answer["statusCode"] == 202 else answer


def lasting(sim):
    """What is stored, but for jobs and their starts."""
    return [sim.store.everything(kind) for kind in (PackVersion, PackHead, AuditEvent)], sim.dump()["buckets"]


def finished(module, sim, accepted):
    """The version that a build made (201), what a trial found (200), or its refusal."""
    build_id = body_of(accepted)["build_id"]
    run_step("pack-build", sim.container(), build_id=build_id)
    told = body_of(module.handler(event("GET", f"/pack-builds/{build_id}", bearer=token(sim, "admin")), None))
    if told["state"] == "failed":
        return {"statusCode": 409, "body": json.dumps(told)}
    return {"statusCode": 200 if told["dry_run"] else 201, "body": json.dumps(told["result"])}


def frozen(module, sim, ask=ASK) -> dict:
    """A version, built and frozen."""
    built = body_of(call(module, sim, "POST", "/packs", ask))
    body = {"members_sha256": built["members_sha256"], "reason": WHY}
    result = call(module, sim, "POST", f"/packs/{built['name']}/{built['number']}/freeze", body)
    assert result["statusCode"] == 200
    return body_of(result)


def run(sim, load_step, spec=SPEC):
    module = load_step("gateway-issue-token")
    return module.handler(event("POST", "/training/tokens", body=spec, bearer=token(sim, "system", "training")), None)


def entries(sim, result) -> list[dict]:
    signer = sim.signer("receipt")
    keys = {signer.key_id: signer.public_key()}
    manifest = open_sealed(body_of(result)["manifest"], "training-manifest", keys)
    return [entry for shard in manifest["shards"] for entry in shard["tracks"]]


def granted(sim, result) -> list[str]:
    return [entry["track_id"] for entry in entries(sim, result)]


def events(sim, kind):
    return [one for one in sim.store.everything(AuditEvent) if one.event is kind]


def test_a_dry_run_says_what_would_be_built_and_writes_nothing(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1), a_track(2))
    module = load_step("packs")
    token(sim, "admin")
    before = lasting(sim)
    tried = call(module, sim, "POST", "/packs", {**ASK, "dry_run": True})
    assert tried["statusCode"] == 200
    assert lasting(sim) == before
    built = body_of(call(module, sim, "POST", "/packs", ASK))
    assert body_of(tried) == built
    assert (built["members"], built["state"], built["pack"]) == (2, "draft", "LEMM_ambient@1")


def test_members_lie_under_their_hash_and_the_build_is_audited(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1), a_track(2))
    module = load_step("packs")
    built = body_of(call(module, sim, "POST", "/packs", ASK))
    data = sim.buckets.open("snapshots").read(f"packs/{built['members_sha256']}.json", limit=10_000)
    assert sha256_hex(data) == built["members_sha256"]
    listed = body_of(call(module, sim, "GET", "/packs/LEMM_ambient/1/members"))
    assert listed["members"] == json.loads(data)["members"]
    assert [one["track_id"] for one in listed["members"]] == [numbered("trk", 1), numbered("trk", 2)]
    (told,) = events(sim, Kind.PACK_BUILT)
    assert (told.subject, told.data["members_sha256"]) == ("pack:LEMM_ambient@1", built["members_sha256"])


def test_the_same_again_is_the_same_version_and_a_changed_vault_gives_the_next(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1))
    module = load_step("packs")
    frozen(module, sim)
    before = lasting(sim)
    again = frozen(module, sim)
    assert (again["number"], again["state"]) == (1, "frozen")
    assert lasting(sim) == before
    stock(sim, a_track(2))
    assert body_of(call(module, sim, "POST", "/packs", ASK))["number"] == 2
    assert body_of(call(module, sim, "GET", "/packs/LEMM_ambient/1"))["members"] == 1
    (newest,) = body_of(call(module, sim, "GET", "/packs", role="contributor"))["packs"]
    assert (newest["pack"], newest["state"]) == ("LEMM_ambient@2", "draft")


def test_a_run_reads_the_frozen_version_and_nothing_else(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1), a_track(2))
    module = load_step("packs")
    built = body_of(call(module, sim, "POST", "/packs", ASK))
    refused = run(sim, load_step)
    assert (refused["statusCode"], body_of(refused)["code"]) == (403, "licence")
    assert "draft" in body_of(refused)["detail"]
    assert sim.store.everything(TrainingRun) == ()
    frozen(module, sim)
    stock(sim, a_track(3))
    result = run(sim, load_step)
    assert granted(sim, result) == [numbered("trk", 1), numbered("trk", 2)]
    opened = sim.store.get(TrainingRun, "run_one")
    assert opened.pack_identities == {"LEMM_ambient@1": f"sha256:{built['members_sha256']}"}
    (told,) = events(sim, Kind.RUN_OPENED)
    assert told.data["pack_identities"] == opened.pack_identities


def test_the_log_holds_the_reason_of_a_freeze_as_a_salted_hash_only(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1))
    assert "salt" not in frozen(load_step("packs"), sim)
    (told,) = events(sim, Kind.PACK_FROZEN)
    assert WHY.encode() not in told.leaf()
    (version,) = sim.store.everything(PackVersion)
    assert told.data["reason_hash"] == word_hash(version.salt or "", WHY)


def test_a_revocation_makes_the_next_manifest_smaller_and_is_told(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1), a_track(2), a_track(3))
    module = load_step("packs")
    version = frozen(module, sim)
    assert len(granted(sim, run(sim, load_step))) == 3
    take_back(sim, numbered("trk", 2))
    track = a_track(3)
    sim.store.commit([Put(track.with_changes(stored_sha256="0" * 64), 1)])
    smaller = run(sim, load_step, SPEC | {"run_id": "run_two"})
    assert granted(sim, smaller) == [numbered("trk", 1)]
    assert body_of(smaller)["run"]["tracks_left_out"] == {"revoked": 1, "audio_changed": 1}
    assert call(module, sim, "GET", "/packs/LEMM_ambient/1/now", role="contributor")["statusCode"] == 403
    now = body_of(call(module, sim, "GET", "/packs/LEMM_ambient/1/now", role="system"))
    assert (now["summary"], now["usable"]) == ("stale by 2 of 3 tracks", 1)
    assert body_of(call(module, sim, "GET", "/packs/LEMM_ambient/1")) == version


def test_packs_together_and_filters_within_them(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1), a_track(2, owner=numbered("acc", 7)))
    module = load_step("packs")
    frozen(module, sim, {"name": "A", "query": {"max_per_contributor": 1, "max_tracks": 1}})
    stock(sim, a_track(3))
    frozen(module, sim, {"name": "B", "query": {"max_tracks": 3}})
    both = run(sim, load_step, SPEC | {"packs": ["A@1", "B@1"]})
    assert len(granted(sim, both)) == 3
    filtered = SPEC | {"run_id": "run_two", "packs": ["B@1"], "filters": {"max_tracks": 2}}
    assert len(granted(sim, run(sim, load_step, filtered))) == 2
    with_core = SPEC | {"run_id": "run_three", "packs": ["A@1", "LEMM_Vault_v1_core"]}
    assert len(granted(sim, run(sim, load_step, with_core))) == 3


@pytest.mark.parametrize(
    ("uses", "entry", "status"),
    [
        ({}, {}, 201),
        ({"open-music": "metadata_join"}, {"allowed_uses": ["metadata_join"]}, 201),
        ({}, {"allowed_uses": ["metadata_join"]}, 403),
        ({}, {"licence_texts": []}, 403),
        ({}, {"tier": "blocked", "allowed_uses": []}, 403),
    ],
)
def test_outside_packs_beside_the_vault_are_judged(sim: Simulator, load_step, uses, entry, status) -> None:
    stock(sim, a_track(1))
    registered_dataset(sim, **entry)
    result = run(sim, load_step, SPEC | {"packs": ["LEMM_Vault_v1_core", "open-music"], "uses": uses})
    assert result["statusCode"] == status
    if status == 201:
        assert sim.store.get(TrainingRun, "run_one").pack_identities["open-music"] == "registration:1"
    else:
        assert (body_of(result)["code"], body_of(result)["facts"]["packs"]) == ("licence", ["open-music"])
        assert sim.store.everything(TrainingRun) == ()


def test_a_review_that_ran_out_ends_renewals_too(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1))
    registered_dataset(sim)
    spec = SPEC | {"packs": ["LEMM_Vault_v1_core", "open-music"]}
    assert run(sim, load_step, spec)["statusCode"] == 201
    module, path = load_step("gateway-issue-token"), "/training/runs/run_one/leases"
    job = token(sim, "system", "training")
    assert module.handler(event("POST", path, body={"worker": "w"}, bearer=job), None)["statusCode"] == 201
    pack = find_dataset(sim.store, "open-music")
    past = pack.entry.model_copy(update={"reviewed": pack.entry.reviewed - timedelta(days=183)})
    sim.store.commit([Put(pack.with_changes(entry=past), pack.version)])
    again = module.handler(event("POST", path, body={"worker": "w"}, bearer=job), None)
    assert (again["statusCode"], body_of(again)["code"]) == (403, "licence")
    assert run(sim, load_step, spec)["statusCode"] == 403


def test_what_governance_holds_is_neither_built_nor_granted(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1), a_track(2, owner=numbered("acc", 7)))
    module = load_step("packs")
    frozen(module, sim)
    hold = BulkDecision(
        account_id=numbered("acc", 7), outcome="held", reason="under investigation", by=OWNER, at=sim.clock()
    )
    sim.store.commit([Put(hold, 0)])
    result = run(sim, load_step)
    assert granted(sim, result) == [numbered("trk", 1)]
    assert body_of(result)["run"]["tracks_left_out"] == {"held": 1}
    assert body_of(call(module, sim, "GET", "/packs/LEMM_ambient/1/now"))["left_out"] == {"held": 1}
    export = body_of(call(module, sim, "GET", "/packs/LEMM_ambient/1/export"))
    assert [one["left_out_because"] for one in export["evidence"]["tracks"]] == [None, "held"]
    again = body_of(call(module, sim, "POST", "/packs", ASK))
    assert (again["number"], again["members"], again["left_out"]) == (2, 1, {"held": 1})


def test_canaries_stand_in_no_pack_and_reach_their_own_run_alone(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1), a_track(2))
    planted = Canary(track_id=numbered("trk", 2), run_id="run_one", planted_by=OWNER, at=sim.clock())
    sim.store.commit([Put(planted, 0)])
    assert frozen(load_step("packs"), sim)["members"] == 1
    assert granted(sim, run(sim, load_step)) == [numbered("trk", 1), numbered("trk", 2)]
    assert granted(sim, run(sim, load_step, SPEC | {"run_id": "run_two"})) == [numbered("trk", 1)]


def test_a_damaged_list_is_never_used(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1))
    module = load_step("packs")
    version = frozen(module, sim)
    key = f"packs/{version['members_sha256']}.json"
    sim.buckets.open("snapshots").write(key, b'{"format":1,"members":[]}', content_type="application/json")
    assert run(sim, load_step)["statusCode"] == 500
    assert call(module, sim, "GET", "/packs/LEMM_ambient/1/now")["statusCode"] == 500
    sim.buckets.open("snapshots").delete(key)
    assert run(sim, load_step)["statusCode"] == 500
    assert sim.store.everything(TrainingRun) == ()


def test_a_frozen_version_is_exported_with_what_stands_beside_it(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1), a_track(2))
    registered_dataset(sim)
    module = load_step("packs")
    built = body_of(call(module, sim, "POST", "/packs", ASK))
    path = "/packs/LEMM_ambient/1/export"
    assert call(module, sim, "GET", path)["statusCode"] == 409
    frozen(module, sim)
    take_back(sim, numbered("trk", 1))
    found = body_of(call(module, sim, "GET", path))
    (file,) = found["croissant"]["distribution"]
    data = sim.buckets.open("snapshots").read(f"packs/{built['members_sha256']}.json", limit=10_000)
    assert (file["sha256"], file["contentSize"]) == (sha256_hex(data), f"{len(data)} B")
    assert [one["usable_now"] for one in found["evidence"]["tracks"]] == [False, True]
    beside = event("GET", path, query="beside=open-music", bearer=token(sim, "admin"))
    assert body_of(module.handler(beside, None))["training_summary"]["covers"] == ["LEMM_ambient@1", "open-music"]
    unknown = event("GET", path, query="beside=never-seen", bearer=token(sim, "admin"))
    assert module.handler(unknown, None)["statusCode"] == 404
    assert call(module, sim, "GET", path, role="reviewer")["statusCode"] == 403


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/packs", {"name": "a b"}, 422),
        ("POST", "/packs", {"name": "A", "query": {"max_per_contributor": 0}}, 422),
        ("POST", "/packs", {"name": "A", "query": {"purpose": "anything"}}, 422),
        ("POST", "/packs", {"name": "A", "query": {"genres": ["polka"]}}, 409),
        ("GET", "/packs/A/1", None, 404),
        ("GET", "/packs/A/0", None, 404),
        ("GET", "/packs/A/1/members", None, 404),
        ("POST", "/packs/LEMM_ambient/1/freeze", {"members_sha256": "0" * 64, "reason": WHY}, 409),
        ("POST", "/packs/LEMM_ambient/1/freeze", {"members_sha256": "0" * 64, "reason": "short"}, 422),
        ("POST", "/packs/LEMM_ambient/2/freeze", {"members_sha256": "0" * 64, "reason": WHY}, 404),
    ],
)
def test_refusals_leave_nothing_behind(sim: Simulator, load_step, method, path, body, status) -> None:
    stock(sim, a_track(1))
    module = load_step("packs")
    call(module, sim, "POST", "/packs", ASK)
    before = lasting(sim)
    assert call(module, sim, method, path, body)["statusCode"] == status
    assert lasting(sim) == before


@pytest.mark.parametrize("role", ["contributor", "reviewer", "system"])
def test_only_admins_make_packs_and_see_their_tracks(sim: Simulator, load_step, role) -> None:
    stock(sim, a_track(1))
    module = load_step("packs")
    version = frozen(module, sim)
    body = {"members_sha256": version["members_sha256"], "reason": WHY}
    assert call(module, sim, "POST", "/packs", ASK, role)["statusCode"] == 403
    assert call(module, sim, "POST", "/packs/LEMM_ambient/1/freeze", body, role)["statusCode"] == 403
    assert call(module, sim, "GET", "/packs/LEMM_ambient/1/members", role=role)["statusCode"] == 403
    assert call(module, sim, "GET", "/packs/LEMM_ambient/1", role=role)["statusCode"] == 200
    assert module.handler(event("GET", "/packs"), None)["statusCode"] == 401


def test_killed_anywhere_the_next_call_finishes(load_step) -> None:
    def make():
        sim = Simulator()
        stock(sim, a_track(1))
        bearer = token(sim, "admin")
        module = load_step("packs")

        def step(deps: Deps):
            module.app.bind(deps)
            asked = body_of(module.handler(event("POST", "/packs", body=ASK, bearer=bearer), None))
            run_step("pack-build", deps, build_id=asked["build_id"])
            told = body_of(module.handler(event("GET", f"/pack-builds/{asked['build_id']}", bearer=bearer), None))
            body = {"members_sha256": told["result"]["members_sha256"], "reason": WHY}
            done = module.handler(event("POST", "/packs/LEMM_ambient/1/freeze", body=body, bearer=bearer), None)
            assert done["statusCode"] == 200

        return sim, step

    for label, sim in killed_everywhere(make):
        (version,) = sim.store.everything(PackVersion)
        assert (version.ref, version.state) == ("LEMM_ambient@1", "frozen"), label
        assert len(events(sim, Kind.PACK_BUILT)) == len(events(sim, Kind.PACK_FROZEN)) == 1, label


def test_two_admins_at_once_get_two_numbers(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1), a_track(2))
    module, inner, done = load_step("packs"), sim.records, []
    asked = body_of(module.handler(event("POST", "/packs", body=ASK, bearer=token(sim, "admin")), None))

    class Slow:
        def __getattr__(self, name):
            return getattr(inner, name)

        def commit(self, changes, events=()):
            if not done:
                done.append(call(module, sim, "POST", "/packs", {**ASK, "query": {"max_tracks": 1}})["statusCode"])
                main_of("pack-build").app.bind(slow)
            inner.commit(changes, events)

    slow = sim.container(records=Slow())
    assert run_step("pack-build", slow, build_id=asked["build_id"]) == {"state": "done"}
    job = sim.store.get(PackBuild, "builds", f"build#{asked['build_id']}")
    assert (job.result["number"], done) == (2, [201])
    assert {one.number for one in sim.store.everything(PackVersion)} == {1, 2}


def test_a_build_is_started_under_its_own_name_once(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1))
    module, bearer = load_step("packs"), token(sim, "admin")
    accepted = module.handler(event("POST", "/packs", body=ASK, bearer=bearer), None)
    asked = body_of(accepted)
    assert (accepted["statusCode"], asked["state"], sim.store.everything(PackVersion)) == (202, "waiting", ())
    started = [("pack-build", asked["build_id"])]
    assert begun(sim) == started
    path = f"/pack-builds/{asked['build_id']}"
    assert body_of(module.handler(event("GET", path, bearer=bearer), None))["state"] == "waiting"
    sim.clock.advance(seconds=POKED_AFTER.total_seconds())
    module.handler(event("GET", path, bearer=bearer), None)
    assert begun(sim) == started


def test_a_start_that_was_lost_is_made_up_for(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1))
    module, bearer, build_id = load_step("packs"), token(sim, "admin"), numbered("bld", 1)
    lost = PackBuild(build_id=build_id, ask=PackAsk(**ASK), by=Actor(id=OWNER, role="admin"), at=sim.clock())
    sim.store.commit([Put(lost, 0)])
    sim.clock.advance(seconds=POKED_AFTER.total_seconds())
    module.handler(event("GET", f"/pack-builds/{build_id}", bearer=bearer), None)
    assert begun(sim) == [("pack-build", build_id)]


def test_a_build_that_can_not_be_made_says_so_and_stays_ended(sim: Simulator, load_step) -> None:
    stock(sim, a_track(1))
    module, bearer = load_step("packs"), token(sim, "admin")
    asked = body_of(module.handler(event("POST", "/packs", body=ASK, bearer=bearer), None))
    run_step("pack-build", sim.container(), build_id=asked["build_id"], error="States.Timeout")
    told = body_of(module.handler(event("GET", f"/pack-builds/{asked['build_id']}", bearer=bearer), None))
    assert (told["state"], told["code"]) == ("failed", "unavailable")
    assert run_step("pack-build", sim.container(), build_id=asked["build_id"]) == {"state": "failed"}
    assert sim.store.everything(PackVersion) == ()
    assert module.handler(event("GET", f"/pack-builds/{numbered('bld', 9)}", bearer=bearer), None)["statusCode"] == 404
    assert call(module, sim, "GET", f"/pack-builds/{asked['build_id']}", role="reviewer")["statusCode"] == 403


def begun(sim: Simulator) -> list[tuple[str, str]]:
    """Machines that were started, and under which names."""
    return [(machine, name) for machine, name, _ in sim.task_log.started]


def test_rights_that_changed_and_still_allow_are_named_as_they_are_now(sim: Simulator, load_step) -> None:
    track = a_track(1)
    stock(sim, track)
    frozen(load_step("packs"), sim)
    changed = its_rights(track, consent_version=2)
    sim.store.commit([Put(changed, 1)])
    (entry,) = entries(sim, run(sim, load_step))
    assert entry["rights_sha256"] == changed.digest()
