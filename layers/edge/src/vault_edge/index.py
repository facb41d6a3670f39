"""Index snapshots in object storage, kept in memory and never stale.

Promises:

- :meth:`IndexStore.reader` looks at the pointer each time (one request), so
  a check sees a track that was admitted a second ago; parts are fetched once.
- What can't be read is ``SourceUnavailable``: a check against it was not made.
- The vault's index, and that of what is kept back, is empty only while nothing
  was ever written to it. A missing pointer beside existing parts is damage, not
  emptiness, and a catalogue without a pointer is no catalogue.
- :meth:`IndexStore.listed` has one part at a time in memory, and then its ids
  alone, so functions that only ask what is in the index can be small ones.
- :meth:`IndexStore.change` moves a pointer only from the manifest that the rule
  was given, and starts again when somebody else was first.
"""

from collections.abc import Callable, Iterable
from threading import Lock
from typing import NamedTuple

from vault_domain import snapshots
from vault_domain.errors import Corrupt, LostRace, SourceUnavailable, VaultError
from vault_domain.evidence import WITHHELD
from vault_domain.ports import Objects
from vault_domain.snapshots import Manifest, Part
from vault_index.shard import Shard
from vault_index.snapshot import CACHED_BYTES, ShardCache, open_parts, settings
from vault_store.snapshots import SnapshotStore

VAULT = "vault"
OURS = frozenset({VAULT, WITHHELD})
"""Indexes that nobody registers."""
EPOCH = "1970-01-01T00:00:00Z"
"""When an index was made that nobody made yet: its empty manifest has one id everywhere."""
CHANGE_TRIES = 12

Rule = Callable[[Manifest], Manifest]


class Opened(NamedTuple):
    """One consistent index: ``manifest.removed`` must be left out of every search."""

    manifest: Manifest
    snapshot_id: str
    shards: list[Shard]


class _Held:
    """What this container holds of one index, and the pointer's tag that goes with it."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.etag: str | None = None
        self.reading: Opened | None = None


class IndexStore:
    """The indexes in one bucket: "vault", "withheld", and catalogues by name."""

    def __init__(self, open_store: Callable[[str], SnapshotStore], cache: ShardCache | None = None) -> None:
        self._open = open_store
        self._cache = cache or ShardCache()
        self._held: dict[str, _Held] = {}
        self._ids: dict[str, frozenset[str]] = {}
        self._lock = Lock()

    @classmethod
    def over(cls, bucket: Objects, memory_bytes: int | None = None) -> "IndexStore":
        """The indexes of the snapshots bucket; opened parts that no reader needs take half of this memory at most."""
        cache = ShardCache(CACHED_BYTES if memory_bytes is None else memory_bytes // 2)
        return cls(lambda prefix: SnapshotStore(bucket, prefix), cache)

    def listed(self, name: str) -> frozenset[str]:
        """The ids that a search would find now. Raises ``SourceUnavailable``."""
        try:
            store = self._open(prefix_of(name))
            manifest, _ = self._manifest(name, store)
            parts = {part.sha256 for part in manifest.parts}
            for gone in set(self._ids) - parts:
                self._ids.pop(gone, None)
            found = [self._ids_of(manifest, part, store) for part in manifest.parts]
        except SourceUnavailable:
            raise
        except VaultError as error:
            raise SourceUnavailable(f"The index {name} can't be read ({error.code})", index=name) from error
        return frozenset().union(*found) - frozenset(manifest.removed)

    def _ids_of(self, manifest: Manifest, part: Part, store: SnapshotStore) -> frozenset[str]:
        known = self._ids.get(part.sha256)
        if known is None:
            (shard,) = open_parts(
                manifest.model_copy(update={"parts": (part,)}), lambda _: store.fetch_part(part.sha256), ShardCache(0)
            )
            known = self._ids[part.sha256] = frozenset(entry.id for entry in shard.tracks)
        return known

    def reader(self, name: str) -> Opened:
        """The index as it is now. Raises ``SourceUnavailable``."""
        with self._lock:
            held = self._held.setdefault(name, _Held())
        try:
            with held.lock:
                return self._refreshed(name, held)
        except SourceUnavailable:
            raise
        except VaultError as error:
            raise SourceUnavailable(f"The index {name} can't be read ({error.code})", index=name) from error

    def _refreshed(self, name: str, held: _Held) -> Opened:
        store = self._open(prefix_of(name))
        if held.reading is not None and (store.untouched() if held.etag is None else not store.changed(held.etag)):
            return held.reading
        manifest, etag = self._manifest(name, store)
        by_name = {part.name: part.sha256 for part in manifest.parts}
        shards = open_parts(manifest, lambda part: store.fetch_part(by_name[part]), self._cache)
        held.etag, held.reading = etag, Opened(manifest, manifest.snapshot_id, shards)
        return held.reading

    def _manifest(self, name: str, store: SnapshotStore) -> tuple[Manifest, str | None]:
        found = store.current()
        if found is not None:
            return snapshots.read(found[0], name), found[1]
        if name not in OURS or next(iter(store.parts()), None) is not None:
            raise SourceUnavailable(f"The index {name} has no manifest", index=name)
        return snapshots.empty(name, settings(), EPOCH), None

    def change(self, name: str, rule: Rule, parts: Iterable[bytes] = ()) -> Manifest:
        """Store ``parts``, then move the pointer to ``rule(present manifest)``; the manifest that holds now.

        A rule that returns the manifest it was given changes nothing, so a
        repeated change is free. The rule may run several times. Raises
        ``LostRace`` when others keep winning.
        """
        store = self._open(prefix_of(name))
        stored = list(parts)
        for _ in range(CHANGE_TRIES):
            found = store.current()
            if found is None:
                _begin(name, store)
                continue
            present = snapshots.read(found[0], name)
            wanted = rule(present)
            if wanted == present:
                return present
            while stored:
                store.put_part(stored.pop())
            try:
                store.move(wanted.to_bytes(), expects=found[1])
            except LostRace:
                continue
            return wanted
        raise LostRace(f"The index {name} keeps changing; try again")


def _begin(name: str, store: SnapshotStore) -> None:
    """Write the empty manifest before the first part: parts without a pointer are damage ever after."""
    if next(iter(store.parts()), None) is not None:
        raise Corrupt(f"The index {name} has parts and no manifest", index=name)
    try:
        store.move(snapshots.empty(name, settings(), EPOCH).to_bytes(), expects="absent")
    except LostRace:
        return  # somebody else began it


def prefix_of(name: str) -> str:
    """Where an index lies in the snapshots bucket."""
    return name if name in OURS else f"catalogues/{name}"
