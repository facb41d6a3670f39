"""The order of an epoch: fixed by run, seed and epoch, whoever drops out, and cut among workers."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Where a reader stands: ``after`` is the last track of this epoch that it was given, None at its beginning."""

    epoch: int = 0
    after: str | None = None


def rank_of(track_id: str, seed: int, epoch: int) -> bytes:
    """A track's rank in an epoch. It depends on nothing else, so a track that drops out moves no other."""
    return hashlib.sha256(f"{seed}:{epoch}:{track_id}".encode()).digest()


def epoch_order(
    entries: Iterable[Json], seed: int, place: Place, worker: int = 0, workers: int = 1, shuffle: bool = True
) -> list[Json]:
    """One worker's entries of an epoch from ``place`` on.

    Workers share an epoch by rank, so each track has one of them for the whole epoch. Unshuffled, tracks come in
    the manifest's order.
    """
    if not 0 <= worker < workers:
        raise ValueError(f"there is no worker {worker} of {workers}")
    keyed = [(rank_of(entry["track_id"], seed, place.epoch), entry) for entry in entries]
    mine = [(key, entry) for key, entry in keyed if int.from_bytes(key[-8:], "big") % workers == worker]
    if not shuffle:
        mine = [(entry["track_id"].encode(), entry) for _, entry in mine]
    mine.sort(key=lambda pair: pair[0])
    if place.after is None:
        return [entry for _, entry in mine]
    past = rank_of(place.after, seed, place.epoch) if shuffle else place.after.encode()
    return [entry for key, entry in mine if key > past]
