"""The laws of ``Records``, held by every store alike."""

import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from itertools import count

import pytest
from contract.worlds import Note, Notebook, RecordWorld
from vault_domain.errors import BadRequest, Corrupt, LostRace, TooLarge
from vault_domain.events import Actor, AuditEvent, Kind, make_event
from vault_domain.ports import Change, Delete, Page, Put, Records, Require
from vault_store.ids import RandomIds

AT = datetime(2026, 5, 4, 3, 2, 1, 123456, tzinfo=UTC)
new_id = RandomIds()


@pytest.fixture
def records(record_world: RecordWorld) -> Iterator[Records]:
    yield record_world.records
    record_world.clear()


@pytest.fixture
def owner() -> str:
    """A hash key that no other test uses: tables are shared."""
    return f"owner-{uuid.uuid4().hex}"


def event(subject: str = "trk_x", event_id: str | None = None) -> AuditEvent:
    return make_event(event_id or new_id("evt"), Kind.TRACK_CHANGED, subject, Actor(id="step", role="system"), AT, n=1)


def walk(ask: Callable[[str | None], Page[Note]]) -> list[Note]:
    """Every record, page by page; fails on a cursor that goes round in circles."""
    found: list[Note] = []
    cursor = None
    for _ in range(200):
        page = ask(cursor)
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found
        assert page.items, "a page with a cursor holds at least one record"
    raise AssertionError("the cursor never ends")


# --- one record ---------------------------------------------------------------


def test_what_was_put_is_what_is_got(records, owner):
    note = Note(
        owner=owner, number=3, text="quotes \" ' \\ and ünï çødé 🎵\n\t", weight=0.1 + 0.2, tags=("a", "b"),
        at=datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), ends=AT, state="open",
    )  # fmt: skip
    records.commit([Put(note, expects=0)])
    assert records.get(Note, owner, "note#000003") == note.with_changes(version=1)


def test_the_version_counts_the_writes_of_one_key(records, owner):
    note = Note(owner=owner)
    for expects in range(5):
        records.commit([Put(note.with_changes(weight=float(expects)), expects)])
    found = records.get(Note, *note.key())
    assert (found.version, found.weight) == (5, 4.0)


def test_what_is_not_there_is_none(records, owner):
    assert records.get(Note, owner, "note#000000") is None
    assert records.list(Note, owner) == Page(())
    assert records.find(Note, "by_author", owner) == Page(())


@pytest.mark.parametrize("impossible", ["", "x" * 2049, "\ud800"])
def test_nothing_is_under_a_key_that_nothing_could_have(records, impossible):
    assert records.get(Note, impossible) is None
    assert records.list(Note, impossible).items == ()
    assert records.find(Note, "by_author", impossible).items == ()


def test_a_record_of_another_kind_does_not_count(records, owner):
    records.commit([Put(Notebook(owner=owner, title="t"), 0), Put(Note(owner=owner), 0)])
    assert records.get(Notebook, owner).title == "t"
    assert records.get(Note, owner, "notebook") is None
    assert [note.kind for note in records.list(Note, owner).items] == ["note"]


# --- expectations -------------------------------------------------------------


@pytest.mark.parametrize("verb", [Put, Delete, Require])
@pytest.mark.parametrize(("present", "expects", "holds"), [
    (0, 0, True), (0, 1, False), (1, 0, False), (1, 1, True), (1, 2, False), (1, -1, False), (2, 1, False),
    (2, 2, True),
])  # fmt: skip
def test_an_expectation_holds_or_the_race_is_lost(records, owner, verb, present, expects, holds):
    note = Note(owner=owner)
    for version in range(present):
        records.commit([Put(note, version)])
    if holds:
        records.commit([verb(note, expects)])
        return
    with pytest.raises(LostRace):
        records.commit([verb(note, expects)])
    found = records.get(Note, *note.key())
    assert (found.version if found else 0) == present


def test_a_deleted_key_starts_again_at_one(records, owner):
    note = Note(owner=owner)
    records.commit([Put(note, 0)])
    records.commit([Delete(note, 1)])
    assert records.get(Note, *note.key()) is None
    records.commit([Put(note, 0)])
    assert records.get(Note, *note.key()).version == 1


@pytest.mark.parametrize("flaw", [Put, Delete, Require])
def test_a_failed_commit_changes_nothing(records, owner, flaw):
    kept, gone = Note(owner=owner, number=1), Note(owner=owner, number=2)
    records.commit([Put(kept, 0), Put(gone, 0)])
    told = event(owner)
    changes: list[Change] = [
        Put(kept.with_changes(text="new"), 1),
        Delete(gone, 1),
        Put(Note(owner=owner, number=3), 0),
        flaw(Note(owner=owner, number=4), 7),
    ]
    with pytest.raises(LostRace):
        records.commit(changes, [told])
    notes = records.list(Note, owner).items
    assert [(note.number, note.version, note.text) for note in notes] == [(1, 1, ""), (2, 1, "")]
    assert records.get(AuditEvent, told.event_id) is None


def test_a_commit_is_whole(records, owner):
    first, second, told = Note(owner=owner, number=1), Note(owner=owner, number=2), event(owner)
    records.commit([Put(first, 0), Require(second, 0)], [told])
    assert records.get(Note, *first.key()).version == 1
    assert records.get(AuditEvent, told.event_id) == told.with_changes(version=1)


