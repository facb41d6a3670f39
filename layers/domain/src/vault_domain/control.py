"""Proof of control: a contributor shows that a release which the checks found is their own.

They get a code, put it into the public description of the release, and a
reviewer who saw it there records where. From then on hits that name this artist
or these entries are labelled as their own catalogue, for this account alone.
The proof says that somebody controls a page, no more: it never makes a hit
vanish, and an admin can withdraw it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field

from vault_domain.errors import Conflict, Expired, Forbidden, TooMany
from vault_domain.evidence import Hit
from vault_domain.ids import AccountId, ControlId
from vault_domain.records import Record, UtcTime, Value
from vault_domain.submission import Line
from vault_domain.tracks import artist_key

LIFE = timedelta(days=30)
MOST_OPEN = 10
OPEN = "controls"
VERIFIED = "verified_controls"
_LETTERS = 12


class ControlAsk(Value):
    """The body of POST /control."""

    artist: Line
    """As the outside catalogue names it."""
    release: str = Field(min_length=3, max_length=500)
    """Which release, and the public page on which you can change its description."""
    refs: tuple[str, ...] = Field(default=(), max_length=20)
    """The entries that were found, as the reasons of a rejected track name them."""


class RecordAsk(Value):
    """The body of POST /control/{control_id}/record."""

    found: bool
    where: str = Field(min_length=5, max_length=500)
    """Where you looked: the page's address, and what there names the artist."""
    note: str = Field(default="", max_length=1000)


class WithdrawAsk(Value):
    """The body of POST /control/{account_id}/{control_id}/withdraw."""

    reason: str = Field(min_length=10, max_length=1000)


class ControlProof(Record):
    """One proof, from the code to what was found; it stays."""

    table: ClassVar[str] = "rights"
    kind: ClassVar[str] = "control"

    control_id: ControlId
    account_id: AccountId
    artist: Line
    release: str = Field(max_length=500)
    refs: tuple[str, ...] = ()
    code: str = Field(pattern="^LEMM-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}$")
    state: Literal["open", "verified", "not_found", "withdrawn"] = "open"
    opened: UtcTime
    expires: UtcTime
    recorded_by: AccountId | None = None
    recorded: UtcTime | None = None
    where: str = Field(default="", max_length=500)
    note: str = Field(default="", max_length=1000)

    def key(self) -> tuple[str, str]:
        return self.account_id, f"{self.kind}#{self.control_id}"


class OpenControl(Record):
    """Where reviewers find a proof while its code is good."""

    table: ClassVar[str] = "rights"
    kind: ClassVar[str] = "open_control"

    control_id: ControlId
    account_id: AccountId
    expires: UtcTime

    def key(self) -> tuple[str, str]:
        return OPEN, f"{self.kind}#{self.control_id}"

    def expires_at(self) -> datetime:
        return self.expires


class VerifiedControl(Record):
    """Where admins find a proof for as long as it counts."""

    table: ClassVar[str] = "rights"
    kind: ClassVar[str] = "verified_control"

    control_id: ControlId
    account_id: AccountId

    def key(self) -> tuple[str, str]:
        return VERIFIED, f"{self.kind}#{self.control_id}"


@dataclass(frozen=True)
class OwnCatalogue:
    """What an account has shown control of."""

    artists: frozenset[str] = frozenset()
    refs: frozenset[str] = frozenset()

    def covers(self, hit: Hit) -> bool:
        """Whether this outside hit is the account's own release."""
        return hit.ref in self.refs or (bool(hit.artist) and artist_key(hit.artist) in self.artists)


NOTHING = OwnCatalogue()


def code_of(secret: str) -> str:
    """A code to publish, from at least ``_LETTERS`` hexadecimal digits that nobody can guess."""
    digits = secret[:_LETTERS].upper()
    return f"LEMM-{digits[:4]}-{digits[4:8]}-{digits[8:]}"


def open_proof(
    present: Iterable[ControlProof], account_id: str, ask: ControlAsk, control_id: str, code: str, now: datetime
) -> ControlProof:
    """A proof that waits for its code to be published. Raises ``TooMany`` past ``MOST_OPEN``."""
    if sum(is_open(proof, now) for proof in present) >= MOST_OPEN:
        raise TooMany(f"{MOST_OPEN} proofs wait already; let them be looked at first")
    return ControlProof(
        control_id=control_id, account_id=account_id, artist=ask.artist, release=ask.release, refs=ask.refs,
        code=code, opened=now, expires=now + LIFE,
    )  # fmt: skip


def is_open(proof: ControlProof, now: datetime) -> bool:
    """Whether a reviewer may still record it."""
    return proof.state == "open" and now < proof.expires


def record(proof: ControlProof, by: str, ask: RecordAsk, now: datetime) -> ControlProof:
    """What a reviewer found. Raises ``Forbidden`` for one's own, ``Conflict`` when recorded before, ``Expired``."""
    if proof.account_id == by:
        raise Forbidden("somebody else looks at your own proof")
    if proof.state != "open":
        raise Conflict("this proof was looked at already")
    if now >= proof.expires:
        raise Expired("this code is too old; the contributor can ask for a new one")
    state = "verified" if ask.found else "not_found"
    return proof.with_changes(state=state, recorded_by=by, recorded=now, where=ask.where, note=ask.note)


def withdraw(proof: ControlProof, by: str, reason: str, now: datetime) -> ControlProof:
    """A verified proof that counts no more. Raises ``Conflict`` for any other, ``Forbidden`` for one's own."""
    if proof.account_id == by:
        raise Forbidden("somebody else decides about your own proof")
    if proof.state != "verified":
        raise Conflict("only a verified proof can be withdrawn")
    return proof.with_changes(state="withdrawn", recorded_by=by, recorded=now, note=reason)


def own_catalogue(proofs: Iterable[ControlProof]) -> OwnCatalogue:
    """What the verified ones come to."""
    good = [proof for proof in proofs if proof.state == "verified"]
    return OwnCatalogue(
        frozenset(artist_key(proof.artist) for proof in good), frozenset(ref for proof in good for ref in proof.refs)
    )
