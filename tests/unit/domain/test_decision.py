"""The decision tables, at and around every threshold; a check that was not made is never clean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from records import a_hit, a_report, an_id
from vault_domain.decision import (
    NOTED,
    decide_output,
    decide_submission,
    holding,
    level_of,
    max_similarity,
    required_sources,
    versions_of,
)
from vault_domain.evidence import MELODY, all_hits, findings_sha256, unreached
from vault_domain.policy import Policy, Thresholds
from vault_domain.reasons import Reason

POLICY = Policy()
OWN = an_id("trk")
scores = st.floats(0, 1, allow_nan=False)
overlaps = st.floats(0, 600, allow_nan=False)
statuses = st.sampled_from(["checked", "not_checked", "failed"])
flags = st.lists(st.sampled_from(["cover", "inconsistent_metadata", "third_party_samples"]), max_size=2)


def reasons(codes):
    return tuple(Reason(code=code) for code in codes)


@pytest.mark.parametrize(
    ("similarity", "overlap", "level", "outcome"),
    [
        (0.0, 600, "none", "accept"),
        (0.399999, 600, "none", "accept"),
        (0.4, 0, "weak", "review"),
        (0.699999, 600, "weak", "review"),
        (0.7, 14.999, "weak", "review"),
        (0.7, 15, "strong", "reject"),
        (1.0, 15, "strong", "reject"),
        (1.0, 0, "weak", "review"),
    ],
)
def test_the_external_table(similarity, overlap, level, outcome):
    hit = a_hit(similarity, overlap)
    assert level_of(hit, POLICY) == level
    verdict = decide_submission((a_report(), a_report("catalogue:open", hit)), (), POLICY)
    assert verdict.outcome == outcome
    assert verdict.dispute is (outcome == "reject")


@pytest.mark.parametrize(
    ("similarity", "same", "outcome", "code"),
    [(1.0, True, "reject", "duplicate"), (0.3, True, "reject", "duplicate"), (1.0, False, "review", "near_duplicate"),
     (0.4, False, "review", "near_duplicate"), (0.39, False, "accept", "clean")],
)  # fmt: skip
def test_the_internal_table(similarity, same, outcome, code):
    hit = a_hit(similarity, same_audio=same, ref=an_id("trk", 5))
    verdict = decide_submission((a_report("vault", hit), a_report("catalogue:open")), (), POLICY)
    assert (verdict.outcome, verdict.reasons[0].code, verdict.dispute) == (outcome, code, False)
    assert outcome != "reject" or verdict.reasons[0].refs == (an_id("trk", 5),)


@given(scores, overlaps, scores, st.booleans(), statuses, statuses, flags, st.booleans())
def test_nothing_is_accepted_by_itself_unless_all_is_well(ext, overlap, internal, same, vault, catalogue, said, auto):
    reports = (
        a_report("vault", a_hit(internal, overlap, same_audio=same), status=vault),
        a_report("catalogue:open", a_hit(ext, overlap), status=catalogue),
    )
    verdict = decide_submission(reports, reasons(said), Policy(auto_accept=auto))
    well = max(ext, internal) < 0.4 and not same and vault == catalogue == "checked" and not said and auto
    assert (verdict.outcome == "accept") is well
    assert verdict.reasons
    assert verdict.outcome != "reject" or same or (ext >= 0.7 and overlap >= 15)


@given(scores, scores, overlaps)
def test_more_similarity_never_softens_a_verdict(one, other, overlap):
    order = ["accept", "review", "reject"]
    low, high = sorted((one, other))
    found = [
        decide_submission((a_report(), a_report("catalogue:open", a_hit(score, overlap))), (), POLICY).outcome
        for score in (low, high)
    ]
    assert order.index(found[0]) <= order.index(found[1])


def test_a_subject_is_no_hit_of_its_own():
    own = a_report("vault", a_hit(1.0, same_audio=True, ref=OWN))
    assert all_hits((own,)) == ()
    assert decide_submission((own, a_report("catalogue:open")), (), POLICY).outcome == "accept"


@given(scores, scores, statuses, statuses)
def test_outputs(internal, external, vault, catalogue):
    reports = (
        a_report("vault", a_hit(internal), status=vault),
        a_report("catalogue:open", a_hit(external), status=catalogue),
    )
    clearance = decide_output(reports, POLICY)
    made = vault == catalogue == "checked"
    highest = max(internal, external)
    if highest >= 0.7:
        assert clearance.outcome == "block"
    elif not made:
        assert clearance.outcome == "not_cleared"
    else:
        assert clearance.outcome == ("warn" if highest >= 0.4 else "allow")
    assert clearance.outcome != "allow" or not clearance.missing


def test_without_any_report_nothing_is_cleared():
    assert decide_output((), POLICY).outcome == "not_cleared"
    assert decide_submission((), (), POLICY).outcome == "review"


def test_a_source_that_is_configured_is_required():
    assert required_sources(POLICY, frozenset()) == ("vault", "catalogue")
    assert required_sources(POLICY, frozenset({"acoustid"})) == ("vault", "catalogue", "acoustid")


def test_every_registered_catalogue_counts():
    made, failed = a_report("catalogue:a"), a_report("catalogue:b", status="failed")
    assert unreached((made,), ("catalogue",)) == ()
    assert unreached((made, failed), ("catalogue",)) == ("catalogue",)
    assert unreached((failed,), ("catalogue",)) == ("catalogue",)
    assert unreached((a_report("catalogues"),), ("catalogue",)) == ("catalogue",)


def test_reasons_name_what_was_not_checked_and_why():
    failed = a_report("catalogue:open", status="failed", reason="the index is damaged")
    verdict = decide_submission((a_report(), failed), (), POLICY)
    assert [(reason.code, reason.detail) for reason in verdict.reasons] == [
        ("source_not_checked", "catalogue: the index is damaged")
    ]


def test_flags_that_a_reviewer_only_sees_hold_nothing_up():
    kept = holding(reasons([*sorted(NOTED), "noise", "inconsistent_metadata"]))
    assert [reason.code for reason in kept] == ["noise", "inconsistent_metadata"]


def test_highest_similarity_is_of_checks_that_were_made():
    reports = (a_report("vault", a_hit(0.5)), a_report("catalogue:a", a_hit(0.9), status="failed"))
    assert max_similarity(reports, "internal") == 0.5
    assert max_similarity(reports, "external") is None


def test_a_decision_names_its_versions():
    report = a_report("vault", snapshot="abc", calibration="2")
    assert versions_of((report,), 3) == {"policy": "3", "snapshot:vault": "abc", "calibration": "2"}


@given(st.permutations([a_report("vault"), a_report("catalogue:a"), a_report("acoustid")]))
def test_findings_have_one_hash_in_any_order_and_at_any_time(reports):
    wanted = findings_sha256([a_report("vault"), a_report("catalogue:a"), a_report("acoustid")], ())
    aged = [report.with_changes(version=4, at=report.at.replace(year=2030)) for report in reports]
    assert findings_sha256(aged, ()) == wanted


@pytest.mark.parametrize("change", [{"snapshot": "x"}, {"status": "failed"}, {"max_similarity": 0.1}])
def test_other_findings_have_another_hash(change):
    assert findings_sha256([a_report("vault", **change)], ()) != findings_sha256([a_report("vault")], ())
    assert findings_sha256([a_report()], reasons(["cover"])) != findings_sha256([a_report()], ())


def test_thresholds_are_in_order():
    with pytest.raises(ValidationError):
        Thresholds(weak=0.8, strong=0.7)


@given(score=scores, overlap=overlaps)
def test_a_tune_alone_is_reviewed_or_warned_of_and_never_rejected_or_blocked(score, overlap):
    hit = a_hit(score, overlap, detector=MELODY)
    expected = "review" if score >= POLICY.thresholds.weak else "accept"
    outside = decide_submission((a_report(), a_report("catalogue:open", hit)), (), POLICY)
    inside = decide_submission((a_report("vault", hit), a_report("catalogue:open")), (), POLICY)
    assert (outside.outcome, inside.outcome) == (expected, expected)
    clearance = decide_output((a_report("vault", hit), a_report("catalogue:open")), POLICY)
    assert clearance.outcome == ("warn" if expected == "review" else "allow")
    if expected == "review":
        said = [outside.reasons[0].code, inside.reasons[0].code, clearance.reasons[0].code]
        assert said == ["melody_of_known_work", "melody_of_vault_track", "similar_melody"]


def test_a_policy_may_let_tunes_block():
    strict = Policy(warn_only=())
    hit = a_hit(0.9, 25, detector=MELODY)
    assert decide_output((a_report("vault", hit), a_report("catalogue:open")), strict).outcome == "block"
    assert decide_submission((a_report(), a_report("catalogue:open", hit)), (), strict).outcome == "reject"


def test_a_copy_beside_a_tune_still_decides():
    hits = (a_hit(0.8, 20), a_hit(0.99, 30, detector=MELODY, ref="other"))
    assert decide_output((a_report("vault", *hits), a_report("catalogue:open")), POLICY).outcome == "block"


def test_a_tune_weighs_no_less_when_a_source_is_missing():
    hit = a_hit(0.99, 30, detector=MELODY)
    assert decide_output((a_report("vault", hit),), POLICY).outcome == "not_cleared"


def test_versions_name_the_melody_calibration():
    assert versions_of((a_report(melody_calibration="m1"),), 3) == {"policy": "3", "calibration:melody": "m1"}
