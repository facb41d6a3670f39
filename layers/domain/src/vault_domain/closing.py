"""The end of a training run: claimed, its leases ended, the declared tracks marked, and only then on record.

While a run is ``closing`` nothing can be read under it, so the rows that its
lineage is made of stand still. A close that died half-way is taken up by the
same request; another request is refused.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from pydantic import JsonValue

from vault_domain.canonical import digest
from vault_domain.errors import Conflict
from vault_domain.lineage import ModelTrainingRun
from vault_domain.run_tracks import leaves_of, root_hex
from vault_domain.training import CompleteAsk, RunTrack, TrainingRun


def begin_close(run: TrainingRun, ask: CompleteAsk) -> TrainingRun:
    """The run in state ``closing``, or as it is when this very end was begun or made before.

    Raises ``Conflict`` for a run that ended, or is ending, otherwise.
    """
    consumed_sha256 = digest(list(ask.consumed_sha256))
    said = (ask.outcome, ask.weights_sha256, len(ask.consumed_sha256), consumed_sha256)
    if said == (run.outcome, run.weights_sha256, run.consumed, run.consumed_sha256):
        return run
    if run.state != "open":
        raise Conflict(f"this run is not open ({run.state})")
    return run.with_changes(
        state="closing",
        outcome=ask.outcome,
        weights_sha256=ask.weights_sha256,
        consumed=len(ask.consumed_sha256),
        consumed_sha256=consumed_sha256,
    )


def declarations(rows: Iterable[RunTrack], ask: CompleteAsk) -> Iterator[RunTrack]:
    """The rows that have yet to be marked as declared; their version is still the stored one."""
    said = frozenset(ask.consumed_sha256)
    return (row.with_changes(declared=True) for row in rows if row.sha256 in said and not row.declared)


def end_run(
    run: TrainingRun, ask: CompleteAsk, granted: Iterable[RunTrack], bytes_read: int, now: datetime
) -> tuple[TrainingRun, ModelTrainingRun]:
    """The ended run and its lineage, from rows that no longer change."""
    rows = tuple(granted)
    known = {row.sha256 for row in rows}
    leaves = leaves_of(rows)
    ended = run.with_changes(
        state=ask.outcome,
        ended=now,
        reads=sum(row.reads for row in rows),
        bytes_read=bytes_read,
        tracks_root=root_hex(leaves),
        consumed_not_granted=sum(item not in known for item in ask.consumed_sha256),
    )
    lineage = ModelTrainingRun(
        run_id=run.run_id,
        job=run.job,
        spec=run.spec,
        outcome=ask.outcome,
        started=run.opened,
        ended=now,
        manifest_sha256=run.manifest_sha256,
        manifests=run.manifests,
        tracks=len(rows),
        tracks_read=sum(row.reads > 0 for row in rows),
        tracks_declared=sum(row.declared for row in rows),
        tracks_root=root_hex(leaves),
        reads=ended.reads,
        bytes_read=bytes_read,
        consumed=run.consumed,
        consumed_sha256=run.consumed_sha256 or digest([]),
        consumed_not_granted=ended.consumed_not_granted,
        weights_sha256=run.weights_sha256,
    )
    return ended, lineage


def closed_facts(lineage: ModelTrainingRun) -> dict[str, JsonValue]:
    """What the event ``training_run.closed`` says; a proof about the run rests on this alone."""
    spec = lineage.spec
    facts: dict[str, JsonValue] = lineage.model_dump(mode="json", exclude={"version", "run_id", "job", "spec", "ended"})
    return facts | {
        "model_id": spec.model_id,
        "model_version": spec.model_version,
        "model_type": spec.model_type,
        "purpose": spec.purpose,
        "packs": list(spec.packs),
        "spec_sha256": digest(spec.model_dump(mode="json")),
        "config_sha256": spec.config_sha256,
        "code_version": spec.code_version,
        "state": lineage.outcome,
    }
