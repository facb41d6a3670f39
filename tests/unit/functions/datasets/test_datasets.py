"""datasets: what is registered counts, what is only assessed does not, and combinations are explained."""

import pytest
from packing import an_entry, passed, rights_of
from simulator import NOW, Simulator, killed_everywhere
from vault_domain.canonical import canonical
from vault_domain.datasets import Dataset
from vault_domain.events import AuditEvent, Kind
from vault_domain.sealing import word_hash
from vault_edge.deps import Deps
from wire import body_of, event, token


def call(module, sim, method, path, body=None, role="admin"):
    return module.handler(event(method, path, body=body, bearer=token(sim, role)), None)


def told(sim) -> list[AuditEvent]:
    return [one for one in sim.store.everything(AuditEvent) if one.event is Kind.PACK_REGISTERED]


def test_a_registration_counts_at_once_and_is_an_event(sim: Simulator, load_step) -> None:
    module = load_step("datasets")
    made = call(module, sim, "POST", "/datasets", an_entry())
    assert made["statusCode"] == 201
    assert set(body_of(made)["uses_now"].values()) == {"allowed"}
    assert body_of(call(module, sim, "GET", "/datasets/open-music", role="system"))["registered"] == body_of(made)
    (seen,) = told(sim)
    assert (seen.subject, seen.data["tier"], seen.data["number"]) == ("dataset:open-music", "production_approved", 1)


def test_the_next_registration_takes_the_old_ones_place(sim: Simulator, load_step) -> None:
    module = load_step("datasets")
    call(module, sim, "POST", "/datasets", an_entry())
    before = sim.dump()
    assert call(module, sim, "POST", "/datasets", an_entry())["statusCode"] == 201
    assert sim.dump() == before
    blocked = an_entry(tier="blocked", allowed_uses=[], reason="its owner changed the licence")
    answer = body_of(call(module, sim, "POST", "/datasets", blocked))
    assert (answer["number"], set(answer["uses_now"].values())) == (2, {"refused"})
    assert len(sim.store.everything(Dataset)) == 1
    before = body_of(call(module, sim, "GET", "/datasets/open-music/history"))["registrations"]
    assert [(one["number"], one["entry"]["reason"]) for one in before] == [
        (1, "assessed for tests"),
        (2, "its owner changed the licence"),
    ]
    assert call(module, sim, "GET", "/datasets/open-music/history", role="contributor")["statusCode"] == 403


def test_the_log_holds_an_admins_words_as_salted_hashes_only(sim: Simulator, load_step) -> None:
    module, words = load_step("datasets"), ["Nova Quill told us on the phone", "letter of Nova Quill, drawer 3"]
    gates = [{"gate": "counsel", "evidence": words[1], "at": NOW.isoformat()}]
    asked = an_entry(reason=words[0], gates_passed=gates)
    call(module, sim, "POST", "/datasets", asked)
    (seen,) = told(sim)
    assert b"Quill" not in seen.leaf()
    (made,) = body_of(call(module, sim, "GET", "/datasets/open-music/history"))["registrations"]
    assert seen.data["reason_hash"] == word_hash(made["salt"], words[0])
    assert seen.data["gates_passed"][0]["evidence_hash"] == word_hash(made["salt"], words[1])
    assert seen.data["entry_hash"] == word_hash(made["salt"], canonical(made["entry"]).decode())
    blocked = an_entry(tier="blocked", allowed_uses=[], reason=words[0], gates_passed=gates)
    call(module, sim, "POST", "/datasets", blocked)
    assert len({one.data["reason_hash"] for one in told(sim)}) == 2  # the same words are not known again


