"""retro-scan: compare outputs that were cleared with what the vault and the catalogues have learned since.

Called when an index moves, and by a clock, always with nothing to say: what is
to be done is read from the indexes and from what was compared before. A run
takes one source after the other, pins what is new in it and passes all cleared
outputs, page by page; at the end of its time it leaves the rest to the next
run. One run at a time works on a source. No audio is needed: an output's
features were kept when it was checked. AcoustID, where it is configured, can't
say what is new in it; it is asked again by time.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from pydantic import BaseModel
from scan_acoustid import asked_page
from scan_outputs import page
from scan_references import Keys, References, known_keys, new_part, references_of, sources, stored
from vault_domain.axes import ACOUSTID
from vault_domain.canonical import Json
from vault_domain.errors import LostRace, VaultError
from vault_domain.events import Actor, AuditEvent, Kind, make_event
from vault_domain.ports import Put
from vault_domain.rechecks import SCANS, UNLISTED, Scan, begun, ended, is_busy, is_due, list_key, waits, went_on
from vault_edge.app import App, Deps

app = App("retro-scan")
ACTOR = Actor(id="fn:retro-scan", role="system")
AT_MOST = timedelta(seconds=600)
"""No page begins later than this; the next run goes on."""
ASK_AT_MOST = timedelta(seconds=120)
"""And no page of questions to AcoustID, at its pace, later than this."""
Look = Callable[[Scan], tuple[str | None, int, int]]


class ScanAsk(BaseModel):
    """The event of an index that moved, or a schedule's: nothing in it matters."""


@app.step
def scan(ask: ScanAsk, deps: Deps) -> Json:
    """Every source in turn; one that can't be read keeps no other from being looked at."""
    until, told = deps.clock() + AT_MOST, dict[str, str]()
    for source in [*sources(deps), *([ACOUSTID] if deps.acoustid is not None else [])]:
        try:
            told[source] = _asked(deps, until) if source == ACOUSTID else _source(source, deps, until)
        except LostRace:
            told[source] = "overtaken"
        except VaultError as error:
            app.logger.warning("not compared", extra={"source": source, "code": error.code})
            told[source] = "failed"
    return {"outcome": told}


def _source(source: str, deps: Deps, until: datetime) -> str:
    """Passes over the outputs until nothing in this source is new."""
    did = "nothing new"
    while True:
        present = deps.records.get(Scan, SCANS, f"{Scan.kind}#{source}") or Scan(source=source)
        if is_busy(present, deps.clock()):
            return "busy"
        found = references_of(source, present.snapshot, deps)
        if present.wanted is None or waits(present, deps.clock()):
            opened = _begin(present, found, deps)
            if opened is None:
                return did if present.wanted is None else "waits"
            present = opened
        reached = _pass(present, found, deps, until)
        if reached == "more":
            return reached
        did = "compared"


def _asked(deps: Deps, until: datetime) -> str:
    """A pass over the outputs with AcoustID, or as much of it as there is time for."""
    present, now = deps.records.get(Scan, SCANS, f"{Scan.kind}#{ACOUSTID}") or Scan(source=ACOUSTID), deps.clock()
    if is_busy(present, now):
        return "busy"
    if is_due(present, now):
        present = _put(begun(present, UNLISTED, 0, now), present, deps)
    elif present.wanted is None:
        return "nothing new"
    if waits(present, now):
        return "waits"

    def ends(at: Scan, looked: int, changed: int) -> None:
        deps.records.commit([Put(ended(at, None, None), at.version)], _told(at, looked, changed, {}, deps))

    until = min(until, now + ASK_AT_MOST)
    return _pages(present, lambda at: asked_page(at, ACTOR, deps, app.logger), ends, deps, until)


def _begin(present: Scan, found: References, deps: Deps) -> Scan | None:
    """Pin what is new; None where nothing is.

    A pass that only waits to look at the end of the list again begins anew, with what it was about and what came since:
    nothing new has to wait for it.
    """
    if present.wanted is None and present.snapshot == found.identity:
        return None
    before, pinned = _lists(present, deps)
    new = found.keys - before - pinned
    if not new:
        if present.wanted is None:
            _put(present.with_changes(snapshot=found.identity), present, deps)
        return None
    name = stored(present.source, new | pinned, deps)
    begins = _put(begun(present, name, len(new | pinned), deps.clock()), present, deps)
    if present.wanted is not None:
        deps.bucket("outputs").delete(list_key(present.source, present.wanted), all_versions=True)
    return begins


def _pass(present: Scan, found: References, deps: Deps, until: datetime) -> str:
    """A pass over the outputs with what is new in a source."""
    if waits(present, deps.clock()):
        return "waits"
    part = new_part(found, known_keys(present.source, present.wanted, deps))

    def ends(at: Scan, looked: int, changed: int) -> None:
        _end(at, found, looked, changed, deps)

    return _pages(present, lambda at: page(at, found, part, ACTOR, deps, app.logger), ends, deps, until)


def _pages(present: Scan, look: Look, ends: Callable[[Scan, int, int], None], deps: Deps, until: datetime) -> str:
    """Page by page from where it stands."""
    while True:
        if deps.clock() >= until:
            _put(present.with_changes(busy_until=None), present, deps)
            return "more"
        cursor, looked, changed = look(present)
        further = went_on(present, cursor, looked, changed, deps.clock())
        if further is None:
            ends(present, looked, changed)
            return "done"
        present = _put(further, present, deps)
        if waits(present, deps.clock()):
            _put(present.with_changes(busy_until=None), present, deps)
            return "waits"


def _end(present: Scan, found: References, looked: int, changed: int, deps: Deps) -> None:
    """What was compared with is known now: list, record and event; then the lists that nothing names go."""
    before, pinned = _lists(present, deps)
    known = stored(present.source, before | pinned, deps)
    whole = found.keys <= before | pinned
    done = ended(present, known, found.identity if whole else present.snapshot)
    told = _told(present, looked, changed, {f"snapshot:{found.name}": found.opened.snapshot_id}, deps)
    deps.records.commit([Put(done, present.version)], told)
    for name in {present.known, present.wanted} - {known, None}:
        deps.bucket("outputs").delete(list_key(present.source, name or ""), all_versions=True)


def _told(present: Scan, looked: int, changed: int, versions: dict[str, str], deps: Deps) -> list[AuditEvent]:
    """The event of a whole pass; none where there was nothing to look at."""
    looked, changed = present.looked + looked, present.changed + changed
    event = make_event(
        deps.new_id("evt"), Kind.OUTPUTS_RECHECKED, f"index:{present.source}", ACTOR, deps.clock(), versions,
        references=present.references, looked=looked, changed=changed,
    )  # fmt: skip
    return [event] if looked else []


def _lists(present: Scan, deps: Deps) -> tuple[Keys, Keys]:
    """What was compared with, and what is being compared with."""
    return known_keys(present.source, present.known, deps), known_keys(present.source, present.wanted, deps)


def _put(after: Scan, before: Scan, deps: Deps) -> Scan:
    deps.records.commit([Put(after, before.version)])
    return after.with_changes(version=before.version + 1)


handler, http = app.lambda_entry(), app.http_entry()
