"""Keeping the public statistics up to date: tracks that changed lately, a bounded number in each run.

Only what has settled for ``LAG`` is counted: by then every index shows it, so
that no change is passed over.
"""

from datetime import datetime, timedelta

from vault_domain.appeals import Appeal
from vault_domain.ports import Put
from vault_domain.records import stamp
from vault_domain.review import ReviewVote
from vault_domain.statistics import SHEET_KEY, Sheet, Tally, moved, tally_of
from vault_domain.tracks import HistoryRow, Status, Track
from vault_edge.app import Deps
from vault_edge.racing import settled

LAG = timedelta(minutes=5)
BATCH = 40
ROUNDS = 5
"""Batches of one status in one run: the next run goes on."""


def count_changes(deps: Deps, now: datetime) -> int:
    """How many tracks were counted anew."""
    done = 0
    for status in Status:
        for _ in range(ROUNDS):
            counted, more = settled(lambda status=status: _batch(status, now - LAG, deps))  # type: ignore[misc]
            done += counted
            if not more:
                break
    return done


def _batch(status: Status, until: datetime, deps: Deps) -> tuple[int, bool]:
    """One commit: the sheet and the tallies that changed it. Says whether more may wait."""
    sheet = deps.records.get(Sheet, SHEET_KEY) or Sheet(at=until)
    seen = sheet.seen.get(status.value)
    page = deps.records.find(
        Track, "by_status", status.value, since=stamp(seen) if seen else None, until=stamp(until), limit=BATCH
    )
    fresh = [track for track in page.items if seen is None or track.changed > seen]
    counts, puts = sheet.counts, []
    for track in page.items:
        before, after = deps.records.get(Tally, track.track_id), _tally(track, deps)
        if before is None or before.counts != after.counts:
            counts = moved(counts, before, after)
            puts.append(Put(after, before.version if before else 0))
    if not fresh and not puts:
        return 0, False
    reached = max((track.changed for track in page.items), default=until)
    changed = sheet.with_changes(counts=counts, seen={**sheet.seen, status.value: reached}, at=deps.clock())
    deps.records.commit([Put(changed, sheet.version), *puts])
    return len(puts), page.cursor is not None


def _tally(track: Track, deps: Deps) -> Tally:
    """From the track as it is now, which may have moved on since the index saw it."""
    present, name = deps.records.get(Track, track.track_id) or track, track.track_id
    rows = deps.records.list(HistoryRow, name).items
    return tally_of(present, rows, deps.records.list(ReviewVote, name).items, deps.records.list(Appeal, name).items)