def test_an_event_id_is_used_once(records, owner):
    told = event(owner)
    records.commit([], [told])
    with pytest.raises(LostRace):
        records.commit([], [event("trk_other", told.event_id)])
    with pytest.raises(LostRace):
        records.commit([Put(Note(owner=owner), 0)], [told])
    assert records.get(AuditEvent, told.event_id).subject == owner
    assert records.list(Note, owner).items == ()


def test_the_very_same_commit_with_its_event_may_be_repeated(records, owner):
    changes, told = [Put(Note(owner=owner), 0)], [event(owner)]
    records.commit(changes, told)
    records.commit(changes, told)
    assert records.get(Note, owner, "note#000000").version == 1


def test_an_equal_commit_without_an_event_is_a_rival(records, owner):
    records.commit([Put(Note(owner=owner), 0)])
    with pytest.raises(LostRace):
        records.commit([Put(Note(owner=owner), 0)])


def test_an_empty_commit_does_nothing(records):
    records.commit([])


# --- limits -------------------------------------------------------------------


def test_a_hundred_actions_and_no_more(records, owner):
    notes = [Put(Note(owner=owner, number=number), 0) for number in range(100)]
    with pytest.raises(TooLarge):
        records.commit(notes, [event(owner)])
    assert records.list(Note, owner).items == ()
    records.commit(notes[:99], [event(owner)])
    assert len(records.list(Note, owner).items) == 99


def test_an_item_of_almost_400_kb_and_no_more(records, owner):
    records.commit([Put(Note(owner=owner, text="x" * 404_000), 0)])
    assert len(records.get(Note, owner, "note#000000").text) == 404_000  # moto draws the line at 405,000 bytes
    with pytest.raises(TooLarge):
        records.commit([Put(Note(owner=owner, number=1, text="ü" * 205_000), 0)])


def test_four_megabytes_a_commit_and_no_more(records, owner):
    with pytest.raises(TooLarge):
        records.commit([Put(Note(owner=owner, number=number, text="x" * 400_000), 0) for number in range(11)])
    assert records.list(Note, owner).items == ()


def test_one_commit_names_a_key_once(records, owner):
    with pytest.raises(BadRequest):
        records.commit([Put(Note(owner=owner), 0), Require(Note(owner=owner), 0)])


@pytest.mark.parametrize("bad", [{"owner": ""}, {"owner": "x" * 2049}, {"author": ""}, {"author": "x" * 2049}])
def test_impossible_keys_are_refused(records, owner, bad):
    with pytest.raises(BadRequest):
        records.commit([Put(Note(**{"owner": owner} | bad), 0)])
    assert records.list(Note, owner).items == ()


@pytest.mark.parametrize("weight", [float("nan"), float("inf")])
def test_what_would_not_read_back_is_not_written(records, owner, weight):
    with pytest.raises(Corrupt):
        records.commit([Put(Note(owner=owner, weight=weight), 0)])
    assert records.list(Note, owner).items == ()


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


# --- races --------------------------------------------------------------------


def at_once(*work: Callable[[], object]) -> list[object]:
    """Run all work from the same moment on; each result, or the exception."""
    ready = threading.Barrier(len(work))

    def run(task: Callable[[], object]) -> object:
        ready.wait()
        try:
            return task()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(run, work))


def test_of_racing_commits_exactly_one_wins(record_world, owner):
    if not record_world.concurrent:
        pytest.skip("this store is not meant for threads")
    records = record_world.records
    for round_number in range(10):
        told = [event(owner) for _ in range(4)]
        commits = [
            lambda who=who, number=round_number, mine=told[who]: records.commit(
                [Put(Note(owner=owner, number=number, text=str(who)), 0)], [mine]
            )
            for who in range(4)
        ]
        outcomes = at_once(*commits)
        winners = [who for who, outcome in enumerate(outcomes) if outcome is None]
        assert len(winners) == 1, outcomes
        assert all(outcome is None or isinstance(outcome, LostRace) for outcome in outcomes)
        assert records.get(Note, owner, f"note#{round_number:06d}").text == str(winners[0])
        assert [records.get(AuditEvent, one.event_id) is not None for one in told] == [
            who == winners[0] for who in range(4)
        ]


def test_no_increment_is_lost(record_world, owner):
    """Four writers read, add one, and retry when they lost: every addition counts."""
    if not record_world.concurrent:
        pytest.skip("this store is not meant for threads")
    records = record_world.records
    records.commit([Put(Note(owner=owner, weight=0.0), 0)])

    def add() -> None:
        for _ in range(5):
            for _attempt in count():
                note = records.get(Note, owner, "note#000000")
                try:
                    records.commit([Put(note.with_changes(weight=note.weight + 1), note.version)])
                    break
                except LostRace:
                    assert _attempt < 500

    assert at_once(*[add] * 4) == [None] * 4
    found = records.get(Note, owner, "note#000000")
    assert (found.weight, found.version) == (20.0, 21)


def test_a_reader_never_sees_half_a_commit_done(record_world, owner):
    """The second record is written in the same commit, so whoever sees the first finds the second."""
    if not record_world.concurrent:
        pytest.skip("this store is not meant for threads")
    records = record_world.records

    def write() -> None:
        for number in range(0, 40, 2):
            records.commit([Put(Note(owner=owner, number=number), 0), Put(Note(owner=owner, number=number + 1), 0)])

    def read() -> None:
        for number in range(0, 40, 2):
            for _ in range(500):
                if records.get(Note, owner, f"note#{number:06d}"):
                    break
            assert records.get(Note, owner, f"note#{number:06d}") is None or records.get(
                Note, owner, f"note#{number + 1:06d}"
            )

    assert at_once(write, read) == [None, None]
