"""Checks decided anew from their record: by the policy of the time they come out as they did."""

from hypothesis import given
from hypothesis import strategies as st
from records import HASH, NOW
from vault_domain.decision import decide_output
from vault_domain.evidence import Hit, SourceReport
from vault_domain.output_trial import as_reports, try_outputs
from vault_domain.policy import Policy, Thresholds
from vault_domain.safety import STRICTER, CheckAsk, Heard, OutputCheck, make_check

SOURCES = ("vault", "catalogue:a", "catalogue:b", "acoustid")
limits = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted)
policies = st.builds(
    lambda pair, warn_only, required: Policy(
        thresholds=Thresholds(weak=pair[0], strong=pair[1]), warn_only=warn_only, required_sources=required
    ),
    limits, st.sampled_from([(), ("melody",), ("melody", "fused")]),
    st.sampled_from([("vault",), ("vault", "catalogue"), ("vault", "catalogue", "acoustid")]),
)  # fmt: skip
hits = st.builds(
    lambda score, detector: Hit(ref="cat:one", similarity=score, overlap_s=9, detector=detector),
    st.floats(0, 1), st.sampled_from(["fused", "melody"]),
)  # fmt: skip


@st.composite
def told(draw: st.DrawFn) -> tuple[SourceReport, ...]:
    """What some of the sources said, each with hits or none, or that it was out of reach."""
    found = []
    for source in draw(st.sets(st.sampled_from(SOURCES))):
        status = draw(st.sampled_from(["checked", "checked", "failed", "not_checked"]))
        found.append(
            SourceReport(
                subject="out_1", source=source, side="internal" if source == "vault" else "external", status=status,
                hits=tuple(draw(st.lists(hits, max_size=3))) if status == "checked" else (), at=NOW,
            )
        )  # fmt: skip
    return tuple(found)


def made(reports: tuple[SourceReport, ...], policy: Policy, number: int = 1) -> OutputCheck:
    heard = Heard(HASH, HASH, 9.0, "AQ", "outputs/key")
    ask = CheckAsk(output_id=f"out_{number}", model_id="m", audio_base64="AAAA")
    found, weak = decide_output(reports, policy), policy.thresholds.weak
    return make_check(ask, 1, "svc_" + "0" * 26, heard, reports, found, weak, {}, NOW)


@given(told(), policies)
def test_by_the_policy_of_the_time_nothing_changes(reports: tuple[SourceReport, ...], policy: Policy):
    check = made(reports, policy)
    assert decide_output(as_reports(check), policy).outcome == check.outcome
    assert try_outputs(policy, policy, [check])["changed"] == 0


@given(told(), policies, policies)
def test_another_policy_decides_as_on_the_reports_themselves(
    reports: tuple[SourceReport, ...], then: Policy, other: Policy
):
    """Wherever it asks for no source of which the record does not say that it failed."""
    check = made(reports, then)
    if set(other.required_sources) <= {*then.required_sources, "acoustid"}:
        assert decide_output(as_reports(check), other).outcome == decide_output(reports, other).outcome


@given(st.lists(st.tuples(told(), policies), max_size=8), policies, policies)
def test_every_check_is_counted_once(past: list, present: Policy, proposed: Policy):
    checks = [made(reports, policy, number) for number, (reports, policy) in enumerate(past)]
    tried = try_outputs(present, proposed, checks)
    assert tried["tried"] == len(checks)
    assert sum(tried["moves"].values()) == tried["changed"] == len(tried["outputs"])  # type: ignore[union-attr, arg-type]


def test_a_check_by_stricter_thresholds_is_tried_by_these():
    hit = Hit(ref="cat:one", similarity=0.6, overlap_s=9, detector="fused")
    report = SourceReport(subject="out_1", source="vault", side="internal", status="checked", hits=(hit,), at=NOW)
    policy = Policy(required_sources=("vault",))
    usual = made((report,), policy)
    strict = usual.with_changes(versions=STRICTER, outcome="block")
    stern = Policy(required_sources=("vault",), stricter=Thresholds(weak=0.3, strong=0.7))
    assert try_outputs(policy, stern, [usual, strict])["moves"] == {"block to warn": 1}
