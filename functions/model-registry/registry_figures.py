"""What the checks of a model's outputs came to: answers for reviewers and admins."""

from collections import Counter

from pydantic import BaseModel, Field
from vault_domain.model_figures import OUTCOMES, ModelDay, ModelSum, model_key, most, rates
from vault_domain.ports import every
from vault_edge.app import Deps

MOST_HIT = 20
DAYS = 90
PAGE = 100


class ModelChecks(BaseModel):
    """All checks of one model's outputs."""

    model_id: str
    checks: int
    outcomes: dict[str, int] = Field(description="allow, warn, block, not_cleared")
    rates: dict[str, float] = Field(description="share of each; empty without any check")
    last: str = Field(description="when the last one was made")


class ModelsChecked(BaseModel):
    """Models whose outputs were checked, by name."""

    models: list[ModelChecks]
    cursor: str | None = None


class DayChecks(BaseModel):
    """One day (UTC)."""

    day: str
    outcomes: dict[str, int]


class Hit(BaseModel):
    """A track that warnings and blocks rested on."""

    ref: str
    checks: int


class ModelFigures(BaseModel):
    """A model's checks by day, a few minutes behind."""

    total: ModelChecks
    days: list[DayChecks] = Field(description=f"the last {DAYS} days that had any, oldest first")
    most_hit: list[Hit] = Field(description="on these days; of each day the hundred that were hit most count")


def checks_of(one: ModelSum) -> ModelChecks:
    """A model in the list."""
    outcomes: dict[str, int] = {name: one.outcomes.get(name, 0) for name in OUTCOMES}
    return ModelChecks(
        model_id=one.model_id, checks=sum(outcomes.values()), outcomes=outcomes, rates=rates(outcomes),
        last=one.last.isoformat(),
    )  # fmt: skip


def figures_of(one: ModelSum, deps: Deps) -> ModelFigures:
    """A model by day, with the tracks that were hit most."""
    days = _days(one.model_id, deps)[-DAYS:]
    hits: Counter[str] = Counter()
    for day in days:
        hits.update(day.hits)
    return ModelFigures(
        total=checks_of(one),
        days=[DayChecks(day=day.day, outcomes={name: day.outcomes.get(name, 0) for name in OUTCOMES}) for day in days],
        most_hit=[Hit(ref=ref, checks=count) for ref, count in most(hits, MOST_HIT).items()],
    )


def _days(model_id: str, deps: Deps) -> list[ModelDay]:
    return list(every(lambda at: deps.records.list(ModelDay, model_key(model_id), limit=PAGE, cursor=at)))
