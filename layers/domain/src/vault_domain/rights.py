"""Rights and consent: who allowed what, under which text, and whether it still holds.

A rights record is the present state of one track. Consents are the versions
behind it, one line per rights holder; they are never edited. A track may be
used for a purpose only while the record is not revoked, no locked claim stands
on it, every named rights holder has consented, training is allowed at all, and the
flag of that very purpose is set.
"""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from vault_domain.canonical import digest
from vault_domain.errors import Conflict, NotFound
from vault_domain.ids import AccountId, RightsId, TrackId
from vault_domain.records import Record, Sha256, UtcTime, Value
from vault_domain.submission import RightsDeclaration

LICENCE = "lemm_training_only_v1"
CONSENT_RECEIPT = "consent-receipt"
"""Name of the signed document (docs/formats/consent-receipt.md)."""

Purpose = Literal["internal_experiment", "product", "evaluation", "internal_demo", "artist_adapter"]
FLAG_FOR: dict[str, str] = {
    "internal_experiment": "internal_experiment_ok",
    "product": "product_ok",
    "evaluation": "evaluation_ok",
    "internal_demo": "internal_demo_ok",
    "artist_adapter": "allow_per_artist_adapters",
}


class ConsentFlags(Value):
    """What is allowed. ``training_allowed`` opens no purpose; without it none is open."""

    training_allowed: bool
    internal_experiment_ok: bool
    product_ok: bool
    evaluation_ok: bool
    internal_demo_ok: bool
    allow_per_artist_adapters: bool
    keep_fingerprints_after_revocation: bool


def as_asked_before(flags: object) -> object:
    """Flags from before each purpose had its own, read as what the text of that time plainly said.

    Terms 1 and 2 asked for one permission "to train and to evaluate music models" (docs/adr/0018): that is
    experiments and evaluation, and no product, until somebody turns that on.
    """
    new = {"internal_experiment_ok", "product_ok", "evaluation_ok"}
    if not isinstance(flags, dict) or new & flags.keys() or "training_allowed" not in flags:
        return flags
    told = flags["training_allowed"]
    return {**flags, "internal_experiment_ok": told, "product_ok": False, "evaluation_ok": told}


HeldFlags = Annotated[ConsentFlags, BeforeValidator(as_asked_before)]
"""Flags on record; an ask names all of them."""


class Consent(Record):
    """One version of one rights holder's consent; written once."""

    table: ClassVar[str] = "rights"
    kind: ClassVar[str] = "consent"

    track_id: TrackId
    holder: str = Field(min_length=1, max_length=200)
    """An account id, or ``party:<n>`` for a named collaborator without an account yet."""
    consent_version: int = Field(ge=1)
    flags: HeldFlags
    terms_sha256: Sha256
    given: UtcTime

    def key(self) -> tuple[str, str]:
        return self.track_id, f"consent#{self.holder}#{self.consent_version:06d}"


class Party(Value):
    """A named rights holder beside the submitter, whether they have consented, and to what."""

    name: str = Field(max_length=200)
    holder: str
    consented: bool = False
    flags: HeldFlags | None = None
    """What this holder allows; a use needs every holder's permission."""
    terms_sha256: Sha256 | None = None
    given: UtcTime | None = None


class RightsRecord(Record):
    """The present rights of one track; ``flags``, ``terms_sha256`` and ``given`` are the contributor's own."""

    table: ClassVar[str] = "rights"
    kind: ClassVar[str] = "rights"

    rights_id: RightsId
    track_id: TrackId
    contributor: AccountId
    license_type: str = LICENCE
    territorial_scope: Literal["worldwide"]
    term: Literal["perpetual"]
    rights_holder_type: Literal["individual", "label", "publisher"]
    flags: HeldFlags
    parties: tuple[Party, ...] = ()
    consent_version: int = Field(ge=1)
    """Counts the consents of all holders together: every change of what is allowed is a new number."""
    terms_sha256: Sha256
    given: UtcTime
    revoked: bool = False
    revoked_at: UtcTime | None = None
    revocation_reason: str | None = Field(default=None, max_length=500)

    def key(self) -> tuple[str, str]:
        return self.track_id, self.kind

    def digest(self) -> str:
        """Hash of what was allowed, named in manifests and receipts."""
        return digest(self.model_dump(mode="json", exclude={"version"}))


