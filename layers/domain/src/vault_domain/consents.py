"""Consent over time: new versions, never edited ones, and rights holders who join by invitation.

- A new version narrows under any text that its holder accepted; it widens only under the present text.
- A use needs every holder's permission, so whoever narrows ends that use for the whole track.
- An invitation is a letter; its token is stored nowhere, only its hash is; a newer invitation replaces it.
- After a revocation one thing is left to take back: that fingerprints stay.
- Who was invited consents for themselves, with an account of their own.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import ClassVar

from pydantic import Field

from vault_domain.accounts import Email
from vault_domain.canonical import sha256_hex
from vault_domain.errors import Conflict, Expired, NotFound, TermsOutdated, TooMany
from vault_domain.ids import AccountId, InvitationId, TrackId
from vault_domain.records import Record, Sha256, UtcTime, Value
from vault_domain.rights import Consent, ConsentFlags, Party, RightsRecord

INVITATION_LIFE = timedelta(days=30)
SAME_LETTER = timedelta(minutes=10)
"""Within which asking again for the same address is the same letter."""
MOST_INVITATIONS = 10
"""For one rights holder of one track: an invitation is a letter to somebody who did not ask for it."""


class ConsentAsk(Value):
    """The body of POST /tracks/{track_id}/consent: all of what you allow from now on."""

    expects: int = Field(ge=1)
    """The ``consent_version`` that you looked at."""
    flags: ConsentFlags
    accepted_terms_sha256: Sha256
    """The present terms (GET /terms); the text you accepted before will do where nothing more is allowed."""


class InviteAsk(Value):
    """The body of POST /tracks/{track_id}/invitations."""

    holder: str = Field(pattern=r"^party:\d{1,2}$")
    """Which of the rights holders, as GET /tracks/{track_id}/consents names them."""
    email: Email


class LookAsk(Value):
    """The body of POST /invitations/look: the token from the letter."""

    token: str = Field(pattern="^[0-9a-f]{64}$")


class AcceptAsk(LookAsk):
    """The body of POST /invitations/accept."""

    flags: ConsentFlags
    accepted_terms_sha256: Sha256


class Invitation(Record):
    """An open invitation, found by the hash of its token."""

    table: ClassVar[str] = "rights"
    kind: ClassVar[str] = "invitation"

    invitation_id: InvitationId
    token_sha256: Sha256
    track_id: TrackId
    holder: str
    email: Email | None = Field(repr=False)
    """Kept until the invitation was accepted."""
    expires: UtcTime

    def key(self) -> tuple[str, str]:
        return f"invitation#{self.token_sha256}", self.kind

    def expires_at(self) -> datetime:
        return self.expires


class Invited(Record):
    """Which invitation of a rights holder counts, and how many there were."""

    table: ClassVar[str] = "rights"
    kind: ClassVar[str] = "invited"

    track_id: TrackId
    holder: str
    token_sha256: Sha256
    address_hash: Sha256
    count: int = Field(ge=1)
    at: UtcTime

    def key(self) -> tuple[str, str]:
        return self.track_id, f"{self.kind}#{self.holder}"


class Holding(Record):
    """That an account holds rights in a track which somebody else submitted; listed under the account."""

    table: ClassVar[str] = "rights"
    kind: ClassVar[str] = "holding"

    account_id: AccountId
    track_id: TrackId
    since: UtcTime

    def key(self) -> tuple[str, str]:
        return self.account_id, f"{self.kind}#{self.track_id}"


def token_hash(token: str) -> str:
    """What is stored of an invitation's token."""
    return sha256_hex(f"lemm invitation {token}".encode())


def token_name(invitation_id: str) -> str:
    """What an invitation's token is made from, under the installation's salt."""
    return f"invitation:{invitation_id}"


def is_holder(rights: RightsRecord, account_id: str) -> bool:
    """Whether this account holds rights in the track: its contributor, or somebody who joined."""
    return account_id == rights.contributor or any(party.holder == account_id for party in rights.parties)


def held_by(rights: RightsRecord, account_id: str) -> tuple[ConsentFlags, str, datetime]:
    """What this holder allows, under which text, since when. Raises ``NotFound`` for anybody else."""
    if account_id == rights.contributor:
        return rights.flags, rights.terms_sha256, rights.given
    for party in rights.parties:
        if party.holder == account_id and party.flags and party.terms_sha256 and party.given:
            return party.flags, party.terms_sha256, party.given
    raise NotFound("no such track of yours")


def narrowed(before: ConsentFlags, after: ConsentFlags) -> tuple[str, ...]:
    """The flags that were set and are not any more."""
    return tuple(name for name in ConsentFlags.model_fields if getattr(before, name) and not getattr(after, name))


def widened(before: ConsentFlags, after: ConsentFlags) -> tuple[str, ...]:
    """The flags that are set and were not before."""
    return narrowed(after, before)


def change_consent(
    rights: RightsRecord, holder: str, ask: ConsentAsk, present_terms: str, now: datetime
) -> tuple[RightsRecord, Consent] | None:
    """The rights with one holder's next version, and that version; None when it stands already.

    Raises ``NotFound`` for somebody without rights, ``Conflict`` after a
    revocation or when the consents changed since they were looked at,
    ``TermsOutdated`` for a text that does not do.
    """
    flags, terms, _ = held_by(rights, holder)
    if (flags, terms) == (ask.flags, ask.accepted_terms_sha256):
        return None
    if rights.revoked:
        raise Conflict("this track was taken back; nothing of it is used any more")
    if ask.expects != rights.consent_version:
        raise Conflict(
            "a consent for this track changed since you looked; look again", consent_version=rights.consent_version
        )
    if ask.accepted_terms_sha256 != present_terms and (ask.accepted_terms_sha256 != terms or widened(flags, ask.flags)):
        raise TermsOutdated("Read the present terms (GET /terms) and send the hash of that text")
    return _with_consent(rights, holder, holder, ask.flags, ask.accepted_terms_sha256, now)


