"""Counting the checks of each model's outputs by day, for a bounded time in each run.

Only what has settled for ``LAG`` is counted: by then the index shows it, so that no check is passed over. Outcomes
take turns, so that many checks of one keep no other waiting, and each has one in every run; what a run does not
reach, the next one does.
"""

from datetime import datetime, timedelta
from itertools import groupby

from vault_domain.model_figures import (
    COUNTED,
    MODELS,
    OUTCOMES,
    Counted,
    ModelDay,
    ModelSum,
    added,
    day_of,
    fresh,
    model_key,
    summed,
    went_on,
)
from vault_domain.ports import Put
from vault_domain.records import stamp
from vault_domain.safety import OutputCheck
from vault_edge.app import Deps
from vault_edge.racing import settled

LAG = timedelta(minutes=5)
BATCH = 40
"""One commit holds the days and sums of so many checks at most."""
AT_MOST = timedelta(seconds=60)
"""No round of batches, one for each outcome, begins later than this."""


def count_checks(deps: Deps, now: datetime) -> int:
    """How many checks were counted."""
    done, end, waiting = 0, deps.clock() + AT_MOST, OUTCOMES
    while waiting:
        counted = {one: settled(lambda one=one: _batch(one, now - LAG, deps)) for one in waiting}  # type: ignore[misc]
        done += sum(counted.values())
        waiting = tuple(one for one in waiting if counted[one]) if deps.clock() < end else ()
    return done


def _batch(outcome: str, until: datetime, deps: Deps) -> int:
    before = deps.records.get(Counted, *COUNTED) or Counted()
    seen = before.seen.get(outcome)
    known = len(before.edge.get(outcome, ()))
    page = deps.records.find(
        OutputCheck, "by_outcome", outcome, since=stamp(seen) if seen else None, until=stamp(until), limit=BATCH + known
    )
    checks = fresh(before, outcome, page.items)[:BATCH]
    if not checks:
        return 0
    after = went_on(before, outcome, checks)
    deps.records.commit([Put(after, before.version), *_days(checks, deps), *_sums(checks, deps)])
    return len(checks)


def _days(checks: tuple[OutputCheck, ...], deps: Deps) -> list[Put]:
    def name(check: OutputCheck) -> tuple[str, str]:
        return check.model_id, day_of(check.at)

    puts = []
    for (model_id, day), group in groupby(sorted(checks, key=name), key=name):
        present = deps.records.get(ModelDay, model_key(model_id), f"{ModelDay.kind}#{day}")
        puts.append(
            Put(added(present or ModelDay(model_id=model_id, day=day), group), present.version if present else 0)
        )
    return puts


def _sums(checks: tuple[OutputCheck, ...], deps: Deps) -> list[Put]:
    puts = []
    for model_id, group in groupby(sorted(checks, key=lambda one: one.model_id), key=lambda one: one.model_id):
        own = tuple(group)
        present = deps.records.get(ModelSum, MODELS, f"{ModelSum.kind}#{model_id}")
        puts.append(
            Put(summed(present or ModelSum(model_id=model_id, last=own[0].at), own), present.version if present else 0)
        )
    return puts
