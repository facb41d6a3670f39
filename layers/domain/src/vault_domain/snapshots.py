"""Index snapshots: which immutable parts make up an index, and how it may change.

Promise: a :class:`Manifest` names everything that an index holds, by hash. The
rules are pure: each returns a new manifest and leaves the old one valid, so a
reader that holds one sees one consistent index while writers go on. The id of a
snapshot is the hash of its canonical bytes.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from vault_domain.canonical import canonical, sha256_hex
from vault_domain.errors import Conflict, Corrupt

FORMAT: Final = 1
MAX_BYTES: Final = 64 << 20
"""A manifest larger than this is refused unread."""

Sha256Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
PartName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")]
TrackName = Annotated[str, StringConstraints(min_length=1, max_length=1024)]


class Part(BaseModel):
    """One immutable file of an index."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: PartName
    sha256: Sha256Hex
    bytes: int = Field(ge=1)
    tracks: int = Field(ge=0)
    seconds: float = Field(ge=0, allow_inf_nan=False)


class Manifest(BaseModel):
    """The whole index: parts in search order, and tracks that are no longer to be found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = Field(default=FORMAT, ge=FORMAT, le=FORMAT)
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    settings: dict[str, int]
    """Numbers of the frozen settings by what they settle, such as ``{"features": 1}``."""
    parts: tuple[Part, ...] = ()
    removed: tuple[TrackName, ...] = ()
    created: Annotated[str, StringConstraints(min_length=1, max_length=40)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        names = [part.name for part in self.parts]
        if len(set(names)) != len(names):
            raise ValueError("two parts have the same name")
        if list(self.removed) != sorted(set(self.removed)):
            raise ValueError("removed tracks must be sorted and unique")
        return self

    @property
    def tracks(self) -> int:
        """Tracks in all parts, removed ones included until a compaction."""
        return sum(part.tracks for part in self.parts)

    @property
    def seconds(self) -> float:
        """Audio in all parts."""
        return sum(part.seconds for part in self.parts)

    def to_bytes(self) -> bytes:
        """Canonical JSON: what is stored, hashed and signed."""
        return canonical(self.model_dump(mode="json"))

    @property
    def snapshot_id(self) -> str:
        """SHA-256 of the canonical bytes, hexadecimal."""
        return sha256_hex(self.to_bytes())


def part_of(data: bytes, tracks: int, seconds: float, prefix: str = "part") -> Part:
    """The entry for a part with these bytes; its name says its content."""
    digest = sha256_hex(data)
    return Part(name=f"{prefix}-{digest[:24]}.shard", sha256=digest, bytes=len(data), tracks=tracks, seconds=seconds)


def read(data: bytes, name: str = "manifest.json") -> Manifest:
    """The manifest in these bytes, or :class:`Corrupt`."""
    if len(data) > MAX_BYTES:
        raise Corrupt(f"The index manifest {name} is larger than any real one.", part=name)
    try:
        return Manifest.model_validate_json(data)
    except ValidationError as error:
        raise Corrupt(f"The index manifest {name} is not of the documented form.", part=name) from error


def empty(name: str, settings: dict[str, int], created: str) -> Manifest:
    """An index without tracks."""
    return Manifest(name=name, settings=settings, created=created)


def with_part(manifest: Manifest, part: Part, created: str, tracks: Iterable[str] = ()) -> Manifest:
    """A part added at the end. Adding the same part twice changes nothing.

    ``tracks`` that the part holds and that had been removed are to be found again."""
    if any(known.sha256 == part.sha256 for known in manifest.parts):
        return manifest
    back = set(tracks)
    removed = tuple(track for track in manifest.removed if track not in back)
    return _changed(manifest, parts=(*manifest.parts, part), removed=removed, created=created)


def without_tracks(manifest: Manifest, tracks: Iterable[str], created: str) -> Manifest:
    """Tombstones for these tracks: no later search finds them."""
    removed = tuple(sorted({*manifest.removed, *tracks}))
    if removed == manifest.removed:
        return manifest
    return _changed(manifest, parts=manifest.parts, removed=removed, created=created)


def compacted(
    manifest: Manifest, replaced: Sequence[str], by: Sequence[Part], dropped: Iterable[str], created: str
) -> Manifest:
    """Parts named ``replaced`` become ``by``, at the place of the first of them.

    ``dropped`` are the removed tracks that no remaining part holds: their
    tombstones go. Raises ``Conflict`` when a part to replace is not there, which
    means that somebody else compacted meanwhile."""
    gone = set(replaced)
    names = [part.name for part in manifest.parts]
    if not gone or not gone.issubset(names):
        raise Conflict("The index was compacted meanwhile; read it again.")
    at = min(names.index(name) for name in gone)
    kept_before = tuple(part for part in manifest.parts[:at] if part.name not in gone)
    kept_after = tuple(part for part in manifest.parts[at:] if part.name not in gone)
    lost = set(dropped)
    removed = tuple(track for track in manifest.removed if track not in lost)
    return _changed(manifest, parts=(*kept_before, *by, *kept_after), removed=removed, created=created)


def _changed(manifest: Manifest, parts: tuple[Part, ...], removed: tuple[str, ...], created: str) -> Manifest:
    return Manifest(
        format=manifest.format, name=manifest.name, settings=manifest.settings, parts=parts, removed=removed,
        created=created,
    )  # fmt: skip
