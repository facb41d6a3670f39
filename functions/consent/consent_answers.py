"""What consent's routes answer, as models that the API's description shows."""

from typing import Any

from pydantic import BaseModel, Field
from vault_domain.consents import Invited
from vault_domain.records import UtcTime
from vault_domain.rights import (
    CONSENT_RECEIPT,
    Consent,
    ConsentFlags,
    RightsRecord,
    consent_receipt,
    effective_flags,
    holder_receipt,
    open_purposes,
)  # fmt: skip
from vault_domain.tracks import Track
from vault_edge.app import Caller, Deps
from vault_edge.receipts import signed_receipt
from vault_edge.texts import number_of, title_of


class ConsentVersion(BaseModel):
    """One consent as it was given; versions of all holders are counted together."""

    holder: str
    consent_version: int
    flags: ConsentFlags
    terms_number: int | None = Field(description="Number of the text that was accepted")
    terms_sha256: str
    given: UtcTime


class RightsHolder(BaseModel):
    """One rights holder: the contributor, or somebody they named."""

    holder: str = Field(description="An account id once the person has consented, `party:N` before")
    name: str | None = Field(description="As the contributor named them; null for the contributor")
    consented: bool
    flags: ConsentFlags | None
    invited: UtcTime | None = Field(description="When the newest letter was asked for")
    invitations: int


class Consents(BaseModel):
    """Who allows what at present, and every version before."""

    track_id: str
    title: str
    status: str
    consent_version: int = Field(description="Send it as `expects` with a change")
    revoked: bool
    allowed: ConsentFlags = Field(description="What all who have consented allow together")
    open_for: list[str] = Field(description="Purposes that the rights allow now; the track's status decides as well")
    awaiting: list[str] = Field(description="Names of those who have not consented yet")
    holders: list[RightsHolder]
    versions: list[ConsentVersion]


class ConsentChanged(BaseModel):
    """The consent in force, with a new receipt. `narrowed` ends those uses at once."""

    track_id: str
    consent_version: int
    flags: ConsentFlags = Field(description="Yours")
    allowed: ConsentFlags = Field(description="What all who have consented allow together")
    narrowed: list[str]
    widened: list[str]
    terms_sha256: str
    terms_number: int | None
    receipt: dict[str, Any] = Field(description="A signed envelope (docs/formats/consent-receipt.md)")


class InvitationState(BaseModel):
    """An invitation on its way."""

    track_id: str
    holder: str
    name: str
    invitations: int
    at: UtcTime


class InvitationView(BaseModel):
    """What somebody is asked to consent to."""

    track_id: str
    title: str
    artist: str
    named: str = Field(description="The name you were given")
    contributor_allows: ConsentFlags
    expires: UtcTime
    terms_sha256: str = Field(description="Of the present terms (GET /terms): the text to accept")


class HeldTrack(BaseModel):
    """A track that somebody else submitted and in which you hold rights."""

    track_id: str
    title: str
    artist: str
    status: str
    since: UtcTime


class HeldTracks(BaseModel):
    """Every track of others in which you hold rights."""

    tracks: list[HeldTrack]
    cursor: str | None


def consents_of(track: Track, rights: RightsRecord, deps: Deps) -> Consents:
    """The whole story."""
    invited = {one.holder: one for one in deps.records.list(Invited, track.track_id).items}
    versions = deps.records.list(Consent, track.track_id).items
    holders = [RightsHolder(holder=rights.contributor, name=None, consented=True, flags=rights.flags, invited=None,
                      invitations=0)]  # fmt: skip
    for party in rights.parties:
        letter = invited.get(party.holder)
        holders.append(
            RightsHolder(
                holder=party.holder,
                name=party.name,
                consented=party.consented,
                flags=party.flags,
                invited=letter.at if letter else None,
                invitations=letter.count if letter else 0,
            )
        )
    return Consents(
        track_id=track.track_id, title=track.metadata.title, status=track.status.value,
        consent_version=rights.consent_version, revoked=rights.revoked, allowed=effective_flags(rights),
        open_for=list(open_purposes(rights)),
        awaiting=[party.name for party in rights.parties if not party.consented],
        holders=holders, versions=sorted((_version(one) for one in versions), key=lambda one: one.consent_version),
    )  # fmt: skip


def changed(
    rights: RightsRecord,
    caller: Caller,
    flags: ConsentFlags,
    terms: str,
    moved: tuple[list[str], list[str]],
    deps: Deps,
) -> ConsentChanged:
    """The answer to whoever consented: to the contributor the track's receipt, to another holder their own."""
    title = title_of(terms)
    statement = (
        consent_receipt(rights, title) if caller.id == rights.contributor else holder_receipt(rights, caller.id, title)
    )
    return ConsentChanged(
        track_id=rights.track_id, consent_version=rights.consent_version, flags=flags, allowed=effective_flags(rights),
        narrowed=moved[0], widened=moved[1], terms_sha256=terms, terms_number=number_of(terms),
        receipt=signed_receipt(CONSENT_RECEIPT, statement, deps),
    )  # fmt: skip


def _version(consent: Consent) -> ConsentVersion:
    return ConsentVersion(
        holder=consent.holder, consent_version=consent.consent_version, flags=consent.flags,
        terms_number=number_of(consent.terms_sha256), terms_sha256=consent.terms_sha256, given=consent.given,
    )  # fmt: skip
