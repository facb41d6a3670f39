"""DynamoDB that survives: every change of an item is journalled before anybody hears of it.

MiniStack keeps tables in memory. This module stands between its request
handlers and its storage primitives (``_set_item``, ``_remove_item``), so that
whatever the request was (PutItem, UpdateItem, BatchWriteItem, transactions,
PartiQL, a state machine's own integration, the TTL reaper), the resulting
images are what is recorded:

1. A handler that writes runs alone; its changes become one entry, in the order
   in which they were applied. A condition that fails changes nothing, so it
   records nothing.
2. No DynamoDB reply leaves before everything that it could have seen is synced.
   That holds for reads too: nobody may act on a write that a crash could undo.
3. A table that appears (the template creates it at each start) has its items
   in it from its first instant; there is no moment at which it is empty.
4. A table that the template no longer names keeps its items in the journal, and
   has them again if it comes back. DeleteTable through the API forgets them.

Not kept, since nothing may depend on it: stream records and backups. Items
removed by TTL may come back for up to a minute after a crash, as DynamoDB also
allows (expired items are to be filtered by the reader).
"""

import asyncio
import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from lemm.stack import images as image
from lemm.stack.images import Images, Key
from lemm.stack.journal import COMPACT_BYTES, Journal, JournalFailed

Response = tuple[int, dict[str, str], bytes]
WRITERS = (
    "_put_item",
    "_update_item",
    "_delete_item",
    "_batch_write_item",
    "_transact_write_items",
    "_execute_statement",
    "_batch_execute_statement",
    "_execute_transaction",
    "_delete_table",
)
_log = logging.getLogger("lemm.stack.tables")


def table_id(table: dict[str, Any]) -> str:
    """``account/region/name`` from the table's ARN."""
    _, _, _, region, account, resource = table["TableArn"].split(":", 5)
    return f"{account}/{region}/{resource.removeprefix('table/')}"


class Digest(str):
    """A request remembered by its hash: equal to the request itself, at 64 bytes instead of its size."""

    __slots__ = ()

    @classmethod
    def of(cls, request: dict[str, Any]) -> "Digest":
        return cls(hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest())

    def __eq__(self, other: object) -> bool:
        return str.__eq__(self, Digest.of(other) if isinstance(other, dict) else other) is True

    __hash__ = str.__hash__


