"""Packs as they are on record: names resolved, and lists of members read by their hash."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from vault_domain.combining import Named, version_of
from vault_domain.datasets import KEY, Dataset, sentences, verdict
from vault_domain.errors import NotFound
from vault_domain.licences import Use
from vault_domain.packs import HEADS, MAX_MEMBERS_BYTES, Member, PackHead, PackVersion, object_key, read_members
from vault_domain.ports import Objects, R, Records, every
from vault_domain.training import CORE_PACK

from vault_edge.canaries import all_canaries
from vault_edge.deps import Deps


@dataclass(frozen=True)
class Asked:
    """Which of the vault's tracks a combination reaches."""

    live: bool
    """The vault as it is now is among the packs."""
    frozen: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Track id -> audio hashes under which frozen versions list it."""
    own: frozenset[str] = frozenset()
    """Canaries of this very run, which stand in no pack."""

    def holds(self, track_id: str) -> bool:
        """Whether this track was asked for, whatever its audio."""
        return self.live or track_id in self.frozen or track_id in self.own

    def lists(self, track_id: str, audio_sha256: str | None) -> bool:
        """Whether this very audio of this track was asked for."""
        return self.live or track_id in self.own or audio_sha256 in self.frozen.get(track_id, frozenset())


def named(records: Records, ref: str, use: Use) -> Named:
    """What is on record of a pack that somebody names."""
    found = version_of(ref)
    if found is not None:
        return Named(ref, use, version=find_version(records, *found))
    return Named(ref, use, dataset=None if ref == CORE_PACK else find_dataset(records, ref))


def find_version(records: Records, name: str, number: int) -> PackVersion | None:
    """A version of a vault pack."""
    return records.get(PackVersion, f"pack:{name}", f"{PackVersion.kind}#{number:06d}")


def find_dataset(records: Records, dataset_id: str) -> Dataset | None:
    """An outside dataset as it is registered now."""
    return records.get(Dataset, KEY, f"{Dataset.kind}#{dataset_id}")


def reference_refusal(records: Records, pack: str | None, now: datetime) -> str | None:
    """Why checks may not compare music with this pack now, in sentences; None when they may."""
    if pack is None:
        return "This catalogue names no registered pack, so nothing may be compared with it; register it again."
    found = verdict(pack, find_dataset(records, pack), "reference_index", now)
    return None if found.granted else sentences(found.against())


def all_datasets(records: Records) -> Iterator[Dataset]:
    """Every registered dataset, by id."""
    return _every(records, Dataset, KEY)


def all_heads(records: Records) -> Iterator[PackHead]:
    """Every pack with its newest version, by name."""
    return _every(records, PackHead, HEADS)


def _every(records: Records, kind: type[R], hash_key: str) -> Iterator[R]:
    return every(lambda at: records.list(kind, hash_key, cursor=at))


def members_of(bucket: Objects, version: PackVersion) -> tuple[Member, ...]:
    """The list of a version. Raises ``Corrupt`` when it is not the one that was built."""
    try:
        data = bucket.read(object_key(version.members_sha256), limit=MAX_MEMBERS_BYTES)
    except NotFound:
        data = b""  # a list that is gone is as bad as another one
    return read_members(data, version.members_sha256)


def asked_for(packs: Iterable[Named], run_id: str, deps: Deps) -> Asked:
    """The tracks that these packs reach together, and the run's own canaries."""
    listed: dict[str, frozenset[str]] = {}
    live = False
    for one in packs:
        live = live or one.ref == CORE_PACK
        for member in members_of(deps.bucket("snapshots"), one.version) if one.version else ():
            listed[member.track_id] = listed.get(member.track_id, frozenset()) | {member.audio_sha256}
    own = frozenset(one.track_id for one in all_canaries(deps.records) if one.run_id == run_id)
    return Asked(live, listed, own)
