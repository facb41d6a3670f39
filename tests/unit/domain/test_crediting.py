"""Credits gathered in turns: the same as at once, and never without an end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_domain import crediting
from vault_domain.crediting import LONGEST, MAX_ARTISTS, MAX_TITLE_BYTES, Walk, begun, from_bytes, to_bytes, walked
from vault_domain.names import MAX_SNAPSHOT_BYTES, MAX_SPELLINGS, KnownName, KnownTitle, to_snapshot

names = st.sets(st.text(min_size=2, max_size=8), max_size=5)
WIDEST = "\U0001f3b5" * (LONGEST - 6)


@given(st.lists(names, min_size=1, max_size=6))
def test_pages_in_any_number_of_turns_find_what_one_turn_finds(pages):
    before = KnownTitle("Before", ("Somebody",))
    walk = Walk(artists=frozenset({"Before"}), titles=frozenset({before}))
    called = [{KnownTitle(name, ("Nova",)) for name in page} for page in pages]
    for number, (page, titles) in enumerate(zip(pages, called, strict=True)):
        assert (walk.artists, walk.titles) == ({"Before"}, {before})
        kept = from_bytes(to_bytes(walk))
        assert kept == walk
        walk = walked(begun(kept), page, None if number == len(pages) - 1 else f"at {number}", titles)
    assert (walk.cursor, walk.artists, walk.titles) == (None, frozenset().union(*pages), frozenset().union(*called))
    assert begun(walk) == Walk(artists=walk.artists, titles=walk.titles)


def test_titles_have_an_end_and_those_beyond_it_are_counted(monkeypatch):
    one, two, three = (KnownTitle(name, ("Nova",)) for name in ("A", "B", "C"))
    monkeypatch.setattr(crediting, "MAX_TITLE_BYTES", 2 * len('["A",["Nova"]],'))
    walk = walked(Walk(), [], "further", [one, KnownTitle("x" * (LONGEST + 1)), one])
    walk = walked(from_bytes(to_bytes(walk)), [], None, [three, one, two])
    assert (walk.titles, walk.left_out) == ({one, three}, 1)


def test_of_a_title_some_artists_are_kept():
    many = KnownTitle("A", ("x" * (LONGEST + 1), *(f"n{number}" for number in range(9))))
    assert walked(Walk(), [], None, [many]).titles == {KnownTitle("A", ("n0", "n1", "n2"))}


def test_a_credit_too_long_for_a_name_is_none_and_those_beyond_the_bound_are_counted(monkeypatch):
    monkeypatch.setattr(crediting, "MAX_ARTISTS", 2)
    walk = walked(Walk(), ["a", "b", "x" * (LONGEST + 1), "c", "a"], None)
    assert (walk.artists, walk.left_out) == ({"a", "b"}, 1)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"null", b'{"format":"else"}', b"\xff", b"[" * 100_000])
def test_anything_else_is_no_walk(data):
    with pytest.raises(ValueError, match=r"no walk of ours|Expecting value|utf-8"):
        from_bytes(data)


@pytest.mark.slow
def test_the_longest_list_and_walk_fit_into_what_is_read():
    credited = frozenset(f"{number:06}{WIDEST}" for number in range(MAX_ARTISTS))
    called = frozenset(KnownTitle(f"{number:06}{WIDEST}") for number in range(MAX_TITLE_BYTES // 350))
    walk = walked(Walk(), [], None, called)
    assert walk.left_out
    full = Walk("x" * 4000, credited, 0, credited, walk.titles, 0, walk.titles)
    assert len(to_bytes(full)) <= MAX_SNAPSHOT_BYTES
    listed = [KnownName(f"{number:06}{WIDEST}", source="x" * 60) for number in range(MAX_SPELLINGS)]
    vault = [KnownName(name, source="vault", participating=True) for name in credited]
    assert len(to_snapshot(10**9, [*listed, *vault], walk.titles)) <= MAX_SNAPSHOT_BYTES
