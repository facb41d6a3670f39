"""licence-export: the licence, its acceptance, and whose an output is."""

import pytest
from exports import OUTPUT, SHA, agree, call, checked
from simulator import Simulator, killed_everywhere
from vault_domain.events import AuditEvent, Kind
from vault_domain.holding import ClaimCode
from vault_domain.output_licence import Acceptance
from vault_domain.reasons import Reason
from wire import ACCOUNT, SERVICE, body_of

AGAIN = "https://music.example/again?of=out_one"
OTHER = "acc_" + "1" * 26


@pytest.fixture
def module(sim: Simulator, load_step):
    checked(sim)
    return load_step("licence-export")


def code_for(module, sim):
    answer = call(module, sim, "POST", f"/outputs/{OUTPUT}/codes", {"regenerate_url": AGAIN}, role="system")
    assert answer["statusCode"] == 201
    return body_of(answer)["code"]


def claim(module, sim, code, **more):
    return call(module, sim, "POST", f"/outputs/{OUTPUT}/claim", {"code": code}, **more)


def events(sim, kind):
    return [one for one in sim.store.everything(AuditEvent) if one.event is kind]


def test_anybody_reads_the_licence_with_its_summary(sim, module):
    text = body_of(call(module, sim, "GET", "/licence", role="public"))
    assert (text["number"], text["present"], text["sha256"]) == (1, True, SHA)
    assert len(text["summary"]) >= 5
    assert body_of(call(module, sim, "GET", "/licence/1", role="public")) == text
    assert call(module, sim, "GET", "/licence/9", role="public")["statusCode"] == 404


def test_an_acceptance_is_on_record_once_with_its_time_and_without_a_name(sim, module):
    first = body_of(agree(module, sim))
    sim.clock.advance(days=3)
    again = body_of(agree(module, sim))
    assert first == again
    assert body_of(call(module, sim, "GET", "/licence/acceptance")) == first
    (one,) = sim.store.everything(Acceptance)
    (told,) = events(sim, Kind.LICENCE_ACCEPTED)
    assert (told.subject, told.actor.id) == (one.holder, one.holder)
    assert told.data == {"licence": 1, "text_sha256": SHA}
    assert ACCOUNT not in told.leaf().decode() + one.model_dump_json()
    assert one.said_by == one.holder
    assert body_of(agree(module, sim, role="system"))["holder"] != one.holder
    (theirs,) = [other for other in sim.store.everything(Acceptance) if other != one]
    assert theirs.said_by == SERVICE, "the service that took the agreement answers for it"


def test_only_the_present_text_can_be_accepted_and_only_by_saying_so(sim, module):
    wrong = agree(module, sim, "0" * 64)
    assert (wrong["statusCode"], body_of(wrong)["code"]) == (409, "licence_outdated")
    unsaid = call(module, sim, "POST", "/licence/acceptance", {"agreed": False, "text_sha256": SHA})
    assert unsaid["statusCode"] == 422
    assert sim.store.everything(Acceptance) == ()


def test_a_new_version_asks_again(sim, module, monkeypatch):
    agree(module, sim)
    for function in (module.acceptance_of, module.accepted):
        monkeypatch.setitem(function.__globals__, "LICENCE", 2)
    told = body_of(call(module, sim, "GET", "/licence/acceptance"))
    assert (told["present"], told["accepted"]) == (2, False)


def test_users_of_two_services_and_accounts_never_meet(sim, module):
    other = "svc_" + "1" * 26
    told = [
        body_of(agree(module, sim, role="system"))["holder"],
        body_of(agree(module, sim, role="system", subject=other))["holder"],
        body_of(agree(module, sim, role="system", user_ref="bob"))["holder"],
        body_of(agree(module, sim))["holder"],
    ]
    assert len(set(told)) == 4
    unnamed = call(module, sim, "POST", "/licence/acceptance", {"agreed": True, "text_sha256": SHA}, role="system")
    assert unnamed["statusCode"] == 404


def test_a_service_sees_its_outputs_for_the_user_it_named_and_for_no_other(sim, module):
    path = f"/outputs/{OUTPUT}"
    shown = body_of(call(module, sim, "GET", path, role="system", query="user_ref=ann"))
    assert [one["code"] for one in shown["obstacles"]] == ["licence_not_accepted"]
    assert call(module, sim, "GET", path, role="system", query="user_ref=bob")["statusCode"] == 404
    other = call(module, sim, "GET", path, role="system", query="user_ref=ann", subject="svc_" + "1" * 26)
    assert other["statusCode"] == 404
    assert call(module, sim, "GET", path)["statusCode"] == 404
    assert call(module, sim, "GET", path, role="system", query="user_ref=ann", scopes=())["statusCode"] == 403


