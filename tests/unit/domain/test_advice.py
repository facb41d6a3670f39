"""Advice: what is kept is clean, what is named is what was found, and nothing is promised that was not compared."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import a_hit
from vault_domain.advice import LEAST_KEPT_S, MARGIN_S, MOST_SPANS, advise, clean_stretch, stretches
from vault_domain.evidence import MELODY, Span

WEAK = 0.4
OUTCOMES = ("allow", "warn", "block", "not_cleared")


def span(start: float, end: float, at: float = 0.0) -> Span:
    return Span(query_start=start, query_end=end, ref_start=at, ref_end=at + end - start)


def hit(*passages: tuple[float, float], similarity: float = 0.9, **changes):
    spans = tuple(span(start, end, 100.0 * number) for number, (start, end) in enumerate(passages))
    length = sum(end - start for start, end in passages)
    return a_hit(similarity, length, spans=spans, **changes)


def codes(found):
    return [one.code for one in found]


passages = st.tuples(st.floats(0, 290), st.floats(0.5, 60)).map(lambda p: (p[0], p[0] + p[1]))
hits_ = st.lists(
    st.builds(
        lambda found, similarity: hit(*found, similarity=similarity),
        st.lists(passages, max_size=4),
        st.floats(0, 1, allow_nan=False),
    ),
    max_size=6,
).map(lambda found: sorted(found, key=lambda one: -one.similarity))


@given(
    st.sampled_from(OUTCOMES), hits_, st.floats(3, 300), st.lists(st.sampled_from(["vault", "catalogue"]), max_size=2)
)
def test_what_is_kept_lies_within_the_output_and_apart_from_every_match(outcome, hits, duration, missing):
    found = advise(outcome, hits, duration_s=duration, weak=WEAK, missing=missing)
    assert (found == ()) if outcome == "allow" else True
    for one in found:
        assert (one.keep is not None) == (one.code == "trim")
        if one.keep is None:
            continue
        start, end = one.keep
        assert -0.06 <= start <= end <= duration + 0.06
        assert end - start >= LEAST_KEPT_S - 0.1
        assert not missing
        for counted in (one for one in hits if one.similarity >= WEAK):
            assert counted.spans
            for passage in counted.spans:
                low, high = min(passage.query_start, duration), min(passage.query_end, duration)
                assert high <= low or high <= start - MARGIN_S + 0.06 or low >= end + MARGIN_S - 0.06


@given(hits_, st.floats(3, 300))
def test_stretches_are_in_order_apart_and_cover_every_passage(hits, duration):
    found = stretches(hits, duration)
    assert all(0 <= start < end <= duration for start, end in found)
    assert all(before[1] + MARGIN_S < after[0] for before, after in pairwise(found))
    for one in hits:
        for passage in one.spans:
            low, high = passage.query_start, min(passage.query_end, duration)
            assert high <= low or any(start <= low and high <= end for start, end in found)


def test_the_first_twelve_seconds():
    found = advise("block", [hit((0.0, 12.0))], duration_s=30, weak=WEAK)
    assert codes(found) == ["another_seed", "trim"]
    assert found[0].text == "The match is the first 12 s (0:00 to 0:12). Generate again with another seed."
    assert found[1].keep == (13.0, 30.0)
    assert found[1].text == "Or keep 0:13 to 0:30, where nothing was found, and have that part checked."


def test_the_end_and_several_passages():
    (again, trim) = advise("block", [hit((100.0, 180.0))], duration_s=180, weak=WEAK)
    assert again.text.startswith("The match is the last 80 s (1:40 to 3:00).")
    assert trim.keep == (0.0, 99.0)
    (again, trim) = advise("warn", [hit((20.0, 25.0), (60.0, 70.0), similarity=0.5)], duration_s=180, weak=WEAK)
    assert again.text.startswith("The matching passages are 0:20 to 0:25, 1:00 to 1:10.")
    assert trim.keep == (71.0, 180.0)


@pytest.mark.parametrize(
    "given",
    [
        {"hits": [hit((0.0, 12.0))], "missing": ("catalogue",)},
        {"hits": [hit((0.0, 12.0)), hit()]},  # a hit that names no passage
        {"hits": [hit(*((float(n), n + 0.5) for n in range(MOST_SPANS)))]},
        {"hits": [hit((0.0, 12.0))] * 20},
        {"hits": [hit((0.0, 12.0)).model_copy(update={"overlap_s": 2.0})]},  # one bar, again and again
        {"hits": [hit((6.0, 24.0))]},
    ],
)
def test_no_trim_where_the_rest_may_not_be_clean_or_is_too_short(given):
    assert "trim" not in codes(advise("block", duration_s=30, weak=WEAK, **given))


def test_the_whole_the_same_the_tune_the_sound_and_what_is_missing():
    assert codes(advise("block", [hit((0.0, 29.0))], duration_s=30, weak=WEAK)) == ["another_prompt"]
    assert codes(advise("block", [hit((0.0, 30.0), same_audio=True)], duration_s=30, weak=WEAK)) == ["use_the_original"]
    tune = hit((5.0, 20.0), similarity=0.6, detector=MELODY)
    (only,) = advise("warn", [tune], duration_s=60, weak=WEAK)
    assert only.code == "another_melody"
    assert only.text.startswith("The matching passage is 0:05 to 0:20. Only the tune")
    assert codes(advise("warn", [], duration_s=30, weak=WEAK, unheard=True)) == ["hear_it"]
    assert codes(
        advise("not_cleared", [hit((0.0, 9.0), similarity=0.2)], duration_s=30, weak=WEAK, missing=("vault",))
    ) == ["try_later"]
    assert codes(advise("block", [hit((0.0, 12.0))], duration_s=30, weak=WEAK, missing=("vault",))) == [
        "another_seed", "try_later",
    ]  # fmt: skip


def test_weak_hits_do_not_count():
    assert advise("allow", [hit((0.0, 12.0), similarity=0.39)], duration_s=30, weak=WEAK) == ()
    assert clean_stretch((), 30.0) == (0.0, 30.0)
