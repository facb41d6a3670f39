"""Making proofs from the published log: one checkpoint, and any events placed under it."""

import json
from collections.abc import Iterable

from vault_domain.bundles import MAX_EVENTS, Placed
from vault_domain.errors import Conflict, Corrupt
from vault_domain.events import AuditEvent
from vault_store.log_reader import LogReader

from vault_edge.deps import Deps

PAGE = 200


class Prover:
    """One request's view of the log; everything it gives is under ``note``."""

    def __init__(self, deps: Deps) -> None:
        self._records = deps.records
        self._reader = LogReader(deps.bucket("log"))
        self.note = self._reader.checkpoint()
        self.size = int(self.note.split("\n")[1])

    def about(self, subject: str) -> list[AuditEvent]:
        """Every event about a subject, oldest first. Raises ``Conflict`` for more than a proof can hold."""
        found: list[AuditEvent] = []
        cursor: str | None = None
        while True:
            page = self._records.find(AuditEvent, "by_subject", subject, limit=PAGE, cursor=cursor)
            found.extend(page.items)
            cursor = page.cursor
            if cursor is None:
                return found
            if len(found) > MAX_EVENTS:
                raise Conflict(f"there are more than {MAX_EVENTS} events about this; one proof can't hold them")

    def placed(self, events: Iterable[AuditEvent]) -> tuple[Placed, ...]:
        """The events in the order of the log. Raises ``Conflict`` while one is not under the checkpoint yet."""
        return tuple(sorted((self._placed(event) for event in events), key=lambda one: one.index))

    def _placed(self, event: AuditEvent) -> Placed:
        if event.sequence is None:  # the index lags behind the table
            event = self._records.get(AuditEvent, event.event_id) or event
        if event.sequence is None or event.sequence >= self.size:
            raise Conflict("this is not in a published checkpoint yet; try again in a minute")
        found = self._reader.proof(event.sequence, self.size, self.note)
        if json.loads(found.entry).get("event_id") != event.event_id:
            raise Corrupt(f"entry {event.sequence} of the log is not {event.event_id}")
        return Placed(found.entry, found.index, found.inclusion)
