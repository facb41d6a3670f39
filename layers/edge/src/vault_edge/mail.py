"""The mail port: a letter to SMTP, to SES, or into a folder of this machine.

One address says which: ``smtps://user:password@host:465``,
``smtp://user:password@host:587`` (STARTTLS, plain only on loopback), ``ses:``,
``file:///folder`` (each letter a file NAME.eml, readable by its owner alone).
It may hold a password, so it is a secret.

A letter that a server will never take raises ``BadRequest``; anything else that
goes wrong raises ``Unavailable``, and the letter is tried again later under the
same Message-ID. Neither names the address.
"""

import os
import smtplib
import ssl
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from vault_domain.errors import BadRequest, Unavailable
from vault_domain.letters import Letter

TIMEOUT_S = 10
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SES_FINAL = frozenset({"MessageRejected", "MailFromDomainNotVerifiedException", "BadRequestException"})


class Mailer(Protocol):
    """Where letters go."""

    def send(self, letter: Letter, now: datetime) -> None:
        """Hand a letter over. Raises ``BadRequest`` for good, ``Unavailable`` for now."""


def mailer(url: str, sender: str, ses: Callable[[], Any]) -> Mailer:
    """The mailer for an address; ``ses`` makes boto3's ``sesv2`` client. Raises ``ValueError`` for another scheme."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return FolderMailer(Path(unquote(parts.path)), sender)
    if parts.scheme in ("smtp", "smtps") and parts.hostname:
        return SmtpMailer(parts, sender)
    if parts.scheme == "ses":
        return SesMailer(ses(), sender)
    raise ValueError("a mail address is smtp://, smtps://, ses: or file://")


def as_message(letter: Letter, sender: str, now: datetime) -> EmailMessage:
    """RFC 5322; the same letter has the same Message-ID however often it is sent."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, letter.to, letter.subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{letter.message_id}@{sender.rpartition('@')[2].rstrip('>') or 'localhost'}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text)
    return mail


class FolderMailer:
    """A folder; a letter appears in it whole, and a second delivery of it replaces the first."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder, self._sender = folder, sender

    def send(self, letter: Letter, now: datetime) -> None:
        """Write the file."""
        data = as_message(letter, self._sender, now).as_bytes()
        path = self._folder / f"{letter.message_id}.eml"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = path.with_suffix(".new")
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(data)
            fresh.replace(path)
        except OSError as error:
            raise Unavailable("the mail folder can't be written") from error


class SmtpMailer:
    """A server of the Simple Mail Transfer Protocol (RFC 5321), over TLS."""

    def __init__(self, parts: SplitResult, sender: str) -> None:
        self._parts, self._sender = parts, sender

    def send(self, letter: Letter, now: datetime) -> None:
        """One connection per letter: there are few of them."""
        try:
            with self._connected() as server:
                server.send_message(as_message(letter, self._sender, now))
        except smtplib.SMTPRecipientsRefused as error:
            codes = {code for code, _ in error.recipients.values()}
            if codes and all(500 <= code < 600 for code in codes):
                raise BadRequest("the mail server does not take this address") from None
            raise Unavailable("the mail server can't take this letter now") from None
        except (smtplib.SMTPException, OSError):
            raise Unavailable("the mail server did not take the letter") from None

    def _connected(self) -> smtplib.SMTP:
        host, trust = self._parts.hostname or "", ssl.create_default_context()
        if self._parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, self._parts.port or 465, timeout=TIMEOUT_S, context=trust)
        else:
            server = smtplib.SMTP(host, self._parts.port or 587, timeout=TIMEOUT_S)
            if host not in LOOPBACK:
                server.starttls(context=trust)
        if self._parts.username:
            server.login(unquote(self._parts.username), unquote(self._parts.password or ""))
        return server


class SesMailer:
    """Amazon's Simple Email Service."""

    def __init__(self, client: Any, sender: str) -> None:
        self._client, self._sender = client, sender

    def send(self, letter: Letter, now: datetime) -> None:
        """One call."""
        from botocore.exceptions import BotoCoreError, ClientError

        data = as_message(letter, self._sender, now).as_bytes()
        try:
            self._client.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [letter.to]},
                Content={"Raw": {"Data": data}},
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _SES_FINAL:
                raise BadRequest("the mail service does not take this letter") from None
            raise Unavailable("the mail service did not take the letter") from None
        except BotoCoreError:
            raise Unavailable("the mail service can't be reached") from None
