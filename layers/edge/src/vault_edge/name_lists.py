"""The snapshot of names and titles: made from the records by one function, read by the check of prompts.

One object, ``names/all.json`` in the snapshots bucket, written only where it differs and only over the very object that
was there before the records were read: of two makers at once the slower one reads again. No turn is longer for more
tracks: credits are gathered some pages at a time (``vault_domain.crediting``; ``names/credits.json``), and the
list has an end.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from vault_domain.crediting import Walk, begun, from_bytes, to_bytes, walked
from vault_domain.datasets import verdict
from vault_domain.erasure import ERASED
from vault_domain.errors import BadRequest, NotFound
from vault_domain.names import ALL, MAX_SNAPSHOT_BYTES, KnownTitle, ListedName, NamesHead, known, to_snapshot
from vault_domain.ports import every
from vault_domain.tracks import Status, Track

from vault_edge.deps import Deps
from vault_edge.grants import PAGE
from vault_edge.pack_sources import find_dataset
from vault_edge.racing import settled

KEY, CREDITS = "names/all.json", "names/credits.json"


@dataclass(frozen=True)
class Rebuilt:
    """What a turn did: whether the snapshot had to be written, whether all tracks have been gone through, and how many
    credits were too many."""

    written: bool
    whole: bool
    left_out: int


def rebuilt(deps: Deps, pages: int) -> Rebuilt:
    """Bring the snapshot up to date, going through so many pages of a thousand tracks."""
    return settled(lambda: _rebuild(deps, pages))


def _rebuild(deps: Deps, pages: int) -> Rebuilt:
    present, etag = _read(deps, KEY)
    walk = _gone_on(deps, pages)
    head = deps.records.get(NamesHead, ALL)
    listed = tuple(all_listed(deps))
    packs = {one.pack for one in listed if one.pack}
    usable = frozenset(pack for pack in packs if usable_now(pack, deps))
    made = to_snapshot(head.number if head else 0, known(listed, walk.artists, usable), walk.titles)
    if made != present:
        deps.bucket("snapshots").write_if(KEY, made, content_type="application/json", expects=etag)
    return Rebuilt(made != present, walk.cursor is None, walk.left_out)


def _gone_on(deps: Deps, pages: int) -> Walk:
    """The walk through the credits, so many pages further and kept."""
    present, etag = _read(deps, CREDITS)
    try:
        walk = begun(from_bytes(present))
    except ValueError:
        walk = Walk()  # none was kept, or it is damaged: from the start
    for _ in range(pages):
        walk = _page_further(deps, walk)
        if walk.cursor is None:
            break
    if to_bytes(walk) != present:
        deps.bucket("snapshots").write_if(CREDITS, to_bytes(walk), content_type="application/json", expects=etag)
    return walk


def _page_further(deps: Deps, walk: Walk) -> Walk:
    try:
        page = deps.records.find(Track, "by_status", Status.ACCEPTED.value, limit=PAGE, cursor=walk.cursor)
    except BadRequest:
        return _page_further(deps, begun(replace(walk, cursor=None))) if walk.cursor else walk  # no place of it now
    titles = sorted({_titled(track) for track in page.items})
    return walked(walk, sorted({name for one in titles for name in one.artists}), page.cursor, titles)


def _titled(track: Track) -> KnownTitle:
    """What a track is called, and by whom it is; what stands in an erased name's place is nobody."""
    said = track.metadata
    credited = (name for name in (said.artist_display_name, *said.collaborator_names) if name != ERASED)
    return KnownTitle(said.title, tuple(dict.fromkeys(credited)))


def _read(deps: Deps, key: str) -> tuple[bytes, str]:
    try:
        return deps.bucket("snapshots").read_with_etag(key, limit=MAX_SNAPSHOT_BYTES)
    except NotFound:
        return b"", "absent"


def usable_now(pack: str, deps: Deps) -> bool:
    """Whether the licences of a dataset let its names be joined to what we do, now."""
    return verdict(pack, find_dataset(deps.records, pack), "metadata_join", deps.clock()).granted


def all_listed(deps: Deps) -> Iterator[ListedName]:
    """Every listed name."""
    return every(lambda at: deps.records.list(ListedName, ALL, limit=1000, cursor=at))
