"""Outputs of a registered model: compared always, cleared and exported only if their version passed its audit."""

import base64
import json
import re
import zlib

import pytest
from asking import audited, inline, post, uploaded, wire_decoder
from exports import agree, call, export
from granting import numbered
from simulator import Simulator
from sounds import as_file, in_vault, piece, registered
from vault_domain.canonical import canonical
from vault_domain.dsse import parse
from vault_domain.events import AuditEvent, Kind
from vault_domain.lineage import Model
from vault_domain.model_names import ModelUse
from vault_domain.policy import Policy, PolicyVersion, Thresholds
from vault_domain.ports import Put
from vault_domain.safety import OutputCheck
from wire import SERVICE, body_of

S = 12.0
COPY, CLEAN = as_file(piece(1, S), "FLAC"), as_file(piece(2, S))


@pytest.fixture
def ready(sim: Simulator, load_step):
    """A vault that clears what is not its own track, a registered model, and the function."""
    in_vault(sim, 1, as_file(piece(1, S)))
    registered(sim, ("Known piece", as_file(piece(4, S))))
    policy, now = Policy(thresholds=Thresholds(weak=0.9, strong=0.9)), sim.clock()
    model = Model(model_id="m", owner=numbered("svc", 3), title="m", model_type="t", created=now)
    head = PolicyVersion(number=2, policy=policy, author="acc", reason="t", at=now, is_head=True)
    sim.store.commit([Put(head, 0), Put(model, 0)])
    wire_decoder(sim, load_step)
    return load_step("safety-check")


def test_a_blocked_version_is_compared_and_not_cleared_until_it_passes_and_again_when_it_fails(sim: Simulator, ready):
    for number, more in enumerate(({}, {"model_version": "1"}, {"model_version": "2"})):
        told = body_of(post(ready, sim, inline(CLEAN, f"out_{number}", **more)))
        assert (told["outcome"], told["found"], told["similarity_level"]) == ("not_cleared", "allow", "unknown")
        assert told["reasons"][0]["code"] == "model_blocked"
        assert "released" in told["message"]
    copied = body_of(post(ready, sim, inline(COPY, "out_copy", model_version="1")))
    assert (copied["outcome"], copied["found"]) == ("block", "block")
    audited(sim, "passed")
    assert body_of(post(ready, sim, inline(CLEAN, "out_1", model_version="1")))["outcome"] == "allow"
    assert body_of(post(ready, sim, inline(CLEAN, "out_0")))["outcome"] == "not_cleared", "no version is named"
    assert body_of(post(ready, sim, inline(CLEAN, "out_2", model_version="2")))["outcome"] == "not_cleared"
    audited(sim, "blocked", expects=1)
    assert body_of(post(ready, sim, inline(CLEAN, "out_1", model_version="1")))["outcome"] == "not_cleared"


def test_a_check_that_only_the_gate_keeps_back_is_made_once_however_often_it_is_asked_for(sim: Simulator, ready):
    """An audit that was cut off goes on where it was, and asking again makes no model look better."""
    told = [body_of(post(ready, sim, inline(CLEAN, model_version="1"))) for _ in range(3)]
    assert [(one["check"], one["outcome"], one["found"]) for one in told] == [(1, "not_cleared", "allow")] * 3
    assert len(sim.store.everything(OutputCheck)) == 1
    audited(sim, "passed")
    assert body_of(post(ready, sim, inline(CLEAN, model_version="1")))["check"] == 2


def test_an_output_says_what_keeps_it_back_now_and_not_what_did_when_it_was_checked(sim: Simulator, ready, load_step):
    exporting = load_step("licence-export")
    agree(exporting, sim, role="system")
    post(ready, sim, inline(CLEAN, model_version="1", user_ref="ann"))

    def stands():
        held = call(exporting, sim, "GET", "/outputs/out_one", role="system", query="user_ref=ann")
        checked = body_of(call(ready, sim, "GET", "/safety/checks/out_one", role="system"))
        assert body_of(held)["reasons"] == [], "the gate is no finding about the output"
        codes = [one["code"] for one in body_of(held)["obstacles"]]
        return checked["outcome"], [one["code"] for one in checked["model_blocked"]], codes

    assert stands() == ("not_cleared", ["model_blocked"], ["model_blocked"])
    audited(sim, "passed")
    assert stands() == ("not_cleared", [], ["check_outdated"])
    post(ready, sim, inline(CLEAN, model_version="1", user_ref="ann"))
    assert stands() == ("allow", [], [])
    audited(sim, "blocked", expects=1)
    assert stands() == ("allow", ["model_blocked"], ["model_blocked"])


