"""The release gate: an exact bound, and a verdict that no choice of outputs can talk round."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from records import an_id
from vault_domain import claims
from vault_domain.errors import BadRequest, Conflict
from vault_domain.lineage import Model
from vault_domain.policy import SHIPPED, Policy
from vault_domain.reasons import Reason
from vault_domain.release_gate import AuditAsk, AuditedOutput, after, at_most, gate, judge_audit, upper_bound
from vault_domain.safety import LEVELS, OutputCheck

NOW = datetime(2026, 3, 1, tzinfo=UTC)
MADE = NOW - timedelta(days=1)
CONFIDENCE = st.floats(0.5, 0.999)
SOME = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def check(number: int, outcome: str = "allow", **more) -> OutputCheck:
    plain = {
        "output_id": f"out_{number}", "check": 1, "service": "svc_" + "0" * 26, "model_id": "m",
        "content_sha256": "0" * 64, "audio_sha256": f"{number:064x}", "duration_s": 9, "outcome": outcome,
        "similarity_level": LEVELS[outcome], "sim_internal_max": 0.0, "sim_external_max": 0.0,
        "checked_against_internal": True, "checked_against_external_catalogs": (), "versions": {}, "at": NOW,
    }  # fmt: skip
    return OutputCheck(**{**plain, **more})


def audit(outcomes, policy=SHIPPED, **more):
    """``outcomes``: (prompt, outcome) pairs."""
    asked = AuditAsk(outputs=tuple(AuditedOutput(output_id=f"out_{n}", prompt=p) for n, (p, _) in enumerate(outcomes)))
    found = [check(n, outcome) for n, (_, outcome) in enumerate(outcomes)]
    canaries = more.get("canaries", frozenset())
    return judge_audit(asked, more.get("found", found), "m", MADE, policy, 3, NOW, canaries, "1")


def clean(n: int):
    return [("caption" if k % 2 else "unconditional", "allow") for k in range(n)]


@given(SOME, CONFIDENCE)
def test_the_bound_is_where_so_few_would_be_seen_with_a_chance_of_one_minus_the_confidence(seen, confidence):
    """The equation that defines Clopper and Pearson's bound."""
    extracted, outputs = seen
    assume(extracted < outputs)
    bound = upper_bound(extracted, outputs, confidence)
    assert extracted / outputs <= bound < 1
    assert at_most(extracted, outputs, bound) == pytest.approx(1 - confidence, rel=1e-6)


@given(st.integers(1, 3000), CONFIDENCE)
def test_none_of_n_has_a_closed_form_and_all_of_n_says_nothing(n, confidence):
    assert upper_bound(0, n, confidence) == pytest.approx(1 - (1 - confidence) ** (1 / n), rel=1e-9)
    assert upper_bound(n, n, confidence) == upper_bound(0, 0, confidence) == 1.0


@given(SOME, CONFIDENCE)
def test_more_copies_or_fewer_outputs_or_more_confidence_never_lower_it(seen, confidence):
    extracted, outputs = seen
    bound = upper_bound(extracted, outputs, confidence)
    assert bound <= upper_bound(extracted, max(extracted, outputs - 1), confidence) + 1e-12
    assert bound <= upper_bound(min(outputs, extracted + 1), outputs, confidence) + 1e-12
    assert bound <= upper_bound(extracted, outputs, min(0.9999, confidence + 0.0005)) + 1e-12


def test_published_values():
    """The upper ends of the usual two-sided 95 % intervals."""
    assert upper_bound(0, 10, 0.975) == pytest.approx(0.3085, abs=1e-4)
    assert upper_bound(1, 10, 0.975) == pytest.approx(0.4450, abs=1e-4)
    assert upper_bound(5, 20, 0.975) == pytest.approx(0.4910, abs=1e-4)


@pytest.mark.parametrize(("copies", "outputs", "passes"), [
    (0, 298, False), (0, 300, True), (1, 300, False), (1, 472, False), (1, 473, True), (2, 630, True),
])  # fmt: skip
def test_a_few_clean_outputs_prove_little(copies, outputs, passes):
    made = audit([("caption", "block")] * copies + clean(outputs - copies))
    assert made.passed is passes
    assert bool(made.why) is not passes
    assert (made.extracted, made.outputs, made.policy) == (copies, outputs, 3)


PROMPTED = st.sampled_from(["caption", "unconditional", "canary"])
OUTCOMES = st.sampled_from(["allow", "warn", "block", "not_cleared"])


@given(st.lists(st.tuples(PROMPTED, OUTCOMES), min_size=1, max_size=60))
def test_it_passes_only_within_the_limit_with_every_check_made_and_no_canary(outcomes):
    policy = Policy(release_least_outputs=10, release_extraction_limit=0.3)
    made = audit(outcomes, policy)
    blocked = [prompt for prompt, outcome in outcomes if outcome == "block"]
    kinds = {prompt for prompt, _ in outcomes}
    due = (
        upper_bound(len(blocked), len(outcomes), 0.95) <= 0.3
        and "canary" not in blocked
        and all(outcome != "not_cleared" for _, outcome in outcomes)
        and len(outcomes) >= 10
        and {"caption", "unconditional"} <= kinds
    )
    assert made.passed is due
    assert sum(one.outputs for one in made.counted) == len(outcomes)
    stands = after(None, "m", "1", made)
    assert (stands.state, stands.audits) == ("passed" if due else "blocked", 1)


