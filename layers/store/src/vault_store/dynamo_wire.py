"""Items as DynamoDB attributes and back; see docs/formats/records.md."""

from collections.abc import Sequence
from typing import Any

from vault_domain.errors import Corrupt

from vault_store.items import Item
from vault_store.queries import Position, Query

Attributes = dict[str, dict[str, str]]


def to_attributes(item: Item) -> Attributes:
    """Everything but the key, which pynamodb adds by itself."""
    found: Attributes = {
        "kind": {"S": item.kind},
        "version": {"N": str(item.version)},
        "doc": {"S": item.doc},
        "commit": {"S": item.commit},
    }
    if item.ttl is not None:
        found["ttl"] = {"N": str(item.ttl)}
    for name, (hash_key, range_key) in item.indexes.items():
        found[f"{name}_h"] = {"S": hash_key}
        found[f"{name}_r"] = {"S": range_key}
    return found


def from_attributes(table: str, raw: Attributes) -> Item:
    """Raises ``Corrupt``, naming the place, for an item that no store of ours wrote."""
    try:
        return Item(
            pk=raw["pk"]["S"],
            sk=raw["sk"]["S"],
            kind=raw["kind"]["S"],
            version=int(raw["version"]["N"]),
            doc=raw["doc"]["S"],
            commit=raw.get("commit", {}).get("S", ""),
            ttl=int(raw["ttl"]["N"]) if "ttl" in raw else None,
            indexes={name[:-2]: (raw[name]["S"], raw[f"{name[:-2]}_r"]["S"]) for name in raw if name.endswith("_h")},
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        place = " / ".join(str(raw.get(name, {}).get("S", "?")) for name in ("pk", "sk"))
        raise Corrupt(f"table {table}: the item at {place} lacks what every record has") from None


def to_key(pk: str, sk: str) -> Attributes:
    """A table key."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def start_key(query: Query, position: Position) -> Attributes:
    """``ExclusiveStartKey`` for going on after ``position``."""
    if query.index is None:
        return to_key(query.hash_key, position[0])
    value, pk, sk = position
    index = {f"{query.index}_h": {"S": query.hash_key}, f"{query.index}_r": {"S": value}}
    return to_key(pk, sk) | index


def schema(name: str, indexes: Sequence[str] = ()) -> dict[str, Any]:
    """What pynamodb must know of a table, in the form of ``DescribeTable``."""
    keys = ["pk", "sk", *(f"{index}_{part}" for index in indexes for part in "hr")]
    return {
        "TableName": name,
        "KeySchema": _key_schema("pk", "sk"),
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index,
                "KeySchema": _key_schema(f"{index}_h", f"{index}_r"),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index in indexes
        ],
    }


def _key_schema(hash_key: str, range_key: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": hash_key, "KeyType": "HASH"},
        {"AttributeName": range_key, "KeyType": "RANGE"},
    ]
