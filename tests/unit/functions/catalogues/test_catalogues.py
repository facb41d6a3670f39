"""catalogues: sent part by part, verified whole, refused where anything is amiss."""

import copy
import json

import pytest
from granting import numbered
from packing import registered_dataset, rights_of
from simulator import Simulator, killed_everywhere
from sounds import as_file, catalogue_of, piece
from vault_domain.canonical import sha256_hex
from vault_domain.events import AuditEvent, Kind
from vault_domain.policy import CatalogueEntry
from vault_domain.ports import PostForm
from wire import body_of, event, token

FILES = (("One", as_file(piece(1))), ("Two", as_file(piece(4))))
MANIFEST, BUILT = catalogue_of(*FILES)
ASK = {
    "name": "open",
    "title": "Open corpus",
    "licence": "CC0",
    "pack": "open-music",
    "manifest": json.loads(MANIFEST.to_bytes()),
}
PARTS = {"parts": [{"sha256": BUILT.part.sha256, "bytes": BUILT.part.bytes}]}


@pytest.fixture
def sim(sim: Simulator) -> Simulator:
    """A vault in which the catalogue's pack is registered."""
    registered_dataset(sim)
    return sim


def post(module, sim, path, body, role="admin", *scopes):
    return module.handler(event("POST", path, body=body, bearer=token(sim, role, *scopes)), None)


def send(module, sim, data=BUILT.data):
    """Ask for forms and fill them in."""
    answer = body_of(post(module, sim, "/catalogues/open/parts", PARTS))
    for missing in answer["missing"]:
        sim.post(PostForm(**missing["form"]), data)
    return answer


def test_from_parts_to_a_catalogue_that_checks_consult(sim: Simulator, load_step) -> None:
    module = load_step("catalogues")
    assert [one["sha256"] for one in send(module, sim)["missing"]] == [BUILT.part.sha256]
    assert send(module, sim)["missing"] == []
    result = post(module, sim, "/catalogues", ASK)
    assert result["statusCode"] == 201
    answer = body_of(result)
    assert (answer["name"], answer["tracks"], answer["snapshot"]) == ("open", 2, MANIFEST.snapshot_id)
    assert sim.deps.index.reader("open").snapshot_id == MANIFEST.snapshot_id
    listed = module.handler(event("GET", "/catalogues", bearer=token(sim)), None)
    assert [one["name"] for one in body_of(listed)["catalogues"]] == ["open"]
    (seen,) = (one for one in sim.store.everything(AuditEvent) if one.event is Kind.INDEX_CHANGED)
    assert (seen.subject, seen.data["snapshot"]) == ("catalogue:open", MANIFEST.snapshot_id)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (None, "is not a registered pack"),
        ({"allowed_uses": ["metadata_join"]}, "is not registered for comparing"),
        ({"licence_texts": []}, "no licence text on file"),
        ({"rights": rights_of(recording="CC-BY-SA-4.0")}, "is not known to allow comparing"),
        ({"tier": "research_only", "allowed_uses": ["eval_only"]}, "in the tier research_only"),
    ],
)
def test_a_catalogue_of_a_pack_that_may_not_be_compared_with_is_refused(load_step, entry, why) -> None:
    sim, module = Simulator(), load_step("catalogues")
    module.app.bind(sim.deps)
    if entry is not None:
        registered_dataset(sim, **entry)
    send(module, sim)
    before = sim.dump()
    result = post(module, sim, "/catalogues", ASK)
    assert (result["statusCode"], body_of(result)["code"]) == (403, "licence")
    assert why in body_of(result)["detail"]
    assert sim.dump() == before


def test_the_same_again_changes_nothing(sim: Simulator, load_step) -> None:
    module = load_step("catalogues")
    send(module, sim)
    post(module, sim, "/catalogues", ASK)
    before = sim.dump()
    assert post(module, sim, "/catalogues", ASK)["statusCode"] == 201
    assert sim.dump() == before


def test_a_new_version_takes_the_old_ones_place(sim: Simulator, load_step) -> None:
    module = load_step("catalogues")
    send(module, sim)
    post(module, sim, "/catalogues", ASK)
    smaller, built = catalogue_of(FILES[0])
    key = f"catalogues/open/parts/{built.part.sha256}"
    sim.buckets.open("snapshots").write(key, built.data, content_type="x/y")
    result = post(module, sim, "/catalogues", {**ASK, "manifest": json.loads(smaller.to_bytes())})
    assert body_of(result)["tracks"] == 1
    assert sim.deps.index.reader("open").snapshot_id == smaller.snapshot_id
    assert len(sim.store.everything(CatalogueEntry)) == 1


