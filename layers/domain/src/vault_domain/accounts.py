"""Accounts of people and of services, and the public keys they trust.

People register as contributors; an admin changes roles, and there is always an
admin left. E-mail addresses and display names are personal data: they are
kept in table ``accounts`` alone, and everything else speaks of the account id.
An address belongs to one account, through a claim keyed by its salted hash.
Services have a secret of 256 random bits, so that a plain hash of it suffices;
passwords are hashed by the caller with a slow function.
"""

import hmac
import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, SecretStr

from vault_domain.canonical import sha256_hex
from vault_domain.errors import BadRequest, Conflict, Forbidden, TooMany
from vault_domain.ids import AccountId
from vault_domain.records import Record, Sha256, UtcTime, Value, stamp

AFFIRMATION_VERSION = 1
AFFIRMATION = (
    "Whatever I submit is mine to license, or its owners have authorised me to license it, "
    "and I will say so truthfully for every track."
)
MIN_PASSWORD, MAX_PASSWORD = 12, 200
MAX_EMAIL = 254

PersonRole = Literal["contributor", "reviewer", "admin"]


class Scope(StrEnum):
    """What a service may do."""

    TRAINING = "training"
    SAFETY = "safety"
    CATALOGUE = "catalogue"


def normal_email(text: str) -> str:
    """One spelling per address: NFKC, lower case. Raises ``ValueError`` for what is not an address."""
    found = unicodedata.normalize("NFKC", text).strip().lower()
    local, at, domain = found.rpartition("@")
    labels = domain.split(".")
    plain = all(character.isprintable() and character not in ' <>(),;:\\"[]' for character in found)
    if not (at and 0 < len(local) <= 64 and "@" not in local and len(found) <= MAX_EMAIL and plain):
        raise ValueError("not an e-mail address")
    if len(labels) < 2 or not all(label and len(label) <= 63 and label.strip("-") == label for label in labels):
        raise ValueError("not an e-mail address")
    return found


def _display_name(text: str) -> str:
    found = unicodedata.normalize("NFC", text).strip()
    if not found or any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for character in found):
        raise ValueError("a display name has 1 to 80 visible characters")
    return found


Email = Annotated[str, Field(max_length=MAX_EMAIL), AfterValidator(normal_email)]
DisplayName = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_display_name)]


def normal_password(password: SecretStr) -> str:
    """The password in the form that is hashed: NFKC, so that keyboards agree."""
    return unicodedata.normalize("NFKC", password.get_secret_value())


