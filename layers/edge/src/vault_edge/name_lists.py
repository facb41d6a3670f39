"""The snapshot of names: made from the records by one function, read by the check of prompts.

One object, ``names/all.json`` in the snapshots bucket, written only where it differs and only over the very object that
was there before the records were read: of two makers at once the slower one reads again.
"""

from collections.abc import Iterator

from vault_domain.datasets import verdict
from vault_domain.erasure import ERASED
from vault_domain.errors import NotFound
from vault_domain.names import ALL, MAX_SNAPSHOT_BYTES, ListedName, NamesHead, known, to_snapshot
from vault_domain.ports import every

from vault_edge.deps import Deps
from vault_edge.grants import accepted_tracks
from vault_edge.pack_sources import find_dataset
from vault_edge.racing import settled

KEY = "names/all.json"


def rebuilt(deps: Deps) -> bool:
    """Bring the snapshot up to date; whether it had to be written."""
    return settled(lambda: _rebuild(deps))


def _rebuild(deps: Deps) -> bool:
    bucket = deps.bucket("snapshots")
    try:
        present, etag = bucket.read_with_etag(KEY, limit=MAX_SNAPSHOT_BYTES)
    except NotFound:
        present, etag = b"", "absent"
    head = deps.records.get(NamesHead, ALL)
    listed = tuple(all_listed(deps))
    packs = {one.pack for one in listed if one.pack}
    usable = frozenset(pack for pack in packs if usable_now(pack, deps))
    made = to_snapshot(head.number if head else 0, known(listed, _artists(deps), usable))
    if made == present:
        return False
    bucket.write_if(KEY, made, content_type="application/json", expects=etag)
    return True


def usable_now(pack: str, deps: Deps) -> bool:
    """Whether the licences of a dataset let its names be joined to what we do, now."""
    return verdict(pack, find_dataset(deps.records, pack), "metadata_join", deps.clock()).granted


def all_listed(deps: Deps) -> Iterator[ListedName]:
    """Every listed name."""
    return every(lambda at: deps.records.list(ListedName, ALL, limit=1000, cursor=at))


def _artists(deps: Deps) -> set[str]:
    """Who is credited with a track that the vault holds now; what stands in an erased name's place is nobody."""
    return {track.metadata.artist_display_name for track in accepted_tracks(deps.records)} - {ERASED}
