"""What the registry answers: models and versions, with what was taken back since."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field
from vault_domain.combining import CLAIM, clean_claim, use_of
from vault_domain.ids import ModelId, RunId, TrackId, VersionName
from vault_domain.lineage import Model, ModelTrainingRun, ModelVersion, constraints, staleness
from vault_domain.records import Sha256, UtcTime, Value
from vault_domain.release_gate import Release, ReleaseAudit, release_key
from vault_edge.app import Deps
from vault_edge.grants import all_granted
from vault_edge.lineage import removed_since
from vault_edge.pack_sources import named


class ModelView(Value):
    """A model; ``versions`` is empty in lists."""

    model_id: ModelId
    title: str
    model_type: str
    created: UtcTime
    versions: tuple[VersionName, ...] = ()


class ModelList(Value):
    """A page of models; no cursor at the end."""

    models: tuple[ModelView, ...]
    cursor: str | None


class RunBrief(Value):
    """One run behind a version."""

    run_id: RunId
    purpose: str
    packs: tuple[str, ...]
    started: UtcTime
    ended: UtcTime
    tracks: int = Field(description="tracks granted")
    tracks_read: int = Field(description="tracks read through the gateway")
    tracks_root: Sha256
    consumed_not_granted: int = Field(description="audio that the job says it used and was never granted")


class RevokedSince(Value):
    """How stale a version is: ``summary`` says it in words, such as "stale by 3 of 1,204 tracks"."""

    summary: str
    revoked: int
    tracks: int
    track_ids: tuple[TrackId, ...] = Field(description="for admins and the job that trained on them; else empty")


class ClaimView(Value):
    """Whether the claim of clean data is granted to a version now, and what stands against it."""

    text: str
    granted: bool
    against: tuple[str, ...]


class ReleaseView(Value):
    """Where a version stands at the release gate: ``blocked`` until an audit passed."""

    state: Literal["blocked", "passed"]
    audits: int = Field(description="how often it was audited")
    audit: ReleaseAudit | None = Field(description="the last audit; none yet")


class VersionView(Value):
    """One version of a model."""

    model_id: ModelId
    model_version: VersionName
    weights_sha256: Sha256
    packs: tuple[str, ...]
    purposes: tuple[str, ...]
    constraints: tuple[str, ...] = Field(description="inherited: not_for_release, adapter_only, undeclared_data")
    trained: UtcTime
    registered: UtcTime
    statement_sha256: Sha256
    runs: tuple[RunBrief, ...]
    revoked_since: RevokedSince
    claim: ClaimView
    release: ReleaseView


def release_view(found: Release | None) -> ReleaseView:
    """A version without an audit is blocked."""
    if found is None:
        return ReleaseView(state="blocked", audits=0, audit=None)
    return ReleaseView(state=found.state, audits=found.audits, audit=found.last)


def model_view(model: Model, versions: tuple[str, ...] = ()) -> ModelView:
    """A model as it is answered."""
    return ModelView(
        model_id=model.model_id,
        title=model.title,
        model_type=model.model_type,
        created=model.created,
        versions=versions,
    )


def version_view(version: ModelVersion, deps: Deps, *, with_ids: bool) -> VersionView:
    """A version with the rights of this moment."""
    runs = [run for run_id in version.runs if (run := deps.records.get(ModelTrainingRun, run_id)) is not None]
    rows = [row for run in runs for row in all_granted(deps.records, run.run_id)]
    begun = min(run.started for run in runs)
    stale = staleness(rows, removed_since(deps.records, begun))
    return VersionView(
        model_id=version.model_id,
        model_version=version.model_version,
        weights_sha256=version.weights_sha256,
        packs=version.packs,
        purposes=version.purposes,
        constraints=constraints(version.purposes, sum(run.consumed_not_granted for run in runs)),
        trained=version.trained,
        registered=version.registered,
        statement_sha256=version.statement_sha256,
        runs=tuple(_brief(run) for run in runs),
        revoked_since=RevokedSince(
            summary=stale.summary,
            revoked=stale.revoked,
            tracks=stale.tracks,
            track_ids=stale.track_ids if with_ids else (),
        ),
        claim=_claim(runs, deps),
        release=release_view(deps.records.get(Release, *release_key(version.model_id, version.model_version))),
    )


def _claim(runs: Iterable[ModelTrainingRun], deps: Deps) -> ClaimView:
    """The licence solver's answer for every pack of every run, and for audio that no run was granted."""
    ended = tuple(runs)
    uses = sorted({(ref, use_of(run.spec, ref)) for run in ended for ref in run.spec.packs})
    verdict = clean_claim([named(deps.records, ref, use) for ref, use in uses], deps.clock())
    against = [one.sentence for one in verdict.against()]
    against += [
        f"{run.run_id} says that it used {run.consumed_not_granted} recordings that it was not granted."
        for run in ended
        if run.consumed_not_granted
    ]
    return ClaimView(text=CLAIM, granted=verdict.granted and not against, against=tuple(against))


def _brief(run: ModelTrainingRun) -> RunBrief:
    return RunBrief(
        run_id=run.run_id,
        purpose=run.spec.purpose,
        packs=run.spec.packs,
        started=run.started,
        ended=run.ended,
        tracks=run.tracks,
        tracks_read=run.tracks_read,
        tracks_root=run.tracks_root,
        consumed_not_granted=run.consumed_not_granted,
    )
