"""What callers may send to accounts."""

from typing import Annotated

from pydantic import BaseModel, Field, SecretStr
from vault_domain.accounts import MAX_PASSWORD, DisplayName, Email, PersonRole, Scope
from vault_domain.records import Value


class RegisterAsk(Value):
    """Open an account with e-mail and password."""

    email: Email
    password: SecretStr = Field(max_length=MAX_PASSWORD)
    display_name: DisplayName
    affirms_authority: bool
    """That the person has authority to license what they will submit; must be true."""


class ExternalAsk(Value):
    """Open an account for the identity that the bearer token of the configured provider names."""

    display_name: DisplayName
    affirms_authority: bool


class LoginAsk(Value):
    """E-mail and password."""

    email: Email
    password: SecretStr = Field(max_length=MAX_PASSWORD)


class ServiceAsk(Value):
    """A service account for a training job or generation service."""

    name: DisplayName
    scopes: tuple[Scope, ...] = Field(min_length=1, max_length=len(Scope))


class TokenAsk(Value):
    """Client credentials (RFC 6749, 4.4); id and secret may come as HTTP Basic instead."""

    grant_type: str = Field(pattern="^client_credentials$")
    client_id: str | None = Field(default=None, max_length=80)
    client_secret: SecretStr | None = Field(default=None, max_length=200)
    scope: str | None = Field(default=None, max_length=200)
    """Scopes separated by spaces; all that the account has when left out."""


class RoleAsk(Value):
    """Change somebody's role, with the reason that history will keep."""

    role: PersonRole
    reason: str = Field(min_length=3, max_length=1000)


class KeysAsk(Value):
    """Which of our public keys: those of tokens, or those of receipts and manifests."""

    purpose: str = Field(default="jwt", pattern="^[a-z]{1,20}$")


class Bootstrap(Value):
    """The first admin."""

    email: Email
    password: SecretStr = Field(max_length=MAX_PASSWORD)


class BootstrapAsk(Value):
    """The direct invocation that makes an installation usable."""

    bootstrap: Bootstrap


class PeopleAsk(BaseModel):
    """Which accounts, oldest first."""

    role: PersonRole = "reviewer"
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: Annotated[str | None, Field(max_length=2000)] = None


class FindAsk(Value):
    """Whose account an address belongs to."""

    email: Email


class PayoutAsk(Value):
    """To whom payments would go, should there ever be any; null takes it away."""

    payout_name: DisplayName | None
