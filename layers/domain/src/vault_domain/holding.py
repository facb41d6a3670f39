"""Whose an output is: the service that had it checked, or the one account that claimed it with a code.

- A service exports for the user whose reference it gave with the check, and for
  nobody else.
- Or it makes a code for an output and hands it to its user. The first account
  that shows the code holds the output from then on, and the service no longer
  exports it. A code is kept as a hash, lives a week, and counts once.
"""

import hmac
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, HttpUrl, StringConstraints, TypeAdapter

from vault_domain.canonical import sha256_hex
from vault_domain.errors import Conflict, Expired, NotFound
from vault_domain.ids import AccountId, OutputCode, OutputId
from vault_domain.output_licence import Holder
from vault_domain.records import Record, Sha256, UtcTime, Value, stamp
from vault_domain.safety import OutputCheck

CODE_LIFE = timedelta(days=7)


class ClaimAsk(Value):
    """The body of POST /outputs/{output_id}/claim."""

    code: OutputCode


HttpsText = Annotated[str, StringConstraints(pattern=r"^https://[^\s<>\"']{3,400}$", max_length=420)]
_URL = TypeAdapter(HttpUrl)


def readable(text: str) -> str:
    """An address as it was written. Raises ``ValueError`` for what a browser can't read as one.

    >>> readable("https://music.example/again")
    'https://music.example/again'
    """
    _URL.validate_python(text)
    return text


HttpsUrl = Annotated[HttpsText, AfterValidator(readable)]


class CodeAsk(Value):
    """The body of POST /outputs/{output_id}/codes."""

    regenerate_url: HttpsUrl | None = None
    """Where the service's user can have another output made; shown to them where this one can't be exported."""


class ClaimCode(Record):
    """The last code made for an output, and who claimed the output with it."""

    table: ClassVar[str] = "checks"
    kind: ClassVar[str] = "claim_code"

    output_id: OutputId
    service: AccountId
    code_sha256: Sha256 = Field(repr=False)
    expires: UtcTime
    regenerate_url: HttpsText | None = None
    holder: Holder | None = None
    claimed: UtcTime | None = None

    def key(self) -> tuple[str, str]:
        return self.output_id, self.kind


class HeldOutput(Record):
    """An output in its holder's list."""

    table: ClassVar[str] = "checks"
    kind: ClassVar[str] = "held_output"

    holder: Holder
    output_id: OutputId
    model_id: str = Field(max_length=120)
    claimed: UtcTime

    def key(self) -> tuple[str, str]:
        return self.holder, f"{self.kind}#{stamp(self.claimed)}#{self.output_id}"


def offer(present: ClaimCode | None, check: OutputCheck, ask: CodeAsk, code: str, now: datetime) -> ClaimCode:
    """A fresh code; the one before stops counting. Raises ``Conflict`` once the output was claimed."""
    if present is not None and present.holder is not None:
        raise Conflict("this output was claimed already")
    return ClaimCode(
        output_id=check.output_id, service=check.service, code_sha256=_hash(code), expires=now + CODE_LIFE,
        regenerate_url=ask.regenerate_url,
        version=present.version if present else 0,
    )  # fmt: skip


def no_code(check: OutputCheck) -> ClaimCode:
    """What is looked at where an output has no code: its key, with a hash that no code has."""
    return ClaimCode(output_id=check.output_id, service=check.service, code_sha256="0" * 64, expires=check.at)


def claim(present: ClaimCode | None, code: str, holder: str, now: datetime) -> ClaimCode:
    """The output is this holder's. Claiming one's own again changes nothing.

    Raises ``NotFound`` for a wrong code, one that somebody else used, and an unknown output: the answer is
    the same. Raises ``Expired``.
    """
    fits = present is not None and hmac.compare_digest(present.code_sha256, _hash(code))
    if present is None or not fits or present.holder not in (None, holder):
        raise NotFound("this code opens no output; ask the service for a new one")
    if present.holder == holder:
        return present
    if now >= present.expires:
        raise Expired("this code is past its week; ask the service for a new one")
    return present.with_changes(holder=holder, claimed=now)


def held_by(code: ClaimCode | None, user_holder: str | None) -> str | None:
    """Who holds an output; ``user_holder`` is the user whom the service named with the check."""
    return code.holder if code is not None and code.holder is not None else user_holder


def _hash(code: str) -> str:
    return sha256_hex(code.encode("utf-8"))
