"""What a trial decides anew: the newest submissions and the newest output checks, a bounded number of each."""

from collections.abc import Iterator
from datetime import datetime
from heapq import merge
from itertools import islice

from vault_domain.evidence import SourceReport
from vault_domain.governance import Past
from vault_domain.ports import every
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
    newest = (track for month in _months(deps.clock()) for track in _tracks(month, deps))
    decided = (track for track in newest if track.verdict != "none")
    return (_as_decided(track, deps) for track in islice(decided, MOST_TRIED))


def _tracks(month: str, deps: Deps) -> Iterator[Track]:
    return every(lambda at: deps.records.find(Track, "by_date", month, newest_first=True, limit=50, cursor=at))


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
    latest = merge(*(_checks(outcome, deps) for outcome in LEVELS), key=lambda check: check.at, reverse=True)
    seen: set[str] = set()
    for check in islice(latest, MOST_CHECKS):
        if check.output_id not in seen:
            seen.add(check.output_id)
            yield check


def _checks(outcome: str, deps: Deps) -> Iterator[OutputCheck]:
    return every(
        lambda at: deps.records.find(OutputCheck, "by_outcome", outcome, newest_first=True, limit=25, cursor=at)
    )
