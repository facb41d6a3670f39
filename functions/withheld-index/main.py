"""withheld-index: the index of what is kept back, as the records have it: what was taken out, withdrawn or suspended.

Safety checks search it like the vault's. It has no audio and nothing that the
records don't name: what was lifted leaves it, and what is kept no more. One
that is damaged is made again.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final, Literal

from pydantic import BaseModel
from vault_domain import snapshots
from vault_domain.errors import Corrupt, LostRace
from vault_domain.events import Actor, Kind, make_event
from vault_domain.evidence import WITHHELD
from vault_domain.ids import OutputId
from vault_domain.records import stamp
from vault_domain.snapshots import Manifest
from vault_domain.suspensions import Suspension
from vault_edge import index_care
from vault_edge.app import App, Deps, Json
from vault_edge.index import Rule
from vault_edge.racing import settled
from vault_edge.withholding import Place, outputs, place_of_output, place_of_track, read, removed_by_claim
from vault_index.snapshot import BuiltPart, ShardCache, build_part
from vault_store.snapshots import SnapshotStore

app = App("withheld-index")
ACTOR = Actor(id="fn:withheld-index", role="system")
SUBJECT = f"index:{WITHHELD}"
AT_ONCE = 50
"""Sounds in one part, so that a run that is cut off has done something; small parts are merged."""
STATES: Final[tuple[Literal["withdrawn", "suspended"], ...]] = ("withdrawn", "suspended")
Wanted = dict[str, Suspension | None]
"""What belongs into the index: an output with what was decided about it, a track with nothing."""


class WithheldAsk(BaseModel):
    """``output_id``: something was decided about this output a moment ago."""

    output_id: OutputId | None = None


@app.step
def build(ask: WithheldAsk, deps: Deps) -> Json:
    """By a clock, and whenever something is suspended, withdrawn or lifted.

    1. An index that is damaged is made again. 2. What belongs no more is tombstoned, and left out of the bytes; small
    parts are merged. 3. What is lacking is added, a part at a time. 4. What nothing names goes after a grace time.
    Nothing to do is the usual outcome. Two runs at once add nothing twice: the slower one begins again.
    """
    done = settled(lambda: _made_true(ask, deps))
    if any(done.values()):
        event = make_event(deps.new_id("evt"), Kind.INDEX_CHANGED, SUBJECT, ACTOR, deps.clock(), **done)
        deps.records.commit([], [event])
    return done


def _made_true(ask: WithheldAsk, deps: Deps) -> dict[str, Any]:
    store, cache, rebuilt = index_care.store_of(deps, WITHHELD), ShardCache(), 0
    try:
        at, held = _read(store, cache, deps)
    except Corrupt:  # 1
        rebuilt = index_care.replaced(store, WITHHELD, _parts(_wanted(ask, deps), deps), deps.clock()).tracks
        at, held = _read(store, cache, deps)
    wanted = _wanted(ask, deps)  # after the index, so that nothing is in there which these records could not show
    extra = _gone(held, wanted, deps)  # 2
    if extra:
        at = _moved(at, lambda now: snapshots.without_tracks(now, extra, stamp(deps.clock())), deps)
    merged = index_care.compact(deps, *index_care.opened(at, store, cache), WITHHELD)
    at, held = _read(store, cache, deps)
    before = at.tracks
    for built in _parts({name: one for name, one in wanted.items() if name not in held}, deps):  # 3
        rule = partial(snapshots.with_part, part=built.part, created=stamp(deps.clock()), tracks=built.tracks)
        at = _moved(at, rule, deps, built.data)
    collected = index_care.collect(store, deps.clock())  # 4
    return {
        "rebuilt": rebuilt, "tombstoned": len(extra), "merged": merged, "added": at.tracks - before,
        "collected": collected,
    }  # fmt: skip


def _read(store: SnapshotStore, cache: ShardCache, deps: Deps) -> tuple[Manifest, set[str]]:
    """The index as it is, begun if it never was, and what a search would find in it."""
    manifest, shards = index_care.loaded(store, cache, WITHHELD) or (deps.index.change(WITHHELD, lambda now: now), [])
    return manifest, {track.id for shard in shards for track in shard.tracks} - set(manifest.removed)


def _moved(at: Manifest, rule: Rule, deps: Deps, *parts: bytes) -> Manifest:
    """The index after ``rule``. Raises ``LostRace`` where it is not what was read any more."""

    def expected(present: Manifest) -> Manifest:
        if present != at:
            raise LostRace("another run changed the index")
        return rule(present)

    return deps.index.change(WITHHELD, expected, parts)


def _wanted(ask: WithheldAsk, deps: Deps) -> Wanted:
    """What is kept back by the records. The output that is asked about is read by itself: lists may lag behind."""
    wanted: Wanted = dict.fromkeys(removed_by_claim(deps))
    for state in STATES:
        wanted |= {one.subject: one for one in outputs(state, deps)}
    one = deps.records.get(Suspension, ask.output_id) if ask.output_id else None
    if one is not None:
        wanted.pop(one.subject, None)
        wanted |= {one.subject: one} if one.state in STATES else {}
    return wanted


def _gone(held: set[str], wanted: Wanted, deps: Deps) -> set[str]:
    """What belongs into the index no more.

    Outputs whose own record says so, since lists may lag behind; tracks not listed, or whose features are gone.
    """
    doubted = sorted(held - set(wanted))
    found = deps.records.get_many(Suspension, [(name, Suspension.kind) for name in doubted])
    lifted = {name for name, one in zip(doubted, found, strict=True) if one is None or one.state not in STATES}
    tracks = (name for name, one in wanted.items() if one is None and name in held)
    return lifted | {name for name in tracks if not _there(place_of_track(name), deps)}


def _there(place: Place, deps: Deps) -> bool:
    return deps.bucket(place.bucket).head(place.key) is not None


def _parts(wanted: Wanted, deps: Deps) -> Iterator[BuiltPart]:
    """Parts with these; what has no features that can be read is left out, which the function's log says."""
    rest = sorted(wanted.items())
    while rest:
        some, rest = rest[:AT_ONCE], rest[AT_ONCE:]
        places = ((name, place_of_output(one, deps) if one else place_of_track(name)) for name, one in some)
        found = list(read(((name, place) for name, place in places if place is not None), deps))
        left_out = sorted({name for name, _ in some} - {name for name, _ in found})
        if left_out:
            app.logger.warning("nothing is left to compare with", extra={"left_out": left_out})
        if found:
            yield build_part(found)


handler, http = app.lambda_entry(), app.http_entry()
