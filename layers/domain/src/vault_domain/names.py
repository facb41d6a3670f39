"""Names of artists that prompts are searched for: the admins' list, registered metadata, and the vault's own artists.

A listed name is one record; a change of the list moves its head by one in the same commit. What checks read is a
snapshot of all sources, made from the records. A listed name wins over the same name of a vault artist, so that nobody
makes a known artist a participating one by uploading under that name.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field, field_validator, model_validator

from vault_domain.canonical import Json, canonical
from vault_domain.datasets import DatasetId
from vault_domain.errors import Conflict
from vault_domain.records import Record, UtcTime, Value

ALL = "names"
MAX_PER_CHANGE = 90
"""Names of one call: a transaction holds 100 items, the head and the event among them."""
MAX_SPELLINGS = 60_000
"""Names and aliases of the list. With the vault's artists (``crediting.MAX_ARTISTS``) they fit into a snapshot."""
MAX_SNAPSHOT_BYTES = 52 * 2**20
FORMAT = "lemm-names/1"
Name = Annotated[str, Field(min_length=2, max_length=100)]


class NameAsk(Value):
    """One name to list, with other spellings of it."""

    name: Name
    aliases: tuple[Name, ...] = Field(default=(), max_length=20)
    common: bool | None = None
    """Whether it is also an ordinary word that says nothing by itself; None lets the word list decide."""
    participating: bool = False
    """Whether this artist has agreed to be named in prompts."""

    @field_validator("name", "aliases")
    @classmethod
    def _readable(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for one in (value,) if isinstance(value, str) else value:
            if sum(char.isalnum() for char in one) < 2 or any(unicodedata.category(char)[0] == "C" for char in one):
                raise ValueError("a name needs two letters or digits, and no control characters")
        return value


class NamesAsk(Value):
    """The body of POST /prompts/names."""

    names: tuple[NameAsk, ...] = Field(min_length=1, max_length=MAX_PER_CHANGE)
    pack: DatasetId | None = None
    """The registered dataset that the names come from; None for the admins' own list."""
    reason: str = Field(min_length=10, max_length=1000)

    @model_validator(mode="after")
    def _once(self) -> "NamesAsk":
        if len({name_id(one.name) for one in self.names}) < len(self.names):
            raise ValueError("a name appears twice")
        return self


class RemovalAsk(Value):
    """The body of POST /prompts/names/removal."""

    names: tuple[Name, ...] = Field(min_length=1, max_length=MAX_PER_CHANGE)
    pack: DatasetId | None = None
    reason: str = Field(min_length=10, max_length=1000)


class ListedName(Record):
    """A name that an admin listed, by hand or from a registered dataset."""

    table: ClassVar[str] = "policies"
    kind: ClassVar[str] = "listed_name"

    entry: NameAsk
    pack: DatasetId | None = None
    by: str
    at: UtcTime

    def key(self) -> tuple[str, str]:
        return ALL, listed_key(self.entry.name, self.pack)


class NamesHead(Record):
    """Counts the changes of the list."""

    table: ClassVar[str] = "policies"
    kind: ClassVar[str] = "head_of_names"

    number: int = Field(ge=1)
    names: int = Field(ge=0)
    spellings: int = Field(default=0, ge=0)
    at: UtcTime

    def key(self) -> tuple[str, str]:
        return ALL, self.kind


def name_id(name: str) -> str:
    """What makes two spellings the same entry: case and spacing don't count."""
    folded = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return hashlib.sha256(folded.encode("utf-8")).hexdigest()[:24]


def listed_key(name: str, pack: str | None) -> str:
    """Range key of a listed name."""
    return f"{ListedName.kind}#{pack or ''}#{name_id(name)}"


class NamesChange(Record):
    """One change of the list, with its author and words; the log has a hash of the words."""

    table: ClassVar[str] = "policies"
    kind: ClassVar[str] = "change_of_names"

    number: int = Field(ge=1)
    listed: int = Field(ge=0)
    removed: int = Field(ge=0)
    pack: DatasetId | None = None
    reason: str = Field(max_length=1000)
    salt: str = Field(max_length=40)
    """The log's hash of the reason is under it."""
    by: str
    at: UtcTime

    def key(self) -> tuple[str, str]:
        return ALL, f"{self.kind}#{self.number:08d}"


def listed(ask: NamesAsk, present: Iterable[ListedName | None], by: str, now: datetime) -> tuple[ListedName, ...]:
    """The records to write, each with the version that it replaces; what stands there already is left out."""
    made = []
    for entry, old in zip(ask.names, present, strict=True):
        if old is None or old.entry != entry:
            version = old.version if old else 0
            made.append(ListedName(entry=entry, pack=ask.pack, by=by, at=now, version=version))
    return tuple(made)


def spelt(entries: Iterable[ListedName]) -> int:
    """How many names and aliases these are."""
    return sum(1 + len(one.entry.aliases) for one in entries)


def moved(head: NamesHead | None, names: int, spellings: int, now: datetime) -> NamesHead:
    """The head after a change that left so many names and spellings more. Raises ``Conflict`` when the list is full."""
    number, before, spelt_before = (head.number, head.names, head.spellings) if head else (0, 0, 0)
    if spellings > 0 and spelt_before + spellings > MAX_SPELLINGS:
        raise Conflict(f"The list holds {MAX_SPELLINGS} spellings at most, and has {spelt_before}")
    facts = {
        "number": number + 1, "names": max(0, before + names), "spellings": max(0, spelt_before + spellings), "at": now,
    }  # fmt: skip
    return head.with_changes(**facts) if head else NamesHead.model_validate(facts)


@dataclass(frozen=True, slots=True)
class KnownName:
    """One name as prompts are searched for it."""

    name: str
    aliases: tuple[str, ...] = ()
    source: str = "list"
    """``list``, ``vault`` or the dataset's id."""
    common: bool | None = None
    participating: bool = False


@dataclass(frozen=True, slots=True, order=True)
class KnownTitle:
    """The title of a track of the vault, and who is credited with it."""

    title: str
    artists: tuple[str, ...] = ()


def known(listed_names: Iterable[ListedName], artists: Iterable[str], usable: frozenset[str]) -> tuple[KnownName, ...]:
    """All names to search for; those of datasets only while these are ``usable``."""
    found: dict[str, KnownName] = {}
    ordered = sorted(listed_names, key=lambda one: (one.pack or "", one.entry.name))
    for one in ordered:
        if one.pack is None or one.pack in usable:
            entry = one.entry
            key = name_id(entry.name)
            found.setdefault(
                key, KnownName(entry.name, entry.aliases, one.pack or "list", entry.common, entry.participating)
            )
    taken = set(found) | {name_id(alias) for one in found.values() for alias in one.aliases}
    for artist in sorted(set(artists)):
        if name_id(artist) not in taken and sum(char.isalnum() for char in artist) > 1:
            found[name_id(artist)] = KnownName(artist, source="vault", participating=True)
    return tuple(found[key] for key in sorted(found))


def title_row(one: KnownTitle) -> Json:
    """A title as it is kept."""
    return [one.title, list(one.artists)]


def title_from(row: list[object]) -> KnownTitle:
    """The title of such a row. Raises ``ValueError`` or ``TypeError`` for anything else."""
    title, artists = row
    if not isinstance(artists, list):
        raise TypeError("no list of artists")
    return KnownTitle(str(title), tuple(map(str, artists)))


def to_snapshot(number: int, names: Iterable[KnownName], titles: Iterable[KnownTitle] = ()) -> bytes:
    """The bytes that checks read; the same names and titles give the same bytes."""
    rows: list[Json] = [
        [one.name, list(one.aliases), one.source, one.common, one.participating] for one in names
    ]  # fmt: skip
    called = [title_row(one) for one in sorted(titles)]
    return canonical({"format": FORMAT, "number": number, "names": rows, "titles": called})


def from_snapshot(data: bytes) -> tuple[KnownName, ...]:
    """The names of a snapshot. Raises ``ValueError`` for anything but one of ours."""
    try:
        found = json.loads(data)
        if found["format"] != FORMAT:
            raise ValueError("not a snapshot of names")
        return tuple(
            KnownName(str(name), tuple(map(str, aliases)), str(source), common, participating is True)
            for name, aliases, source, common, participating in found["names"]
        )
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("not a snapshot of names") from error


def titles_from(data: bytes) -> tuple[KnownTitle, ...]:
    """The titles of a snapshot whose names could be read; none in one that was made before there were any."""
    try:
        return tuple(map(title_from, json.loads(data).get("titles", ())))
    except (AttributeError, TypeError, RecursionError) as error:
        raise ValueError("not a snapshot of names") from error


def identity(snapshot: bytes) -> str:
    """What a check names as its list of names."""
    return hashlib.sha256(snapshot).hexdigest()[:16]
