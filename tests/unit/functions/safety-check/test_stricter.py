"""safety-check with the token of a prompt's check: stricter thresholds, for this service, prompt and hour alone."""

import base64

import pytest
from simulator import Simulator
from sounds import as_file, in_vault, piece, registered
from vault_domain.canonical import sha256_hex
from vault_domain.policy import Policy, PolicyVersion, Thresholds
from vault_domain.ports import Put
from vault_domain.safety import OutputCheck
from vault_edge.prompt_tokens import prompt_token
from wire import SERVICE, body_of, event, token

S = 12.0
PROMPT = sha256_hex(b"in the style of Grindelhoven")
CHECK = "evt_" + "0" * 26
OTHER = "svc_" + "1" * 26
ALMOST = Policy(thresholds=Thresholds(weak=1.0, strong=1.0), stricter=Thresholds(weak=0.3, strong=0.5))
"""In the ordinary way not even a copy counts, so that only the stricter thresholds can tell."""


@pytest.fixture
def ready(sim: Simulator, load_step):
    in_vault(sim, 1, as_file(piece(1, S)))
    registered(sim, ("Known piece", as_file(piece(4, S))))
    decode = load_step("decode")
    decode.app.bind(sim.container())
    sim.functions["LEMM_FUNCTION_DECODE"] = lambda payload: decode.handler(payload, None)
    head = PolicyVersion(number=2, policy=ALMOST, author="acc", reason="test", at=sim.clock(), is_head=True)
    sim.store.commit([Put(head, 0)])
    return load_step("safety-check")


def ask(module, sim, output="out_one", **more):
    sound = base64.b64encode(as_file(piece(1, S), "MP3")).decode()
    body = {"output_id": output, "model_id": "m", "audio_base64": sound, **more}
    return module.handler(event("POST", "/safety/checks", body=body, bearer=token(sim, "system", "safety")), None)


def given(sim, service=SERVICE, prompt=PROMPT):
    return prompt_token(service, prompt, CHECK, ALMOST, sim.deps)


def test_a_token_means_stricter_thresholds_and_is_on_record(sim: Simulator, ready) -> None:
    usual = body_of(ask(ready, sim, "out_usual"))
    answer = body_of(ask(ready, sim, prompt_token=given(sim), prompt_sha256=PROMPT))
    assert (usual["outcome"], "thresholds" in usual["versions"]) == ("allow", False)
    assert (answer["outcome"], answer["versions"]["thresholds"]) == ("block", "stricter")
    checks = {one.output_id: one.prompt_check for one in sim.store.everything(OutputCheck)}
    assert checks == {"out_usual": None, "out_one": CHECK}


def test_an_output_judged_stricter_once_stays_so_without_the_token(sim: Simulator, ready) -> None:
    first = body_of(ask(ready, sim, prompt_token=given(sim), prompt_sha256=PROMPT))
    again = body_of(ask(ready, sim))
    assert (again["outcome"], again["check"]) == ("block", first["check"])


def test_a_later_token_judges_again(sim: Simulator, ready) -> None:
    assert body_of(ask(ready, sim))["outcome"] == "allow"
    again = body_of(ask(ready, sim, prompt_token=given(sim), prompt_sha256=PROMPT))
    assert (again["outcome"], again["check"]) == ("block", 2)


def test_a_check_that_was_overtaken_by_a_stricter_one_starts_over_under_it(sim: Simulator, ready) -> None:
    decode, overtaken = sim.functions["LEMM_FUNCTION_DECODE"], []

    def meanwhile(payload):
        if not overtaken:
            overtaken.append(None)
            overtaken[0] = body_of(ask(ready, sim, prompt_token=given(sim), prompt_sha256=PROMPT))
        return decode(payload)

    sim.functions["LEMM_FUNCTION_DECODE"] = meanwhile
    slower = body_of(ask(ready, sim))
    assert (overtaken[0]["outcome"], slower["outcome"]) == ("block", "block")
    assert slower["check"] == overtaken[0]["check"]
    assert {one.outcome for one in sim.store.everything(OutputCheck)} == {"block"}


@pytest.mark.parametrize("flaw", ["service", "prompt", "no hash", "expired", "forged", "sign-in", "noise"])
def test_a_token_that_does_not_count_refuses_the_check(sim: Simulator, ready, flaw) -> None:
    good = given(sim)
    sent = {
        "service": given(sim, service=OTHER), "prompt": given(sim, prompt=sha256_hex(b"else")),
        "forged": good[:-3] + "AAA", "sign-in": token(sim, "system", "safety"), "noise": "a.b.c",
    }.get(flaw, good)  # fmt: skip
    if flaw == "expired":
        sim.clock.advance(seconds=3600 + 31)
    result = ask(ready, sim, prompt_token=sent, **({} if flaw == "no hash" else {"prompt_sha256": PROMPT}))
    assert (result["statusCode"], body_of(result)["code"]) == (403, "prompt_token_refused")
    assert sim.store.everything(OutputCheck) == ()
