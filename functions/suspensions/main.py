"""suspensions: hold back an output, or a model with everything that it makes, at once; and let it go again.

A suspension is one commit: the decision, the output's next check, its sound, the
event and the message. Then the index of what is kept back is asked to follow.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, Field
from suspension_facts import About, about, told
from vault_domain.events import AuditEvent, Kind
from vault_domain.permissions import roles
from vault_domain.ports import Change, Put, Require
from vault_domain.records import UtcTime
from vault_domain.suspensions import Decision, SuspendAsk, Suspension, lift, suspend, with_sounds
from vault_edge.app import App, Caller, Deps, Query
from vault_edge.permitting import enforce
from vault_edge.racing import settled
from vault_edge.suspending import changes_of, public_event, soon_searched

app = App("suspensions")


class ListAsk(BaseModel):
    """Which of them."""

    state: Literal["suspended", "withdrawn", "lifted"] = "suspended"
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: Annotated[str | None, Field(max_length=2000)] = None


class DecisionView(BaseModel):
    """One decision about an output or model."""

    state: Literal["suspended", "withdrawn", "lifted"]
    reason: str
    by: str
    at: UtcTime


class SuspensionView(BaseModel):
    """Where an output or model stands, with every decision about it, the oldest first."""

    subject: str = Field(description="id of the output, or model: and the id of the model")
    state: Literal["suspended", "withdrawn", "lifted"]
    decisions: tuple[DecisionView, ...]


class SuspensionPage(BaseModel):
    """A page, the latest decision first."""

    suspensions: tuple[SuspensionView, ...]
    cursor: str | None


@app.get("/suspensions", role=roles("suspension.read"))
def listed(ask: Query[ListAsk], deps: Deps) -> SuspensionPage:
    """What is suspended, was withdrawn, or was let go again."""
    page = deps.records.find(Suspension, "by_outcome", ask.state, newest_first=True, limit=ask.limit, cursor=ask.cursor)
    return SuspensionPage(suspensions=tuple(_view(one) for one in page.items), cursor=page.cursor)


@app.post("/suspensions", role=roles("suspension.make"), also=(404, 409))
def suspended(ask: SuspendAsk, caller: Caller, deps: Deps) -> SuspensionView:
    """Hold back an output, or a model, at once. Twice is once."""
    return _view(settled(lambda: _decide(ask, "suspension.make", caller, deps)))


@app.post("/suspensions/lift", role=roles("suspension.lift"), also=(404, 409))
def lifted(ask: SuspendAsk, caller: Caller, deps: Deps) -> SuspensionView:
    """Let go of what is suspended, by a decision of its own; not while a claim about it stands.

    An output has to be checked again then.
    """
    return _view(settled(lambda: _decide(ask, "suspension.lift", caller, deps)))


def _decide(ask: SuspendAsk, what: str, caller: Caller, deps: Deps) -> Suspension:
    """1. May they, as their role is now, and as far as it is not their own? 2. Decide. 3. One commit."""
    seen = about(ask, deps)
    enforce(what, caller, deps, own=caller.id in seen.owners, thing="output or model")  # 1
    present, now, salt = seen.present, deps.clock(), deps.new_id("slt")
    if what == "suspension.make":  # 2
        made = suspend(present, ask, caller.id, salt, now)
    else:
        made = lift(present, ask, caller.id, salt, now, claimed=bool(seen.hold and seen.hold.claims))
    if made is present:
        return made
    made = with_sounds(made, seen.checks)
    changes, events = _changes(made, seen, caller, deps)
    changes += [Require(seen.hold, seen.hold.version)] if seen.hold else []
    deps.records.commit([Put(made, present.version if present else 0), *changes], events)  # 3
    if ask.output_id is not None:
        soon_searched(ask.output_id, deps)
    return made


def _changes(made: Suspension, seen: About, caller: Caller, deps: Deps) -> tuple[list[Change], list[AuditEvent]]:
    """All that goes with a decision: the output's check and sound, who is told, and the public events."""
    stops = made.state == "suspended"
    letters: list[Change] = [Put(one, 0) for one in told(seen, made, stops=stops)]
    if seen.checks:
        changes, events = changes_of(made, seen.checks, caller.actor, deps)
        return [*letters, *changes], events
    kind = Kind.RELEASE_SUSPENDED if stops else Kind.RELEASE_RESUMED
    return letters, [public_event(made, kind, "model", caller.actor, deps)]


def _view(one: Suspension) -> SuspensionView:
    return SuspensionView(
        subject=one.subject, state=one.state or "lifted", decisions=tuple(_said(said) for said in one.decisions)
    )


def _said(said: Decision) -> DecisionView:
    return DecisionView(state=said.state, reason=said.reason, by=said.by, at=said.at)


handler, http = app.lambda_entry(), app.http_entry()