def forget_fingerprints(rights: RightsRecord, holder: str, now: datetime) -> tuple[RightsRecord, Consent] | None:
    """The rights of a track that was taken back, with fingerprints withdrawn as well; None when they were before.

    Raises ``NotFound`` for somebody without rights, ``Conflict`` while the
    track is not taken back: then a new version of the consent says it.
    """
    flags, terms, _ = held_by(rights, holder)
    if not rights.revoked:
        raise Conflict("this track was not taken back; change what you allow instead")
    if not flags.keep_fingerprints_after_revocation:
        return None
    fewer = flags.model_copy(update={"keep_fingerprints_after_revocation": False})
    return _with_consent(rights, holder, holder, fewer, terms, now)


def is_same_letter(before: Invited | None, address_hash: str, now: datetime) -> bool:
    """Whether a letter to this address was asked for only just now: a repeated call sends no second one."""
    return before is not None and before.address_hash == address_hash and now < before.at + SAME_LETTER


def invite(
    rights: RightsRecord,
    before: Invited | None,
    ask: InviteAsk,
    invitation_id: str,
    token: str,
    address_hash: str,
    now: datetime,
) -> tuple[Invitation, Invited]:
    """A fresh invitation for a named rights holder who has not joined; an earlier one opens nothing any more.

    Raises ``NotFound`` for a holder who is not named or has joined, ``Conflict``
    for a track that was taken back, ``TooMany`` past ``MOST_INVITATIONS``.
    """
    if not any(party.holder == ask.holder for party in rights.parties):
        raise NotFound("no rights holder of this name waits for an invitation")
    if rights.revoked:
        raise Conflict("this track was taken back; nobody needs to consent any more")
    count = before.count if before else 0
    if count >= MOST_INVITATIONS:
        raise TooMany(f"{MOST_INVITATIONS} invitations were sent; ask the person about the letters they have")
    opened = Invitation(
        invitation_id=invitation_id, token_sha256=token_hash(token), track_id=rights.track_id, holder=ask.holder,
        email=ask.email, expires=now + INVITATION_LIFE,
    )  # fmt: skip
    noted = Invited(
        track_id=rights.track_id, holder=ask.holder, token_sha256=opened.token_sha256, address_hash=address_hash,
        count=count + 1, at=now,
    )  # fmt: skip
    return opened, noted


def opened(
    invitation: Invitation | None, invited: Invited | None, rights: RightsRecord | None, now: datetime
) -> tuple[Invitation, RightsRecord]:
    """The invitation that a token opens, with the rights it is about.

    Raises ``NotFound`` for a token that opens nothing, or that a newer letter
    replaced; ``Expired``; ``Conflict`` for a track that was taken back.
    """
    if invitation is None or invited is None or rights is None or invited.token_sha256 != invitation.token_sha256:
        raise NotFound("no such invitation; a newer letter may have replaced it")
    if now >= invitation.expires:
        raise Expired("this invitation is too old; ask for a new one")
    if rights.revoked:
        raise Conflict("this track was taken back; your consent is not needed any more")
    return invitation, rights


def join(
    rights: RightsRecord, holder: str, account_id: str, ask: AcceptAsk, present_terms: str, now: datetime
) -> tuple[RightsRecord, Consent]:
    """The rights with an invited holder's first consent.

    Raises ``Conflict`` for the contributor, for somebody who is in already, and
    for a place that is taken; ``TermsOutdated`` for another text than the present one.
    """
    if ask.accepted_terms_sha256 != present_terms:
        raise TermsOutdated("Read the present terms (GET /terms) and send the hash of that text")
    if is_holder(rights, account_id):
        raise Conflict("you have consented for this track already; each rights holder consents for themselves")
    if not any(party.holder == holder for party in rights.parties):
        raise Conflict("this invitation was accepted before")
    return _with_consent(rights, holder, account_id, ask.flags, ask.accepted_terms_sha256, now)


def _with_consent(
    rights: RightsRecord, place: str, account_id: str, flags: ConsentFlags, terms_sha256: str, now: datetime
) -> tuple[RightsRecord, Consent]:
    number = rights.consent_version + 1
    consent = Consent(
        track_id=rights.track_id, holder=account_id, consent_version=number, flags=flags,
        terms_sha256=terms_sha256, given=now,
    )  # fmt: skip
    if place == rights.contributor:
        changed = rights.with_changes(consent_version=number, flags=flags, terms_sha256=terms_sha256, given=now)
        return changed, consent
    said = {"holder": account_id, "consented": True, "flags": flags, "terms_sha256": terms_sha256, "given": now}
    parties = _replaced(rights.parties, place, lambda party: party.model_copy(update=said))
    return rights.with_changes(consent_version=number, parties=parties), consent


def _replaced(parties: tuple[Party, ...], place: str, change: Callable[[Party], Party]) -> tuple[Party, ...]:
    return tuple(change(party) if party.holder == place else party for party in parties)
