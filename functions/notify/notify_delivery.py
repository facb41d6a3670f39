"""Giving messages to the mail transport, each under a lease, so that two runs at once send it once.

1. Take the message: the attempt is counted and the next one put off. 2. Whose
is it, and do they want it? 3. Send. 4. Note it. Killed between 3 and 4 it is
sent again later, under the same Message-ID.
"""

from collections import Counter

from aws_lambda_powertools.logging import Logger
from vault_domain.accounts import Account
from vault_domain.canonical import Json
from vault_domain.consents import Invitation, token_hash
from vault_domain.errors import BadRequest, LostRace, Unavailable
from vault_domain.infringement import Claim
from vault_domain.letters import letter
from vault_domain.messages import (
    SHARED,
    MailState,
    Message,
    Preferences,
    concluded,
    given_up,
    taken,
    wanted,
)  # fmt: skip
from vault_domain.ports import Put
from vault_domain.records import stamp
from vault_edge.app import Deps

MOST = 100
"""Messages of one run; the clock comes back in a minute."""


def deliver(deps: Deps, logger: Logger) -> Json:
    """How many were sent, unwanted, put off or given up."""
    told: Counter[str] = Counter()
    until = stamp(deps.clock())
    for found in deps.records.find(Message, "by_mail", "waiting", until=until + "~", limit=MOST).items:
        try:
            told[_attempt(found, deps)] += 1
        except LostRace:  # another run has it, or its reader marked it just now: the next run sees
            told["overtaken"] += 1
    if told["failed"]:
        logger.warning("mail was given up", extra={"messages": told["failed"]})
    return dict(told)


def _attempt(found: Message, deps: Deps) -> str:
    one = deps.records.get(Message, *found.key())
    if one is None or one.mail != "waiting" or one.mail_due > deps.clock():
        return "overtaken"
    address = _address(one, deps)
    if address is None:
        return _note(one, "unwanted", deps)
    if given_up(one):
        return _note(one, "failed", deps)
    one = _take(one, deps)  # 1
    try:
        _send(one, address, deps)  # 3
    except BadRequest:
        return _note(one, "failed", deps)
    except Unavailable:
        return "put_off"
    return _note(one, "sent", deps)  # 4


def _take(one: Message, deps: Deps) -> Message:
    held = taken(one, deps.clock())
    deps.records.commit([Put(held, one.version)])
    return held.with_changes(version=one.version + 1)


def _address(one: Message, deps: Deps) -> str | None:
    """Step 2: where it goes; None when nobody wants or can have it by mail."""
    if deps.mailer is None:
        return None
    if one.recipient in SHARED:
        return deps.optional("MAIL_TEAM")
    if one.recipient.startswith("clm_"):
        claim = deps.records.get(Claim, one.recipient)
        return claim.email if claim is not None else None
    if one.recipient.startswith("inv_"):
        invitation = deps.records.get(Invitation, f"invitation#{token_hash(deps.salted(one.secret or ''))}")
        return invitation.email if invitation is not None and invitation.expires > deps.clock() else None
    account = deps.records.get(Account, one.recipient)
    wish = deps.records.get(Preferences, one.recipient) or Preferences(account_id=one.recipient)
    return account.email if account is not None and wanted(one.topic, wish.mail) else None


def _send(one: Message, address: str, deps: Deps) -> None:
    if deps.mailer is None:
        raise Unavailable("no mail is set up")
    token = deps.salted(one.secret) if one.secret else ""
    deps.mailer.send(letter(one, address, deps.optional("PUBLIC_URL") or "", token), deps.clock())


def _note(one: Message, how: MailState, deps: Deps) -> str:
    """Step 4. Its reader may have marked it meanwhile; that mark stays."""
    present = deps.records.get(Message, *one.key()) or one
    deps.records.commit([Put(concluded(present, how), present.version)])
    return how
