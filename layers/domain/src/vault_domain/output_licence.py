"""Accepting the licence for generated outputs: who, which version, when.

- Whoever exports is known by a pseudonym, the holder: a salted hash of an
  account, or of a service and its own reference to its user. No name and no
  account id stands in an acceptance, an export or a certificate.
- An acceptance is of one version, by number and by the hash of its text, and is
  written once. A new version of the text is asked for anew.
"""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from vault_domain.errors import LicenceOutdated
from vault_domain.ids import AccountId
from vault_domain.records import Record, Sha256, UtcTime, Value

Holder = Annotated[str, StringConstraints(pattern=r"^usr_[0-9a-f]{64}$")]
UserRef = Annotated[str, Field(min_length=1, max_length=120)]
SLUG = "standard-non-exclusive-commercial"


class AcceptAsk(Value):
    """The body of POST /licence/acceptance."""

    agreed: Literal[True]
    text_sha256: Sha256
    """Of the text that was shown (GET /licence)."""
    user_ref: UserRef | None = None
    """For services: whose agreement it is. Send it only when that user ticked the box."""


class Acceptance(Record):
    """One holder accepted one version."""

    table: ClassVar[str] = "checks"
    kind: ClassVar[str] = "licence_acceptance"

    holder: Holder
    licence: int = Field(ge=1)
    text_sha256: Sha256
    said_by: AccountId | Holder
    """The holder, or the service that took the agreement."""
    at: UtcTime

    def key(self) -> tuple[str, str]:
        return self.holder, acceptance_range(self.licence)


def acceptance_range(licence: int) -> str:
    """The range key of an acceptance of this version."""
    return f"{Acceptance.kind}#{licence:06d}"


def whose(caller_id: str, user_ref: str | None = None) -> str:
    """The text whose salted hash names a holder; a service's users never meet another service's, nor accounts.

    >>> whose("svc_1", "u")
    'holder:svc_1:u'
    """
    return f"holder:{caller_id}" if user_ref is None else f"holder:{caller_id}:{user_ref}"


def accept(holder: str, ask: AcceptAsk, present: int, present_sha256: str, said_by: str, now: datetime) -> Acceptance:
    """An acceptance of the present version. Raises ``LicenceOutdated`` for any other text."""
    if ask.text_sha256 != present_sha256:
        raise LicenceOutdated("Show the present licence (GET /licence) and send the hash of that text")
    return Acceptance(holder=holder, licence=present, text_sha256=present_sha256, said_by=said_by, at=now)
