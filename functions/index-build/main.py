"""index-build: keep the vault's index small, whole and true to the register; make it again when it is damaged."""

from typing import Any

from pydantic import BaseModel
from vault_domain.errors import Corrupt
from vault_domain.events import Actor, Kind, make_event
from vault_edge import index_care
from vault_edge.app import App, Deps, Json
from vault_edge.racing import settled
from vault_index.snapshot import ShardCache

app = App("index-build")
ACTOR = Actor(id="fn:index-build", role="system")
SUBJECT = "index:vault"


class BuildAsk(BaseModel):
    """``rebuild``: make the whole index again from the features in the vault."""

    rebuild: bool = False


@app.step
def build(ask: BuildAsk, deps: Deps) -> Json:
    """On a schedule, or asked for.

    1. An index that is damaged, or that is to be made again, is rebuilt. 2. Accepted tracks that it lacks are
    added, removed ones tombstoned. 3. Parts are merged and tombstones applied. 4. Parts that nothing names any
    more are deleted, after a grace time. Nothing to do is a fine outcome, and the usual one.
    """
    store, cache = index_care.store_of(deps), ShardCache()
    done: dict[str, Any] = {"rebuilt": 0}
    try:
        found = None if ask.rebuild else index_care.loaded(store, cache)
        damaged = ask.rebuild
    except Corrupt:
        found, damaged = None, True
    if damaged:
        done["rebuilt"] = settled(lambda: index_care.rebuild(deps))
    else:
        manifest, shards = found or (deps.index.change("vault", lambda present: present), [])
        done["added"], done["tombstoned"] = index_care.mend(deps, manifest, shards)
    current = index_care.loaded(store, cache)
    if current is not None:
        done["merged"] = index_care.compact(deps, *current)
        done["collected"] = index_care.collect(store, deps.clock())
    if any(done.values()):
        event = make_event(deps.new_id("evt"), Kind.INDEX_CHANGED, SUBJECT, ACTOR, deps.clock(), **done)
        deps.records.commit([], [event])
    return done


handler, http = app.lambda_entry(), app.http_entry()
