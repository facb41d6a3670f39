"""Races: of several writers one wins, nothing is lost, and nobody sees half a commit."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from contract.worlds import Note, event
from vault_domain.errors import LostRace
from vault_domain.events import AuditEvent
from vault_domain.ports import Put


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
