"""Outside catalogues: what may be registered as a source of checks.

A catalogue is a snapshot in the form of :mod:`vault_domain.snapshots`, made
elsewhere and sent part by part. Nothing of it is believed: every part is named
by its hash, sizes have bounds, and it counts only once all of it was verified.
"""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from vault_domain.datasets import DatasetId
from vault_domain.evidence import WITHHELD
from vault_domain.policy import CatalogueEntry
from vault_domain.records import Sha256, UtcTime, Value
from vault_domain.snapshots import Manifest
from vault_domain.submission import Line

MAX_PARTS = 64
MAX_PART_BYTES = 256 * 2**20
MAX_TOTAL_BYTES = 2**30
"""All parts together: what a check holds in memory beside the vault's own index."""

RESERVED = frozenset({"vault", WITHHELD})
"""Names that mean something else where catalogues are named."""


def _free(name: str) -> str:
    if name in RESERVED:
        raise ValueError("this name is reserved")
    return name


Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,59}$"), AfterValidator(_free)]


class PartAsk(Value):
    """One part that somebody wants to send."""

    sha256: Sha256
    bytes: int = Field(ge=1, le=MAX_PART_BYTES)


class PartsAsk(Value):
    """The body of POST /catalogues/{name}/parts: all parts of the manifest that is to be registered."""

    parts: tuple[PartAsk, ...] = Field(min_length=1, max_length=MAX_PARTS)

    @model_validator(mode="after")
    def _bounded(self) -> "PartsAsk":
        if len({part.sha256 for part in self.parts}) != len(self.parts):
            raise ValueError("a part is named twice")
        if sum(part.bytes for part in self.parts) > MAX_TOTAL_BYTES:
            raise ValueError(f"the parts are larger than {MAX_TOTAL_BYTES} bytes together")
        return self


class CatalogueAsk(Value):
    """The body of POST /catalogues."""

    name: Name
    title: Line
    licence: Line
    pack: DatasetId
    manifest: Manifest

    @model_validator(mode="after")
    def _bounded(self) -> "CatalogueAsk":
        found = self.manifest
        PartsAsk(parts=tuple(PartAsk(sha256=part.sha256, bytes=part.bytes) for part in found.parts))
        if len(found.removed) > found.tracks:
            raise ValueError("more tracks are removed than there are")
        return self


def registered(ask: CatalogueAsk, present: CatalogueEntry | None, by: str, now: UtcTime) -> CatalogueEntry:
    """The entry of a verified catalogue; the one that is there already when nothing would change."""
    wanted = CatalogueEntry(
        name=ask.name,
        title=ask.title,
        licence=ask.licence,
        pack=ask.pack,
        snapshot=ask.manifest.snapshot_id,
        tracks=ask.manifest.tracks - len(ask.manifest.removed),
        registered_by=by,
        at=now,
    )
    if present is None:
        return wanted
    same = wanted.model_copy(
        update={"version": present.version, "at": present.at, "registered_by": present.registered_by}
    )
    return present if same == present else wanted