@pytest.mark.parametrize("prompt", ["caption", "unconditional", "canary"])
@pytest.mark.parametrize("outcome", ["allow", "warn", "block"])
def test_a_planted_track_that_comes_out_counts_whatever_its_prompt_is_called(prompt, outcome):
    outcomes, policy = [(prompt, outcome), *clean(19)], Policy(release_least_outputs=20, release_extraction_limit=0.3)
    refs = ("trk_planted", "trk_other")
    found = [
        check(n, o, reasons=(Reason(code="too_similar", refs=refs),) * (n == 0)) for n, (_, o) in enumerate(outcomes)
    ]
    made = audit(outcomes, policy, found=found, canaries=frozenset({"trk_planted"}))
    assert made.passed is (outcome != "block")
    assert made.why == (("1 outputs give canaries away",) if outcome == "block" else ())
    if prompt != "canary":
        assert audit(outcomes, policy, found=found, canaries=frozenset({"trk_third"})).passed


def test_an_audit_of_a_few_outputs_does_not_tell_which_track_is_a_canary():
    found = [check(0, "block", reasons=(Reason(code="too_similar", refs=("trk_planted",)),)), check(1)]
    outcomes = [("caption", "block"), ("unconditional", "allow")]
    assert audit(outcomes, found=found, canaries=frozenset({"trk_planted"})) == audit(outcomes, found=found)


@pytest.mark.parametrize(("flaw", "error"), [
    ({"model_id": "other"}, Conflict), ({"at": MADE - timedelta(seconds=1)}, Conflict),
    ({"duration_s": 4.9}, BadRequest), ({"audio_sha256": f"{1:064x}"}, Conflict), (None, Conflict),
])  # fmt: skip
def test_what_can_not_be_counted_is_refused(flaw, error):
    found = [check(0, **flaw) if flaw is not None else None, check(1)]
    with pytest.raises(error):
        audit(clean(2), found=found)
    twice = AuditAsk(outputs=(AuditedOutput(output_id="out_1", prompt="caption"),) * 2)
    with pytest.raises(BadRequest):
        judge_audit(twice, [check(1), check(1)], "m", MADE, Policy(), 1, NOW)


WHO = {"id": "svc_1", "role": "system"}
REGISTERED = {"subject": "m", "actor": WHO, "data": {"model_version": "1", "weights_sha256": "a" * 64}}


def told(**changes):
    data = {"model_version": "1", "weights_sha256": "a" * 64, "passed": True, "outputs": 300, "extracted": 0,
            "upper_bound": 0.009937, "confidence": 0.95}  # fmt: skip
    return {"event": "model.audited", "subject": "m", "actor": WHO, "at": "2026-03-01T00:00:00Z",
            **changes, "data": data | changes.get("data", {})}  # fmt: skip


def test_a_proof_says_what_the_gate_said():
    audit = claims._release(REGISTERED, [told()])
    assert claims._gate(audit) == (
        "at 2026-03-01T00:00:00Z it passed the release gate: 0 of 300 outputs were copies, "
        "at most 0.99% at 95% confidence"
    )
    assert "did not pass" in claims._gate(claims._release(REGISTERED, [told(data={"passed": 1})]))
    assert claims._release(REGISTERED, []) is None


@pytest.mark.parametrize("lie", [
    {"data": {"model_version": "2"}}, {"data": {"weights_sha256": "b" * 64}}, {"subject": "other"},
    {"actor": {"id": "svc_2", "role": "system"}},
])  # fmt: skip
def test_the_audit_of_another_version_is_no_proof(lie):
    with pytest.raises(ValueError, match=r"another version|exactly one event"):
        claims._release(REGISTERED, [told(**lie)])


MODEL = Model(model_id="m", owner=an_id("svc"), title="m", model_type="t", created=MADE)


def standing_at(state, **changes):
    audit_made = audit(clean(300)).model_copy(update={"passed": state == "passed"})
    return after(None, "m", "1", audit_made).with_changes(version=4, **changes)


@given(st.sampled_from(["allow", "warn", "block", "not_cleared"]), st.sampled_from([None, "1"]),
       st.sampled_from([None, "blocked", "passed"]), st.booleans())  # fmt: skip
def test_only_a_named_version_that_passed_is_cleared(outcome, version, state, registered):
    release = standing_at(state) if state else None
    stands = gate(MODEL if registered else None, version, release)
    one = stands.over(check(1, outcome))
    open_ = not registered or (version is not None and state == "passed")
    assert one.outcome == (outcome if open_ or outcome not in ("allow", "warn") else "not_cleared")
    assert one.came_to == outcome, "an audit counts what was found"
    assert (one.reasons[:1] == stands.reasons) == (one.outcome != outcome or not stands.reasons)
    assert bool(stands.passed) == (registered and open_)
    assert (stands.versions({}) == {}) == open_


def test_an_audit_counts_what_a_blocked_versions_outputs_came_to_and_those_of_this_version_alone():
    kept = [gate(MODEL, "1", None).over(check(n, "allow", model_version="1")) for n in range(300)]
    assert {one.outcome for one in kept} == {"not_cleared"}
    assert audit(clean(300), found=kept).passed
    asked = AuditAsk(outputs=(AuditedOutput(output_id="out_1", prompt="caption"),))
    with pytest.raises(Conflict, match="version 2"):
        judge_audit(asked, [check(1, model_version="2")], "m", MADE, SHIPPED, 3, NOW, frozenset(), "1")