def test_a_part_that_never_arrived_or_is_another_is_refused(sim: Simulator, load_step) -> None:
    module = load_step("catalogues")
    assert post(module, sim, "/catalogues", ASK)["statusCode"] == 409
    damaged = bytearray(BUILT.data)
    damaged[len(damaged) // 2] ^= 1
    send(module, sim, bytes(damaged))
    result = post(module, sim, "/catalogues", ASK)
    assert (result["statusCode"], body_of(result)["code"]) == (422, "bad_request")
    assert sim.store.everything(CatalogueEntry) == ()
    assert sim.buckets.open("snapshots").head("catalogues/open/manifest.json") is None


def test_a_part_with_the_right_hash_that_is_no_index_is_refused(sim: Simulator, load_step) -> None:
    module = load_step("catalogues")
    data = b"LVSH" + bytes(300)
    part = {"name": "part-x.shard", "sha256": sha256_hex(data), "bytes": len(data), "tracks": 1, "seconds": 3}
    key = f"catalogues/open/parts/{part['sha256']}"
    sim.buckets.open("snapshots").write(key, data, content_type="x/y")
    body = {**ASK, "manifest": {**ASK["manifest"], "parts": [part]}}
    assert post(module, sim, "/catalogues", body)["statusCode"] == 422


def _changed(path, value):
    found = copy.deepcopy(ASK)
    *steps, last = path
    inner = found
    for step in steps:
        inner = inner[step]
    inner[last] = value
    return found


@pytest.mark.parametrize(
    "body",
    [
        _changed(["name"], "vault"),
        _changed(["name"], "../vault"),
        _changed(["name"], "UPPER"),
        _changed(["pack"], "../x"),
        _changed(["title"], "x\u0000y"),
        _changed(["title"], "x" * 500),
        _changed(["manifest", "format"], 2),
        _changed(["manifest", "settings"], {"features": 99}),
        _changed(["manifest", "settings"], {}),
        _changed(["manifest", "parts"], []),
        _changed(["manifest", "extra"], 1),
        _changed(["manifest", "removed"], ["b", "a"]),
        _changed(["manifest", "removed"], ["a", "b", "c"]),
        _changed(["manifest", "parts", 0, "sha256"], "zz"),
        _changed(["manifest", "parts", 0, "bytes"], 2**40),
        _changed(["manifest", "parts", 0, "bytes"], BUILT.part.bytes + 1),
        _changed(["manifest", "parts", 0, "tracks"], 3),
        _changed(["manifest", "parts", 0, "name"], "../../x"),
        _changed(["manifest", "parts"], ASK["manifest"]["parts"] * 2),
        _changed(["manifest", "parts"], [ASK["manifest"]["parts"][0] | {"name": f"p{n}"} for n in range(65)]),
        _changed(["manifest"], "[" * 2000),
    ],
)
def test_hostile_registrations_are_refused_and_leave_nothing(sim: Simulator, load_step, body) -> None:
    module = load_step("catalogues")
    send(module, sim)
    before = sim.dump()
    assert post(module, sim, "/catalogues", body)["statusCode"] in (409, 422)
    assert sim.dump() == before


@pytest.mark.parametrize(
    "body",
    [
        {"parts": []},
        {"parts": [{"sha256": "0" * 64, "bytes": 0}]},
        {"parts": [{"sha256": "0" * 64, "bytes": 2**30}]},
        {"parts": [{"sha256": f"{n:064x}", "bytes": 2**28} for n in range(5)]},
        {"parts": [{"sha256": "0" * 64, "bytes": 5}] * 2},
        {"parts": [{"sha256": f"{n:064x}", "bytes": 5} for n in range(65)]},
        {"parts": [{"sha256": "../../vault/manifest.json", "bytes": 5}]},
    ],
)
def test_forms_are_bounded(sim: Simulator, load_step, body) -> None:
    assert post(load_step("catalogues"), sim, "/catalogues/open/parts", body)["statusCode"] == 422


def test_a_form_takes_one_object_of_one_size(sim: Simulator, load_step) -> None:
    module = load_step("catalogues")
    answer = body_of(post(module, sim, "/catalogues/open/parts", PARTS))
    form = PostForm(**answer["missing"][0]["form"])
    with pytest.raises(Exception, match="takes"):
        sim.post(form, BUILT.data + b"x")
    with pytest.raises(Exception, match="signed for another"):
        sim.post(form, BUILT.data, key="vault/manifest.json")


@pytest.mark.parametrize("name", ["vault", "UPPER", "a%2F..%2Fvault"])
def test_parts_for_reserved_or_odd_names_do_not_exist(sim: Simulator, load_step, name) -> None:
    assert post(load_step("catalogues"), sim, f"/catalogues/{name}/parts", PARTS)["statusCode"] == 404


def test_who_may(sim: Simulator, load_step) -> None:
    module = load_step("catalogues")
    for role, *scopes in [("contributor",), ("reviewer",), ("system", "training"), ("system", "safety")]:
        assert post(module, sim, "/catalogues/open/parts", PARTS, role, *scopes)["statusCode"] == 403
    assert post(module, sim, "/catalogues/open/parts", PARTS, "system", "catalogue")["statusCode"] == 200
    assert module.handler(event("GET", "/catalogues"), None)["statusCode"] == 401


def test_killed_anywhere_and_asked_again_it_is_registered_once(load_step) -> None:
    def make():
        sim = Simulator()
        module = load_step("catalogues")
        module.app.bind(sim.deps)
        registered_dataset(sim)
        send(module, sim)
        bearer = token(sim, "admin", subject=numbered("acc", 1))

        def step(deps):
            module.app.bind(deps)
            assert module.handler(event("POST", "/catalogues", body=ASK, bearer=bearer), None)["statusCode"] == 201

        return sim, step

    for label, sim in killed_everywhere(make):
        assert len(sim.store.everything(CatalogueEntry)) == 1, label
        events = [one for one in sim.store.everything(AuditEvent) if one.event is Kind.INDEX_CHANGED]
        assert len(events) == 1, label
        assert sim.deps.index.reader("open").snapshot_id == MANIFEST.snapshot_id
