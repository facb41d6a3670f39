"""Ending a run on record: claim it, end its leases, mark what was declared, then run, lineage and event in one commit.

Killed anywhere, the run is left ``closing``: nothing can be read under it, and the same request goes on.
"""

from collections.abc import Iterable

from vault_domain.closing import begin_close, closed_facts, declarations, end_run
from vault_domain.events import Actor, Kind, make_event
from vault_domain.ports import Put, Require
from vault_domain.training import CompleteAsk, RunTrack, TrainingRun

from vault_edge.deps import Deps
from vault_edge.grants import all_granted, batches
from vault_edge.leasing import end_all


def close(deps: Deps, run: TrainingRun, ask: CompleteAsk, actor: Actor) -> TrainingRun:
    """End this run; the ended run. Raises ``Conflict`` when it ended otherwise, ``LostRace`` when it changed."""
    claimed = begin_close(run, ask)
    if claimed.state in ("completed", "failed"):
        return claimed
    if claimed != run:
        deps.records.commit([Put(claimed, run.version)])
        claimed = claimed.with_changes(version=run.version + 1)
    read = end_all(deps, claimed)
    _mark(deps, claimed, declarations(all_granted(deps.records, run.run_id), ask))
    now = deps.clock()
    ended, lineage = end_run(claimed, ask, all_granted(deps.records, run.run_id), read, now)
    event = make_event(deps.new_id("evt"), Kind.RUN_CLOSED, run.run_id, actor, now, None, **closed_facts(lineage))
    deps.records.commit([Put(ended, claimed.version), Put(lineage, 0)], [event])
    return ended.with_changes(version=claimed.version + 1)


def _mark(deps: Deps, claimed: TrainingRun, rows: Iterable[RunTrack]) -> None:
    for batch in batches(Put(row, row.version) for row in rows):
        deps.records.commit([Require(claimed, claimed.version), *batch])
