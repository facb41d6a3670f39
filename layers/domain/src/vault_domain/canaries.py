"""Canaries: tracks that one run alone is given, so that a copy which gets out names the run.

They are ordinary accepted tracks, made for this purpose and submitted by an
account that never was anything but a contributor's: the log names actors and
tells of every role, so an admin's own track would be known by its first event.
Its owner offers it, of which the log gets nothing; an admin plants it. Planted
before the run opens, it is part of its grant like any other; every other run
passes over it without a word. The log, which is public, gets a commitment and no
track id: a job must not learn which ones they are.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from pydantic import Field

from vault_domain.accounts import Account
from vault_domain.canonical import digest
from vault_domain.errors import Conflict, NotFound
from vault_domain.ids import AccountId, RunId, TrackId
from vault_domain.records import Record, UtcTime, Value
from vault_domain.tracks import Status, Track

ALL = "canaries"
OFFERS = "offers"
MAX_CANARIES = 20
"""In one run; they go into one transaction."""


class OfferAsk(Value):
    """The body of POST /training/canaries/offers."""

    track_ids: tuple[TrackId, ...] = Field(min_length=1, max_length=MAX_CANARIES)


class CanaryOffer(Record):
    """An owner's word that one track may become a canary."""

    table: ClassVar[str] = "runs"
    kind: ClassVar[str] = "offer"

    track_id: TrackId
    owner: AccountId
    at: UtcTime

    def key(self) -> tuple[str, str]:
        return OFFERS, f"{self.kind}#{self.track_id}"


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


def check_contributor(account: Account | None, role_changed: bool) -> None:
    """Raises ``Conflict`` for the owner of a canary who is, or was, anything but a contributor by the log."""
    if account is None or account.role != "contributor" or role_changed:
        raise Conflict("the log tells that this account is no contributor's; submit canaries from another one")


def check_offer(ask: OfferAsk, owner: str, tracks: Sequence[Track | None]) -> None:
    """Raises ``NotFound`` for a track that is not the caller's, ``Conflict`` for one that is named twice."""
    _named_once(ask.track_ids)
    for track_id, track in zip(ask.track_ids, tracks, strict=True):
        if track is None or track.owner != owner:
            raise NotFound(f"{track_id}: no such track of yours")


def check_planting(
    ask: CanaryAsk, tracks: Sequence[Track | None], offers: Sequence[CanaryOffer | None], run_exists: bool
) -> None:
    """Raises ``NotFound`` for a track that its owner did not offer, ``Conflict`` for one that is not accepted or a run
    that has begun."""
    _named_once(ask.track_ids)
    for track_id, track, offer in zip(ask.track_ids, tracks, offers, strict=True):
        if track is None or offer is None or offer.owner != track.owner:
            raise NotFound(f"{track_id}: no track that its owner offered as a canary")
        if track.status is not Status.ACCEPTED:
            raise Conflict(f"{track_id} is not accepted")
    if run_exists:
        raise Conflict("this run has begun; canaries are planted before")


def _named_once(track_ids: Sequence[str]) -> None:
    if len(set(track_ids)) != len(track_ids):
        raise Conflict("a track is named twice")


def commitment(ask: CanaryAsk, nonce: str) -> str:
    """What the log holds of it: shown later with tracks and nonce, it proves when they were planted."""
    return digest({"run_id": ask.run_id, "track_ids": sorted(ask.track_ids), "nonce": nonce})


def withheld(canaries: Iterable[Canary], run_id: str) -> frozenset[str]:
    """Tracks that this run must not be given, because they are another run's canaries."""
    return frozenset(one.track_id for one in canaries if one.run_id != run_id)
