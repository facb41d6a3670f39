"""Keeping the vault's index small, whole and true to the register of tracks.

Promises:

- nothing here makes a track unfindable that belongs in the index: a part is
  replaced only by one that holds the same tracks, tombstoned ones left out;
- the pointer moves only from the manifest that was read, so an admission or a
  revocation that comes in between wins, and the work is done again;
- parts that no manifest names are deleted only after a grace time longer than
  any change takes, because a part is stored before the pointer names it;
- an index that can't be read is made again from the features in the vault.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from pathlib import PurePosixPath

from vault_audio.features import Features, unpack
from vault_domain import snapshots
from vault_domain.errors import Conflict, Corrupt, NotFound
from vault_domain.ports import Records, every
from vault_domain.records import stamp
from vault_domain.revocation import keeps_fingerprints
from vault_domain.rights import RightsRecord
from vault_domain.snapshots import Manifest, Part
from vault_domain.tracks import Status, Track
from vault_index.shard import Shard
from vault_index.snapshot import BuiltPart, ShardCache, build_part, merge_parts, open_parts, settings
from vault_store.snapshots import SnapshotStore

from vault_edge.deps import Deps
from vault_edge.index import VAULT, prefix_of

GRACE = timedelta(hours=2)
PART_SECONDS = 120 * 3600.0
"""Audio in one part: half of what its format can address, and about 0.5 GB at most."""
STEP = 4
MAX_FEATURES_BYTES = 128 * 2**20
READERS = 8
INDEXED = frozenset({Status.PENDING_REVIEW, Status.ACCEPTED, Status.UNDER_INVESTIGATION})
"""States whose features may be in the index; one that waits for review may be half-way in."""


def store_of(deps: Deps, name: str = VAULT) -> SnapshotStore:
    """One of the vault's own indexes in the snapshots bucket."""
    return SnapshotStore(deps.bucket("snapshots"), prefix_of(name))


def loaded(store: SnapshotStore, cache: ShardCache, index: str = VAULT) -> tuple[Manifest, list[Shard]] | None:
    """Manifest and shards, None before the first part.

    With an empty ``cache`` every part is read, so damage in the bucket shows
    here first. Raises ``Corrupt`` for what only a rebuild can mend.
    """
    found = store.current()
    if found is None:
        if next(iter(store.parts()), None) is None:
            return None
        raise Corrupt(f"the index {index} has parts and no manifest")
    return opened(snapshots.read(found[0], index), store, cache)


def opened(manifest: Manifest, store: SnapshotStore, cache: ShardCache) -> tuple[Manifest, list[Shard]]:
    """A manifest with its shards. Raises ``Corrupt``."""
    by_name = {part.name: part.sha256 for part in manifest.parts}
    return manifest, open_parts(manifest, lambda name: store.fetch_part(by_name[name]), cache)


# --- compaction ----------------------------------------------------------------


def to_merge(manifest: Manifest, shards: Sequence[Shard]) -> list[int]:
    """Numbers of the parts to replace: those that hold tombstoned tracks, and small ones beside each other in size.

    Parts are taken from the smallest up until the next one is ``STEP`` times as
    large as all before it together, so that their number grows with the
    logarithm of the tracks, and a track is written again as rarely.
    """
    removed = frozenset(manifest.removed)
    holding = {n for n, shard in enumerate(shards) if any(track.id in removed for track in shard.tracks)}
    taken: list[int] = []
    tracks, seconds = 0, 0.0
    for n in sorted(range(len(shards)), key=lambda n: (manifest.parts[n].tracks, n)):
        part = manifest.parts[n]
        if taken and (seconds + part.seconds > PART_SECONDS or part.tracks > STEP * tracks):
            if len(taken) > 1:
                break
            taken, tracks, seconds = [], 0, 0.0
        taken.append(n)
        tracks, seconds = tracks + part.tracks, seconds + part.seconds
    return sorted(holding.union(taken if len(taken) > 1 else ()))


def compact(deps: Deps, manifest: Manifest, shards: Sequence[Shard], index: str = VAULT) -> int:
    """Replace parts by their merger; how many. A rival compaction, or none to do, gives 0."""
    chosen = to_merge(manifest, shards)
    if not chosen:
        return 0
    removed = frozenset(manifest.removed)
    made = [merge_parts(group, removed) for group in _groups([shards[n] for n in chosen])]
    parts = [part for part in made if part is not None]
    names = [manifest.parts[n].name for n in chosen]
    dropped = _dropped(manifest, shards, chosen)

    def rule(present: Manifest) -> Manifest:
        return snapshots.compacted(present, names, [part.part for part in parts], dropped, stamp(deps.clock()))

    try:
        deps.index.change(index, rule, [part.data for part in parts])
    except Conflict:
        return 0
    return len(names)


