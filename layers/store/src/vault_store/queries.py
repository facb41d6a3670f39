"""Queries and the cursors bound to them, the same in every store.

A cursor is a position and a tag over position and query: it goes on where it
stopped, in the very query that made it, and anything else is a ``BadRequest``.
It is no secret: it names the last record of a page that its holder has seen,
and even a forged one could only choose where in that same query to go on.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import astuple, dataclass

from vault_domain.errors import BadRequest
from vault_domain.records import Record

from vault_store.items import MAX_RANGE_BYTES, Item, possible_key

_TAG_BYTES = 16
_MAX_CURSOR = 8192

Position = tuple[str, ...]


@dataclass(frozen=True)
class Query:
    """Which items, in which order. ``index`` None means the table's own keys."""

    table: str
    kind: str
    index: str | None
    hash_key: str
    since: str | None = None
    until: str | None = None
    newest_first: bool = False

    def is_empty(self) -> bool:
        """True when no item can match, so that there is nothing to ask the store."""
        if not possible_key(self.hash_key) or self.until == "":
            return True
        return self.since is not None and self.until is not None and self.since >= self.until

    def order(self, item: Item) -> Position:
        """Where an item stands in this query: its sort key, made unique by its table key."""
        if self.index is None:
            return (item.sk,)
        return (item.indexes[self.index][1], item.pk, item.sk)

    def holds(self, item: Item) -> bool:
        """Whether an item belongs in the answer."""
        if item.kind != self.kind:
            return False
        if self.index is None:
            return item.pk == self.hash_key and item.sk.startswith(self.kind)
        entry = item.indexes.get(self.index)
        return entry is not None and entry[0] == self.hash_key and self._within(entry[1])

    def accepts(self, position: Position) -> bool:
        """Whether a position could have come from this query."""
        if self.index is None:
            return len(position) == 1 and position[0].startswith(self.kind)
        return len(position) == 3 and self._within(position[0])

    def _within(self, value: str) -> bool:
        return (not self.since or value >= self.since) and (self.until is None or value < self.until)


def list_query(kind: type[Record], hash_key: str, limit: int) -> Query:
    """Records of one kind under one hash key."""
    _check_limit(limit)
    return Query(kind.table, kind.kind, None, hash_key)


def find_query(
    kind: type[Record],
    index: str,
    hash_key: str,
    since: str | None,
    until: str | None,
    newest_first: bool,
    limit: int,
) -> Query:
    """Records through a secondary index. Raises ``BadRequest`` for an unknown index or unusable bound."""
    _check_limit(limit)
    if index not in kind.index_names:
        raise BadRequest(f"{kind.kind} records have no index {index}")
    for bound in (since, until):
        if bound and not possible_key(bound, MAX_RANGE_BYTES):
            raise BadRequest("a bound of this query is too long or not text")
    return Query(kind.table, kind.kind, index, hash_key, since or None, until, newest_first)


class Cursors:
    """Makes and opens cursors with one key; stores that share the key share cursors."""

    def __init__(self, key: bytes = b"lemm vault cursor 1") -> None:
        self._key = key

    def seal(self, query: Query, position: Position) -> str:
        """A cursor that goes on after ``position``."""
        body = json.dumps(list(position), separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._tag(query, body) + body).rstrip(b"=").decode("ascii")

    def open(self, query: Query, cursor: str) -> Position:
        """The position inside. Raises ``BadRequest`` unless :meth:`seal` made it for this query."""
        raw = _from_base64(cursor)
        tag, body = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(query, body)):
            raise BadRequest("this cursor does not belong to this query; start again without it")
        try:
            position = tuple(json.loads(body))
        except (ValueError, TypeError, RecursionError):
            raise _not_ours() from None
        if not all(isinstance(part, str) and possible_key(part) for part in position) or not query.accepts(position):
            raise _not_ours()
        return position

    def _tag(self, query: Query, body: bytes) -> bytes:
        bound = json.dumps(astuple(query)).encode() + b"\0" + body
        return hmac.new(self._key, bound, hashlib.sha256).digest()[:_TAG_BYTES]


def _from_base64(cursor: str) -> bytes:
    if len(cursor) > _MAX_CURSOR:
        raise _not_ours()
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise _not_ours() from None
    # Unused bits of the last character would otherwise give one cursor several spellings.
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != cursor:
        raise _not_ours()
    return raw


def _check_limit(limit: int) -> None:
    if limit < 1:
        raise BadRequest("a page holds at least one record")


def _not_ours() -> BadRequest:
    return BadRequest("this cursor is not one of ours; start again without it")
