"""Packs of vault tracks: immutable, content-addressed lists that a run can name.

A version is built from a query as a draft and becomes usable once it is frozen;
neither is ever edited. Its members are one canonical document, named by its
SHA-256: track, audio hash, consent version and hash of the rights as they were.
A member is no permission. Whoever uses a pack judges each track by its rights
of that moment, so a revocation makes the next manifest smaller, and
:func:`members_now` says by how much and why.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue, StringConstraints, TypeAdapter, ValidationError

from vault_domain.canonical import canonical, sha256_hex
from vault_domain.errors import Conflict, Corrupt
from vault_domain.ids import TrackId
from vault_domain.records import Record, Sha256, UtcTime, Value
from vault_domain.rights import Purpose, RightsRecord
from vault_domain.tracks import Track
from vault_domain.training import MAX_GRANT, Filters, Left, counted, may_read

FORMAT = 1
HEADS = "packs"
MAX_MEMBERS = MAX_GRANT
"""One version is granted by one manifest."""
MAX_MEMBERS_BYTES = 8 * 2**20

PackName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$")]


class PackQuery(Filters):
    """Which tracks; every given filter must match. Of too many, those that were submitted first."""

    purpose: Purpose = "product"
    """The use whose consent every member gave."""
    max_per_contributor: int | None = Field(default=None, ge=1, le=100_000)
    max_seconds_per_contributor: float | None = Field(default=None, gt=0, le=1e8)


class PackAsk(Value):
    """The body of POST /packs."""

    name: PackName
    query: PackQuery = PackQuery()
    dry_run: bool = False


class FreezeAsk(Value):
    """The body of POST /packs/{name}/{number}/freeze: the content that is meant, and why."""

    members_sha256: Sha256
    reason: str = Field(min_length=10, max_length=1000)


class Member(Value):
    """One track of a version, as it was when the version was built."""

    track_id: TrackId
    audio_sha256: Sha256
    """Of the canonical FLAC in the vault."""
    consent_version: int = Field(ge=1)
    rights_sha256: Sha256


class PackVersion(Record):
    """One version: facts on its members, whose list lies in the snapshots bucket under its hash."""

    table: ClassVar[str] = "packs"
    kind: ClassVar[str] = "pack"

    name: PackName
    number: int = Field(ge=1)
    state: Literal["draft", "frozen"] = "draft"
    query: PackQuery
    members_sha256: Sha256
    members: int = Field(ge=1)
    contributors: int = Field(ge=1)
    seconds: float = Field(ge=0)
    left_out: dict[str, int] = Field(default_factory=dict)
    built: UtcTime
    built_by: str
    frozen: UtcTime | None = None
    frozen_by: str | None = None
    reason: str | None = None
    salt: str | None = Field(default=None, max_length=40)
    """The log's hash of the reason is under it."""

    def key(self) -> tuple[str, str]:
        return f"pack:{self.name}", f"{self.kind}#{self.number:06d}"

    @property
    def ref(self) -> str:
        """How a run names it."""
        return f"{self.name}@{self.number}"

    def shown(self) -> dict[str, JsonValue]:
        """The version as the API tells of it."""
        hidden = {"version", "built_by", "frozen_by", "salt"}
        return {"pack": self.ref, **self.model_dump(mode="json", exclude=hidden)}


class PackHead(Record):
    """The newest version of a name: versions are numbered one after the other."""

    table: ClassVar[str] = "packs"
    kind: ClassVar[str] = "head"

    name: PackName
    newest: int = Field(ge=1)

    def key(self) -> tuple[str, str]:
        return HEADS, f"{self.kind}#{self.name}"


def canonical_members(members: Iterable[Member]) -> bytes:
    """The document of these members: what a content address is the hash of."""
    return canonical({"format": FORMAT, "members": [one.model_dump(mode="json") for one in members]})


def object_key(members_sha256: str) -> str:
    """Where the list of members lies in the snapshots bucket."""
    return f"packs/{members_sha256}.json"


def freeze(version: PackVersion, ask: FreezeAsk, by: str, salt: str, now: datetime) -> PackVersion:
    """The frozen version; the same one when it is frozen already. Raises ``Conflict`` for another content."""
    if version.members_sha256 != ask.members_sha256:
        raise Conflict("this version has another content than the one that was meant; look at it again")
    if version.state == "frozen":
        return version
    return version.with_changes(state="frozen", frozen=now, frozen_by=by, reason=ask.reason, salt=salt)


def read_members(data: bytes, sha256: str) -> tuple[Member, ...]:
    """The members of a version. Raises ``Corrupt`` unless these are the very bytes of that hash."""
    if sha256_hex(data) != sha256:
        raise Corrupt("a pack's list of members is not the one that was frozen", part=object_key(sha256))
    try:
        found = _DOCUMENT.validate_json(data)
    except ValidationError as error:
        raise Corrupt("a pack's list of members can't be read", part=object_key(sha256)) from error
    return found.members


class _Document(Value):
    format: Literal[1]
    members: tuple[Member, ...]


_DOCUMENT = TypeAdapter(_Document)


def member_refusal(
    member: Member,
    track: Track | None,
    rights: RightsRecord | None,
    purpose: str,
    held: frozenset[str] = frozenset(),
) -> str | None:
    """Why a member may not be used now; None when it may. ``held``: tracks that wait for governance.

    Reasons: those of :func:`vault_domain.training.may_read`, ``held`` and ``audio_changed``.
    """
    refusal = may_read(track, rights, purpose) or ("held" if member.track_id in held else None)
    if refusal or track is None:
        return refusal
    return None if track.stored_sha256 == member.audio_sha256 else "audio_changed"


def members_now(
    members: Iterable[Member],
    facts: Mapping[str, tuple[Track | None, RightsRecord | None]],
    purpose: str,
    held: frozenset[str] = frozenset(),
) -> dict[str, object]:
    """How much of a version may still be used, in numbers and in a sentence."""
    total, renewed, left = 0, 0, list[Left]()
    for member in members:
        track, rights = facts.get(member.track_id, (None, None))
        total += 1
        refusal = member_refusal(member, track, rights, purpose, held)
        if refusal:
            left.append(Left(member.track_id, refusal))
        elif rights is not None and rights.digest() != member.rights_sha256:
            renewed += 1
    stale = len(left)
    return {
        "members": total,
        "usable": total - stale,
        "left_out": counted(left),
        "rights_changed": renewed,
        "summary": f"stale by {stale} of {total} tracks" if stale else f"all {total} tracks may be used",
    }
