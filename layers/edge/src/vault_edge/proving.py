"""Making proofs from the published log: one checkpoint, and any events placed under it."""

import json
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from vault_domain.accounts import KEY_RING, PublicKey
from vault_domain.bundles import MAX_EVENTS, Bundle, Placed
from vault_domain.checkpoints import NoteKey
from vault_domain.errors import Conflict, Corrupt, NotFound
from vault_domain.events import AuditEvent
from vault_domain.ports import every
from vault_domain.witnesses import size_of
from vault_store.log_reader import LogReader

from vault_edge.deps import Deps

PAGE = 200
TOO_NEW = "this is not in a published checkpoint yet; try again in a minute"


def log_key(deps: Deps) -> NoteKey:
    """The log's public key under its name. Raises ``NotFound`` before the log's first entry."""
    ring = deps.records.list(PublicKey, KEY_RING).items
    known = sorted((one for one in ring if one.purpose == "log"), key=lambda one: one.created)
    if not known:
        raise NotFound("the log has not begun yet")
    return NoteKey(deps.env("LOG_ORIGIN"), bytes.fromhex(known[-1].public_hex))


class Prover:
    """One request's view of the log."""

    def __init__(self, deps: Deps) -> None:
        self._records = deps.records
        self._reader = LogReader(deps.bucket("log"))

    def about(self, subject: str) -> list[AuditEvent]:
        """Every event about a subject, oldest first. Raises ``Conflict`` for more than a proof can hold."""
        events = every(lambda at: self._records.find(AuditEvent, "by_subject", subject, limit=PAGE, cursor=at))
        found = list(islice(events, MAX_EVENTS + 1))
        if len(found) > MAX_EVENTS:
            raise Conflict(f"there are more than {MAX_EVENTS} events about this; one proof can't hold them")
        return found

    def bundle(self, kind: str, events: Iterable[AuditEvent], about: Mapping[str, Any]) -> Bundle:
        """The events in the order of the log, all under one checkpoint: a witnessed one, where there is one over them.

        Raises ``Conflict`` while one of them is not under any.
        """
        found = sorted((self._sequence(event), event.event_id) for event in events)
        note = self._reader.checkpoint_over(1 + found[-1][0] if found else 0)
        if found and found[-1][0] >= size_of(note):
            raise Conflict(TOO_NEW)
        return Bundle(kind, note, tuple(self._placed(*one, note) for one in found), about)

    def _sequence(self, event: AuditEvent) -> int:
        if event.sequence is None:  # the index lags behind the table
            event = self._records.get(AuditEvent, event.event_id) or event
        if event.sequence is None:
            raise Conflict(TOO_NEW)
        return event.sequence

    def _placed(self, sequence: int, event_id: str, note: str) -> Placed:
        found = self._reader.proof(sequence, size_of(note), note)
        if json.loads(found.entry).get("event_id") != event_id:
            raise Corrupt(f"entry {sequence} of the log is not {event_id}")
        return Placed(found.entry, found.index, found.inclusion)