def _dropped(manifest: Manifest, shards: Sequence[Shard], chosen: Sequence[int]) -> frozenset[str]:
    """Tombstones whose tracks were in the replaced parts and are in no other."""
    left_out = {track.id for n in chosen for track in shards[n].tracks} & set(manifest.removed)
    rest = {track.id for n, shard in enumerate(shards) if n not in chosen for track in shard.tracks}
    return frozenset(left_out - rest)


def _groups(shards: Sequence[Shard]) -> Iterator[list[Shard]]:
    """Shards in order, as many together as one part can hold."""
    group: list[Shard] = []
    for shard in shards:
        if group and sum(one.seconds for one in group) + shard.seconds > PART_SECONDS:
            yield group
            group = []
        group.append(shard)
    if group:
        yield group


# --- truth ---------------------------------------------------------------------


def mend(deps: Deps, manifest: Manifest, shards: Sequence[Shard]) -> tuple[int, int]:
    """Add accepted tracks that the index lacks, tombstone removed ones that it should not hold; how many of each."""
    held = {track.id for shard in shards for track in shard.tracks} - set(manifest.removed)
    lacking = [track.track_id for track in _tracks(deps.records, Status.ACCEPTED) if track.track_id not in held]
    lacking = [track_id for track_id in lacking if belongs(track_id, deps)]
    added = _append(deps, lacking)
    extra = [track.track_id for track in _tracks(deps.records, Status.REMOVED) if track.track_id in held]
    extra = [track_id for track_id in extra if not belongs(track_id, deps)]
    if extra:
        deps.index.change(VAULT, lambda present: snapshots.without_tracks(present, extra, stamp(deps.clock())))
    return added, len(extra)


def belongs(track_id: str, deps: Deps) -> bool:
    """Whether this track's fingerprints are to be found, from the records as they are now."""
    track = deps.records.get(Track, track_id)
    if track is None:
        return False
    if track.status in INDEXED:
        return True
    return track.status is Status.REMOVED and keeps_fingerprints(
        track, deps.records.get(RightsRecord, track_id), deps.policy()
    )


def _append(deps: Deps, track_ids: Sequence[str]) -> int:
    added = 0
    for built in _built(deps, track_ids):
        rule = partial(snapshots.with_part, part=built.part, created=stamp(deps.clock()), tracks=built.tracks)
        deps.index.change(VAULT, rule, [built.data])
        added += len(built.tracks)
    return added


def rebuild(deps: Deps) -> int:
    """Make the index again from the features in the vault; the number of its tracks.

    Raises ``LostRace`` when the pointer moved meanwhile.
    """

    def made() -> Iterator[BuiltPart]:
        stored = sorted(PurePosixPath(info.key).stem for info in deps.bucket("vault").list("features/"))
        yield from _built(deps, [track_id for track_id in stored if belongs(track_id, deps)])

    return replaced(store_of(deps), VAULT, made(), deps.clock()).tracks


def replaced(store: SnapshotStore, index: str, made: Iterable[BuiltPart], now: datetime) -> Manifest:
    """An index of these parts in the place of what is there; they are made after that was looked at.

    Raises ``LostRace`` when the pointer moved meanwhile.
    """
    found = store.current()
    parts: list[Part] = []
    for built in made:
        store.put_part(built.data)
        parts.append(built.part)
    fresh = Manifest(name=index, settings=settings(), parts=tuple(parts), created=stamp(now))
    store.move(fresh.to_bytes(), expects=found[1] if found else "absent")
    return fresh


def _built(deps: Deps, track_ids: Sequence[str]) -> Iterator[BuiltPart]:
    """Parts with these tracks; one whose features are not there is left out."""
    group: list[tuple[str, Features]] = []
    for item in _features(deps, track_ids):
        if group and sum(features.duration_s for _, features in group) + item[1].duration_s > PART_SECONDS:
            yield build_part(group)
            group = []
        group.append(item)
    if group:
        yield build_part(group)


def _features(deps: Deps, track_ids: Iterable[str]) -> Iterator[tuple[str, Features]]:
    bucket = deps.bucket("vault")

    def read(track_id: str) -> tuple[str, Features] | None:
        try:
            data = bucket.read(f"features/{track_id}.bin", limit=MAX_FEATURES_BYTES)
        except NotFound:
            return None
        return track_id, unpack(data).without_dense()

    with ThreadPoolExecutor(READERS) as pool:
        yield from (item for item in pool.map(read, track_ids) if item is not None)


def _tracks(records: Records, status: Status) -> Iterator[Track]:
    return every(lambda at: records.find(Track, "by_status", status.value, limit=200, cursor=at))


# --- what nothing names --------------------------------------------------------


def collect(store: SnapshotStore, now: datetime) -> int:
    """Delete parts that the manifest does not name and that are older than the grace time; how many."""
    found = store.current()
    if found is None:
        return 0
    named = {part.sha256 for part in snapshots.read(found[0]).parts}
    old = [
        name
        for name, info in store.parts()
        if name not in named and info.modified is not None and now - info.modified > GRACE
    ]
    for name in old:
        store.drop_part(name)
    return len(old)
