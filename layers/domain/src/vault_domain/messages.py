"""Messages to people: what they are told, where it waits for them, and what of it also goes out by mail.

- A message is written in the commit of what it tells of, under an id that
  follows from it: told twice is told once.
- It names its reader by account, claim, invitation or shared box, never by address; the
  address is looked up when it is sent.
- What a link must prove is named (``secret``) and made when the mail is written:
  no token lies in a table.
- Mail is given to the transport at least once, under one Message-ID.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from vault_domain.canonical import sha256_hex
from vault_domain.ids import MessageId, make_id
from vault_domain.records import Record, UtcTime, stamp

KEPT = timedelta(days=400)
MAX_TRIES = 8
FIRST_PAUSE = timedelta(minutes=5)
MAX_WORDS = 600

MailState = Literal["none", "waiting", "sent", "unwanted", "failed"]
Wish = Literal["all", "important", "none"]
SHARED = ("reviewers", "admins")
"""Boxes that everybody of a role reads: what one of them has read is read."""


class Topic(StrEnum):
    """What a message is about; the names are part of the public interface."""

    IN_REVIEW = "track_in_review"
    ACCEPTED = "track_accepted"
    REJECTED = "track_rejected"
    UNUSABLE = "file_unusable"
    DISPUTE_OPENED = "dispute_opened"
    APPEAL_ENDING = "appeal_ending"
    APPEAL_UPHELD = "appeal_upheld"
    APPEAL_DISMISSED = "appeal_dismissed"
    DISPUTE_LAPSED = "dispute_lapsed"
    QUESTION = "question_asked"
    ANSWERED = "question_answered"
    LOCKED = "track_locked"
    UNLOCKED = "track_unlocked"
    REMOVED = "track_removed"
    CLAIM_EXAMINED = "claim_examined"
    CLAIM_CONFIRM = "claim_to_confirm"
    CLAIM_TAKEN_UP = "claim_taken_up"
    CLAIM_ENDED = "claim_ended"
    CLAIM_WAITS = "claim_waits"
    CLAIM_OVERDUE = "claim_overdue"
    FLAGGED = "track_flagged"
    BLOCKED = "outputs_blocked"
    OUTPUT_FOUND_LATER = "output_found_later"
    RELEASE_SUSPENDED = "release_suspended"
    RELEASE_RESUMED = "release_resumed"
    RELEASE_WITHDRAWN = "release_withdrawn"
    RUN_ALARM = "run_alarm"
    INVITED = "holder_invited"
    JOINED = "holder_joined"
    NARROWED = "consent_narrowed"


IMPORTANT = frozenset(Topic) - {Topic.IN_REVIEW, Topic.ACCEPTED, Topic.ANSWERED, Topic.FLAGGED}
NEEDED = frozenset({Topic.CLAIM_CONFIRM, Topic.CLAIM_TAKEN_UP, Topic.CLAIM_ENDED, Topic.INVITED})
"""Sent whatever anybody wishes, to people who need no account: without them nobody can follow a claim or consent."""


class Message(Record):
    """One message to one reader (an account, a claim's author, somebody invited, a shared box)."""

    table: ClassVar[str] = "messages"
    kind: ClassVar[str] = "message"
    index_names: ClassVar[frozenset[str]] = frozenset({"by_recipient", "by_mail"})

    message_id: MessageId
    recipient: str = Field(pattern=r"^((acc|svc|clm|inv)_[0-9a-z]{26}|reviewers|admins)$")
    topic: Topic
    about: str = Field(min_length=1, max_length=120)
    """The track, claim, service or run that it is about."""
    facts: dict[str, str] = Field(default_factory=dict, max_length=8)
    secret: str | None = Field(default=None, max_length=120)
    """What the link's token is made from when the mail is written."""
    at: UtcTime
    read: UtcTime | None = None
    mail: MailState = "waiting"
    mail_due: UtcTime
    tries: int = Field(default=0, ge=0, le=MAX_TRIES)

    def key(self) -> tuple[str, str]:
        return self.recipient, f"{self.kind}#{self.message_id}"

    def indexes(self) -> dict[str, tuple[str, str]]:
        found = {"by_recipient": (self.recipient, stamp(self.at))}
        if self.mail == "waiting":
            found["by_mail"] = ("waiting", stamp(self.mail_due))
        return found

    def expires_at(self) -> datetime:
        return self.at + KEPT


class Preferences(Record):
    """What an account wants by mail as well; in the box there is always everything."""

    table: ClassVar[str] = "messages"
    kind: ClassVar[str] = "preferences"

    account_id: str
    mail: Wish = "important"

    def key(self) -> tuple[str, str]:
        return self.account_id, self.kind


def message(
    recipient: str,
    topic: Topic,
    about: str,
    at: datetime,
    number: int | str = 0,
    *,
    secret: str | None = None,
    **facts: str,
) -> Message:
    """A message that is to be written with the change it tells of. Long facts are cut.

    ``number`` keeps messages apart that tell of the same thing at the same moment.
    """
    name = sha256_hex(f"{recipient}|{topic.value}|{about}|{stamp(at)}|{number}".encode())
    return Message(
        message_id=make_id("msg", bytes.fromhex(name)[:16]),
        recipient=recipient,
        topic=topic,
        about=about,
        facts={key: value[:MAX_WORDS] for key, value in facts.items()},
        secret=secret,
        at=at,
        mail_due=at,
    )


def wanted(topic: Topic, wish: Wish) -> bool:
    """Whether this message also goes out by mail."""
    if topic in NEEDED or wish == "all":
        return True
    return wish == "important" and topic in IMPORTANT


def taken(one: Message, now: datetime) -> Message:
    """One attempt begins; until its pause is over nobody else makes one."""
    return one.with_changes(tries=one.tries + 1, mail_due=now + FIRST_PAUSE * 2**one.tries)


def concluded(one: Message, how: MailState) -> Message:
    """The mail is done with; what the link was made from is not kept."""
    return one.with_changes(mail=how, secret=None)


def given_up(one: Message) -> bool:
    """Whether the attempts are used up."""
    return one.tries >= MAX_TRIES
