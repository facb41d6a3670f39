"""Records in DynamoDB, through pynamodb's connection and expressions.

Promises, beyond those of the ``Records`` port:

1. Reads by key are consistent; reads through an index may lag by a moment.
2. A commit is one ``TransactWriteItems``. It is tried again on throttling,
   conflicts and lost connections, with the same request token each time, so
   that an attempt whose answer got lost is never applied twice.
3. Each written item carries its transaction's token. When a repeated attempt
   finds its expectation broken, DynamoDB shows the items in the way, and the
   token tells our own write from a rival's: a transaction is atomic, so one
   item with our token proves all of it. This needs no right to read.
4. What is stored and does not validate is ``Corrupt``, never a foreign error.

botocore's own retries are off: a retry that this module cannot see would blur
promise 3 once a request token is forgotten (after ten minutes, or a restart
of a local emulator).
"""

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.connection import Connection
from pynamodb.connection.base import MetaTable
from pynamodb.exceptions import PynamoDBException, TableError, TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from vault_domain.errors import VaultError
from vault_domain.events import AuditEvent
from vault_domain.ports import Change, Page, Together, Wanted
from vault_domain.records import Record

from vault_store.dynamo_faults import judge
from vault_store.dynamo_wire import from_attributes, schema, start_key, to_attributes, to_key
from vault_store.items import MAX_RANGE_BYTES, Action, Item, Plan, decode, make_plan, possible_key
from vault_store.patience import Patience, Transient
from vault_store.queries import Cursors, Position, Query, find_query, list_query

R = TypeVar("R", bound=Record)
T = TypeVar("T")
Requests = dict[str, list[dict[str, Any]]]
Place = tuple[str, str, str]
"""A table, as the domain names it, with a hash and a range key."""

CONNECT_SECONDS = 3
READ_SECONDS = 10
BATCH_KEYS = 100
"""What one BatchGetItem takes."""