def test_a_code_gives_an_output_to_one_account_for_good(sim, module):
    code = code_for(module, sim)
    assert body_of(claim(module, sim, code))["regenerate_url"] == AGAIN
    assert body_of(call(module, sim, "GET", "/outputs"))["outputs"][0]["output_id"] == OUTPUT
    assert claim(module, sim, code)["statusCode"] == 200, "twice is once"
    assert claim(module, sim, code, subject=OTHER)["statusCode"] == 404
    assert body_of(call(module, sim, "GET", "/outputs", subject=OTHER))["outputs"] == []
    taken = call(module, sim, "POST", f"/outputs/{OUTPUT}/codes", {}, role="system")
    assert taken["statusCode"] == 409
    gone = call(module, sim, "GET", f"/outputs/{OUTPUT}", role="system", query="user_ref=ann")
    assert gone["statusCode"] == 404, "the service gave it away"
    (told,) = events(sim, Kind.OUTPUT_CLAIMED)
    assert ACCOUNT not in told.leaf().decode()
    assert code not in str(sim.dump())


def test_wrong_old_and_late_codes_open_nothing(sim, module):
    old, code = code_for(module, sim), code_for(module, sim)
    assert claim(module, sim, old)["statusCode"] == 404
    assert claim(module, sim, code[:-1] + ("0" if code[-1] != "0" else "1"))["statusCode"] == 404
    sim.clock.advance(days=7)
    late = claim(module, sim, code)
    assert (late["statusCode"], body_of(late)["code"]) == (410, "expired")
    assert sim.store.get(ClaimCode, OUTPUT).holder is None


def test_only_the_service_of_an_output_makes_its_codes(sim, module):
    path = f"/outputs/{OUTPUT}/codes"
    assert call(module, sim, "POST", path, {}, role="system", subject="svc_" + "1" * 26)["statusCode"] == 404
    assert call(module, sim, "POST", path, {})["statusCode"] == 403
    assert call(module, sim, "POST", "/outputs/out_none/codes", {}, role="system")["statusCode"] == 404


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"outcome": "block"}, "output_not_cleared"),
        ({"outcome": "not_cleared"}, "output_not_cleared"),
        ({"at": "2026-01-29T11:59:59Z"}, "check_outdated"),
    ],
)
def test_the_last_check_decides_what_stands_in_the_way(sim, module, changes, code):
    agree(module, sim, role="system")
    path = f"/outputs/{OUTPUT}"
    assert body_of(call(module, sim, "GET", path, role="system", query="user_ref=ann"))["obstacles"] == []
    checked(sim, 2, **changes)
    shown = body_of(call(module, sim, "GET", path, role="system", query="user_ref=ann"))
    assert [one["code"] for one in shown["obstacles"]] == [code]


def test_killed_anywhere_a_claim_ends_well(load_step):
    def make():
        sim = Simulator()
        checked(sim)
        module = load_step("licence-export")
        module.app.bind(sim.deps)
        code = code_for(module, sim)

        def step(deps):
            module.app.bind(deps)
            agree(module, sim)
            assert claim(module, sim, code)["statusCode"] == 200

        return sim, step

    for label, sim in killed_everywhere(make):
        assert len(events(sim, Kind.OUTPUT_CLAIMED)) == len(events(sim, Kind.LICENCE_ACCEPTED)) == 1, label
        assert sim.store.get(ClaimCode, OUTPUT).holder is not None


@pytest.mark.parametrize("url", [
    "javascript:alert(1)", "http://music.example/x", "https://a b", 'https://x.example/"', "https://[[[", "https://a:b:c",
])  # fmt: skip
def test_only_https_addresses_that_a_browser_reads_are_passed_on_to_users(sim, module, url):
    refused = call(module, sim, "POST", f"/outputs/{OUTPUT}/codes", {"regenerate_url": url}, role="system")
    assert refused["statusCode"] == 422


def test_what_a_blocked_output_resembles_is_not_named_to_its_holder(sim, module):
    ref = "trk_" + "1" * 26
    reason = Reason(code="strong_match", detail=f"Similarity 1.00 to {ref} from 0.0 s to 9.0 s.", refs=(ref,))
    checked(sim, 2, outcome="block", reasons=(reason,))
    shown = call(module, sim, "GET", f"/outputs/{OUTPUT}", role="system", query="user_ref=ann")
    assert "trk_" not in shown["body"]
    assert body_of(shown)["reasons"][0]["detail"] == "Similarity 1.00 to a known work from 0.0 s to 9.0 s."