def test_who_had_outputs_of_a_model_checked_is_on_record_since_the_first_of_them(sim: Simulator, ready):
    first = sim.clock()
    for name, audio in (("out_one", CLEAN), ("out_two", COPY), ("out_one", CLEAN)):
        post(ready, sim, inline(audio, name))
        sim.clock.advance(minutes=1)
    post(ready, sim, inline(CLEAN, "out_three") | {"model_id": "n"})
    uses = {one.model_id: (one.service, one.since) for one in sim.store.everything(ModelUse)}
    assert uses == {"m": (SERVICE, first), "n": (SERVICE, sim.clock())}


def test_naming_the_version_later_is_another_check_without_another_comparison(sim: Simulator, ready, load_step):
    exporting = load_step("licence-export")
    agree(exporting, sim, role="system")
    audited(sim, "passed")
    sent = inline(CLEAN, user_ref="ann") | {"model_id": "unregistered"}
    assert body_of(post(ready, sim, sent))["outcome"] == "allow"
    told = [body_of(post(ready, sim, sent | {"model_id": "m", "model_version": "1"})) for _ in range(2)]
    assert [(one["check"], one["outcome"], one["model_version"]) for one in told] == [(2, "allow", "1")] * 2
    assert export(exporting, sim, CLEAN)["statusCode"] == 200
    again = body_of(post(ready, sim, sent | {"output_id": "out_other"}))
    facts = [one.data for one in sim.store.everything(AuditEvent) if one.subject == "out_other"]
    assert (again["outcome"], facts[0]["same_as"]) == ("allow", "out_one#2")


def test_an_upload_gives_its_check_again_as_long_as_that_clears_nothing_blocked(sim: Simulator, ready):
    sent = uploaded(sim, CLEAN) | {"model_version": "1"}
    first = body_of(post(ready, sim, sent))
    assert body_of(post(ready, sim, sent))["check"] == first["check"]
    audited(sim, "passed")
    sent = uploaded(sim, CLEAN, number=8) | {"model_version": "1"}
    assert body_of(post(ready, sim, sent))["outcome"] == "allow"
    audited(sim, "blocked", expects=1)
    assert post(ready, sim, sent)["statusCode"] == 409, "what was cleared before is not said again"


def test_an_export_needs_the_version_to_have_passed_until_it_is_recorded(sim: Simulator, ready, load_step, monkeypatch):
    exporting = load_step("licence-export")
    agree(exporting, sim, role="system")
    audited(sim, "passed")
    post(ready, sim, inline(CLEAN, model_version="1", user_ref="ann"))
    audited(sim, "blocked", expects=1)
    assert body_of(export(exporting, sim, CLEAN))["code"] == "model_blocked"
    audited(sim, "passed", expects=2)
    making = exporting.export.__globals__["_made"].__globals__
    real, failed = making["exported_file"], []

    def slow(*given):
        if not failed:
            failed.append(audited(sim, "blocked", expects=3))
        return real(*given)

    monkeypatch.setitem(making, "exported_file", slow)
    assert body_of(export(exporting, sim, CLEAN))["code"] == "model_blocked"
    audited(sim, "passed", expects=4)
    answer = export(exporting, sim, CLEAN)
    assert answer["statusCode"] == 200
    certificate = parse(canonical(body_of(answer)["certificate"])).payload
    told = {
        one.event: one.data["model_version"] for one in sim.store.everything(AuditEvent) if one.subject == "out_one"
    }
    assert told == {Kind.OUTPUT_CHECK: "1", Kind.OUTPUT_EXPORTED: "1"}
    assert json.loads(certificate)["model_version"] == "1"
    page = call(exporting, sim, "GET", f"/certificates/{body_of(answer)['certificate_id']}/pdf", role="public")
    (drawn,) = re.findall(rb"stream\r?\n(.*?)endstream", base64.b64decode(page["body"]), re.DOTALL)
    assert b"out_one by m, version 1)" in zlib.decompress(base64.a85decode(drawn.strip().removesuffix(b"~>")))
    assert [one.outcome for one in sim.store.everything(OutputCheck)] == ["allow"]
