"""The tree over the tracks of one run: one root for what was granted, read and declared.

A Merkle tree (RFC 6962 hashes, :mod:`vault_domain.merkle`) whose leaves are
sorted by track id, each id once. So one leaf with its path shows that a track
was in the run, and two neighbours, or an end of the list, show that it was not.
The root enters the log with the run's end. Format: docs/formats/run-tracks.md.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import Field, ValidationError

from vault_domain.canonical import canonical
from vault_domain.ids import TrackId
from vault_domain.merkle import inclusion_path, is_included, leaf_hash, perfect_root, root_of
from vault_domain.records import Sha256, Value
from vault_domain.training import RunTrack


class TrackLeaf(Value):
    """One granted track as it stood when the run ended."""

    track_id: TrackId
    sha256: Sha256
    """Of the canonical FLAC."""
    rights_sha256: Sha256
    """Of the rights record at the grant."""
    reads: int = Field(ge=0)
    """Reads that the gateway allowed and wrote down."""
    declared: bool
    """Whether the job named this audio among what it used."""

    def entry(self) -> bytes:
        """The bytes that are hashed."""
        return canonical(self.model_dump(mode="json"))


@dataclass(frozen=True)
class Shown:
    """A leaf, its place from 0, and its audit path from the leaf upwards."""

    entry: bytes
    index: int
    path: tuple[bytes, ...]


def leaves_of(rows: Iterable[RunTrack]) -> tuple[TrackLeaf, ...]:
    """The leaves of a run's rows, by ascending track id."""
    names = tuple(TrackLeaf.model_fields)
    found = (TrackLeaf(**row.model_dump(include=set(names))) for row in rows)
    return tuple(sorted(found, key=lambda leaf: leaf.track_id))


def root_hex(leaves: Sequence[TrackLeaf]) -> str:
    """The root, hexadecimal; that of the empty tree where no track was granted."""
    return root_of([leaf_hash(leaf.entry()) for leaf in leaves]).hex()


def shown(leaves: Sequence[TrackLeaf], track_id: str) -> tuple[Shown, ...]:
    """The track's own leaf, or the one or two leaves between which it would stand."""
    hashes = [leaf_hash(leaf.entry()) for leaf in leaves]
    before = [at for at, leaf in enumerate(leaves) if leaf.track_id < track_id][-1:]
    after = [at for at, leaf in enumerate(leaves) if leaf.track_id >= track_id][:1]
    if after and leaves[after[0]].track_id == track_id:
        before = []
    return tuple(
        Shown(
            leaves[at].entry(),
            at,
            inclusion_path(at, len(leaves), lambda start, end: perfect_root(hashes[start:end])),
        )
        for at in (*before, *after)
    )


def check_shown(track_id: str, size: int, root: bytes, places: Sequence[Shown]) -> TrackLeaf | None:
    """The track's leaf if it was in the run, None if it was not. Raises ``ValueError`` when neither is shown.

    1. Every leaf is in the tree. 2. One leaf of this very track: it was in. 3. Else the leaves are neighbours
    around it, or the first or last leaf beyond which it would stand: it was not.
    """
    found = [_proven(one, size, root) for one in places]  # 1
    if len(found) == 1 and found[0].track_id == track_id:  # 2
        return found[0]
    indexes = [one.index for one in places]
    if len(found) == 2 and indexes[1] == indexes[0] + 1:  # 3
        if found[0].track_id < track_id < found[1].track_id:
            return None
    elif len(found) == 1:
        first = indexes == [0] and track_id < found[0].track_id
        last = indexes == [size - 1] and found[0].track_id < track_id
        if first or last:
            return None
    raise ValueError("these leaves show neither that the track was in the run nor that it was not")


def _proven(one: Shown, size: int, root: bytes) -> TrackLeaf:
    if not is_included(leaf_hash(one.entry), one.index, size, one.path, root):
        raise ValueError("a leaf is not at its place under the run's root")
    try:
        leaf = TrackLeaf.model_validate(json.loads(one.entry))
    except (ValidationError, ValueError, RecursionError):
        raise ValueError("a leaf is not a track of a run") from None
    if leaf.entry() != one.entry:
        raise ValueError("a leaf is not in its one spelling")
    return leaf
