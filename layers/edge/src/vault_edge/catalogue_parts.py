"""Parts of an outside catalogue in the snapshots bucket: asked for, verified, pointed to.

Nothing here trusts a sender: a part counts once its bytes have the hash that
names it and open as an index part with the stated tracks.
"""

from datetime import timedelta

from vault_domain.canonical import Json
from vault_domain.catalogues import CatalogueAsk, PartAsk
from vault_domain.errors import BadRequest, Conflict, Corrupt
from vault_domain.ports import Objects
from vault_domain.snapshots import Manifest, Part
from vault_index.shard import Shard
from vault_index.snapshot import settings
from vault_store.snapshots import SnapshotStore

from vault_edge.index import prefix_of

FORM_LIFE = timedelta(minutes=30)
TYPE = "application/octet-stream"


def form_for(bucket: Objects, name: str, part: PartAsk) -> Json | None:
    """A form that takes exactly this part, or None when an object of its size is here already."""
    key, seconds = _key(name, part.sha256), int(FORM_LIFE.total_seconds())
    held = bucket.head(key)
    if held is not None and held.size == part.bytes:
        return None
    form = bucket.presign_post(key, seconds=seconds, min_bytes=part.bytes, max_bytes=part.bytes, content_type=TYPE)
    return {"sha256": part.sha256, "form": {"url": form.url, "fields": form.fields}}


def verify(bucket: Objects, ask: CatalogueAsk) -> None:
    """Read every part, one at a time. Raises ``BadRequest`` or, for one that is not here, ``Conflict``."""
    if ask.manifest.settings != settings():
        raise BadRequest(f"made with settings {ask.manifest.settings}, not {settings()}; build it again")
    for part in ask.manifest.parts:
        _verify(bucket, ask.name, part)


def _verify(bucket: Objects, name: str, part: Part) -> None:
    key = _key(name, part.sha256)
    held = bucket.head(key)
    if held is None or held.size != part.bytes:
        raise Conflict(f"part {part.sha256} is not here in full; send it first", part=part.sha256)
    try:
        shard = Shard.open(bucket.read(key, limit=part.bytes), part.sha256)
    except Corrupt as error:
        raise BadRequest(f"part {part.sha256} is not an intact index part", part=part.sha256) from error
    if shard.sha256 != part.sha256 or len(shard.tracks) != part.tracks:
        raise BadRequest(f"part {part.sha256} is not the one that the manifest names", part=part.sha256)


def point(bucket: Objects, name: str, manifest: Manifest) -> None:
    """Make this the present snapshot; it names verified parts alone. Raises ``LostRace``."""
    store, wanted = SnapshotStore(bucket, prefix_of(name)), manifest.to_bytes()
    found = store.current()
    if found is None or found[0] != wanted:
        store.move(wanted, expects=found[1] if found else "absent")


def _key(name: str, sha256: str) -> str:
    return f"catalogues/{name}/parts/{sha256}"