def test_what_is_only_assessed_allows_nothing(sim: Simulator, load_step) -> None:
    module = load_step("datasets")
    assessed = body_of(call(module, sim, "GET", "/datasets"))["assessed"]
    assert assessed
    name = next(one["dataset_id"] for one in assessed if one["tier"] == "production_approved")
    answer = body_of(call(module, sim, "POST", "/datasets/combine", {"uses": {name: "metadata_join"}}))
    assert (answer["granted"], answer["answer"]) == (False, "unknown")
    call(module, sim, "POST", "/datasets", an_entry(name))
    found = body_of(call(module, sim, "GET", "/datasets"))
    assert name not in {one["dataset_id"] for one in found["assessed"]}
    assert [one["dataset_id"] for one in found["datasets"]] == [name]
    assert body_of(call(module, sim, "GET", f"/datasets/{name}"))["assessed"]["dataset_id"] == name


def test_combinations_are_explained_ground_by_ground(sim: Simulator, load_step) -> None:
    module = load_step("datasets")
    call(module, sim, "POST", "/datasets", an_entry())
    study = an_entry(
        "study", tier="research_only", rights=rights_of("academic-only"), allowed_uses=["eval_only"],
        gates_passed=passed("isolation"),
    )  # fmt: skip
    call(module, sim, "POST", "/datasets", study)
    core = {"LEMM_Vault_v1_core": "train_generative"}

    def ask(**uses):
        named = {name.replace("_", "-"): use for name, use in uses.items()}
        return body_of(call(module, sim, "POST", "/datasets/combine", {"uses": core | named}, "contributor"))

    alone = ask(open_music="train_generative")
    assert (alone["answer"], alone["claim"]["granted"]) == ("allowed", True)
    beside = ask(study="eval_only")
    assert (beside["granted"], beside["claim"]["granted"]) == (True, False)
    assert beside["claim"]["against"] == ["study is research only; the claim needs every pack approved for production."]
    trained = ask(study="train_generative", open_music="train_generative")
    assert (trained["answer"], trained["constraints"][0]["source"]) == ("refused", "study")
    unknown = ask(never_seen="metadata_join")
    assert (unknown["answer"], unknown["granted"]) == ("unknown", False)
    assert unknown["constraints"][0]["sentence"].startswith("never-seen is not a registered pack")


@pytest.mark.parametrize(
    "body",
    [
        {},
        an_entry("Upper"),
        an_entry("../x"),
        an_entry(tier="research_only"),
        an_entry(rights=rights_of("CC-BY-NC-4.0")),
        an_entry(rights=rights_of("no such licence")),
        an_entry(reviewed="2026-03-01T12:00:01Z"),
        an_entry(licence_texts=[{"address": "a", "sha256": "x", "read": NOW.isoformat()}]),
        an_entry(licence_texts=[{"address": "a", "sha256": "1" * 64, "read": "2027-01-01T00:00:00Z"}]),
        an_entry(reviewed="2026-01-01T00:00:00"),
        an_entry(extra=1),
        an_entry(ledger={"sha256": "2" * 64, "items": 0}),
    ],
)
def test_hostile_registrations_are_refused_and_leave_nothing(sim: Simulator, load_step, body) -> None:
    module = load_step("datasets")
    token(sim, "admin")
    before = sim.dump()
    assert call(module, sim, "POST", "/datasets", body)["statusCode"] == 422
    assert sim.dump() == before


@pytest.mark.parametrize("role", ["contributor", "reviewer", "system"])
def test_only_admins_register(sim: Simulator, load_step, role) -> None:
    module = load_step("datasets")
    assert call(module, sim, "POST", "/datasets", an_entry(), role)["statusCode"] == 403
    assert call(module, sim, "GET", "/datasets", role=role)["statusCode"] == 200
    assert call(module, sim, "GET", "/datasets/nobody-knows-it", role=role)["statusCode"] == 404
    assert module.handler(event("GET", "/datasets"), None)["statusCode"] == 401


def test_killed_anywhere_the_next_call_finishes(load_step) -> None:
    def make():
        sim = Simulator()
        bearer, module = token(sim, "admin"), load_step("datasets")

        def step(deps: Deps):
            module.app.bind(deps)
            done = module.handler(event("POST", "/datasets", body=an_entry(), bearer=bearer), None)
            assert done["statusCode"] == 201

        return sim, step

    for label, sim in killed_everywhere(make):
        assert len(sim.store.everything(Dataset)) == len(told(sim)) == 1, label
