"""audit: search the events, and serve the log that proves them.

Searching and proofs are for admins and services. The log's own files (C2SP
tlog-tiles, with ``/audit`` as the log's prefix) are public: they hold no
personal data, and an outsider who can't read them can't check anything.
"""

import json
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints
from vault_domain.bundles import OUTPUT
from vault_domain.canonical import Json
from vault_domain.errors import BadRequest, Conflict, Corrupt, NotFound
from vault_domain.events import AuditEvent, Kind
from vault_domain.ids import EventId, OutputId, RunId
from vault_domain.permissions import roles
from vault_domain.records import stamp
from vault_domain.tiles import parse_path
from vault_domain.witnesses import size_of
from vault_edge.app import Answer, App, Caller, Deps, Query
from vault_edge.permitting import belonging
from vault_edge.proving import TOO_NEW, Prover, log_key
from vault_store.log_reader import LogReader
from vault_store.witnessed import witnessed

app = App("audit")

SOON = {"cache-control": "public, max-age=5"}
FOREVER = {"cache-control": "public, max-age=31536000, immutable"}
MAX_RANGE_ENTRIES = 4000
MAX_ANSWER = 5 * 2**20
"""Bytes of one answer of a function, with room to spare."""
TEXT = "text/plain; charset=utf-8"
Part = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.]{1,8}$")]


class EventsAsk(BaseModel):
    """What to look for: what (a track, a run, an account, an output), who, of which run, which kind, and when.

    A subject, a run, an actor or a kind is needed; all that are given must fit.
    """

    subject: Annotated[str | None, Field(min_length=1, max_length=120)] = None
    actor: Annotated[str | None, Field(min_length=1, max_length=80)] = None
    run: RunId | None = None
    kind: Kind | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(max_length=2000)] = None


class ProofAsk(BaseModel):
    """``since``: the size of an older checkpoint that the new one is to be shown to continue."""

    since: Annotated[int | None, Field(ge=1)] = None


class RangeAsk(BaseModel):
    """Two checkpoints by their size; from the beginning, up to the newest one, if not said otherwise."""

    since: Annotated[int, Field(ge=0)] = 0
    until: Annotated[int | None, Field(ge=1)] = None


@app.get("/audit/events", role="admin")
def events(ask: Query[EventsAsk], deps: Deps) -> Json:
    """Events, newest first. A page may hold fewer than its limit where several filters are given."""
    index, value = _index(ask)
    found = deps.records.find(
        AuditEvent,
        index,
        value,
        since=_bound(ask.since),
        until=_bound(ask.until),
        newest_first=True,
        limit=ask.limit,
        cursor=ask.cursor,
    )
    kept = [event.model_dump(mode="json", exclude={"version"}) for event in found.items if _fits(event, ask)]
    return {"events": kept, "cursor": found.cursor}


@app.get("/audit/checkpoint", role="public", also=(404,), media=("text/plain",))
def checkpoint(deps: Deps) -> Json:
    """The log's signed state: origin, size, root hash, signature."""
    return Answer(LogReader(deps.bucket("log")).checkpoint(), headers=SOON, content_type=TEXT)


@app.get("/audit/witnessed", role="public", also=(404,), media=("text/plain",))
def witnessed_checkpoint(deps: Deps) -> Json:
    """The newest checkpoint that a witness has signed, with all their lines; somewhat older than the newest of all."""
    note, _ = witnessed(deps.bucket("log"))
    if not note:
        raise NotFound("no witness has signed a checkpoint yet")
    return Answer(note, headers=SOON, content_type=TEXT)


@app.get("/audit/key", role="public", also=(404,), media=("text/plain",))
def key(deps: Deps) -> Json:
    """The log's public key, as `lemm verify --key` reads it. Keep it: a key fetched anew proves nothing."""
    return Answer(log_key(deps).text() + "\n", content_type=TEXT)


@app.get("/audit/tile/{level}/{a}", role="public", media=("application/octet-stream",))
def tile1(level: Part, a: Part, deps: Deps) -> Json:
    """A tile of hashes, or with level `entries` a bundle of events."""
    return _tile(deps, level, a)


@app.get("/audit/tile/{level}/{a}/{b}", role="public", media=("application/octet-stream",))
def tile2(level: Part, a: Part, b: Part, deps: Deps) -> Json:
    """A tile or bundle whose name has two parts."""
    return _tile(deps, level, a, b)


