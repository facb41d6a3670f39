"""Rules of the way out: what stands against an export, whose an output is, and what a certificate counts for."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import HASH, NOW, an_id
from vault_domain.canonical import canonical, sha256_hex
from vault_domain.errors import Conflict, Expired, NotFound
from vault_domain.exporting import Exported, certificate, decides, force, obstacles, read_certificate
from vault_domain.holding import CODE_LIFE, ClaimCode, CodeAsk, claim, held_by, offer
from vault_domain.output_licence import Acceptance, whose
from vault_domain.policy import Policy
from vault_domain.ports import Require
from vault_domain.reasons import Reason
from vault_domain.release_gate import Gate
from vault_domain.safety import OutputCheck
from vault_domain.suspensions import OUTPUT_SUSPENDED, OUTPUT_WITHDRAWN, Standing, Suspension

HOLDER, OTHER = "usr_" + "1" * 64, "usr_" + "2" * 64
MODEL = Require(Suspension(subject="model:m"), 0)
FREE = Standing(None, None, (), MODEL)
ACCEPTED = Acceptance(holder=HOLDER, licence=1, text_sha256=HASH, said_by=an_id("acc"), at=NOW)
FILE = Exported(sha256="c" * 64, bytes=7, media_type="audio/wav", credentials="c2pa")
OUTCOMES = st.sampled_from(["allow", "warn", "block", "not_cleared"])
GATES = st.sampled_from([Gate(), Gate("has not passed", "1@0")])
DECIDED = st.sampled_from([(), (Reason(code=OUTPUT_SUSPENDED),), (Reason(code=OUTPUT_WITHDRAWN),)])


def check(number: int = 1, **changes) -> OutputCheck:
    facts = {
        "output_id": "out_one", "check": number, "service": an_id("svc"), "model_id": "m", "content_sha256": HASH,
        "audio_sha256": "b" * 64, "duration_s": 1.5, "outcome": "allow", "similarity_level": "none",
        "sim_internal_max": 0.25, "sim_external_max": None, "checked_against_internal": True,
        "checked_against_external_catalogs": ("catalogue:open",), "versions": {"policy": "1"}, "at": NOW,
    }  # fmt: skip
    return OutputCheck(**facts | changes)


@given(outcome=OUTCOMES, accepted=st.booleans(), days=st.integers(0, 60), held=st.booleans(), gate=GATES)
def test_an_export_is_free_only_when_every_condition_holds(outcome, accepted, days, held, gate):
    stands = Standing("model_suspended", "model:m@1", (), MODEL) if held else FREE
    late = NOW + timedelta(days=days)
    found = obstacles(check(outcome=outcome), stands, gate, ACCEPTED if accepted else None, Policy(), late)
    free = outcome in ("allow", "warn") and accepted and days <= 30 and not held and gate.why is None
    assert (found == ()) == free
    assert len({one.code for one in found}) == len(found)


def stands(number: int, checks) -> str:
    """Of a certificate that names the check ``number``: what the last check that decides about it says."""
    return force(next(one for one in reversed(checks) if decides(one, number, "b" * 64)))


@pytest.mark.parametrize(
    ("gate", "codes"), [(Gate("has not passed", "1@0"), ["model_blocked"]), (Gate(), ["check_outdated"])]
)
@pytest.mark.parametrize("days", [0, 60])
def test_what_the_gate_kept_back_needs_the_gate_and_then_a_new_check(gate, codes, days):
    kept = check(outcome="not_cleared", found="allow", reasons=(Reason(code="model_blocked"),))
    found = obstacles(kept, FREE, gate, ACCEPTED, Policy(), NOW + timedelta(days=days))
    assert [one.code for one in found] == [*codes, *(["check_outdated"] if days and gate.why else [])]
    assert gate.why or "have the output checked again" in found[0].detail


def test_a_copy_of_a_blocked_model_is_told_as_a_copy_too():
    found = obstacles(check(outcome="block"), FREE, Gate("has not passed", "1@0"), ACCEPTED, Policy(), NOW)
    assert [one.code for one in found] == ["model_blocked", "output_not_cleared"]


@given(st.lists(st.tuples(OUTCOMES, st.booleans(), DECIDED), max_size=8))
def test_a_certificate_is_in_force_unless_the_last_word_about_its_sound_stopped_it(told):
    checks = [check()]
    for number, (outcome, same, decided) in enumerate(told, 2):
        reasons = decided if outcome == "block" else ()
        sound = "b" * 64 if same else "d" * 64
        checks.append(check(number, outcome=outcome, audio_sha256=sound, reasons=reasons))
    words = [one for one in checks if one.outcome != "not_cleared" and (one.audio_sha256 == "b" * 64 or one.reasons)]
    stopped = words[-1].outcome == "block"
    ended = stopped and any(reason.code == OUTPUT_WITHDRAWN for reason in words[-1].reasons)
    wanted = "ended" if ended else "suspended" if stopped else "in_force"
    assert stands(1, checks) == wanted


def test_what_was_found_before_the_certificate_does_not_touch_it():
    assert stands(2, (check(1, outcome="block"), check(2))) == "in_force"


def code(number: int = 1) -> str:
    return an_id("cod", number)


def offered(present: ClaimCode | None = None, number: int = 1) -> ClaimCode:
    return offer(present, check(), CodeAsk(), code(number), NOW)


def test_only_the_last_code_counts_once_and_for_a_week():
    first = offered()
    second = offered(first, 2)
    with pytest.raises(NotFound):
        claim(second, code(1), HOLDER, NOW)
    with pytest.raises(Expired):
        claim(second, code(2), HOLDER, NOW + CODE_LIFE)
    with pytest.raises(NotFound):
        claim(None, code(1), HOLDER, NOW)
    taken = claim(second, code(2), HOLDER, NOW)
    assert claim(taken, code(2), HOLDER, NOW + CODE_LIFE * 9) is taken
    with pytest.raises(NotFound):
        claim(taken, code(2), OTHER, NOW)
    with pytest.raises(Conflict):
        offered(taken, 3)
    assert (held_by(taken, OTHER), held_by(second, OTHER), held_by(None, None)) == (HOLDER, OTHER, None)


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_two_holders_share_a_name(one, two):
    names = {whose(an_id("svc"), one), whose(an_id("svc", 2), one), whose(an_id("svc")), whose(an_id("svc"), two)}
    assert len(names) == (3 if one == two else 4)


def test_the_bytes_of_a_certificate_never_change():
    document = certificate(an_id("cer"), check(), ACCEPTED, "A licence", FILE, NOW)
    assert sha256_hex(canonical(document)) == "bc219c3b3cee558174245d90c29bffe84e9d24304ac78fa229d00927ee599dfa"
    assert read_certificate(document).startswith("out_one of model m under standard-non-exclusive-commercial version 1")


def test_a_certificate_names_the_version_that_was_let_pass():
    document = certificate(an_id("cer"), check(model_version="2b"), ACCEPTED, "A licence", FILE, NOW)
    assert document["model_version"] == "2b"
    assert read_certificate(document).startswith("out_one of model m version 2b under standard-non-exclusive")


@pytest.mark.parametrize("flaw", [{"format": 2}, {"licence": {}}, {"exported": {"sha256": "short"}}, {"checked": 1}])
def test_a_signed_document_of_another_form_is_no_certificate(flaw):
    document = certificate(an_id("cer"), check(), ACCEPTED, "A licence", FILE, NOW)
    with pytest.raises(ValueError, match=r"."):
        read_certificate(document | flaw)
