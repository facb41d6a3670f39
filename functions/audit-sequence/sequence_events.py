"""Events on their way into the log: found without a place, and given one.

The index that finds them may lag, and show an event that has its place already;
so each is read again, consistently, before it is taken. Together with the rule
that a head is finished before anything is appended, that makes sure that no
event is taken twice.
"""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from heapq import merge
from itertools import islice

from vault_domain.errors import Corrupt, TooLarge
from vault_domain.events import AuditEvent
from vault_domain.ids import make_id
from vault_domain.ports import Put, Records, every
from vault_edge.racing import settled

PAGE = 50
READERS = 8
"""Events read at the same time."""
TOGETHER = 50
"""Events marked in one transaction; fewer where they are large."""
SHELVES = tuple(make_id("evt", bytes([*[0] * 15, number]))[-1] for number in range(32))
"""The hash values of the index: every last character that an id can have."""


def unsequenced(records: Records, limit: int) -> list[AuditEvent]:
    """The first events without a place, by sequence key."""
    listed = merge(*(_shelf(records, name) for name in SHELVES), key=lambda event: event.sequence_key)
    found: dict[str, AuditEvent] = {}
    with ThreadPoolExecutor(READERS) as pool:
        while some := list(islice(listed, limit - len(found))):
            for event in pool.map(lambda one: records.get(AuditEvent, one.event_id), some):
                if event is not None and event.sequence is None:
                    found[event.event_id] = event
    return list(found.values())


def mark(records: Records, first: int, entries: Sequence[bytes], read: Sequence[AuditEvent] = ()) -> None:
    """Write its place into each event that lacks it: the entries are those of the tree from ``first`` on.

    ``read``: events as they were a moment ago; one that has changed since is read again.
    """
    known = {event.event_id: event for event in read}
    places = [(first + at, str(json.loads(entry)["event_id"])) for at, entry in enumerate(entries)]
    rest = iter(places)
    while some := list(islice(rest, TOGETHER)):
        _mark_all(records, some, known)


def _mark_all(records: Records, places: list[tuple[int, str]], known: dict[str, AuditEvent]) -> None:
    """In one transaction if they fit: one event always does, as its entry in the index makes room for its place."""
    try:
        settled(lambda: _mark(records, places, known))
    except TooLarge:
        if len(places) == 1:
            raise
        half = len(places) // 2
        _mark_all(records, places[:half], known)
        _mark_all(records, places[half:], known)


def _mark(records: Records, places: list[tuple[int, str]], known: dict[str, AuditEvent]) -> None:
    """What is known serves the first attempt only: after a lost race all is read again."""
    changes = []
    for place, event_id in places:
        event = known.pop(event_id, None) or records.get(AuditEvent, event_id)
        if event is None:
            raise Corrupt(f"event {event_id} is at {place} of the log and not in the table")
        if event.sequence is None:
            changes.append(Put(event.with_changes(sequence=place), event.version))
        elif event.sequence != place:
            raise Corrupt(f"event {event_id} has two places: {event.sequence} and {place}")
    if changes:
        records.commit(changes)


def _shelf(records: Records, name: str) -> Iterator[AuditEvent]:
    return every(lambda at: records.find(AuditEvent, "unsequenced", name, limit=PAGE, cursor=at))
