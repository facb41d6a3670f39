"""Which tracks the vault's index holds: in by stated expectation, out for good.

Promises: a track enters only an index that is the one it was compared with,
unless it is there already; entering or leaving twice is free. Leaving beats
entering, in whichever order they come, because entering never lifts a tombstone.
"""

from collections.abc import Callable
from datetime import datetime

from vault_domain import snapshots
from vault_domain.errors import StaleEvidence
from vault_domain.records import stamp
from vault_domain.snapshots import Manifest
from vault_index.protocols import FeaturesLike
from vault_index.snapshot import build_part

from vault_edge.index import VAULT, IndexStore


def enter(index: IndexStore, track_id: str, features: FeaturesLike, expects: str | None, now: datetime) -> Manifest:
    """Add one track. Raises ``StaleEvidence`` when the index is not the snapshot ``expects``."""
    built = build_part([(track_id, features)])

    def rule(present: Manifest) -> Manifest:
        if any(part.sha256 == built.part.sha256 for part in present.parts):
            return present
        if present.snapshot_id != expects:
            if holds(index, track_id):  # it came in before, and the parts were merged since
                return present
            raise StaleEvidence("The index changed since this track was compared; compare it again")
        return snapshots.with_part(present, built.part, stamp(now))

    return index.change(VAULT, rule, [built.data])


def leave(index: IndexStore, track_id: str, now: datetime) -> Manifest:
    """Hide one track from every later search."""
    rule: Callable[[Manifest], Manifest] = lambda present: snapshots.without_tracks(present, [track_id], stamp(now))  # noqa: E731
    return index.change(VAULT, rule)


def holds(index: IndexStore, track_id: str) -> bool:
    """Whether a search would find this track now."""
    return track_id in index.listed(VAULT)