def usable_password(password: SecretStr, email: str) -> str:
    """The password in the form that is hashed. Raises ``BadRequest``."""
    found = normal_password(password)
    if not MIN_PASSWORD <= len(found) <= MAX_PASSWORD:
        raise BadRequest(f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")
    if found.strip().lower() in (email, email.partition("@")[0]):
        raise BadRequest("The password must not be the e-mail address")
    if len(set(found)) < 4:
        raise BadRequest("The password repeats too few characters")
    return found


# --- records -------------------------------------------------------------------


class Affirmation(Value):
    """That the person affirmed to have authority to license, which wording, and when."""

    version: int = AFFIRMATION_VERSION
    text_sha256: Sha256 = sha256_hex(AFFIRMATION.encode("utf-8"))
    at: UtcTime


class Account(Record):
    """A person. Without a password hash the person signs in at an identity provider."""

    table: ClassVar[str] = "accounts"
    kind: ClassVar[str] = "account"
    index_names: ClassVar[frozenset[str]] = frozenset({"by_role"})

    account_id: AccountId
    email: Email | None = None
    display_name: DisplayName
    role: PersonRole = "contributor"
    affirmation: Affirmation | None = None
    payout_name: DisplayName | None = None
    """To whom payments would go, should there ever be any; nothing is promised by it."""
    password_hash: str | None = Field(default=None, max_length=300, repr=False)
    created: UtcTime
    changed: UtcTime
    erased: UtcTime | None = None
    """When its person wanted to be gone; what is left says nothing of them."""

    def key(self) -> tuple[str, str]:
        return self.account_id, self.kind

    def indexes(self) -> dict[str, tuple[str, str]]:
        return {"by_role": (self.role, stamp(self.created))}


class EmailClaim(Record):
    """Says whose an address is; keyed by its salted hash, so that it is unique."""

    table: ClassVar[str] = "accounts"
    kind: ClassVar[str] = "email_claim"

    email_hash: Sha256
    account_id: AccountId

    def key(self) -> tuple[str, str]:
        return f"email#{self.email_hash}", self.kind


class IdentityClaim(Record):
    """Says whose an identity provider's subject is; keyed by a hash of issuer and subject."""

    table: ClassVar[str] = "accounts"
    kind: ClassVar[str] = "identity_claim"

    identity_hash: Sha256
    account_id: AccountId

    def key(self) -> tuple[str, str]:
        return f"identity#{self.identity_hash}", self.kind


class RoleChange(Record):
    """One change of role, with the reason in the admin's words (which may name people)."""

    table: ClassVar[str] = "accounts"
    kind: ClassVar[str] = "role_change"

    account_id: AccountId
    before: PersonRole
    after: PersonRole
    by: str
    reason: str = Field(min_length=3, max_length=1000)
    salt: str | None = Field(default=None, max_length=40)
    """The log's hash of the reason is under it."""
    at: UtcTime

    def key(self) -> tuple[str, str]:
        return self.account_id, f"{self.kind}#{stamp(self.at)}"


class AdminRoster(Record):
    """Who is admin now: written with each change, so that two admins can't remove each other at once."""

    table: ClassVar[str] = "accounts"
    kind: ClassVar[str] = "admin_roster"

    members: tuple[AccountId, ...] = Field(default=(), max_length=200)

    def key(self) -> tuple[str, str]:
        return ROSTER_KEY, self.kind


ROSTER_KEY = "admins"


class ServiceAccount(Record):
    """A training job or generation service; ``secret_sha256`` is all we keep of its secret."""

    table: ClassVar[str] = "accounts"
    kind: ClassVar[str] = "service"
    index_names: ClassVar[frozenset[str]] = frozenset({"by_owner"})

    client_id: AccountId
    name: DisplayName
    owner: AccountId
    scopes: tuple[Scope, ...] = Field(min_length=1, max_length=len(Scope))
    secret_sha256: Sha256 = Field(repr=False)
    created: UtcTime
    disabled: bool = False

    def key(self) -> tuple[str, str]:
        return self.client_id, self.kind

    def indexes(self) -> dict[str, tuple[str, str]]:
        return {"by_owner": (self.owner, stamp(self.created))}

    def knows(self, secret: str) -> bool:
        """Whether this is the secret; takes the same time either way."""
        return hmac.compare_digest(sha256_hex(secret.encode("utf-8")), self.secret_sha256) and not self.disabled


class PublicKey(Record):
    """A public Ed25519 key that signatures of ours are checked with; ``purpose`` keeps their uses apart."""

    table: ClassVar[str] = "keys"
    kind: ClassVar[str] = "public_key"

    key_id: str = Field(pattern="^[0-9A-Za-z_-]{1,64}$")
    algorithm: Literal["Ed25519"] = "Ed25519"
    purpose: str = Field(pattern="^[a-z]{1,20}$")
    public_hex: Sha256
    """The 32 bytes of the key, hexadecimal."""
    certificate: str | None = Field(default=None, max_length=2000, pattern="^[A-Za-z0-9+/=]+$")
    """The key's own X.509 certificate where it is a root of others: DER, base64."""
    created: UtcTime
    retired: UtcTime | None = None

    def key(self) -> tuple[str, str]:
        return KEY_RING, f"{self.kind}#{self.key_id}"


KEY_RING = "keys"


class Window(Record):
    """Attempts within a fixed window of time, under a hashed name."""

    table: ClassVar[str] = "limits"
    kind: ClassVar[str] = "window"

    name: str = Field(min_length=1, max_length=160)
    opened: UtcTime
    seconds: int = Field(ge=1, le=86_400)
    count: int = Field(default=0, ge=0)

    def key(self) -> tuple[str, str]:
        return self.name, self.kind

    def expires_at(self) -> datetime:
        return self.opened + timedelta(seconds=2 * self.seconds)


# --- rules ---------------------------------------------------------------------


def register(
    account_id: str,
    now: datetime,
    *,
    display_name: str,
    affirmed: bool,
    email: str | None = None,
    password_hash: str | None = None,
) -> Account:
    """A new contributor. Raises ``BadRequest`` unless the authority to license was affirmed."""
    if not affirmed:
        raise BadRequest("Affirm that you have authority to license what you submit")
    return Account(
        account_id=account_id,
        email=email,
        display_name=display_name,
        affirmation=Affirmation(at=now),
        password_hash=password_hash,
        created=now,
        changed=now,
    )


def name_payee(account: Account, payout_name: str | None, now: datetime) -> Account:
    """The account with the name to pay to. Raises ``Conflict`` for one that was erased: it takes no name again."""
    _check_present(account)
    return account if account.payout_name == payout_name else account.with_changes(payout_name=payout_name, changed=now)


def change_role(
    account: Account, roster: AdminRoster, after: PersonRole, by: str, reason: str, now: datetime, salt: str
) -> tuple[Account, AdminRoster, RoleChange]:
    """The account with its new role, the roster that goes with it, and the history row.

    Raises ``Conflict`` when nothing would change, the last admin would go or the account was erased,
    ``Forbidden`` when an admin wants to change their own role.
    """
    if account.account_id == by:
        raise Forbidden("Another admin has to change your role")
    _check_present(account)
    if account.role == after:
        raise Conflict(f"This account is {after} already")
    members = tuple(member for member in roster.members if member != account.account_id)
    if after == "admin":
        members = (*members, account.account_id)
    if not members:
        raise Conflict("The last admin can't be removed; name another one first")
    change = RoleChange(
        account_id=account.account_id, before=account.role, after=after, by=by, reason=reason, salt=salt, at=now
    )
    return (
        account.with_changes(role=after, changed=now),
        roster.with_changes(members=members),
        change,
    )


def _check_present(account: Account) -> None:
    if account.erased is not None:
        raise Conflict("This account was erased")


def attempt(window: Window, limit: int, now: datetime) -> Window:
    """The window with one more attempt counted. Raises ``TooMany`` at ``limit``, saying when to come back."""
    end = window.opened + timedelta(seconds=window.seconds)
    if now >= end:
        return window.with_changes(opened=now, count=1)
    if window.count >= limit:
        raise TooMany(retry_after=max(1, round((end - now).total_seconds())))
    return window.with_changes(count=window.count + 1)


def forgive(window: Window) -> Window:
    """The window with one attempt taken back: it was a good one."""
    return window.with_changes(count=max(0, window.count - 1))
