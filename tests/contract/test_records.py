"""The laws of records and commits, held by every record store alike."""

from datetime import datetime, timedelta, timezone

import pytest
from contract.worlds import AT, Note, Notebook, event
from vault_domain.errors import BadRequest, Corrupt, LostRace, TooLarge
from vault_domain.events import AuditEvent
from vault_domain.ports import Change, Delete, Page, Put, Require

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


def test_many_are_got_as_each_would_be(records, owner):
    """In the order of the keys: absent ones, impossible ones, ones of another kind, twice the same, over a hundred."""
    notes = [Note(owner=owner, number=number, text="x" * number) for number in range(130)]
    for first in range(0, len(notes), 50):
        records.commit([Put(note, 0) for note in notes[first : first + 50]])
    records.commit([Put(Notebook(owner=owner, title="t"), 0)])
    keys = [note.key() for note in reversed(notes)]
    keys[3:3] = [(owner, "note#999999"), ("", "note"), (owner, "notebook"), (owner, "x" * 1025), notes[7].key()]
    assert records.get_many(Note, keys) == tuple(records.get(Note, *key) for key in keys)
    assert records.get_many(Note, keys)[3:8] == (None, None, None, None, notes[7].with_changes(version=1))
    assert records.get_many(Note, []) == ()


def test_records_of_several_kinds_are_got_together(records, owner):
    note, book = Note(owner=owner, number=4), Notebook(owner=owner, title="t")
    records.commit([Put(note, 0), Put(book, 0)])
    wanted = [
        (Note, *note.key()),
        (Notebook, *book.key()),
        (Note, *book.key()),
        (Note, owner, "note#9"),
        (Note, "", "x"),
    ]
    found = records.together([*wanted, wanted[0]])
    for kind, *key in wanted:
        assert found.get(kind, *key) == records.get(kind, *key)
    assert found.get(Note, *note.key()).version == 1
    assert found.get(Notebook, owner).title == "t"
    assert found.get(Note, *book.key()) is None
    with pytest.raises(KeyError):
        found.get(Note, owner, "note#8")
    assert records.together([]).found == {}


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
