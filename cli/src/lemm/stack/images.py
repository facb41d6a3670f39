"""What the journal says: item images per table, and the transaction tokens still remembered.

Records are JSON arrays; replaying one twice changes nothing, since each carries
the resulting image and never the request:

* ``["p", table, pk, sk, item]``: the item now is this;
* ``["d", table, pk, sk]``: the item is gone;
* ``["x", table]``: the table was deleted through the API, with its items;
* ``["t", account, region, token, entry]``: this ClientRequestToken was used.

``table`` is ``account/region/name``; ``pk`` and ``sk`` are the emulator's own
key strings (``__no_sort__`` where a table has no sort key).
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from vault_domain.errors import Corrupt

Key = tuple[str, str]
Item = dict[str, Any]


@dataclass
class Images:
    """The state that a journal adds up to."""

    tables: dict[str, dict[Key, Item]] = field(default_factory=dict)
    tokens: dict[tuple[str, str, str], dict[str, Any]] = field(default_factory=dict)

    def apply(self, record: list[Any]) -> None:
        """Fold one record in."""
        match record:
            case ["p", str(table), str(pk), str(sk), dict(item)]:
                self.tables.setdefault(table, {})[(pk, sk)] = item
            case ["d", str(table), str(pk), str(sk)]:
                self.tables.get(table, {}).pop((pk, sk), None)
            case ["x", str(table)]:
                self.tables.pop(table, None)
            case ["t", str(account), str(region), str(token), dict(entry)]:
                self.tokens[(account, region, token)] = entry
            case _:
                raise Corrupt("the journal holds a record of an unknown kind; is it from a newer version?")

    def apply_all(self, payloads: Iterable[bytes]) -> None:
        """Fold whole frames in; a frame is a JSON array of records."""
        for payload in payloads:
            for record in json.loads(payload):
                self.apply(record)

    def records(self) -> Iterator[str]:
        """The shortest list of records that adds up to this state."""
        for table, items in self.tables.items():
            for (pk, sk), item in items.items():
                yield put(table, pk, sk, item)
        for (account, region, token), entry in self.tokens.items():
            yield token_used(account, region, token, entry)

    def __len__(self) -> int:
        return sum(len(items) for items in self.tables.values())


def _line(record: list[Any]) -> str:
    return json.dumps(record, separators=(",", ":"))


def put(table: str, pk: str, sk: str, item: Item) -> str:
    """The record of an item's new image."""
    return _line(["p", table, pk, sk, item])


def removed(table: str, pk: str, sk: str) -> str:
    """The record of an item's end."""
    return _line(["d", table, pk, sk])


def dropped(table: str) -> str:
    """The record of a table's end."""
    return _line(["x", table])


def token_used(account: str, region: str, token: str, entry: dict[str, Any]) -> str:
    """The record of a used ClientRequestToken, so that a retry after a crash is not applied twice."""
    return _line(["t", account, region, token, entry])
