"""Records as stored items: one codec and one plan for every store.

Promises, for the memory store as for DynamoDB:

- a record that would not read back exactly is refused before anything is written;
- the limits of DynamoDB hold everywhere: 100 actions and 4 MB a commit, 400 KB
  an item, 2,048 and 1,024 bytes a hash and range key, no empty key;
- a commit names each key once;
- a commit that carries events has a token derived from its content, so the
  very same commit may be repeated at any time and is applied once.

The stored attributes are described in docs/formats/records.md.
"""

import hashlib
import json
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from pydantic import ValidationError
from vault_domain.errors import BadRequest, Corrupt, TooLarge
from vault_domain.events import AuditEvent
from vault_domain.ports import Change, Delete, Put, Require
from vault_domain.records import Record

R = TypeVar("R", bound=Record)

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
MAX_ACTIONS = 100
MAX_ITEM_BYTES = 400 * 1024
MAX_COMMIT_BYTES = 4 * 1024 * 1024
MAX_HASH_BYTES = 2048
MAX_RANGE_BYTES = 1024

Verb = Literal["put", "delete", "require"]
_VERBS: dict[type[Change], Verb] = {Put: "put", Delete: "delete", Require: "require"}


@dataclass(frozen=True)
class Item:
    """One stored item; ``commit`` is the token of the transaction that wrote it."""

    pk: str
    sk: str
    kind: str
    version: int
    doc: str
    commit: str
    ttl: int | None = None
    indexes: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def size(self) -> int:
        """Bytes as DynamoDB counts them (names and values), rounded up a little."""
        pairs = [("pk", self.pk), ("sk", self.sk), ("kind", self.kind), ("doc", self.doc)]
        pairs += [("commit", self.commit), ("version", str(self.version)), ("ttl", str(self.ttl or ""))]
        for name, (hash_key, range_key) in self.indexes.items():
            pairs += [(f"{name}_h", hash_key), (f"{name}_r", range_key)]
        return sum(len(name.encode()) + len(value.encode()) + 1 for name, value in pairs)


@dataclass(frozen=True)
class Action:
    """One line of a transaction: what to do to ``key`` if its version is ``expects`` (0: absent)."""

    verb: Verb
    table: str
    key: tuple[str, str]
    expects: int
    item: Item | None = None


@dataclass(frozen=True)
class Plan:
    """A whole commit; ``repeatable`` says that its token follows from its content."""

    token: str
    actions: tuple[Action, ...]
    repeatable: bool

    def written(self) -> tuple[Action, ...]:
        """The actions that leave an item carrying this plan's token."""
        return tuple(action for action in self.actions if action.item is not None)


def possible_key(value: str, limit: int = MAX_HASH_BYTES) -> bool:
    """Whether anything could be stored under this key; nothing can under any other."""
    try:
        return 0 < len(value.encode()) <= limit
    except UnicodeEncodeError:  # a lone surrogate
        return False


def make_plan(changes: Sequence[Change], events: Sequence[AuditEvent]) -> Plan:
    """Check a commit against every limit and turn it into actions. Writes nothing.

    Raises ``BadRequest`` for an impossible or repeated key, ``TooLarge`` past a
    limit, ``Corrupt`` for a record that would not read back as it is.
    """
    wanted = [*changes, *(Put(event, expects=0) for event in events)]
    if len(wanted) > MAX_ACTIONS:
        raise TooLarge(f"one commit takes at most {MAX_ACTIONS} changes and events, not {len(wanted)}")
    _refuse_repeated_keys(wanted)
    docs = [change.record.model_dump_json(exclude={"version"}) for change in wanted]
    token = _content_token(wanted, docs) if events else str(uuid.uuid4())
    actions = tuple(_action(change, doc, token) for change, doc in zip(wanted, docs, strict=True))
    plan = Plan(token=token, actions=actions, repeatable=bool(events))
    if sum(action.item.size() for action in plan.written() if action.item) > MAX_COMMIT_BYTES:
        raise TooLarge("this commit is over 4 MB; split it")
    return plan


def decode(kind: type[R], item: Item) -> R:
    """The record of an item. Raises ``Corrupt``, which names the place and never the content."""
    try:
        record = kind.model_validate_json(item.doc).model_copy(update={"version": item.version})
    except ValidationError as error:
        fields = sorted({str(flaw["loc"][0]) for flaw in error.errors() if flaw["loc"]})
        raise _damaged(kind, item, f"does not validate ({', '.join(fields) or 'not JSON'})") from None
    if item.version < 1 or record.key() != (item.pk, item.sk):
        raise _damaged(kind, item, "is stored under a key or version that is not its own")
    return record


def _action(change: Change, doc: str, token: str) -> Action:
    record = change.record
    item = _encode(record, change.expects + 1, doc, token) if isinstance(change, Put) else None
    return Action(_VERBS[type(change)], record.table, record.key(), change.expects, item)


def _encode(record: Record, version: int, doc: str, token: str) -> Item:
    pk, sk = record.key()
    expires = record.expires_at()
    item = Item(
        pk=pk,
        sk=sk,
        kind=record.kind,
        version=version,
        doc=doc,
        commit=token,
        ttl=None if expires is None else math.ceil(expires.timestamp()),
        indexes=record.indexes(),
    )
    _check_item(record, item)
    if version >= 1 and decode(type(record), item) != record.model_copy(update={"version": version}):
        raise _damaged(type(record), item, "would not read back as it was; nothing was written")
    return item


def _check_item(record: Record, item: Item) -> None:
    if not item.sk.startswith(record.kind):
        raise BadRequest(f"the range key of a {record.kind} record begins with its kind")
    for name, (hash_key, range_key) in item.indexes.items():
        if name not in record.index_names:
            raise BadRequest(f"{record.kind} records declare no index {name}")
        if not possible_key(hash_key) or not possible_key(range_key, MAX_RANGE_BYTES):
            raise BadRequest(f"a {record.kind} record has an empty or over-long key for index {name}")
    if item.size() > MAX_ITEM_BYTES:
        raise TooLarge(f"a {record.kind} record of {item.size()} bytes is over the limit of {MAX_ITEM_BYTES}")


def _refuse_repeated_keys(wanted: Sequence[Change]) -> None:
    seen: set[tuple[str, str, str]] = set()
    for change in wanted:
        pk, sk = change.record.key()
        if not possible_key(pk) or not possible_key(sk, MAX_RANGE_BYTES):
            raise BadRequest(f"a {change.record.kind} record has an empty or over-long key")
        if (change.record.table, pk, sk) in seen:
            raise BadRequest(f"one commit names the same {change.record.kind} record twice")
        seen.add((change.record.table, pk, sk))


def _content_token(wanted: Sequence[Change], docs: Sequence[str]) -> str:
    """The same commit has the same token: event ids are random, so no other commit has it."""
    lines = [
        [_VERBS[type(change)], change.record.table, *change.record.key(), change.expects, doc]
        for change, doc in zip(wanted, docs, strict=True)
    ]
    digest = hashlib.sha256(json.dumps(lines, ensure_ascii=True).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16]))


def _damaged(kind: type[Record], item: Item, what: str) -> Corrupt:
    return Corrupt(f"table {kind.table}: the {kind.kind} record at {item.pk} / {item.sk} {what}")
