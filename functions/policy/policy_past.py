"""What a trial decides anew: the newest submissions and the newest output checks, a bounded number of each."""

from collections.abc import Iterator
from datetime import datetime
from heapq import merge
from itertools import islice

from vault_domain.evidence import SourceReport
from vault_domain.governance import Past
from vault_domain.safety import LEVELS, OutputCheck
from vault_domain.tracks import Track
from vault_domain.uploads import Upload
from vault_edge.app import Deps
from vault_edge.controls import own_catalogue_of

MOST_TRIED = 400
MOST_CHECKS = 200
MOST_MONTHS = 24


def past(deps: Deps) -> Iterator[Past]:
    """The newest decided submissions, at most ``MOST_TRIED``."""
    tried = 0
    for month in _months(deps.clock()):
        cursor: str | None = None
        while True:
            page = deps.records.find(Track, "by_date", month, newest_first=True, limit=50, cursor=cursor)
            for track in page.items:
                if track.verdict != "none" and tried < MOST_TRIED:
                    tried += 1
                    yield _as_decided(track, deps)
            cursor = page.cursor
            if cursor is None or tried >= MOST_TRIED:
                break


def _as_decided(track: Track, deps: Deps) -> Past:
    upload = deps.records.get(Upload, track.upload_id)
    flags = (*track.flags, *(upload.flags if upload else ()))
    reports = deps.records.list(SourceReport, track.track_id).items
    return Past(track.track_id, track.status.value, reports, flags, own_catalogue_of(track.owner, deps))


def _months(now: datetime) -> Iterator[str]:
    year, month = now.year, now.month
    for _ in range(MOST_MONTHS):
        yield f"{year:04d}-{month:02d}"
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)


def checked(deps: Deps) -> Iterator[OutputCheck]:
    """The last check of each of the outputs that were checked lately, the newest first."""
    every = merge(*(_checks(outcome, deps) for outcome in LEVELS), key=lambda check: check.at, reverse=True)
    seen: set[str] = set()
    for check in islice(every, MOST_CHECKS):
        if check.output_id not in seen:
            seen.add(check.output_id)
            yield check


def _checks(outcome: str, deps: Deps) -> Iterator[OutputCheck]:
    cursor: str | None = None
    while True:
        page = deps.records.find(OutputCheck, "by_outcome", outcome, newest_first=True, limit=25, cursor=cursor)
        yield from page.items
        cursor = page.cursor
        if cursor is None:
            return