class DynamoRecords:
    """All tables; ``tables`` maps the domain's table names to physical ones."""

    def __init__(
        self,
        tables: Mapping[str, str],
        *,
        region: str | None = None,
        endpoint: str | None = None,
        cursors: Cursors | None = None,
        patience: Patience | None = None,
        connection: Connection | None = None,
    ) -> None:
        self._tables = dict(tables)
        self._patience = patience or Patience()
        self._cursors = cursors or Cursors()
        self._lock = Lock()
        self._connection = connection or Connection(
            region=region,
            host=endpoint,
            connect_timeout_seconds=CONNECT_SECONDS,
            read_timeout_seconds=READ_SECONDS,
            max_retry_attempts=0,
            max_pool_connections=32,
        )

    def get(self, kind: type[R], hash_key: str, range_key: str | None = None) -> R | None:
        """One record, read consistently; a record of another kind under this key does not count."""
        sort = range_key or kind.kind
        if not possible_key(hash_key) or not possible_key(sort, MAX_RANGE_BYTES):
            return None
        item = self._item(kind.table, (hash_key, sort))
        return decode(kind, item) if item is not None and item.kind == kind.kind else None

    def get_many(self, kind: type[R], keys: Sequence[tuple[str, str]]) -> tuple[R | None, ...]:
        """Records by (hash, range), each read consistently, in the order of ``keys``; a hundred in one request."""
        found = self.together([(kind, *key) for key in keys])
        return tuple(found.get(kind, *key) for key in keys)

    def together(self, wanted: Sequence[Wanted]) -> Together:
        """Records of any kinds, each read consistently; a hundred in one request."""
        keys = dict.fromkeys((kind.table, pk, sk) for kind, pk, sk in wanted)
        possible = [key for key in keys if possible_key(key[1]) and possible_key(key[2], MAX_RANGE_BYTES)]
        held: dict[Place, Item] = {}
        for first in range(0, len(possible), BATCH_KEYS):
            held |= self._items(possible[first : first + BATCH_KEYS])
        found: dict[Wanted, Record | None] = {}
        for kind, pk, sk in wanted:
            item = held.get((kind.table, pk, sk))
            found[kind, pk, sk] = decode(kind, item) if item is not None and item.kind == kind.kind else None
        return Together(found)

    def list(self, kind: type[R], hash_key: str, *, limit: int = 200, cursor: str | None = None) -> Page[R]:
        """Records of this kind under one hash key, by ascending range key, consistently."""
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
        """Apply all or nothing, in one transaction. Raises ``LostRace`` or ``Unavailable``."""
        plan = make_plan(changes, events)
        if plan.actions:
            requests = self._requests(plan)
            self._patience.persist(lambda: self._call(lambda: self._transact(plan, requests)), "the record store")

    # --- one commit ---------------------------------------------------------

    def _transact(self, plan: Plan, requests: Requests) -> None:
        """One attempt; a refusal that shows our own token means that an earlier one arrived."""
        try:
            self._connection.transact_write_items(**requests, client_request_token=plan.token)  # type: ignore[arg-type]
        except TransactWriteError as error:
            found = [reason.raw_item for reason in error.cancellation_reasons if reason and reason.raw_item]
            if not any(item.get("commit") == {"S": plan.token} for item in found):
                raise

    def _requests(self, plan: Plan) -> Requests:
        requests: Requests = {
            "condition_check_items": [],
            "delete_items": [],
            "put_items": [],
            "update_items": [],
        }
        shelf = {"require": "condition_check_items", "delete": "delete_items", "put": "put_items"}
        for action in plan.actions:
            requests[shelf[action.verb]].append(self._request(action))
        return requests

    def _request(self, action: Action) -> dict[str, Any]:
        expected = Path("version") == {"N": str(action.expects)} if action.expects else Path("pk").does_not_exist()
        pk, sk = action.key
        kwargs: dict[str, Any] = self._connection.get_operation_kwargs(
            self._physical(action.table),
            pk,
            range_key=sk,
            key="Key" if action.item is None else "Item",
            attributes=None if action.item is None else to_attributes(action.item),
            condition=expected,
            return_values_on_condition_failure="ALL_OLD",
        )
        return kwargs

    # --- reads --------------------------------------------------------------

    def _item(self, table: str, key: tuple[str, str]) -> Item | None:
        name = self._physical(table)
        answer = self._patience.persist(
            lambda: self._call(lambda: self._connection.get_item(name, key[0], range_key=key[1], consistent_read=True)),
            "the record store",
        )
        found = answer.get("Item")
        return from_attributes(table, found) if found else None

    def _items(self, places: Sequence[Place]) -> dict[Place, Item]:
        """Up to a hundred items by table and key; what the store left over is asked for again."""
        found: dict[Place, Item] = {}
        tables = {self._physical(table): table for table, _, _ in places}
        left: dict[str, Any] = {name: {"Keys": [], "ConsistentRead": True} for name in tables}
        for table, *key in places:
            left[self._physical(table)]["Keys"].append(to_key(*key))

        def batch() -> None:
            nonlocal left
            answer = self._call(lambda: self._connection.dispatch("BatchGetItem", {"RequestItems": left}))
            for name, items in answer.get("Responses", {}).items():
                for item in (from_attributes(tables[name], raw) for raw in items):
                    found[tables[name], item.pk, item.sk] = item
            left = answer.get("UnprocessedKeys") or {}
            if left:
                raise Transient("some items were left over")

        self._patience.persist(batch, "the record store")
        return found

    def _page(self, kind: type[R], query: Query, limit: int, cursor: str | None) -> Page[R]:
        after = None if cursor is None else self._cursors.open(query, cursor)
        if query.is_empty():
            return Page(())
        # One more than asked for tells whether there is a next page, without an empty one at the end.
        held = self._gather(query, after, limit + 1)
        items = tuple(decode(kind, item) for item in held[:limit])
        more = len(held) > limit
        return Page(items, self._cursors.seal(query, query.order(held[limit - 1])) if more else None)

    def _gather(self, query: Query, after: Position | None, want: int) -> Sequence[Item]:
        start = None if after is None else start_key(query, after)
        held: tuple[Item, ...] = ()
        while len(held) < want:
            answer = self._query(query, start, want - len(held))
            items = (from_attributes(query.table, raw) for raw in answer["Items"])
            held += tuple(item for item in items if query.holds(item))
            start = answer.get("LastEvaluatedKey")
            if not start:
                break
        return held

    def _query(self, query: Query, start: dict[str, Any] | None, limit: int) -> dict[str, Any]:
        name = self._physical(query.table, query.index)
        return self._patience.persist(
            lambda: self._call(
                lambda: self._connection.query(
                    name,
                    query.hash_key,
                    range_key_condition=_range_condition(query),
                    consistent_read=query.index is None,
                    exclusive_start_key=start,
                    index_name=query.index,
                    limit=limit,
                    scan_index_forward=not query.newest_first,
                )
            ),
            "the record store",
        )

    # --- plumbing -----------------------------------------------------------

    def _call(self, ask: Callable[[], T]) -> T:
        """Ask DynamoDB; every failure becomes ``Transient`` or an error of ours."""
        try:
            with self._lock:  # creating botocore's client is not thread-safe, using it is
                _ = self._connection.client
            return ask()
        except TransactWriteError as error:
            raise judge(error.cause, [reason.code for reason in error.cancellation_reasons if reason]) from None
        except PynamoDBException as error:
            raise judge(error.cause, []) from None
        except (BotoCoreError, ClientError) as error:  # the client could not be made, or was called directly
            raise judge(error, []) from None

    def _physical(self, table: str, index: str | None = None) -> str:
        """The physical name, with pynamodb told of the table and index it is about to use."""
        if table not in self._tables:
            raise VaultError(f"this function was given no table named {table}")
        name = self._tables[table]
        with self._lock:
            known = self._schema(name)
            indexes = [entry["IndexName"] for entry in known.data["GlobalSecondaryIndexes"]]
            if index is not None and index not in indexes:
                known.data = schema(name, [*indexes, index])
        return name

    def _schema(self, name: str) -> MetaTable:
        """What the connection knows of a table; another store may share the connection."""
        try:
            return self._connection.get_meta_table(name)
        except TableError:
            known = MetaTable(schema(name))
            self._connection.add_meta_table(known)
            return known


def _range_condition(query: Query) -> Condition | None:
    if query.index is None:
        return Path("sk").startswith(query.kind)
    path = Path(f"{query.index}_r")
    if query.since and query.until is not None:
        # Key conditions allow one test of the sort key; Query.holds() drops the upper bound itself.
        return path.between(query.since, query.until)
    if query.since:
        return path >= query.since
    return None if query.until is None else path < query.until
