"""What outputs are compared with: the present references of each source, and which of them are new.

A reference is known by eight bytes of a hash of its name, length and number of
landmarks: it stays the same when parts of an index are merged, and is another
one when a catalogue gives a recording's name to another recording. Lists of
references lie in the outputs bucket, by source and named by their content.

``upheld``: tracks that were removed because a claim against them was upheld, and
outputs that were withdrawn because a complaint was. The tracks may have left the
index before any output was compared with them; their features stay for as long
as their audio would, those of outputs for good.
"""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

from vault_domain.canonical import digest, sha256_hex
from vault_domain.errors import Corrupt, LicenceRefused, NotFound
from vault_domain.policy import CatalogueEntry
from vault_domain.rechecks import UPHELD, list_key, name_of
from vault_edge.app import Deps
from vault_edge.gathering import gathered
from vault_edge.index import Opened
from vault_edge.matching import VAULT
from vault_edge.pack_sources import reference_refusal
from vault_edge.tune_hits import Side
from vault_edge.withholding import Place, outputs, place_of_output, place_of_track, read, removed_by_claim
from vault_index.shard import Shard, TrackEntry
from vault_index.snapshot import build_part

MAX_LIST_BYTES = 256 * 2**20
Keys = frozenset[int]


@dataclass(frozen=True, eq=False)
class References:
    """One source as it is now; ``name`` is what reports call it, ``identity`` changes with its references."""

    name: str
    side: Side
    opened: Opened
    identity: str
    keys: Keys
    upheld: frozenset[str] = frozenset()
    """Those that no other check compares with, because a claim about them was upheld."""


def sources(deps: Deps) -> list[str]:
    """The vault, what was upheld, and every active catalogue."""
    entries = deps.records.list(CatalogueEntry, "catalogues").items
    return [VAULT, UPHELD, *(f"catalogue:{entry.name}" for entry in entries if entry.active)]


def references_of(source: str, known: str | None, deps: Deps) -> References:
    """A source as it is now; ``known`` is the state that all outputs were compared with.

    Raises ``SourceUnavailable``, or ``LicenceRefused`` where it may not be compared with.
    """
    if source == UPHELD:
        return _upheld(known, deps)
    name = source.removeprefix("catalogue:")
    if source != VAULT:
        entry = deps.records.get(CatalogueEntry, "catalogues", f"{CatalogueEntry.kind}#{name}")
        refusal = reference_refusal(deps.records, entry.pack if entry else None, deps.clock())
        if refusal:
            raise LicenceRefused(refusal)
    opened = deps.index.reader(name)
    keys = _keys_of(opened.shards, frozenset(opened.manifest.removed))
    return References(source, "internal" if source == VAULT else "external", opened, opened.snapshot_id, keys)


def new_part(found: References, wanted: Keys) -> list[Shard]:
    """Only the wanted references, as few parts: whole ones as they are, the rest of others together."""
    removed = frozenset(found.opened.manifest.removed)
    whole, rest = [], []
    for shard in found.opened.shards:
        numbers = [n for n, entry in enumerate(shard.tracks) if entry.id not in removed and _key(entry) in wanted]
        if numbers and len(numbers) == len(shard.tracks):
            whole.append(shard)
        else:
            rest += [(shard.tracks[n].id, shard.features(n)) for n in numbers]
    return gathered([*whole, Shard.open(build_part(rest).data, "new")] if rest else whole)


def known_keys(source: str, name: str | None, deps: Deps) -> Keys:
    """A stored list of a source's; empty where there is none yet, or none any more: then all is new again."""
    if name is None:
        return frozenset()
    try:
        data = deps.bucket("outputs").read(list_key(source, name), limit=MAX_LIST_BYTES)
    except NotFound:
        return frozenset()
    if name_of(data) != name:
        raise Corrupt("a list of references does not have the hash that names it", part=name)
    return frozenset(array("Q", data))


def stored(source: str, keys: Iterable[int], deps: Deps) -> str:
    """Keep a list of a source's; its name."""
    data = array("Q", sorted(keys)).tobytes()
    deps.bucket("outputs").write(list_key(source, name_of(data)), data, content_type="application/octet-stream")
    return name_of(data)


def _upheld(known: str | None, deps: Deps) -> References:
    """Removed tracks and withdrawn outputs beside the vault's index, as if they were still in it.

    Their features are read only when there are others than in ``known``, the state that was compared with last.
    """
    places = _taken_out(deps)
    vault, identity = deps.index.reader(VAULT), digest(sorted(places))
    kept = [] if identity == known else list(read(sorted(places.items()), deps))
    if not kept:
        return References(VAULT, "internal", vault, identity, frozenset())
    extra = Shard.open(build_part(kept).data, UPHELD)
    names = frozenset(name for name, _ in kept)
    removed = tuple(name for name in vault.manifest.removed if name not in names)
    opened = Opened(vault.manifest.model_copy(update={"removed": removed}), vault.snapshot_id, [*vault.shards, extra])
    return References(VAULT, "internal", opened, identity, _keys_of([extra], frozenset()), names)


def _taken_out(deps: Deps) -> dict[str, Place]:
    """What a claim took out, and where its features are or were."""
    tracks = {track_id: place_of_track(track_id) for track_id in removed_by_claim(deps)}
    places = ((one.subject, place_of_output(one, deps)) for one in outputs("withdrawn", deps))
    return tracks | {name: place for name, place in places if place is not None}


def _keys_of(shards: Iterable[Shard], removed: frozenset[str]) -> Keys:
    return frozenset(_key(entry) for shard in shards for entry in shard.tracks if entry.id not in removed)


def _key(entry: TrackEntry) -> int:
    return int(sha256_hex(f"{entry.id}|{entry.duration_s}|{entry.count}".encode())[:16], 16)
