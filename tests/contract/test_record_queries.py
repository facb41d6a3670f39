"""The laws of lists, indexes and cursors, held by every record store alike."""

import pytest
from contract.worlds import Note, Notebook, walk
from vault_domain.errors import BadRequest
from vault_domain.ports import Delete, Put, Records

# --- lists and indexes --------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 200])
def test_a_list_is_complete_in_order_and_ends(records, owner, limit):
    wanted = [Note(owner=owner, number=number) for number in (5, 1, 4, 2, 3, 7, 6)]
    records.commit([Put(note, 0) for note in wanted] + [Put(Notebook(owner=owner), 0)])
    found = walk(lambda cursor: records.list(Note, owner, limit=limit, cursor=cursor))
    assert [note.number for note in found] == [1, 2, 3, 4, 5, 6, 7]


def test_a_page_that_holds_everything_has_no_cursor(records, owner):
    records.commit([Put(Note(owner=owner, number=number), 0) for number in range(3)])
    assert records.list(Note, owner, limit=3).cursor is None
    assert records.list(Note, owner, limit=2).cursor is not None


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("limit", [1, 4, 50])
@pytest.mark.parametrize(("since", "until", "numbers"), [
    (None, None, range(9)), ("000003", None, range(3, 9)), (None, "000006", range(6)),
    ("000003", "000006", range(3, 6)),
    ("000004", "000004", ()), ("000006", "000003", ()), ("", None, range(9)), (None, "", ()),
])  # fmt: skip
def test_an_index_is_ordered_and_bounded(records, owner, newest_first, limit, since, until, numbers):
    records.commit([Put(Note(owner=owner, number=number, author=owner), 0) for number in (8, 3, 5, 0, 7, 1, 6, 2, 4)])
    found = walk(lambda cursor: records.find(
        Note, "by_author", owner, since=since, until=until, newest_first=newest_first, limit=limit, cursor=cursor,
    ))  # fmt: skip
    assert [note.number for note in found] == sorted(numbers, reverse=newest_first)


def test_the_upper_bound_is_exclusive_even_for_an_exact_key(records, owner):
    records.commit([Put(Note(owner=owner, number=number, author=owner), 0) for number in range(4)])
    exact = f"000002#{owner}"
    for newest_first in (False, True):
        page = records.find(Note, "by_author", owner, since="000000", until=exact, newest_first=newest_first, limit=1)
        rest = walk(lambda cursor, first=newest_first: records.find(
            Note, "by_author", owner, since="000000", until=exact, newest_first=first, limit=1, cursor=cursor,
        ))  # fmt: skip
        assert len(page.items) == 1
        assert sorted(note.number for note in rest) == [0, 1]


def test_equal_index_keys_are_all_found_once(records, owner):
    """Ten records with one and the same index key, three at a time."""
    notes = [Note(owner=owner, number=number, state=f"s-{owner}") for number in range(10)]
    records.commit([Put(note, 0) for note in notes])
    for newest_first in (False, True):
        found = walk(lambda cursor, first=newest_first: records.find(
            Note, "by_state", f"s-{owner}", newest_first=first, limit=3, cursor=cursor,
        ))  # fmt: skip
        assert sorted(note.number for note in found) == list(range(10))


def test_an_index_follows_its_record(records, owner):
    note = Note(owner=owner, state=f"open-{owner}")
    records.commit([Put(note, 0)])
    assert [found.version for found in records.find(Note, "by_state", f"open-{owner}").items] == [1]
    records.commit([Put(note.with_changes(state=f"shut-{owner}"), 1)])
    assert records.find(Note, "by_state", f"open-{owner}").items == ()
    assert [found.version for found in records.find(Note, "by_state", f"shut-{owner}").items] == [2]
    records.commit([Put(note.with_changes(state=None), 2)])
    assert records.find(Note, "by_state", f"shut-{owner}").items == ()
    records.commit([Delete(note, 3)])
    assert records.find(Note, "by_author", "nobody").items == ()


def test_an_index_gives_only_the_kind_that_was_asked_for(records, owner):
    records.commit([Put(Notebook(owner=owner), 0), Put(Note(owner=owner), 0)])
    books = walk(lambda cursor: records.find(Notebook, "by_author", "ada", limit=20, cursor=cursor))
    assert {book.kind for book in books} == {"notebook"}
    assert owner in {book.owner for book in books}


def test_paging_survives_a_deleted_record(records, owner):
    notes = [Note(owner=owner, number=number) for number in range(6)]
    records.commit([Put(note, 0) for note in notes])
    page = records.list(Note, owner, limit=3)
    records.commit([Delete(notes[2], 1), Delete(notes[3], 1)])
    assert [note.number for note in records.list(Note, owner, cursor=page.cursor).items] == [4, 5]


@pytest.mark.parametrize("ask", [
    lambda records, owner: records.find(Note, "by_nothing", owner),
    lambda records, owner: records.find(Note, "by_author", owner, limit=0),
    lambda records, owner: records.list(Note, owner, limit=-1),
    lambda records, owner: records.find(Note, "by_author", owner, since="x" * 2000),
    lambda records, owner: records.find(Note, "by_author", owner, until="\ud800"),
])  # fmt: skip
def test_questions_without_sense_are_refused(records, owner, ask):
    with pytest.raises(BadRequest):
        ask(records, owner)


# --- cursors ------------------------------------------------------------------


def a_cursor(records: Records, owner: str) -> str:
    records.commit([Put(Note(owner=owner, number=number, author=owner), 0) for number in range(4)])
    cursor = records.find(Note, "by_author", owner, limit=2).cursor
    assert cursor
    return cursor


@pytest.mark.parametrize("other", [
    {"hash_key": "somebody"}, {"newest_first": True}, {"since": "000001"}, {"until": "000003"}, {"index": "by_state"},
])  # fmt: skip
def test_a_cursor_belongs_to_its_query(records, owner, other):
    cursor = a_cursor(records, owner)
    with pytest.raises(BadRequest):
        records.find(Note, **{"index": "by_author", "hash_key": owner, "cursor": cursor} | other)
    with pytest.raises(BadRequest):
        records.list(Note, owner, cursor=cursor)


@pytest.mark.parametrize("hostile", [
    "", "x", "....", "AAAA", "=", "%00", "\ud800", "é", "{}", "a" * 9000, "null", " ", "-" * 40, "_" * 64, "../../x",
])  # fmt: skip
def test_a_hostile_cursor_is_a_bad_request(records, owner, hostile):
    with pytest.raises(BadRequest):
        records.find(Note, "by_author", owner, cursor=hostile)
    with pytest.raises(BadRequest):
        records.list(Note, owner, cursor=hostile)


def test_every_changed_character_of_a_cursor_is_noticed(records, owner):
    cursor = a_cursor(records, owner)
    for place in range(len(cursor)):
        other = "A" if cursor[place] != "A" else "B"
        with pytest.raises(BadRequest):
            records.find(Note, "by_author", owner, cursor=cursor[:place] + other + cursor[place + 1 :])
        with pytest.raises(BadRequest):
            records.find(Note, "by_author", owner, cursor=cursor[:place])
