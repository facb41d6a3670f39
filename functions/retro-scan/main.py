"""retro-scan: compare outputs that were cleared with what the vault and the catalogues have learned since.

Called when an index moves, and by a clock, always with nothing to say: what is
to be done is read from the indexes and from what was compared before. A run
takes one source after the other, pins what is new in it and passes all cleared
outputs, page by page; at the end of its time it leaves the rest to the next
run. One run at a time works on a source. No audio is needed: an output's
features were kept when it was checked.
"""

from datetime import datetime, timedelta

from pydantic import BaseModel
from scan_outputs import page
from scan_references import Keys, References, known_keys, new_part, references_of, sources, stored
from vault_domain.canonical import Json
from vault_domain.errors import LostRace, VaultError
from vault_domain.events import Actor, Kind, make_event
from vault_domain.ports import Put
from vault_domain.rechecks import SCANS, Scan, begun, ended, is_busy, list_key, waits, went_on
from vault_edge.app import App, Deps

app = App("retro-scan")
ACTOR = Actor(id="fn:retro-scan", role="system")
AT_MOST = timedelta(seconds=600)
"""No page begins later than this; the next run goes on."""


class ScanAsk(BaseModel):
    """The event of an index that moved, or a schedule's: nothing in it matters."""


@app.step
def scan(ask: ScanAsk, deps: Deps) -> Json:
    """Every source in turn; one that can't be read keeps no other from being looked at."""
    until, told = deps.clock() + AT_MOST, dict[str, str]()
    for source in sources(deps):
        try:
            told[source] = _source(source, deps, until)
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
    """Page by page from where it stands."""
    if waits(present, deps.clock()):
        return "waits"
    part = new_part(found, known_keys(present.source, present.wanted, deps))
    while True:
        if deps.clock() >= until:
            _put(present.with_changes(busy_until=None), present, deps)
            return "more"
        cursor, looked, changed = page(present, found, part, ACTOR, deps, app.logger)
        further = went_on(present, cursor, looked, changed, deps.clock())
        if further is None:
            _end(present, found, looked, changed, deps)
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
    event = make_event(
        deps.new_id("evt"), Kind.OUTPUTS_RECHECKED, f"index:{present.source}", ACTOR, deps.clock(),
        {f"snapshot:{found.name}": found.opened.snapshot_id},
        references=present.references, looked=present.looked + looked, changed=present.changed + changed,
    )  # fmt: skip
    deps.records.commit([Put(done, present.version)], [event] if present.looked + looked else [])
    for name in {present.known, present.wanted} - {known, None}:
        deps.bucket("outputs").delete(list_key(present.source, name or ""), all_versions=True)


def _lists(present: Scan, deps: Deps) -> tuple[Keys, Keys]:
    """What was compared with, and what is being compared with."""
    return known_keys(present.source, present.known, deps), known_keys(present.source, present.wanted, deps)


def _put(after: Scan, before: Scan, deps: Deps) -> Scan:
    deps.records.commit([Put(after, before.version)])
    return after.with_changes(version=before.version + 1)


handler, http = app.lambda_entry(), app.http_entry()
