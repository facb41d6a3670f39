"""Whether reported passages are the right ones, within a second."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lemm.demo.spans import spans_hold


def span(query_start, query_end, ref_start):
    return {"query_start": query_start, "query_end": query_end, "ref_start": ref_start}


@given(st.floats(-0.9, 0.9), st.floats(-0.9, 0.9))
def test_within_a_second_it_holds(start, end):
    assert spans_hold([span(15 + start, 25 + end, 40 + start)], 15, 25, 40)


@pytest.mark.parametrize(
    "spans",
    [[], [span(15, 25, 60)], [span(17, 25, 42)], [span(15, 23, 40)], [span(12, 25, 37)], [span(15, 28, 40)]],
)
def test_another_place_or_length_does_not(spans):
    assert not spans_hold(spans, 15, 25, 40)


def test_pieces_of_one_passage_count_together_and_repeats_elsewhere_do_no_harm():
    assert spans_hold([span(15, 19, 40), span(20, 25, 45), span(0, 30, 90)], 15, 25, 40)


def test_a_silent_beginning_and_end_may_be_left_out_and_no_more():
    assert spans_hold([span(16.5, 22.5, 41.5)], 15, 25, 40, (1.0, 2.0))
    assert not spans_hold([span(17.5, 22.5, 42.5)], 15, 25, 40, (1.0, 2.0))
    assert not spans_hold([span(16.5, 21.5, 41.5)], 15, 25, 40, (1.0, 2.0))
    assert not spans_hold([span(13.5, 25, 38.5)], 15, 25, 40, (1.0, 2.0))
