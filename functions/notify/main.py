"""notify: the box in which people find what they were told, and the mail that goes out of it.

Messages are written by others, in the commits of what they tell of. Here they
are read, marked as read, and, by a clock, given to the mail transport: nobody
else holds its password, and no address is kept in a message.
"""

from datetime import datetime
from typing import Annotated, Literal

from notify_delivery import deliver
from pydantic import BaseModel, Field
from vault_domain.errors import Forbidden
from vault_domain.ids import AccountId, MessageId
from vault_domain.letters import words
from vault_domain.messages import Message, Preferences, Topic, Wish
from vault_domain.permissions import roles
from vault_domain.ports import Put
from vault_edge.app import App, Caller, Deps, Json, Query
from vault_edge.permitting import belonging
from vault_edge.racing import settled

app = App("notify")
Box = Literal["own", "reviewers", "admins"]
READERS: dict[str, tuple[str, ...]] = {"reviewers": ("reviewer", "admin"), "admins": ("admin",)}
MARKED_AT_ONCE = 90


class BoxAsk(BaseModel):
    """Which messages. A page holds the matches among ``limit`` messages, newest first."""

    box: Box = "own"
    unread: bool = False
    limit: Annotated[int, Field(ge=1, le=100)] = 30
    cursor: Annotated[str | None, Field(max_length=2000)] = None


class BoxName(BaseModel):
    """Which box."""

    box: Box = "own"


class MessageView(BaseModel):
    """One message, in words and with what a client needs to link to."""

    message_id: MessageId
    topic: Topic
    about: str = Field(description="id of the track, claim or service that it is about")
    subject: str
    text: str
    at: datetime
    read: datetime | None


class MessagePage(BaseModel):
    """A page of a box."""

    box: Box
    messages: tuple[MessageView, ...]
    cursor: str | None


class Marked(BaseModel):
    """How many messages were marked; ask again while it is not zero."""

    marked: int


class PreferencesView(BaseModel):
    """What also comes by mail. What follows from a claim you filed always does."""

    account_id: AccountId
    mail: Wish


class PreferencesAsk(BaseModel):
    """The wish for mail."""

    mail: Wish


@app.get("/messages", role=roles("message.read"))
def box(ask: Query[BoxAsk], caller: Caller, deps: Deps) -> MessagePage:
    """Your messages, or those of a box that reviewers or admins share."""
    owner = _box(ask.box, caller)
    page = deps.records.find(Message, "by_recipient", owner, newest_first=True, limit=ask.limit, cursor=ask.cursor)
    shown = tuple(_view(one) for one in page.items if one.read is None or not ask.unread)
    return MessagePage(box=ask.box, messages=shown, cursor=page.cursor)


@app.post("/messages/{message_id}/read", role=roles("message.read"))
def mark(message_id: MessageId, caller: Caller, deps: Deps, ask: BoxName | None = None) -> MessageView:
    """Mark one message as read; in a shared box it is read for everybody then."""
    return _view(settled(lambda: _mark(_box(ask.box if ask else "own", caller), message_id, caller, deps)))


@app.post("/messages/read", role=roles("message.read"))
def mark_all(caller: Caller, deps: Deps, ask: BoxName | None = None) -> Marked:
    """Mark the newest unread messages of a box as read, a bounded number at a time."""
    owner = _box(ask.box if ask else "own", caller)
    page = deps.records.find(Message, "by_recipient", owner, newest_first=True, limit=MARKED_AT_ONCE)
    unread = [one for one in page.items if one.read is None]
    for one in unread:
        settled(lambda one=one: _mark(owner, one.message_id, caller, deps))  # type: ignore[misc]
    return Marked(marked=len(unread))


@app.get("/messages/preferences", role=roles("message.read"))
def preferences(caller: Caller, deps: Deps) -> PreferencesView:
    """What you want by mail."""
    found = deps.records.get(Preferences, caller.id) or Preferences(account_id=caller.id)
    return PreferencesView(account_id=caller.id, mail=found.mail)


@app.post("/messages/preferences", role=roles("message.read"))
def prefer(ask: PreferencesAsk, caller: Caller, deps: Deps) -> PreferencesView:
    """Say what you want by mail."""
    return settled(lambda: _prefer(ask.mail, caller, deps))


@app.step
def send(_: dict[str, object], deps: Deps) -> Json:
    """What waits for the mail, oldest first and a bounded number; called by a clock."""
    return deliver(deps, app.logger)


def _box(name: Box, caller: Caller) -> str:
    """The recipient whose messages these are. Raises ``Forbidden`` for a box of another role."""
    if name == "own":
        return caller.id
    if caller.role not in READERS[name]:
        raise Forbidden(f"this box is for {name}")
    return name


def _mark(owner: str, message_id: str, caller: Caller, deps: Deps) -> Message:
    found = deps.records.get(Message, owner, f"{Message.kind}#{message_id}")
    found = belonging("message.read", found, caller.id, caller, deps, thing="message")
    if found.read is not None:
        return found
    marked = found.with_changes(read=deps.clock())
    deps.records.commit([Put(marked, found.version)])
    return marked


def _prefer(wish: Wish, caller: Caller, deps: Deps) -> PreferencesView:
    found = deps.records.get(Preferences, caller.id) or Preferences(account_id=caller.id)
    if found.mail != wish or found.version == 0:
        deps.records.commit([Put(found.with_changes(mail=wish), found.version)])
    return PreferencesView(account_id=caller.id, mail=wish)


def _view(message: Message) -> MessageView:
    subject, text = words(message)
    fields = {name: getattr(message, name) for name in ("message_id", "topic", "about", "at", "read")}
    return MessageView(**fields, subject=subject, text=text)


handler, http = app.lambda_entry(), app.http_entry()
