"""What the rules need from the world, as interfaces.

Each port has a real store and a memory twin, and one contract suite runs
against both. Reads are consistent unless they go through an index, which may
lag by a moment.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, Literal, Protocol, TypeVar

from vault_domain.events import AuditEvent
from vault_domain.records import Record

R = TypeVar("R", bound=Record)
T = TypeVar("T")


@dataclass(frozen=True)
class Put:
    """Write ``record`` if the stored version is ``expects`` (0: the key is free).

    The store writes the record with version ``expects + 1``.
    """

    record: Record
    expects: int


@dataclass(frozen=True)
class Delete:
    """Delete ``record``'s key if the stored version is ``expects``."""

    record: Record
    expects: int


@dataclass(frozen=True)
class Require:
    """Write nothing; demand that ``record``'s key still has this version (0: absent)."""

    record: Record
    expects: int


Change = Put | Delete | Require


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some results and where to go on; ``cursor`` is None at the end."""

    items: tuple[T, ...]
    cursor: str | None = None


def every(ask: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """All results of a listing, one page at a time; ``ask`` is told where to go on.

    >>> pages = {None: Page((1, 2), "b"), "b": Page((), "c"), "c": Page((3,))}
    >>> list(every(lambda at: pages[at]))
    [1, 2, 3]
    """
    cursor: str | None = None
    while True:
        page = ask(cursor)
        yield from page.items
        cursor = page.cursor
        if cursor is None:
            return


Wanted = tuple[type[Record], str, str]
"""A record's kind, hash key and range key."""


@dataclass(frozen=True)
class Together:
    """Records of several kinds that were read in one request; asked like the store itself."""

    found: Mapping[Wanted, Record | None]

    def get(self, kind: type[R], hash_key: str, range_key: str | None = None) -> R | None:
        """One of them. Raises ``KeyError`` for one that was not asked for."""
        found = self.found[kind, hash_key, range_key or kind.kind]
        return found if isinstance(found, kind) else None


class Records(Protocol):
    """All tables. A commit is one transaction: all of it happens, or none."""

    def get(self, kind: type[R], hash_key: str, range_key: str | None = None) -> R | None:
        """One record, read consistently; ``range_key`` defaults to the record's kind."""

    def get_many(self, kind: type[R], keys: Sequence[tuple[str, str]]) -> tuple[R | None, ...]:
        """Records by (hash, range), each as :meth:`get` gives it, in the order of ``keys``; not all of one moment."""

    def together(self, wanted: Sequence[Wanted]) -> Together:
        """Records of any kinds, each as :meth:`get` gives it; not all of one moment."""

    def list(self, kind: type[R], hash_key: str, *, limit: int = 200, cursor: str | None = None) -> Page[R]:
        """Records of this kind under one hash key, by ascending range key, consistently."""

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
        """Records through a secondary index; ``since`` is inclusive, ``until`` exclusive.

        Raises ``BadRequest`` for a cursor that is not one of ours.
        """

    def commit(self, changes: Sequence[Change], events: Sequence[AuditEvent] = ()) -> None:
        """Apply all changes and events, or none.

        Raises ``LostRace`` when an expectation does not hold, ``Unavailable``
        when the store throttles or is out of reach (nothing was written, or
        the same commit may be repeated: the expectations make it safe).
        """


@dataclass(frozen=True)
class ObjectInfo:
    """What is known of a stored object without reading it."""

    key: str
    size: int
    etag: str
    version_id: str | None = None
    modified: datetime | None = None
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PostForm:
    """A presigned POST: send ``fields`` and then the file to ``url``."""

    url: str
    fields: dict[str, str]


class Objects(Protocol):
    """One bucket."""

    bucket: str

    def head(self, key: str, version_id: str | None = None) -> ObjectInfo | None: ...

    def first_version(self, key: str) -> ObjectInfo | None:
        """The version of ``key`` that arrived first, however often it was overwritten."""

    def read(self, key: str, version_id: str | None = None, *, limit: int) -> bytes:
        """The whole object. Raises ``NotFound``; ``TooLarge`` past ``limit`` bytes."""

    def read_with_etag(self, key: str, *, limit: int) -> tuple[bytes, str]: ...

    def stream(self, key: str, version_id: str | None = None) -> Iterator[bytes]: ...

    def write(self, key: str, data: bytes, *, content_type: str, metadata: dict[str, str] | None = None) -> ObjectInfo:
        """Create or replace. Writing the same bytes again changes nothing that matters."""

    def write_if(self, key: str, data: bytes, *, content_type: str, expects: str | Literal["absent"]) -> ObjectInfo:
        """Write only if the present etag is ``expects`` (or there is no object). Raises ``LostRace``."""

    def copy_from(self, source_bucket: str, source_key: str, key: str, version_id: str | None = None) -> ObjectInfo: ...

    def delete(self, key: str, *, all_versions: bool = False) -> None: ...

    def list(self, prefix: str) -> Iterable[ObjectInfo]: ...

    def presign_get(self, key: str, *, seconds: int, version_id: str | None = None) -> str: ...

    def presign_post(self, key: str, *, seconds: int, min_bytes: int, max_bytes: int, content_type: str) -> PostForm:
        """A form for this exact key, size range and content type."""


class Signer(Protocol):
    """An Ed25519 key; the private half never leaves the implementation."""

    key_id: str

    def sign(self, message: bytes) -> bytes: ...

    def public_key(self) -> bytes: ...


class Clock(Protocol):
    """The only source of time."""

    def __call__(self) -> datetime: ...


class Ids(Protocol):
    """The only source of randomness for ids."""

    def __call__(self, prefix: str) -> str: ...
