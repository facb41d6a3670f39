"""The memory twin of the record store; the one of the object store is re-exported here.

Exact where callers could tell: records pass through JSON as in the real store,
the same plan and limits apply, a commit happens whole or not at all, and
commits from many threads are ordered. It never forgets a record by itself;
``forget`` does what DynamoDB's TTL sweep would.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from threading import RLock
from typing import TypeVar

from vault_domain.errors import LostRace
from vault_domain.events import AuditEvent
from vault_domain.ports import Change, Page, Together, Wanted
from vault_domain.records import Record

from vault_store.items import Action, Item, Plan, decode, make_plan
from vault_store.memory_objects import MemoryBuckets, MemoryObjects
from vault_store.queries import Cursors, Query, find_query, list_query

__all__ = ["MemoryBuckets", "MemoryObjects", "MemoryRecords"]

R = TypeVar("R", bound=Record)


class MemoryRecords:
    """All tables in one dictionary each, behind one lock."""

    def __init__(self, *, cursors: Cursors | None = None) -> None:
        self._tables: dict[str, dict[tuple[str, str], Item]] = {}
        self._lock = RLock()
        self._cursors = cursors or Cursors()

    def get(self, kind: type[R], hash_key: str, range_key: str | None = None) -> R | None:
        """One record, or None; a record of another kind under this key does not count."""
        with self._lock:
            item = self._table(kind.table).get((hash_key, range_key or kind.kind))
        return decode(kind, item) if item is not None and item.kind == kind.kind else None

    def get_many(self, kind: type[R], keys: Sequence[tuple[str, str]]) -> tuple[R | None, ...]:
        """Records by (hash, range), in the order of ``keys``."""
        return tuple(self.get(kind, *key) for key in keys)

    def together(self, wanted: Sequence[Wanted]) -> Together:
        """Records of any kinds."""
        return Together({one: self.get(*one) for one in wanted})

    def list(self, kind: type[R], hash_key: str, *, limit: int = 200, cursor: str | None = None) -> Page[R]:
        """Records of this kind under one hash key, by ascending range key."""
        return self._page(kind, list_query(kind, hash_key, limit), limit, cursor)

    def find(
        self,
        kind: type[R],
        index: str,
        hash_key: str,
        *,
        since: str | None = None,
        until: str | None = None,
        newest_first: bool = False,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[R]:
        """Records through a secondary index; ``since`` inclusive, ``until`` exclusive."""
        query = find_query(kind, index, hash_key, since, until, newest_first, limit)
        return self._page(kind, query, limit, cursor)

    def commit(self, changes: Sequence[Change], events: Sequence[AuditEvent] = ()) -> None:
        """Apply all or nothing. Raises ``LostRace`` when an expectation does not hold."""
        plan = make_plan(changes, events)
        with self._lock:
            if self._was_applied(plan):
                return
            for action in plan.actions:
                if self._version(action) != action.expects:
                    raise LostRace(f"a record in table {action.table} changed in the meantime; read it again")
            for action in plan.actions:
                self._apply(action)

    def forget(self, now: datetime) -> int:
        """Delete what has outlived its ``expires_at``; the number of records deleted."""
        with self._lock:
            return sum(_drop(table, lambda item: item.ttl is not None and item.ttl <= now.timestamp())
                       for table in self._tables.values())  # fmt: skip

    def everything(self, kind: type[R]) -> tuple[R, ...]:
        """Every record of one kind, by key: for assertions, no port offers it."""
        with self._lock:
            found = sorted(self._table(kind.table).items())
        return tuple(decode(kind, item) for _, item in found if item.kind == kind.kind)

    def dump(self) -> dict[str, dict[tuple[str, str], tuple[int, str]]]:
        """Table -> key -> (version, JSON): two equal dumps are two equal stores."""
        with self._lock:
            return {
                name: {key: (item.version, item.doc) for key, item in sorted(table.items())}
                for name, table in sorted(self._tables.items())
                if table
            }

    def _page(self, kind: type[R], query: Query, limit: int, cursor: str | None) -> Page[R]:
        after = None if cursor is None else self._cursors.open(query, cursor)
        if query.is_empty():
            return Page(())
        with self._lock:
            held = [item for item in self._table(query.table).values() if query.holds(item)]
        held.sort(key=query.order, reverse=query.newest_first)
        if after is not None:
            held = [item for item in held if _is_past(query, query.order(item), after)]
        items = tuple(decode(kind, item) for item in held[:limit])
        more = len(held) > limit
        return Page(items, self._cursors.seal(query, query.order(held[limit - 1])) if more else None)

    def _was_applied(self, plan: Plan) -> bool:
        """Whether this very commit happened before; only content tokens can tell."""
        if not plan.repeatable:
            return False
        stored = (self._table(action.table).get(action.key) for action in plan.written())
        return any(item is not None and item.commit == plan.token for item in stored)

    def _version(self, action: Action) -> int:
        item = self._table(action.table).get(action.key)
        return 0 if item is None else item.version

    def _apply(self, action: Action) -> None:
        if action.item is not None:
            self._table(action.table)[action.key] = action.item
        elif action.verb == "delete":
            self._table(action.table).pop(action.key, None)

    def _table(self, name: str) -> dict[tuple[str, str], Item]:
        return self._tables.setdefault(name, {})


def _is_past(query: Query, position: tuple[str, ...], after: tuple[str, ...]) -> bool:
    return position < after if query.newest_first else position > after


def _drop(table: dict[tuple[str, str], Item], doomed: Callable[[Item], bool]) -> int:
    keys = [key for key, item in table.items() if doomed(item)]
    for key in keys:
        del table[key]
    return len(keys)
