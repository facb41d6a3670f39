"""What the vault's records say of a pack's version now: the ledger that its exports are filled from.

Counts and dates only, and per track what was allowed under which text. No name,
title or address of anybody is in it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from vault_domain.canonical import Json
from vault_domain.datasets import Dataset
from vault_domain.packs import Member, PackVersion, member_refusal
from vault_domain.rights import RightsRecord
from vault_domain.tracks import Track
from vault_domain.training import Left, counted

Known = Mapping[str, tuple[Track | None, RightsRecord | None]]


@dataclass(frozen=True)
class Consented:
    """One member: what was allowed, and whether it holds now."""

    member: Member
    refusal: str | None
    licence: str | None
    holder_type: str | None
    terms_sha256: str | None
    given: datetime | None

    def line(self) -> dict[str, Json]:
        """As the evidence lists it."""
        return {
            **self.member.model_dump(mode="json"),
            "usable_now": self.refusal is None,
            "left_out_because": self.refusal,
            "license_type": self.licence,
            "rights_holder_type": self.holder_type,
            "terms_sha256": self.terms_sha256,
            "consent_given": self.given.isoformat() if self.given else None,
        }


@dataclass(frozen=True)
class PackFacts:
    """A version, its members as they stand now, and sums over those that may be used."""

    version: PackVersion
    at: datetime
    consents: tuple[Consented, ...]
    seconds: float
    contributors: int
    genres: dict[str, int]
    languages: dict[str, int]
    submitted_from: datetime | None
    submitted_until: datetime | None
    beside: tuple[Dataset, ...] = ()
    """Outside datasets that are used together with it."""

    @property
    def usable(self) -> int:
        """Members that the next manifest can grant."""
        return sum(one.refusal is None for one in self.consents)

    @property
    def left_out(self) -> dict[str, int]:
        """How many members it can't grant, and why."""
        return counted(Left(one.member.track_id, one.refusal) for one in self.consents if one.refusal)

    @property
    def terms(self) -> tuple[str, ...]:
        """Hashes of the texts that the members' consents were given to."""
        return tuple(sorted({one.terms_sha256 for one in self.consents if one.terms_sha256}))

    @property
    def holders(self) -> dict[str, int]:
        """Rights holders of usable members by type."""
        return dict(sorted(Counter(one.holder_type or "" for one in self.consents if not one.refusal).items()))


def gather(
    version: PackVersion,
    members: Iterable[Member],
    known: Known,
    at: datetime,
    beside: tuple[Dataset, ...] = (),
    held: frozenset[str] = frozenset(),
) -> PackFacts:
    """The facts on a version, judged for the purpose that it was built for. ``held``: what waits for governance."""
    consents, usable = [], []
    for member in members:
        track, rights = known.get(member.track_id, (None, None))
        refusal = member_refusal(member, track, rights, version.query.purpose, held)
        consents.append(_consented(member, refusal, rights))
        if refusal is None and track is not None:
            usable.append(track)
    return PackFacts(
        version=version,
        at=at,
        consents=tuple(consents),
        seconds=sum(track.duration_s or 0.0 for track in usable),
        contributors=len({track.owner for track in usable}),
        genres=_most(genre for track in usable for genre in track.metadata.genre_tags),
        languages=_most(track.metadata.language for track in usable),
        submitted_from=min((track.submitted for track in usable), default=None),
        submitted_until=max((track.submitted for track in usable), default=None),
        beside=beside,
    )


def _consented(member: Member, refusal: str | None, rights: RightsRecord | None) -> Consented:
    if rights is None:
        return Consented(member, refusal, None, None, None, None)
    return Consented(member, refusal, rights.license_type, rights.rights_holder_type, rights.terms_sha256, rights.given)


def _most(values: Iterable[str]) -> dict[str, int]:
    """How often each occurs, most frequent first, then by name."""
    return dict(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))
