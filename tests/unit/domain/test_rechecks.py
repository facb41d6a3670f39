"""Looking at cleared outputs again: only stricter, never twice, and through to the end of the list."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from vault_domain.evidence import Hit, SourceReport
from vault_domain.policy import Policy
from vault_domain.rechecks import (
    LONGEST_CHECK,
    SEVERITY,
    STEPS,
    Scan,
    begun,
    ended,
    found_later,
    is_busy,
    since,
    waits,
    went_on,
)  # fmt: skip
from vault_domain.safety import STRICTER, OutputCheck

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SIDES = {"vault": "internal", "catalogue:open": "external"}


def check(outcome="allow", **more) -> OutputCheck:
    level = {"allow": "none", "warn": "warning", "block": "blocked", "not_cleared": "unknown"}[outcome]
    return OutputCheck(
        output_id="out_1", check=3, service="svc_" + "0" * 26, model_id="m", content_sha256="0" * 64,
        audio_sha256="1" * 64, duration_s=9, outcome=outcome, similarity_level=level, sim_internal_max=0.1,
        sim_external_max=0.2, checked_against_internal=True, checked_against_external_catalogs=("catalogue:a",),
        versions={"policy": "1", "embedder": "e"}, event_id="evt_" + "0" * 26, entry_sha256="2" * 64, at=NOW, **more,
    )  # fmt: skip


def report(source, *similarities, detector="fp_robust") -> SourceReport:
    hits = tuple(Hit(ref=f"r{n}", similarity=one, detector=detector, overlap_s=9) for n, one in enumerate(similarities))
    return SourceReport(
        subject="out_1", source=source, side=SIDES[source], status="checked", snapshot="s2", calibration="c",
        hits=hits, max_similarity=max(similarities, default=0.0), at=NOW,
    )  # fmt: skip


OUTCOMES = st.sampled_from(["allow", "warn", "block", "not_cleared"])
SCORES = st.lists(st.floats(0, 1), max_size=5)


@given(OUTCOMES, st.sampled_from(sorted(SIDES)), SCORES, st.sampled_from(["fp_robust", "melody"]))
def test_a_status_only_gets_stricter_and_says_what_was_searched(outcome, source, scores, detector):
    last = check(outcome)
    one = found_later(last, report(source, *scores, detector=detector), Policy(), 7, NOW + timedelta(days=1))
    best = max(scores, default=0.0)
    due = "block" if best >= 0.7 and detector != "melody" else "warn" if best >= 0.4 else "allow"
    if outcome not in ("allow", "warn") or SEVERITY[due] <= SEVERITY[outcome]:
        assert one is None
        return
    assert one is not None
    assert (one.outcome, one.check, one.version) == (due, 4, 0)
    assert one.reasons[0].code == "found_later"
    assert one.versions == last.versions | {"policy": "7", f"snapshot:{source}": "s2", "calibration": "c"}
    assert (one.sim_internal_max, one.sim_external_max) == (
        (max(best, 0.1), 0.2) if source == "vault" else (0.1, max(best, 0.2))
    )
    assert one.similarity[SIDES[source]]["fp_robust"] == best
    assert (one.event_id, one.entry_sha256) == (None, None), "it gets its own place in the log"
    assert set(one.checked_against_external_catalogs) - {"catalogue:a"} == {source} - {"vault"}
    assert found_later(one, report(source, *scores, detector=detector), Policy(), 7, NOW) is None, "twice is once"


def test_hits_of_other_sources_stay_and_those_of_the_same_reference_are_replaced():
    old = (Hit(ref="r0", similarity=0.3, detector="fp_robust"), Hit(ref="else", similarity=0.5, detector="fp_robust"))
    one = found_later(check(hits=old), report("vault", 0.9), Policy(), 1, NOW)
    assert [(hit.ref, hit.similarity) for hit in one.hits] == [("r0", 0.9), ("else", 0.5)]


@given(st.lists(st.lists(st.integers(1, 50), max_size=4), min_size=4, max_size=4))
def test_a_pass_goes_through_every_step_and_counts_everything(pages):
    scan, looked = begun(Scan(source="vault"), "0" * 64, 3, NOW), 0
    seen = []
    for rows in pages:
        for number, count in enumerate(rows, 1):
            seen.append(STEPS[scan.step])
            looked += count
            if number < len(rows):
                scan = went_on(scan, "more", count, 0, NOW)
                assert is_busy(scan, NOW)
        last = went_on(scan, None, rows[-1] if rows else 0, 0, NOW)
        assert (last is None) == (STEPS[scan.step] == STEPS[-1])
        scan = last or scan
    assert last is None
    done = ended(scan, "1" * 64, "s")
    assert (done.wanted, done.cursor, done.known, done.snapshot) == (None, None, "1" * 64, "s")
    assert not is_busy(done, NOW)


def test_the_end_of_the_list_is_looked_at_again_when_every_check_must_have_ended():
    scan = begun(Scan(source="vault"), "0" * 64, 1, NOW)
    assert (waits(scan, NOW), since(scan)) == (False, None)
    scan = went_on(went_on(scan, None, 0, 0, NOW), None, 0, 0, NOW)
    assert since(scan) is not None
    assert waits(scan, NOW + LONGEST_CHECK - timedelta(seconds=1))
    assert not waits(scan, NOW + LONGEST_CHECK)


def test_an_output_judged_by_stricter_thresholds_is_so_again():
    seen = report("vault", 0.6)
    usual = found_later(check(), seen, Policy(), 1, NOW)
    last = check()
    strict = found_later(last.with_changes(versions={**last.versions, **STRICTER}), seen, Policy(), 1, NOW)
    assert (usual.outcome, strict.outcome) == ("warn", "block")
