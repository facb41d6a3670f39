"""What a revoked track had touched, and when each stopped using it.

A run stops at its own end or at the revocation, whichever is first: no read is
allowed after it. A model stops being trained on the track with the last of its
runs; what was trained stays so, until a version that rests on none of these runs
takes its place. Outputs are dated by the checks that let them leave: the first
and the last since a run with the track ended.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from lineage_views import TrackModel, models_of
from pydantic import Field
from vault_domain.ids import ModelId, OutputId, RunId, TrackId, VersionName
from vault_domain.records import UtcTime, Value, stamp
from vault_domain.rights import RightsRecord
from vault_domain.safety import OutputCheck
from vault_edge.app import Deps
from vault_edge.lineage import Use, versions_of

MAX_OUTPUTS = 1000
"""Checks per model that a report looks through."""


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


class TouchedModel(TrackModel):
    """A model with such a run, and when it stopped using the track."""

    stopped: UtcTime = Field(description="no training of it read the track from then on")
    replaced: UtcTime | None = Field(
        description="when a version was registered that rests on none of these runs; null while the newest does"
    )


class TouchedOutputs(Value):
    """Outputs of a touched model that were cleared to leave since its first such run ended."""

    model_id: ModelId
    cleared: int
    first: UtcTime | None = Field(description="when the first of them was cleared")
    last: UtcTime | None = Field(description="when the last of them was cleared; none was after it until now")
    output_ids: tuple[OutputId, ...] = Field(description="for admins; else empty")
    more: bool


class RevocationReport(Value):
    """What a revocation reached."""

    track_id: TrackId
    revoked_at: UtcTime
    runs: tuple[StoppedUse, ...]
    models: tuple[TouchedModel, ...]
    outputs: tuple[TouchedOutputs, ...]
    more: bool


def revocation_report(
    rights: RightsRecord, uses: Iterable[Use], deps: Deps, *, more: bool, with_ids: bool
) -> RevocationReport:
    """The answer for a track that was taken back."""
    found, revoked_at = tuple(uses), rights.revoked_at or rights.given
    ends: dict[str, datetime] = {}
    for use in found:
        if use.run.ended is not None and use.run.state == "completed":
            ends[use.row.model_id] = min(use.run.ended, ends.get(use.row.model_id, use.run.ended))
    stopped = tuple(_stopped(use, revoked_at) for use in found)
    return RevocationReport(
        track_id=rights.track_id,
        revoked_at=revoked_at,
        runs=stopped,
        models=tuple(_model(model, stopped, more, deps) for model in models_of(found)),
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


def _model(model: TrackModel, runs: Iterable[StoppedUse], more: bool, deps: Deps) -> TouchedModel:
    """``replaced`` is said only where every run of the track is known."""
    last = max(run.stopped for run in runs if run.model_id == model.model_id)
    known = versions_of(deps.records, model.model_id) if model.versions and not more else ()
    resting = [one.registered for one in known if one.model_version in model.versions]
    free = [one.registered for one in known if one.model_version not in model.versions]
    later = [one for one in free if resting and one > max(resting)]
    return TouchedModel(**model.model_dump(), stopped=last, replaced=min(later, default=None))


def _outputs(model_id: str, since: datetime, deps: Deps, with_ids: bool) -> TouchedOutputs:
    cleared: dict[str, datetime] = {}
    cursor: str | None = None
    seen = 0
    while seen < MAX_OUTPUTS:
        page = deps.records.find(OutputCheck, "by_model", model_id, since=stamp(since), limit=200, cursor=cursor)
        seen += len(page.items)
        cleared.update({one.output_id: one.at for one in page.items if one.outcome in ("allow", "warn")})
        cursor = page.cursor
        if cursor is None:
            break
    return TouchedOutputs(
        model_id=model_id,
        cleared=len(cleared),
        first=min(cleared.values(), default=None),
        last=max(cleared.values(), default=None),
        output_ids=tuple(cleared) if with_ids else (),
        more=cursor is not None,
    )