class TableRecorder:
    """Journals the tables of one MiniStack module; ``install`` once, before the first request."""

    def __init__(self, dynamodb: Any, journal: Journal, kept: Images, *, compact_bytes: int = COMPACT_BYTES) -> None:
        self._db = dynamodb
        self._journal = journal
        self.kept = kept
        self._compact_bytes = compact_bytes
        self._lock = threading.RLock()
        self._entry: list[str] | None = None
        self._compacting: threading.Thread | None = None
        self._set_item: Callable[..., Any] = dynamodb._set_item
        self.restored = 0

    def install(self) -> None:
        """Take the place of the module's storage primitives, writers and entry point."""
        db = self._db
        tables = _AdoptingTables.over(db._tables, self)
        db._tables = tables
        db._set_item = self._recording_set(db._set_item)
        db._remove_item = self._recording_remove(db._remove_item)
        db._items_replaced = self._recording_replace(db._items_replaced)
        db._txn_token_store = self._recording_token(db._txn_token_store)
        for name in WRITERS:
            setattr(db, name, self._alone(name, getattr(db, name)))
        db.handle_request = self._durable_reply(db.handle_request)
        for (account, region, token), entry in self.kept.tokens.items():
            if time.time() - entry["completed_at"] < db._TXN_TOKEN_TTL:
                db._txn_idempotency.set_scoped(
                    account, region, token, {**entry, "signature": Digest(entry["signature"])}
                )

    # --- what is recorded ----------------------------------------------------

    def _note(self, record: str) -> None:
        with self._lock:
            if self._entry is None:
                self._journal.append([record])
            else:
                self._entry.append(record)

    def _recording_set(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        def set_item(table: dict[str, Any], pk: str, sk: str, item: image.Item) -> Any:
            with self._lock:
                old = inner(table, pk, sk, item)
                self._note(image.put(table_id(table), pk, sk, item))
                return old

        return set_item

    def _recording_remove(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        def remove_item(table: dict[str, Any], pk: str, sk: str) -> Any:
            with self._lock:
                old = inner(table, pk, sk)
                if old is not None:
                    self._note(image.removed(table_id(table), pk, sk))
                return old

        return remove_item

    def _recording_replace(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        """A table's items were swapped as a whole: a rollback, or a restore from a backup."""

        def items_replaced(table: dict[str, Any]) -> None:
            with self._lock:
                inner(table)
                self._note(image.dropped(table_id(table)))
                for pk, items in table["items"].items():
                    for sk, item in items.items():
                        self._note(image.put(table_id(table), pk, sk, item))

        return items_replaced

    def _recording_token(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        def store(token: str, entry: dict[str, Any]) -> None:
            entry["signature"] = Digest.of(entry["signature"])
            inner(token, entry)
            account, region = self._db._txn_idempotency._prefix()
            self._note(image.token_used(account, region, token, entry))

        return store

    def _alone(self, name: str, handler: Callable[[Any], Response]) -> Callable[[Any], Response]:
        """Run a writing handler by itself and journal its changes as one entry."""

        def run(data: Any) -> Response:
            with self._lock:
                if self._entry is not None:
                    return handler(data)
                self._entry = []
                ticket = 0
                try:
                    response = handler(data)
                    if name == "_delete_table" and response[0] < 300:
                        self._forget(data)
                finally:
                    records, self._entry = self._entry, None
                    if records:
                        ticket = self._journal.append(records)
            if ticket and not _on_a_loop():
                self._journal.wait(ticket)  # a state machine's own integration: its caller is a thread
            return response

        return run

    def _forget(self, data: dict[str, Any]) -> None:
        account, region = self._db._tables._prefix()
        name = f"{account}/{region}/{self._db._normalize_table_name(data.get('TableName'))}"
        self.kept.tables.pop(name, None)
        self._note(image.dropped(name))

    def _durable_reply(self, inner: Callable[..., Any]) -> Callable[..., Any]:
        async def handle_request(*request: Any) -> Response:
            try:
                response: Response = await inner(*request)
                await self._journal.durable(self._journal.appended)
            except JournalFailed as failure:
                _log.error("%s", failure)
                return _unavailable(str(failure))
            if self._journal.segment_bytes > self._compact_bytes:
                self.compact()
            return response

        return handle_request

    # --- tables that come and go ---------------------------------------------

    def adopt(self, table: dict[str, Any]) -> None:
        """Put the kept items into a table that was just created."""
        with self._lock:
            kept = self.kept.tables.pop(table_id(table), {})
            names = [name for name in (table["pk_name"], table["sk_name"]) if name]
            misfits: dict[Key, image.Item] = {}
            for key, item in kept.items():
                if all(name in item for name in names):
                    self._set_item(table, *key, item)
                    self.restored += 1
                else:
                    misfits[key] = item
            if misfits:
                _log.warning("%s: %d items lack the table's new key and stay aside", table_id(table), len(misfits))
                self.kept.tables[table_id(table)] = misfits

    def keep(self, table: dict[str, Any]) -> None:
        """Hold on to the items of a table that the template dropped."""
        with self._lock:
            items = {(pk, sk): item for pk, some in table["items"].items() for sk, item in some.items()}
            if items:
                self.kept.tables.setdefault(table_id(table), {}).update(items)

    # --- compaction ----------------------------------------------------------

    def compact(self) -> None:
        """Start a new segment and snapshot what came before it, without holding requests up.

        Images are replaced and never changed in place, so references taken now
        can be written out later; what changes meanwhile is in the new segment.
        """
        with self._lock:
            if self._compacting is not None and self._compacting.is_alive():
                return
            state = self._state()
            segment = self._journal.rotate()
            self._compacting = threading.Thread(
                target=self._journal.write_snapshot,
                args=(segment, state.records()),
                name="journal-snapshot",
                daemon=True,
            )
            self._compacting.start()

    def _state(self) -> Images:
        state = Images(tables={name: dict(items) for name, items in self.kept.tables.items()})
        for _, table in self._db._tables.all_items():
            live = {(pk, sk): item for pk, some in table["items"].items() for sk, item in some.items()}
            state.tables.setdefault(table_id(table), {}).update(live)
        state.tokens = dict(self._db._txn_idempotency.all_items())
        return state


class _AdoptingTables:
    """Makes MiniStack's table store tell the recorder of tables that come and go."""

    @staticmethod
    def over(store: Any, recorder: TableRecorder) -> Any:
        base: Any = type(store)

        class Adopting(base):  # type: ignore[misc]
            __slots__ = ()

            def __setitem__(self, name: str, table: dict[str, Any]) -> None:
                if super().get(name) is not table:
                    recorder.adopt(table)
                super().__setitem__(name, table)

            def set_scoped(self, account: str, region: str, name: str, table: dict[str, Any]) -> None:
                recorder.adopt(table)
                super().set_scoped(account, region, name, table)

            def pop(self, name: str, *default: Any) -> Any:
                table = super().pop(name, *default)
                if isinstance(table, dict) and "TableArn" in table:
                    recorder.keep(table)
                return table

            def __delitem__(self, name: str) -> None:
                recorder.keep(self[name])
                super().__delitem__(name)

        adopting = Adopting()
        adopting._data = store._data
        return adopting


def _on_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _unavailable(message: str) -> Response:
    body = json.dumps({"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": message})
    return 500, {"Content-Type": "application/x-amz-json-1.0"}, body.encode()
