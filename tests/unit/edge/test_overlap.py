"""Overlap counts different material once: never more than is heard, and no more for being played again."""

from hypothesis import given
from hypothesis import strategies as st
from vault_domain.evidence import Span
from vault_edge.matching import covered, overlap

starts, lengths = st.floats(0, 200), st.floats(0.5, 60)


def span(start: float, length: float, at: float, tempo: float = 1.0) -> Span:
    return Span(query_start=start, query_end=start + length, ref_start=at, ref_end=at + length * tempo)


@given(st.lists(st.builds(span, starts, lengths, starts), max_size=8))
def test_never_more_than_is_heard_or_than_there_is(spans):
    found = overlap(spans)
    assert 0 <= found <= covered((one.query_start, one.query_end) for one in spans) + 1e-6
    assert found <= covered((one.ref_start, one.ref_end) for one in spans) + 1e-6


@given(lengths, starts, st.integers(1, 10))
def test_one_passage_played_again_and_again_counts_once(length, at, times):
    assert abs(overlap([span(turn * length, length, at) for turn in range(times)]) - length) < 1e-6


@given(lengths, starts, st.floats(0.5, 2))
def test_a_slower_or_faster_copy_counts_as_long_as_it_sounds(length, at, tempo):
    assert abs(overlap([span(0, length, at, tempo)]) - length) < 1e-6


def test_nothing():
    assert overlap([]) == 0
