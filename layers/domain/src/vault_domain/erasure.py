"""Erasing an account: what personal data goes, and what stays without it.

The account's row keeps its id, role and times: the log names the id, which is a
pseudonym from then on. It leads to a name only by what others say: who credits
the person on their own track keeps the credit, at the place that the log says
this account took as a rights holder. Names, address, password and own words go; so do
the salts of words whose hashes the log holds. Tracks are taken back, or go on
under the consent that was given, with no name on them: the person chooses.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field, SecretStr

from vault_domain.accounts import MAX_PASSWORD, Account, RoleChange
from vault_domain.appeals import Appeal
from vault_domain.errors import Conflict
from vault_domain.flags import Flag
from vault_domain.ids import AccountId
from vault_domain.infringement import STANDING, Claim
from vault_domain.records import Record, UtcTime, Value
from vault_domain.review import ReviewQuestion
from vault_domain.rights import Party, RightsRecord
from vault_domain.tracks import FINAL, Status, Track
from vault_domain.uploads import Upload

ERASED = "erased"
OPEN = "erasures"
SETTLES = timedelta(minutes=20)
"""A token that was given before is good for a quarter of an hour: until then, what it writes is erased too."""
Wish = Literal["revoke", "keep"]


class ErasureAsk(Value):
    """The body of POST /accounts/me/erasure."""

    tracks: Wish
    """``revoke``: take all back. ``keep``: they go on under the consent that was given, without a name."""
    password: SecretStr | None = Field(default=None, max_length=MAX_PASSWORD)
    """Of accounts that have one."""


class Erasure(Record):
    """An erasure that is under way; gone when nothing is left to erase."""

    table: ClassVar[str] = "accounts"
    kind: ClassVar[str] = "erasure"

    account_id: AccountId
    tracks: Wish
    asked: UtcTime

    def key(self) -> tuple[str, str]:
        return OPEN, f"{self.kind}#{self.account_id}"


def erased_account(account: Account, now: datetime) -> Account:
    """The account without its person. Raises ``Conflict`` for reviewers and admins: somebody takes their role first."""
    if account.role != "contributor":
        raise Conflict("an admin has to take your role back first, so that what you hold passes to others")
    return account.with_changes(
        email=None, display_name=ERASED, payout_name=None, password_hash=None, erased=now, changed=now
    )


def wordless(change: RoleChange) -> RoleChange:
    """A change of role without its reason, and without the salt that the log's hash of it needs."""
    return change.with_changes(reason=ERASED, salt=None)


def is_to_leave(track: Track, rights: RightsRecord, wish: Wish) -> bool:
    """Whether it is taken back now: so it was wished, and it is not out for good already. A claim keeps nothing in."""
    return wish == "revoke" and not rights.revoked and track.status not in FINAL


def may_be_stripped(track: Track, claims: Iterable[Claim]) -> bool:
    """A claim of somebody else ends first: until then the track keeps the names that it was complained about under."""
    return track.status is not Status.UNDER_INVESTIGATION and not any(claim.state in STANDING for claim in claims)


def is_bare(track: Track, wish: Wish) -> bool:
    """Whether nothing is left to do on a track: it loses its names last of all that is kept with it."""
    return (wish == "keep" or track.status in FINAL) and nameless_track(track, wish) == track


def nameless_track(track: Track, wish: Wish) -> Track:
    """The track without names; of one that goes on, those of other rights holders stay, whose consent counts too."""
    names = {} if wish == "keep" else {"collaborator_names": ()}
    metadata = track.metadata.model_copy(update={"title": ERASED, "artist_display_name": ERASED, **names})
    return track.with_changes(metadata=metadata.model_dump(), ask_sha256=None)


def nameless_upload(upload: Upload) -> Upload:
    """The upload without the name of its file."""
    return upload.with_changes(filename=ERASED)


def wordless_rights(rights: RightsRecord, wish: Wish) -> RightsRecord:
    """Rights without the reason of a revocation; of a track that was taken back, without the names of others too."""
    named = rights.parties if wish == "keep" else tuple(_nameless(party) for party in rights.parties)
    return rights.with_changes(revocation_reason=None, parties=named)


def nameless_holder(rights: RightsRecord, account_id: str) -> RightsRecord:
    """Rights in somebody else's track without the name of this holder, beside whose id it stands."""
    return rights.with_changes(
        parties=tuple(_nameless(party) if party.holder == account_id else party for party in rights.parties)
    )


def _nameless(party: Party) -> Party:
    return party.model_copy(update={"name": ERASED})


def wordless_appeal(appeal: Appeal) -> Appeal:
    """An appeal without its owner's words, and without the answer to them."""
    return appeal.with_changes(reason=None, answer=None)


def wordless_question(question: ReviewQuestion) -> ReviewQuestion:
    """A reviewer's question without the owner's answer."""
    return question.with_changes(answer=None)


def wordless_flag(flag: Flag) -> Flag:
    """A flag without the words of who set it."""
    return flag.with_changes(words="")


def wordless_claim(claim: Claim) -> Claim:
    """An ended claim without the answer to it; while one stands, people decide on both sides' words."""
    return claim if claim.state in STANDING else claim.with_changes(answer=None)
