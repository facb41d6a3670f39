"""What every stored record has in common.

A record is a frozen pydantic model that names its table, its key and the
secondary indexes it appears in. Stores are generic over this: a new record
needs no new store code. ``version`` counts the writes of one key, starting at
1; a change states the version it expects.
"""

from datetime import UTC, datetime
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time needs a time zone")
    return value.astimezone(UTC)


UtcTime = Annotated[datetime, AfterValidator(_utc)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Value(BaseModel):
    """A frozen value inside a record or request; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Record(Value):
    """A stored item: ``table``, a (hash, range) key, and index entries."""

    table: ClassVar[str]
    kind: ClassVar[str]
    index_names: ClassVar[frozenset[str]] = frozenset()

    version: int = Field(default=0, ge=0)

    def key(self) -> tuple[str, str]:
        """(hash key, range key); the range key begins with ``kind``."""
        raise NotImplementedError

    def indexes(self) -> dict[str, tuple[str, str]]:
        """Index name -> (hash, range), for those of ``index_names`` that apply now."""
        return {}

    def expires_at(self) -> datetime | None:
        """When the store may forget the record by itself (DynamoDB TTL), if ever."""
        return None

    def with_changes(self, **changes: object) -> Self:
        """A validated copy with these fields replaced."""
        return type(self).model_validate({**self.model_dump(), **changes})


def stamp(moment: datetime) -> str:
    """A time as a sortable key: RFC 3339, UTC, microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
