"""Credits gathered in turns: the same as at once, and never without an end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_domain import crediting
from vault_domain.crediting import LONGEST, MAX_ARTISTS, Walk, begun, from_bytes, to_bytes, walked
from vault_domain.names import MAX_SNAPSHOT_BYTES, MAX_SPELLINGS, KnownName, to_snapshot

names = st.sets(st.text(min_size=2, max_size=8), max_size=5)
WIDEST = "\U0001f3b5" * (LONGEST - 6)


@given(st.lists(names, min_size=1, max_size=6))
def test_pages_in_any_number_of_turns_find_what_one_turn_finds(pages):
    walk = Walk(artists=frozenset({"Before"}))
    for number, page in enumerate(pages):
        assert walk.artists == {"Before"}
        walk = from_bytes(to_bytes(walk))
        walk = walked(begun(walk), page, None if number == len(pages) - 1 else f"at {number}")
    assert (walk.cursor, walk.artists) == (None, frozenset().union(*pages))
    assert begun(walk) == Walk(artists=walk.artists)


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
    assert len(to_bytes(Walk("x" * 4000, credited, 0, credited))) <= MAX_SNAPSHOT_BYTES
    listed = [KnownName(f"{number:06}{WIDEST}", source="x" * 60) for number in range(MAX_SPELLINGS)]
    vault = [KnownName(name, source="vault", participating=True) for name in credited]
    assert len(to_snapshot(10**9, [*listed, *vault])) <= MAX_SNAPSHOT_BYTES
