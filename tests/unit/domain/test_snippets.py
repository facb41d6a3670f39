"""What may be heard: short, bounded, and never most of a track, whatever is asked for and in whichever order."""

import contextlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import NOW, a_report, a_rights, a_track, an_id, later
from vault_domain.errors import BadRequest, Conflict, Expired, NotFound, PolicyRefused, TooMany
from vault_domain.evidence import Hit, Span
from vault_domain.rights import revoke
from vault_domain.snippets import (
    LIFE,
    LONGEST_S,
    MOST_OPENED,
    MOST_SHARE,
    PLAYS,
    Listening,
    Snippet,
    SnippetAsk,
    check_case,
    check_consent,
    find_hit,
    listen,
    merged,
    playable,
    played,
    seconds,
    window,
)
from vault_domain.tracks import Status

TIME = st.floats(0, 600, allow_nan=False)
WINDOWS = st.lists(st.tuples(TIME, TIME).map(lambda pair: (min(pair), max(pair))), max_size=20).map(tuple)


def a_hit(start: float, end: float) -> Hit:
    span = Span(query_start=start, query_end=end, ref_start=start, ref_end=end)
    return Hit(ref="x", similarity=0.5, detector="fused", spans=(span,))


def heard() -> Listening:
    return Listening(track_id=an_id("trk"), reviewer=an_id("acc"))


@given(TIME, TIME, TIME, TIME)
def test_a_window_is_short_and_inside(start, end, offset, duration):
    start, end = min(start, end), max(start, end)
    asked = SnippetAsk(source="vault", ref="x", offset_s=offset)
    with contextlib.suppress(BadRequest):
        first, last = window(a_hit(start, end), asked, duration)
        assert 0 <= first < last <= duration + 0.001
        assert last - first <= min(LONGEST_S, MOST_SHARE * duration) + 0.002
        assert start - 3.001 <= first
        assert last <= end + 3.001


@given(st.lists(st.tuples(TIME, st.floats(0.1, 30)), max_size=80), st.floats(10, 600))
def test_nobody_ever_hears_most_of_a_track(asked, duration):
    record = heard()
    for start, length in asked:
        with contextlib.suppress(PolicyRefused, TooMany):
            record = listen(record, (start, start + length), duration)
    assert seconds(record.windows) <= MOST_SHARE * duration + 0.02
    assert record.opened <= MOST_OPENED


@given(WINDOWS)
def test_merging_keeps_every_second_once(windows):
    found = merged(windows)
    assert merged(found) == found
    assert all(one[1] < other[0] for one, other in pairwise(found))
    for begin, end in windows:
        assert any(first <= begin and end <= last for first, last in found)


def test_hearing_the_same_again_costs_no_share():
    record = listen(heard(), (0, 10), 20)
    assert listen(record, (0, 10), 20).windows == record.windows
    with pytest.raises(PolicyRefused):
        listen(record, (10, 11), 20)


def test_the_number_of_links_is_bounded():
    with pytest.raises(TooMany):
        listen(heard().with_changes(opened=MOST_OPENED), (0, 1), 600)


def test_only_spans_of_the_evidence():
    report = a_report("vault", a_hit(1, 4))
    assert find_hit(report, SnippetAsk(source="vault", ref="x")) == report.hits[0]
    for wrong in (SnippetAsk(source="vault", ref="y"), SnippetAsk(source="vault", ref="x", span=1)):
        with pytest.raises(NotFound):
            find_hit(report, wrong)
    with pytest.raises(NotFound):
        find_hit(None, SnippetAsk(source="vault", ref="x"))


@pytest.mark.parametrize(
    ("rights", "allowed"), [(None, True), (a_rights(), False), (revoke(a_rights(), "", NOW), True)]
)
def test_without_consent_nothing_is_heard(rights, allowed):
    with pytest.raises(PolicyRefused):
        check_consent(rights, allowed)


def test_a_link_is_one_persons_for_a_while_and_a_few_plays():
    link = Snippet(
        snippet_id=an_id("snp"), reviewer=an_id("acc"), case=an_id("trk"), track_id=an_id("trk"),
        start_s=0, end_s=4, expires=NOW + LIFE,
    )  # fmt: skip
    assert playable(link, an_id("acc"), NOW) == link
    with pytest.raises(NotFound):
        playable(link, an_id("acc", 2), NOW)
    with pytest.raises(Expired):
        playable(link, an_id("acc"), later(minutes=2))
    with pytest.raises(TooMany):
        played(link.with_changes(plays=PLAYS))


@pytest.mark.parametrize("status", list(Status))
def test_only_where_people_are_deciding(status):
    track = a_track(status=status)
    if status in (Status.PENDING_REVIEW, Status.DISPUTE_PENDING, Status.UNDER_INVESTIGATION):
        check_case(track)
    else:
        with pytest.raises(Conflict):
            check_case(track)
