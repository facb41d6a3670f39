"""Figures of models: every check counts once, in whatever portions and however often the counting is repeated."""

from datetime import timedelta
from itertools import cycle

from hypothesis import given
from hypothesis import strategies as st
from records import HASH, NOW, a_hit, an_id
from vault_domain.model_figures import (
    MOST_HITS,
    OUTCOMES,
    Counted,
    ModelDay,
    ModelSum,
    added,
    fresh,
    hit_by,
    rates,
    summed,
    went_on,
)
from vault_domain.reasons import Reason
from vault_domain.safety import OutputCheck


def a_check(number: int, seconds: int, outcome: str = "block", refs: tuple[str, ...] = ("a", "b")) -> OutputCheck:
    return OutputCheck(
        output_id=f"out_{number}", check=1, service=an_id("svc"), model_id="m", content_sha256=HASH, audio_sha256=HASH,
        duration_s=9, outcome=outcome, similarity_level="none", sim_internal_max=None, sim_external_max=None,
        checked_against_internal=True, checked_against_external_catalogs=(), versions={"policy": "1"},
        hits=tuple(a_hit(0.9, ref=ref) for ref in refs), at=NOW + timedelta(seconds=seconds),
        reasons=(Reason(code="too_similar", refs=refs[:1]),),
    )  # fmt: skip


@given(st.lists(st.integers(0, 5), max_size=20), st.lists(st.integers(1, 5), min_size=1, max_size=9))
def test_in_any_portions_each_check_is_counted_once(moments, portions):
    """Many at one moment, and portions that end between them."""
    checks = [a_check(number, seconds) for number, seconds in enumerate(sorted(moments))]
    counted, seen, portion = Counted(), [], cycle(portions)
    while True:
        since = counted.seen.get("block")
        page = [check for check in checks if since is None or check.at >= since]
        part = fresh(counted, "block", page)[: next(portion)]
        if not part:
            break
        seen += part
        counted = went_on(counted, "block", part)
    assert seen == checks


@given(st.lists(st.sampled_from(OUTCOMES), max_size=30))
def test_days_and_sums_add_up(outcomes):
    checks = [a_check(number, number, outcome) for number, outcome in enumerate(outcomes)]
    day = added(added(ModelDay(model_id="m", day="2026-03-01"), checks[:7]), checks[7:])
    assert sum(day.outcomes.values()) == len(checks)
    assert day.hits.get("a", 0) == sum(outcome in ("warn", "block") for outcome in outcomes)
    assert "b" not in day.hits
    if checks:
        total = summed(ModelSum(model_id="m", last=NOW), checks)
        assert total.outcomes == day.outcomes
        assert total.last == checks[-1].at
        assert abs(sum(rates(total.outcomes).values()) - 1) < 0.001
    else:
        assert rates(day.outcomes) == {}


def test_an_allowance_hits_nothing_and_a_day_keeps_the_most():
    assert hit_by(a_check(1, 1, "allow")) == frozenset()
    many = [a_check(n, n, refs=(f"r{n % (MOST_HITS + 20)}",)) for n in range(2 * MOST_HITS + 60)]
    day = added(ModelDay(model_id="m", day="2026-03-01"), many)
    assert len(day.hits) == MOST_HITS
    assert min(day.hits.values()) >= 1
    assert max(day.hits.values()) == 3
