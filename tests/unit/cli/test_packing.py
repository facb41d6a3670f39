"""Packs on the command line: names and uses read, registrations composed from what is known, exports written whole."""

import hashlib
import json

import httpx
import pytest
from granting import numbered
from lemm.client import Api, ApiProblem
from lemm.packing import build_pack, export, pairs_of, path_of, registration, uses_of
from lemm.registering import licence_text, register_corpus
from packing import facts, passed
from vault_domain.croissant import croissant
from vault_domain.datasets import DatasetAsk
from vault_domain.errors import BadRequest
from vault_domain.fair_evidence import evidence
from vault_domain.packs import canonical_members
from vault_domain.training_summary import training_summary

TEXT = {"address": "a", "sha256": "1" * 64, "read": "2026-01-01T00:00:00Z"}
ASSESSED = {
    "title": "Open", "tier": "production_approved", "rights": {"metadata": "CC0-1.0", "personal_data": "absent"},
    "suggested_uses": ["metadata_join"], "required_gates": ["counsel"],
}  # fmt: skip


def composed(known, **given):
    plain = {
        "title": None, "tier": None, "rights": {}, "uses": [], "texts": [TEXT], "ledger": None, "gates": {},
        "reason": "read its licence today",
    }  # fmt: skip
    return registration("open", known, **{**plain, **given})


class Building(httpx.BaseTransport):
    """A vault whose build is done, or failed, at the third look."""

    def __init__(self, **ends: object) -> None:
        self.ends, self.looks = ends, 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        waiting = {"build_id": "bld_1", "state": "waiting"}
        if request.method == "POST":
            return httpx.Response(202, json=waiting)
        assert request.url.path == "/pack-builds/bld_1"
        self.looks += 1
        return httpx.Response(200, json={**waiting, **self.ends} if self.looks == 3 else waiting)


def test_a_build_is_waited_for() -> None:
    def building(server: Building) -> dict:
        with Api("https://vault.example", transport=server) as api:
            return build_pack(api, {"name": "P"}, seconds=60, sleep=lambda _: None)

    failed = Building(state="failed", code="conflict", detail="no track")
    assert building(Building(state="done", result={"pack": "P@1"})) == {"pack": "P@1"}
    for server, code in ((failed, "conflict"), (Building(), "unavailable")):
        with pytest.raises(ApiProblem) as problem:
            building(server)
        assert problem.value.code == code


def test_versions_and_uses_are_read() -> None:
    assert path_of("LEMM_ambient@12") == "/packs/LEMM_ambient/12"
    assert uses_of(["A@1", "b=eval_only"]) == {"A@1": "train_generative", "b": "eval_only"}
    assert pairs_of(["a=b=c"], "gate") == {"a": "b=c"}


@pytest.mark.parametrize("ref", ["LEMM_ambient", "a@0", "a/b@1", "@1", "a@1/members"])
def test_other_names_are_refused_before_any_call(ref) -> None:
    with pytest.raises(BadRequest):
        path_of(ref)


@pytest.mark.parametrize(
    "call",
    [
        lambda: uses_of(["a=b"]),
        lambda: pairs_of(["a"], "gate"),
        lambda: pairs_of(["a=", "b=c"], "gate"),
        lambda: pairs_of(["a=1", "a=2"], "gate"),
    ],
)
def test_words_that_say_nothing_are_refused(call) -> None:
    with pytest.raises(BadRequest):
        call()


def test_a_registration_starts_from_the_assessment_and_what_is_not_said_is_blocked(tmp_path) -> None:
    found = composed({"assessed": ASSESSED}, gates={"counsel": "letter of May"})
    assert (found["allowed_uses"], found["tier"]) == (["metadata_join"], "production_approved")
    assert [(one["gate"], one["evidence"]) for one in found["gates_passed"]] == [("counsel", "letter of May")]
    ask = DatasetAsk.model_validate_json(json.dumps(found))
    assert ask.rights.recording == "unknown"
    assert composed({})["tier"] == "blocked"
    book = tmp_path / "ledger.tsv"
    book.write_bytes(b"one\n\ntwo\n")
    assert composed({}, ledger=book)["ledger"] == {"sha256": hashlib.sha256(b"one\n\ntwo\n").hexdigest(), "items": 2}


def test_a_renewal_keeps_the_evidence_that_was_given() -> None:
    present = {**ASSESSED, "allowed_uses": ["metadata_join"], "gates_passed": passed("counsel"), "ledger": None}
    found = composed({"registered": present}, gates={"contract": "signed"}, rights={"metadata": "contract"})
    assert {one["gate"] for one in found["gates_passed"]} == {"counsel", "contract"}
    assert found["rights"]["metadata"] == "contract"


class Server:
    """Answers with a pack's export; ``tampered`` swaps its list."""

    def __init__(self, tampered: bool = False) -> None:
        self.facts, self.tampered = facts(), tampered
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        members = [one.member.model_dump(mode="json") for one in self.facts.consents]
        if request.url.path.endswith("/members"):
            listed = members[:1] if self.tampered else members
            return httpx.Response(200, json={"members": listed, "members_sha256": self.facts.version.members_sha256})
        return httpx.Response(
            200,
            json={
                "croissant": croissant(self.facts, 1), "training_summary": training_summary(self.facts),
                "evidence": evidence(self.facts),
            },
        )  # fmt: skip


def test_an_export_is_a_folder_whose_list_has_the_named_hash(tmp_path) -> None:
    server = Server()
    files = export(Api("http://t", transport=httpx.MockTransport(server)), "P@1", tmp_path / "out", ["b", "c"])
    assert server.asked[0].endswith("/packs/P/1/export?beside=b&beside=c")
    assert (tmp_path / "out" / "members.json").read_bytes() == canonical_members(
        one.member for one in server.facts.consents
    )
    named = json.loads((tmp_path / "out" / "croissant.json").read_text())["distribution"][0]
    assert named["sha256"] == hashlib.sha256((tmp_path / "out" / named["contentUrl"]).read_bytes()).hexdigest()
    tracks = json.loads((tmp_path / "out" / "fairly-trained" / "tracks.json").read_text())
    assert [one["track_id"] for one in tracks] == [numbered("trk", n) for n in (1, 2, 3)]
    assert all(path.is_file() for path in files)


def test_a_list_that_is_another_one_writes_nothing(tmp_path) -> None:
    with pytest.raises(BadRequest, match="nothing was written"):
        export(Api("http://t", transport=httpx.MockTransport(Server(tampered=True))), "P@1", tmp_path / "out", [])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("answer", "calls"), [("allowed", 0), ("unknown", 1), (None, 1)])
def test_a_corpus_is_registered_unless_it_is_so_already(answer, calls) -> None:
    sent = []

    def server(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            known = [{"dataset_id": "open", "uses_now": {"reference_index": answer}}] if answer else []
            return httpx.Response(200, json={"datasets": known, "assessed": []})
        sent.append(DatasetAsk.model_validate_json(request.content))
        return httpx.Response(201, json={})

    api = Api("http://t", transport=httpx.MockTransport(server))
    register_corpus(api, "open", "Open", "CC0-1.0", licence_text(b"text", "here"))
    assert len(sent) == calls
    for ask in sent:
        assert ask.allowed_uses == ("reference_index",)
        assert ask.licence_texts[0].sha256 == hashlib.sha256(b"text").hexdigest()