@app.get("/audit/tile/{level}/{a}/{b}/{c}", role="public", media=("application/octet-stream",))
def tile3(level: Part, a: Part, b: Part, c: Part, deps: Deps) -> Json:
    """A tile or bundle whose name has three parts."""
    return _tile(deps, level, a, b, c)


@app.get("/audit/tile/{level}/{a}/{b}/{c}/{d}", role="public", media=("application/octet-stream",))
def tile4(level: Part, a: Part, b: Part, c: Part, d: Part, deps: Deps) -> Json:
    """A tile or bundle whose name has four parts: enough for 256 billion events."""
    return _tile(deps, level, a, b, c, d)


@app.get("/audit/proof/{event_id}", role=("admin", "system"), also=(409,))
def proof(event_id: EventId, ask: Query[ProofAsk], deps: Deps) -> Json:
    """A proof file for one event: keep it, and check it offline with `lemm verify`."""
    event = deps.records.get(AuditEvent, event_id)
    if event is None:
        raise NotFound("no such event")
    reader = LogReader(deps.bucket("log"))
    if event.sequence is None:
        raise Conflict(TOO_NEW)
    note = reader.checkpoint_over(max(event.sequence + 1, ask.since or 0))
    size = size_of(note)
    if event.sequence >= size:
        raise Conflict(TOO_NEW)
    if ask.since is not None and ask.since > size:
        raise BadRequest(f"The log has {size} entries, not {ask.since}")
    found = reader.proof(event.sequence, size, note, ask.since)
    if json.loads(found.entry).get("event_id") != event_id:
        raise Corrupt(f"entry {event.sequence} of the log is not {event_id}")
    return Answer(found.to_bytes(), content_type="application/json")


@app.get("/safety/checks/{output_id}/proof", role=roles("safety.prove"), scope="safety", also=(409,))
def output_proof(output_id: OutputId, caller: Caller, deps: Deps) -> Json:
    """A file that proves what an output was checked against, at its last check; `lemm verify` checks it."""
    prover = Prover(deps)
    checks = [event for event in prover.about(output_id) if event.event is Kind.OUTPUT_CHECK]
    owner = checks[0].actor.id if checks else None
    belonging("safety.prove", checks or None, owner, caller, deps, thing="checked output")
    proof = prover.bundle(OUTPUT, checks[-1:], {"output_id": output_id})
    return Answer(proof.to_bytes(), content_type="application/json")


@app.get("/policy/proof", role=roles("policy.prove"), also=(404, 409))
def policy_proof(ask: Query[RangeAsk], deps: Deps) -> Json:
    """A file with all that entered the log between two checkpoints: no policy change in between can be missing.

    Sizes are those of published checkpoints. A long range is proved in parts, each from where the last one ended.
    """
    reader = LogReader(deps.bucket("log"))
    until = size_of(reader.checkpoint()) if ask.until is None else ask.until
    if not ask.since <= until <= ask.since + MAX_RANGE_ENTRIES:
        raise BadRequest(f"a range holds {MAX_RANGE_ENTRIES} entries at most, and ends after it begins", size=until)
    proof = reader.between(ask.since, until).to_bytes()
    if len(proof) > MAX_ANSWER:
        raise BadRequest("these entries are too large for one answer; ask for a shorter range")
    return Answer(proof, content_type="application/json")


def _tile(deps: Deps, *parts: str) -> Answer:
    try:
        name = parse_path("/".join(["tile", *parts]))
    except ValueError:
        raise NotFound("the log has no such file") from None
    data = LogReader(deps.bucket("log")).file(name)
    return Answer(data, headers=FOREVER, content_type="application/octet-stream")


def _index(ask: EventsAsk) -> tuple[str, str]:
    """The narrowest index first."""
    if ask.subject is not None:
        return "by_subject", ask.subject
    if ask.run is not None:
        return "by_run", ask.run
    if ask.actor is not None:
        return "by_actor", ask.actor
    if ask.kind is not None:
        return "by_event_kind", ask.kind.value
    raise BadRequest("Name a subject, a run, an actor or a kind")


def _fits(event: AuditEvent, ask: EventsAsk) -> bool:
    run, _ = event.indexes().get("by_run", (None, ""))
    wanted = ((ask.subject, event.subject), (ask.actor, event.actor.id), (ask.kind, event.event), (ask.run, run))
    return all(asked is None or asked == found for asked, found in wanted)


def _bound(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise BadRequest("A time needs a time zone")
    return stamp(moment)


handler, http = app.lambda_entry(), app.http_entry()
