"""Canaries: tracks that one run alone is given, so that a copy which gets out names the run.

They are ordinary accepted tracks, made for this purpose and owned by the admin
who plants them. Planted before the run opens, they are part of its grant like
any other; every other run passes over them without a word. The log, which is
public, gets a commitment and no track id: a job must not learn which ones they are.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from pydantic import Field

from vault_domain.canonical import digest
from vault_domain.errors import Conflict, NotFound
from vault_domain.ids import AccountId, RunId, TrackId
from vault_domain.records import Record, UtcTime, Value
from vault_domain.tracks import Status, Track

ALL = "canaries"
MAX_CANARIES = 20
"""In one run; they go into one transaction."""


class CanaryAsk(Value):
    """The body of POST /training/canaries."""

    run_id: RunId
    track_ids: tuple[TrackId, ...] = Field(min_length=1, max_length=MAX_CANARIES)


class Canary(Record):
    """A track that is reserved for one run."""

    table: ClassVar[str] = "runs"
    kind: ClassVar[str] = "canary"

    track_id: TrackId
    run_id: RunId
    planted_by: AccountId
    at: UtcTime

    def key(self) -> tuple[str, str]:
        return ALL, f"{self.kind}#{self.track_id}"


def check_planting(ask: CanaryAsk, planter: str, tracks: Sequence[Track | None], run_exists: bool) -> None:
    """Raises ``NotFound`` for a track that is not the planter's, ``Conflict`` for one that is not accepted or a run
    that has begun."""
    if len(set(ask.track_ids)) != len(ask.track_ids):
        raise Conflict("a track is named twice")
    for track_id, track in zip(ask.track_ids, tracks, strict=True):
        if track is None or track.owner != planter:
            raise NotFound(f"{track_id}: no such track of yours; canaries are made for the purpose")
        if track.status is not Status.ACCEPTED:
            raise Conflict(f"{track_id} is not accepted")
    if run_exists:
        raise Conflict("this run has begun; canaries are planted before")


def commitment(ask: CanaryAsk, nonce: str) -> str:
    """What the log holds of it: shown later with tracks and nonce, it proves when they were planted."""
    return digest({"run_id": ask.run_id, "track_ids": sorted(ask.track_ids), "nonce": nonce})


def withheld(canaries: Iterable[Canary], run_id: str) -> frozenset[str]:
    """Tracks that this run must not be given, because they are another run's canaries."""
    return frozenset(one.track_id for one in canaries if one.run_id != run_id)
