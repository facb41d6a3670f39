"""Lists of names: what wins, what is left out, and bytes that come back as they went."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_domain.names import (
    KnownName,
    KnownTitle,
    ListedName,
    NameAsk,
    from_snapshot,
    identity,
    known,
    name_id,
    titles_from,
    to_snapshot,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
names = st.builds(
    KnownName, st.text(min_size=1, max_size=20), st.lists(st.text(min_size=1, max_size=9), max_size=3).map(tuple),
    st.sampled_from(["list", "vault", "open-music"]), st.sampled_from([None, True, False]), st.booleans(),
)  # fmt: skip
titles = st.builds(KnownTitle, st.text(max_size=20), st.lists(st.text(max_size=9), max_size=3).map(tuple))


def row(name, pack=None, **more):
    return ListedName(entry=NameAsk(name=name, **more), pack=pack, by="acc", at=NOW)


def test_a_listed_name_wins_over_an_artist_of_the_vault_and_so_do_its_aliases():
    listed = [row("Grindelhoven", aliases=("The Grind",))]
    found = known(listed, ["grindelhoven", "THE  grind", "Nova Arc", "!"], frozenset())
    assert {(one.name, one.participating) for one in found} == {("Grindelhoven", False), ("Nova Arc", True)}


def test_an_artist_who_agreed_is_participating_though_listed():
    assert known([row("Nova Arc", participating=True)], ["Nova Arc"], frozenset())[0].participating


def test_names_of_a_dataset_count_while_it_may_be_used_and_the_own_list_comes_first():
    listed = [row("Nova Arc", pack="open-music", participating=True), row("nova arc")]
    assert [one.source for one in known(listed, [], frozenset({"open-music"}))] == ["list"]
    assert known(listed[:1], [], frozenset()) == ()


@given(st.lists(names, max_size=8), st.lists(titles, max_size=8), st.integers(0, 9))
def test_a_snapshot_comes_back_as_it_went(listed, called, number):
    data = to_snapshot(number, listed, called)
    assert from_snapshot(data) == tuple(listed)
    assert titles_from(data) == tuple(sorted(called))
    assert identity(data) == identity(to_snapshot(number, listed, reversed(called)))


def test_a_snapshot_from_before_there_were_titles_has_none():
    assert titles_from(b'{"format":"lemm-names/1","names":[],"number":3}') == ()


@pytest.mark.parametrize("rows", ["[1]", "1", '[["a"]]', '[["a","b"]]', '{"a":1}'])
def test_titles_of_another_form_are_refused_by_one_error(rows):
    with pytest.raises(ValueError):  # noqa: PT011 - json's own error is one too
        titles_from(f'{{"format":"lemm-names/1","names":[],"titles":{rows}}}'.encode())


@given(
    st.binary(max_size=60) | st.just(b'{"format":"lemm-names/1"}') | st.just(b'{"format":"lemm-names/1","names":[1]}')
)
def test_anything_else_is_refused_by_one_error(data):
    with pytest.raises(ValueError):  # noqa: PT011 - json's own error is one too
        from_snapshot(data)


def test_fixed_bytes():
    data = to_snapshot(3, [KnownName("Beyoncé", ("Queen B",), common=False)], [KnownTitle("Halo", ("Beyoncé",))])
    assert data.decode() == (
        '{"format":"lemm-names/1","names":[["Beyoncé",["Queen B"],"list",false,false]],"number":3,'
        '"titles":[["Halo",["Beyoncé"]]]}'
    )


def test_case_and_spacing_do_not_make_another_name():
    assert name_id("Nova  ARC") == name_id("nova arc")
    assert name_id("Novaarc") != name_id("nova arc")