class RevokeAsk(Value):
    """The body of POST /tracks/{track_id}/revoke."""

    reason: str = Field(default="", max_length=500)
    scope: Literal["all_future_use"] = "all_future_use"


def flags_of(declared: RightsDeclaration) -> ConsentFlags:
    """The consent flags within a declaration."""
    return ConsentFlags(**{name: getattr(declared, name) for name in ConsentFlags.model_fields})


def open_rights(
    *,
    rights_id: str,
    track_id: str,
    contributor: str,
    declared: RightsDeclaration,
    collaborators: tuple[str, ...],
    terms_sha256: str,
    now: datetime,
) -> tuple[RightsRecord, Consent]:
    """The first rights record and the submitter's consent, version 1."""
    flags = flags_of(declared)
    record = RightsRecord(
        rights_id=rights_id,
        track_id=track_id,
        contributor=contributor,
        territorial_scope=declared.territorial_scope,
        term=declared.term,
        rights_holder_type=declared.rights_holder_type,
        flags=flags,
        parties=tuple(Party(name=name, holder=f"party:{n}") for n, name in enumerate(collaborators)),
        consent_version=1,
        terms_sha256=terms_sha256,
        given=now,
    )
    consent = Consent(
        track_id=track_id,
        holder=contributor,
        consent_version=1,
        flags=flags,
        terms_sha256=terms_sha256,
        given=now,
    )
    return record, consent


def revoke(record: RightsRecord, reason: str, now: datetime) -> RightsRecord:
    """Take consent back. Raises ``Conflict`` when it was taken back before."""
    if record.revoked:
        raise Conflict("consent for this track was already taken back")
    return record.with_changes(revoked=True, revoked_at=now, revocation_reason=reason)


def allows(record: RightsRecord | None, purpose: str) -> str | None:
    """None when this use is allowed now, else the reason: ``revoked``, ``party_missing`` or ``flag_missing``."""
    if record is None or purpose not in FLAG_FOR:
        return "flag_missing"
    if record.revoked:
        return "revoked"
    if not all(party.consented for party in record.parties):
        return "party_missing"
    flags = effective_flags(record)
    if not flags.training_allowed or not getattr(flags, FLAG_FOR[purpose]):
        return "flag_missing"
    return None


def open_purposes(record: RightsRecord) -> tuple[str, ...]:
    """What the track may be used for now, by its rights."""
    return tuple(purpose for purpose in FLAG_FOR if allows(record, purpose) is None)


def effective_flags(record: RightsRecord) -> ConsentFlags:
    """What all who have consented allow together. Who has not consented yet is :func:`allows`'s concern."""
    held = [record.flags, *(party.flags for party in record.parties if party.consented and party.flags is not None)]
    return ConsentFlags(**{name: all(getattr(flags, name) for flags in held) for name in ConsentFlags.model_fields})


def consent_receipt(record: RightsRecord, terms_title: str) -> dict[str, object]:
    """The statement a contributor gets, to be signed: who allowed what under exactly which text."""
    return {
        "format": 2,
        "rights_id": record.rights_id,
        "track_id": record.track_id,
        "contributor": record.contributor,
        "license_type": record.license_type,
        "flags": record.flags.model_dump(),
        "parties": [party.holder for party in record.parties],
        "consent_version": record.consent_version,
        "terms": {"title": terms_title, "sha256": record.terms_sha256},
        "given": record.given.isoformat(),
        "revoked": record.revoked,
        "revoked_at": record.revoked_at.isoformat() if record.revoked_at else None,
    }


def holder_receipt(record: RightsRecord, holder: str, terms_title: str) -> dict[str, object]:
    """The statement that a rights holder beside the contributor gets, to be signed.

    Raises ``NotFound`` for somebody who has not consented.
    """
    party = next((party for party in record.parties if party.holder == holder and party.consented), None)
    if party is None or party.flags is None or party.given is None:
        raise NotFound("no consent of yours is on record for this track")
    return {
        "format": 2,
        "rights_id": record.rights_id,
        "track_id": record.track_id,
        "contributor": record.contributor,
        "holder": holder,
        "license_type": record.license_type,
        "flags": party.flags.model_dump(),
        "consent_version": record.consent_version,
        "terms": {"title": terms_title, "sha256": party.terms_sha256},
        "given": party.given.isoformat(),
        "revoked": record.revoked,
        "revoked_at": record.revoked_at.isoformat() if record.revoked_at else None,
    }
