"""prompt-names: the names that prompts are searched for: an admins' list, registered metadata, the vault's artists.

A change is one commit with its event; the snapshot that checks read is made anew right after it, and by the clock, so
that a maker that dies is made up for.
"""

from typing import Annotated

from pydantic import BaseModel, Field
from vault_domain.errors import LicenceRefused, NotFound
from vault_domain.events import Kind, make_event
from vault_domain.names import (
    ALL,
    ListedName,
    NamesAsk,
    NamesChange,
    NamesHead,
    RemovalAsk,
    listed,
    listed_key,
    moved,
    spelt,
)
from vault_domain.permissions import roles
from vault_domain.ports import Change, Delete, Put
from vault_domain.sealing import word_hash
from vault_edge.app import App, Caller, Deps, Json, Query
from vault_edge.name_lists import rebuilt, usable_now
from vault_edge.racing import settled

app = App("prompt-names")
PAGES_OF_A_CALL, PAGES_OF_A_TURN = 5, 40
"""Pages of a thousand tracks that a call goes through, and a turn by the clock, which goes on where the last ended."""


class PageAsk(BaseModel):
    """Which part of the list."""

    limit: Annotated[int, Field(ge=1, le=500)] = 100
    cursor: Annotated[str | None, Field(max_length=2000)] = None


@app.get("/prompts/names", role=roles("names.read"))
def show(ask: Query[PageAsk], deps: Deps) -> Json:
    """The listed names, the admins' own first, then those of datasets."""
    head = deps.records.get(NamesHead, ALL)
    page = deps.records.list(ListedName, ALL, limit=ask.limit, cursor=ask.cursor)
    return {
        "number": head.number if head else 0,
        "count": head.names if head else 0,
        "names": [
            {**one.entry.model_dump(mode="json"), "pack": one.pack, "by": one.by, "at": one.at} for one in page.items
        ],
        "cursor": page.cursor,
    }


@app.get("/prompts/names/history", role=roles("names.read"))
def history(ask: Query[PageAsk], deps: Deps) -> Json:
    """Every change of the list, oldest first, with the words and the salt that the log's hashes are made from."""
    page = deps.records.list(NamesChange, ALL, limit=ask.limit, cursor=ask.cursor)
    return {"changes": [one.model_dump(mode="json", exclude={"version"}) for one in page.items], "cursor": page.cursor}


@app.post("/prompts/names", role=roles("names.change"), status=201, also=(409,))
def enter(ask: NamesAsk, caller: Caller, deps: Deps) -> Json:
    """List names, or change how they are listed. Names of a dataset need its licences' leave for joining metadata."""
    if ask.pack is not None and not usable_now(ask.pack, deps):
        raise LicenceRefused(f"{ask.pack} is not registered for joining metadata now")
    return _answered(settled(lambda: _enter(ask, caller, deps)), deps)


@app.post("/prompts/names/removal", role=roles("names.change"), also=(404,))
def remove(ask: RemovalAsk, caller: Caller, deps: Deps) -> Json:
    """Take names off the list. One that is not there refuses the whole call."""
    return _answered(settled(lambda: _remove(ask, caller, deps)), deps)


@app.step
def refresh(deps: Deps) -> Json:
    """By the clock: artists come and go with tracks, licences lapse."""
    done = rebuilt(deps, PAGES_OF_A_TURN)
    return {"written": done.written, "whole": done.whole, "left_out": done.left_out}


def _enter(ask: NamesAsk, caller: Caller, deps: Deps) -> int:
    keys = [(ALL, listed_key(one.name, ask.pack)) for one in ask.names]
    present = deps.records.get_many(ListedName, keys)
    made = listed(ask, present, caller.id, deps.clock())
    if not made:
        return 0
    replaced = [one for one in present if one is not None and one.key() in {new.key() for new in made}]
    more = (len(made) - len(replaced), spelt(made) - spelt(replaced))
    _commit([Put(one, one.version) for one in made], more, len(made), 0, ask.pack, ask.reason, caller, deps)
    return len(made)


def _remove(ask: RemovalAsk, caller: Caller, deps: Deps) -> int:
    keys = list(dict.fromkeys((ALL, listed_key(name, ask.pack)) for name in ask.names))
    found = [one for one in deps.records.get_many(ListedName, keys) if one is not None]
    if len(found) < len(keys):
        raise NotFound("not every one of these names is listed there; nothing was removed")
    changes: list[Change] = [Delete(one, one.version) for one in found]
    _commit(changes, (-len(found), -spelt(found)), 0, len(found), ask.pack, ask.reason, caller, deps)
    return len(found)


def _commit(
    changes: "list[Put] | list[Change]", more: tuple[int, int], put: int, gone: int, pack: str | None, reason: str,
    caller: Caller, deps: Deps,
) -> None:  # fmt: skip
    """The change, the head that it moves, the row that tells of it and the event, in one commit."""
    now, salt = deps.clock(), deps.new_id("slt")
    before = deps.records.get(NamesHead, ALL)
    head = moved(before, *more, now)
    row = NamesChange(
        number=head.number, listed=put, removed=gone, pack=pack, reason=reason, salt=salt, by=caller.id, at=now
    )
    event = make_event(
        deps.new_id("evt"), Kind.NAMES_CHANGED, ALL, caller.actor, now,
        number=head.number, listed=put, removed=gone, pack=pack, reason_hash=word_hash(salt, reason),
    )  # fmt: skip
    deps.records.commit([*changes, Put(head, before.version if before else 0), Put(row, 0)], [event])


def _answered(changed: int, deps: Deps) -> Json:
    rebuilt(deps, PAGES_OF_A_CALL)
    head = deps.records.get(NamesHead, ALL)
    return {"changed": changed, "number": head.number if head else 0, "count": head.names if head else 0}


handler, http = app.lambda_entry(), app.http_entry()
