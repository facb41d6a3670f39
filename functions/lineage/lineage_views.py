"""What lineage answers: a track's runs and models, a run's record, a revocation's reach."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import Field
from vault_domain.ids import AccountId, ModelId, OutputId, RunId, TrackId, VersionName
from vault_domain.records import Sha256, UtcTime, Value, stamp
from vault_domain.rights import RightsRecord
from vault_domain.safety import OutputCheck
from vault_domain.training import DataSpec
from vault_edge.app import Deps
from vault_edge.lineage import Use

MAX_OUTPUTS = 1000
"""Checks per model that a report looks through."""


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


class StoppedUse(Value):
    """One run of a track that was taken back, and when its use of the track ended for certain."""

    run_id: RunId
    model_id: ModelId
    versions: tuple[VersionName, ...]
    granted: UtcTime
    reads: int
    last_read: UtcTime | None
    stopped: UtcTime = Field(description="no read was allowed from then on")
    because: Literal["run_ended", "revoked"]


class TouchedOutputs(Value):
    """Outputs of a touched model that were cleared to leave since its first such run ended."""

    model_id: ModelId
    cleared: int
    output_ids: tuple[OutputId, ...] = Field(description="for admins; else empty")
    more: bool


class RevocationReport(Value):
    """What a revocation reached."""

    track_id: TrackId
    revoked_at: UtcTime
    runs: tuple[StoppedUse, ...]
    models: tuple[TrackModel, ...]
    outputs: tuple[TouchedOutputs, ...]
    more: bool


def track_runs(track_id: str, uses: Iterable[Use], more: bool) -> TrackRuns:
    """The answer for a track."""
    found = tuple(uses)
    return TrackRuns(track_id=track_id, runs=tuple(_run(use) for use in found), models=_models(found), more=more)


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


def _models(uses: Iterable[Use]) -> tuple[TrackModel, ...]:
    found: dict[str, set[str]] = {}
    for use in uses:
        found.setdefault(use.row.model_id, set()).update(use.versions)
    return tuple(TrackModel(model_id=model, versions=tuple(sorted(found[model]))) for model in sorted(found))


def revocation_report(
    rights: RightsRecord, uses: Iterable[Use], deps: Deps, *, more: bool, with_ids: bool
) -> RevocationReport:
    """The answer for a track that was taken back."""
    found, revoked_at = tuple(uses), rights.revoked_at or rights.given
    ends: dict[str, datetime] = {}
    for use in found:
        if use.run.ended is not None and use.run.state == "completed":
            ends[use.row.model_id] = min(use.run.ended, ends.get(use.row.model_id, use.run.ended))
    return RevocationReport(
        track_id=rights.track_id,
        revoked_at=revoked_at,
        runs=tuple(_stopped(use, revoked_at) for use in found),
        models=_models(found),
        outputs=tuple(_outputs(model, since, deps, with_ids) for model, since in sorted(ends.items())),
        more=more,
    )


def _stopped(use: Use, revoked_at: datetime) -> StoppedUse:
    ended = use.run.ended is not None and use.run.ended <= revoked_at
    return StoppedUse(
        run_id=use.row.run_id,
        model_id=use.row.model_id,
        versions=use.versions,
        granted=use.row.granted,
        reads=use.row.reads,
        last_read=use.row.last_read,
        stopped=use.run.ended if ended and use.run.ended else revoked_at,
        because="run_ended" if ended else "revoked",
    )


def _outputs(model_id: str, since: datetime, deps: Deps, with_ids: bool) -> TouchedOutputs:
    cleared: dict[str, None] = {}
    cursor: str | None = None
    seen = 0
    while seen < MAX_OUTPUTS:
        page = deps.records.find(OutputCheck, "by_model", model_id, since=stamp(since), limit=200, cursor=cursor)
        seen += len(page.items)
        cleared.update({one.output_id: None for one in page.items if one.outcome in ("allow", "warn")})
        cursor = page.cursor
        if cursor is None:
            break
    return TouchedOutputs(
        model_id=model_id,
        cleared=len(cleared),
        output_ids=tuple(cleared) if with_ids else (),
        more=cursor is not None,
    )
