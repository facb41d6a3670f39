"""What lineage answers: a track's runs and models, a run's record."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field
from vault_domain.ids import AccountId, ModelId, RunId, TrackId, VersionName
from vault_domain.records import Sha256, UtcTime, Value
from vault_domain.training import DataSpec
from vault_edge.lineage import Use


class TrackRun(Value):
    """One run that was granted the track."""

    run_id: RunId
    model_id: ModelId
    model_version: VersionName | None
    model_type: str
    purpose: str
    packs: tuple[str, ...]
    state: str
    granted: UtcTime
    reads: int = Field(description="reads through the gateway that were written down")
    last_read: UtcTime | None
    declared: bool = Field(description="whether the job named this audio among what it used")
    ended: UtcTime | None
    weights_sha256: Sha256 | None


class TrackModel(Value):
    """A model with a run that was granted the track."""

    model_id: ModelId
    versions: tuple[VersionName, ...] = Field(description="registered versions that rest on such a run")


class TrackRuns(Value):
    """The uses of one track, newest first."""

    track_id: TrackId
    runs: tuple[TrackRun, ...]
    models: tuple[TrackModel, ...]
    more: bool = Field(description="there are older runs than those listed")


class RunLineage(Value):
    """The lineage record of an ended run."""

    run_id: RunId
    job: AccountId
    spec: DataSpec
    outcome: Literal["completed", "failed"]
    started: UtcTime
    ended: UtcTime
    manifest_sha256: Sha256
    manifests: int
    tracks: int
    tracks_read: int
    tracks_declared: int
    tracks_root: Sha256
    reads: int
    bytes_read: int
    consumed: int
    consumed_sha256: Sha256
    consumed_not_granted: int
    weights_sha256: Sha256 | None


def track_runs(track_id: str, uses: Iterable[Use], more: bool) -> TrackRuns:
    """The answer for a track."""
    found = tuple(uses)
    return TrackRuns(track_id=track_id, runs=tuple(_run(use) for use in found), models=models_of(found), more=more)


def _run(use: Use) -> TrackRun:
    run, row, spec = use.run, use.row, use.run.spec
    return TrackRun(
        run_id=run.run_id,
        model_id=spec.model_id,
        model_version=spec.model_version,
        model_type=spec.model_type,
        purpose=spec.purpose,
        packs=spec.packs,
        state=run.state,
        granted=row.granted,
        reads=row.reads,
        last_read=row.last_read,
        declared=row.declared,
        ended=run.ended,
        weights_sha256=run.weights_sha256 if run.state == "completed" else None,
    )


def models_of(uses: Iterable[Use]) -> tuple[TrackModel, ...]:
    """The models of these runs, with the versions that rest on them."""
    found: dict[str, set[str]] = {}
    for use in uses:
        found.setdefault(use.row.model_id, set()).update(use.versions)
    return tuple(TrackModel(model_id=model, versions=tuple(sorted(found[model]))) for model in sorted(found))
