"""Statistics that anybody may see: counts only, kept up to date in small steps.

Each track has a tally: what it adds to the counts as it stands now. The sheet
is the sum of all tallies. A changed track's old tally is taken off and its new
one added in one commit, so the sheet is exact however often that is repeated,
and nobody ever counts everything. Nothing in it names a track or a person.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from vault_domain.appeals import Appeal
from vault_domain.ids import TrackId
from vault_domain.records import Record, UtcTime
from vault_domain.review import ReviewVote
from vault_domain.tracks import HistoryRow, Status, Track, Trigger

WITHIN: dict[str, timedelta] = {
    "1h": timedelta(hours=1),
    "6h": timedelta(hours=6),
    "1d": timedelta(days=1),
    "3d": timedelta(days=3),
    "7d": timedelta(days=7),
    "14d": timedelta(days=14),
    "30d": timedelta(days=30),
}
LONGER = "longer"
SPANS = (*WITHIN, LONGER)
"""Times to a decision, as upper bounds, shortest first."""
_REFUSED = frozenset({Status.REJECTED, Status.REJECTED_FINAL, Status.DISPUTE_PENDING})
_COUNTED = {
    Trigger.REVOKED: "revoked",
    Trigger.WITHDRAWN: "withdrawn",
    Trigger.CLAIM_CONFIRMED: "claims/locked",
    Trigger.CLAIM_DISMISSED: "claims/dismissed",
    Trigger.CLAIM_UPHELD: "claims/upheld",
}


class Tally(Record):
    """What one track adds to the sheet: name of a count -> how much."""

    table: ClassVar[str] = "statistics"
    kind: ClassVar[str] = "tally"

    track_id: TrackId
    counts: dict[str, int] = Field(default_factory=dict)

    def key(self) -> tuple[str, str]:
        return self.track_id, self.kind


class Sheet(Record):
    """The sum of all tallies, and up to which change each status was counted."""

    table: ClassVar[str] = "statistics"
    kind: ClassVar[str] = "sheet"

    counts: dict[str, int] = Field(default_factory=dict)
    seen: dict[str, UtcTime] = Field(default_factory=dict)
    at: UtcTime

    def key(self) -> tuple[str, str]:
        return SHEET_KEY, self.kind


SHEET_KEY = "statistics"


def tally_of(track: Track, rows: Iterable[HistoryRow], votes: Iterable[ReviewVote], appeals: Iterable[Appeal]) -> Tally:
    """What this track adds, as its status, history, votes and appeals are now."""
    rows = sorted(rows, key=lambda row: row.step)
    counts = Counter[str]()
    counts[f"status/{track.status.value}"] += 1
    counts[f"month/{track.submitted:%Y-%m}/{track.status.value}"] += 1
    if track.status in _REFUSED:
        for code in {reason.code for reason in track.reasons}:
            counts[f"reason/{code}"] += 1
    decided = _decision(track, rows)
    if decided is not None:
        counts[decided] += 1
    for row in rows:
        if row.trigger in _COUNTED:
            counts[_COUNTED[Trigger(row.trigger)]] += 1
    for pattern, times in _patterns(votes).items():
        counts[pattern] += times
    for appeal in appeals:
        counts[f"appeals/{appeal.outcome or 'open'}"] += 1
    return Tally(track_id=track.track_id, counts=dict(counts))


def moved(counts: Mapping[str, int], before: Tally | None, after: Tally) -> dict[str, int]:
    """The sheet's counts with one track's tally replaced; counts of zero are dropped."""
    found = Counter(counts)
    found.subtract(before.counts if before else {})
    found.update(after.counts)
    return {name: count for name, count in sorted(found.items()) if count}


def within(passed: timedelta) -> str:
    """The shortest of ``SPANS`` that this time fits into."""
    return next((name for name, bound in WITHIN.items() if passed <= bound), LONGER)


def part(counts: Mapping[str, int], head: str) -> dict[str, int]:
    """The counts under one head, by what follows it."""
    return {name.removeprefix(head): count for name, count in counts.items() if name.startswith(head)}


def median_span(counts: Mapping[str, int]) -> str | None:
    """The span that holds the middle one of these decisions; None without any."""
    total, passed = sum(counts.values()), 0
    for name in SPANS:
        passed += counts.get(name, 0)
        if total and 2 * passed >= total:
            return name
    return None


def vote_patterns(counts: Mapping[str, int]) -> dict[tuple[int, ...], int]:
    """(approving, rejecting) votes -> how often they were cast on one state of the evidence."""
    return {tuple(map(int, name.split("-"))): times for name, times in part(counts, "votes/").items()}


def _decision(track: Track, rows: Iterable[HistoryRow]) -> str | None:
    """How long the first decision took, and whether people or rules made it."""
    for row in rows:
        if row.target in (Status.ACCEPTED, Status.REJECTED):
            told = {reason.code for reason in row.reasons}
            people = row.role != "system" or any(code.startswith("approved_by_") for code in told)
            return f"decided/{'people' if people else 'rules'}/{within(row.at - track.submitted)}"
    return None


def _patterns(votes: Iterable[ReviewVote]) -> Counter[str]:
    """Votes on the same evidence, counted by side."""
    cast: dict[str, Counter[str]] = {}
    for vote in votes:
        cast.setdefault(vote.evidence_sha256, Counter())[vote.vote] += 1
    return Counter(f"votes/{one['approve']}-{one['reject']}" for one in cast.values())
