"""Figures about the outputs of each model: checks by day and outcome, and the tracks that they came too close to.

They count checks as they were made, so an output that was asked about twice
counts twice, and one that was found later stands with both outcomes. Counting
goes forward through the checks of each outcome by their time; what was counted
is remembered in the same commit as the counts, so each check counts once
however often a run is repeated or cut off.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar

from pydantic import Field

from vault_domain.decision import Outcome
from vault_domain.records import Record, UtcTime
from vault_domain.safety import OutputCheck

OUTCOMES: tuple[Outcome, ...] = ("allow", "warn", "block", "not_cleared")
MOST_HITS = 100
"""Tracks that one day of one model keeps by name, those hit most."""
MODELS = "models"
COUNTED = ("checks", "counted")


class ModelDay(Record):
    """The checks of one model on one day (UTC)."""

    table: ClassVar[str] = "statistics"
    kind: ClassVar[str] = "day"

    model_id: str
    day: str = Field(pattern=r"^\d{4}-\d\d-\d\d$")
    outcomes: dict[str, int] = Field(default_factory=dict)
    hits: dict[str, int] = Field(default_factory=dict, max_length=MOST_HITS)

    def key(self) -> tuple[str, str]:
        return model_key(self.model_id), f"{self.kind}#{self.day}"


class ModelSum(Record):
    """All checks of one model."""

    table: ClassVar[str] = "statistics"
    kind: ClassVar[str] = "model"

    model_id: str
    outcomes: dict[str, int] = Field(default_factory=dict)
    last: UtcTime

    def key(self) -> tuple[str, str]:
        return MODELS, f"{self.kind}#{self.model_id}"


class Counted(Record):
    """How far the checks of each outcome were counted: up to this moment, with those of this very moment by name."""

    table: ClassVar[str] = "statistics"
    kind: ClassVar[str] = "counted"

    seen: dict[str, UtcTime] = Field(default_factory=dict)
    edge: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    def key(self) -> tuple[str, str]:
        return COUNTED


def model_key(model_id: str) -> str:
    """Where a model's days are."""
    return f"model#{model_id}"


def name_of(check: OutputCheck) -> str:
    """A check among those of one moment."""
    return f"{check.output_id}#{check.check}"


def fresh(counted: Counted, outcome: str, page: Iterable[OutputCheck]) -> tuple[OutputCheck, ...]:
    """The checks of a page that were not counted yet. The page begins at ``counted.seen``, inclusive."""
    edge = frozenset(counted.edge.get(outcome, ()))
    return tuple(check for check in page if name_of(check) not in edge)


def went_on(counted: Counted, outcome: str, checks: tuple[OutputCheck, ...]) -> Counted:
    """Counted up to and with these checks, which are the oldest that were not."""
    last = max(check.at for check in checks)
    edge = tuple(name_of(check) for check in checks if check.at == last)
    if counted.seen.get(outcome) == last:
        edge = (*counted.edge.get(outcome, ()), *edge)
    return counted.with_changes(seen={**counted.seen, outcome: last}, edge={**counted.edge, outcome: edge})


def day_of(moment: datetime) -> str:
    """The day of a check.

    >>> from datetime import UTC
    >>> day_of(datetime(2026, 3, 1, 23, 59, tzinfo=UTC))
    '2026-03-01'
    """
    return f"{moment:%Y-%m-%d}"


def added(day: ModelDay, checks: Iterable[OutputCheck]) -> ModelDay:
    """A day with these checks of it."""
    outcomes, hits = Counter(day.outcomes), Counter(day.hits)
    for check in checks:
        outcomes[check.came_to] += 1
        hits.update(hit_by(check))
    return day.with_changes(outcomes=dict(outcomes), hits=most(hits, MOST_HITS))


def summed(total: ModelSum, checks: Iterable[OutputCheck]) -> ModelSum:
    """A model's sum with these checks."""
    checks = tuple(checks)
    outcomes = Counter(total.outcomes) + Counter(check.came_to for check in checks)
    return total.with_changes(outcomes=dict(outcomes), last=max(total.last, *(check.at for check in checks)))


def hit_by(check: OutputCheck) -> frozenset[str]:
    """The tracks that this check's warning or block rests on."""
    if check.came_to not in ("warn", "block"):
        return frozenset()
    named = {ref for reason in check.reasons for ref in reason.refs}
    return frozenset(hit.ref for hit in check.hits if hit.ref in named)


def most(hits: Mapping[str, int], limit: int) -> dict[str, int]:
    """The tracks hit most, then by name."""
    return dict(sorted(hits.items(), key=lambda pair: (-pair[1], pair[0]))[:limit])


def rates(outcomes: Mapping[str, int]) -> dict[str, float]:
    """Share of each outcome; empty without any check."""
    total = sum(outcomes.values())
    return {name: round(outcomes.get(name, 0) / total, 4) for name in OUTCOMES} if total else {}
