"""Lineage: what a run was given and made, which models came of it, what was taken back since.

Records here are written once, when a run ends or a model version is
registered. What changes afterwards, rights, is read when somebody asks.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal

from pydantic import Field, JsonValue

from vault_domain.errors import Conflict, NotFound
from vault_domain.ids import AccountId, ModelId, RunId, TrackId, VersionName
from vault_domain.records import Record, Sha256, UtcTime, Value, stamp
from vault_domain.rights import Purpose
from vault_domain.training import DataSpec, RunTrack

MODELS = "models"
MAX_RUNS = 10
"""Runs behind one model version: a base run and its later stages. With them a statement fits into one record."""
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:lemm:training:v1"
BUILDER = "urn:lemm:gateway"
NOT_PROVED = (
    "that no other data was used: the gateway sees only what it serves",
    "that the declared configuration, code and weights are those of the run: they are the job's own statement",
    "that a track which was served had an influence on the weights, or one that was not read had none",
)
RELEASABLE = frozenset({"product", "artist_adapter"})
"""Purposes whose consent covers weights that leave the house."""


class ModelTrainingRun(Record):
    """What one run was given, what it declared, and what came of it; written when it ends."""

    table: ClassVar[str] = "runs"
    kind: ClassVar[str] = "lineage"
    index_names: ClassVar[frozenset[str]] = frozenset({"by_model"})

    run_id: RunId
    job: AccountId
    spec: DataSpec
    """Model, version, packs, filters, hash of the configuration, code version and hyper parameters."""
    outcome: Literal["completed", "failed"]
    started: UtcTime
    ended: UtcTime
    manifest_sha256: Sha256
    """Of the last manifest."""
    manifests: int = Field(ge=1)
    """Manifests issued; the log has one event ``training_batch`` for each."""
    tracks: int = Field(ge=0)
    tracks_read: int = Field(ge=0)
    tracks_declared: int = Field(ge=0)
    tracks_root: Sha256
    """Root of the tree over all granted tracks (docs/formats/run-tracks.md)."""
    reads: int = Field(ge=0)
    bytes_read: int = Field(default=0, ge=0)
    consumed: int = Field(ge=0)
    consumed_sha256: Sha256
    consumed_not_granted: int = Field(ge=0)
    weights_sha256: Sha256 | None = None

    def key(self) -> tuple[str, str]:
        return self.run_id, self.kind

    def indexes(self) -> dict[str, tuple[str, str]]:
        return {"by_model": (self.spec.model_id, stamp(self.ended))}


class Model(Record):
    """A model id and the job that registered it first."""

    table: ClassVar[str] = "runs"
    kind: ClassVar[str] = "model"
    index_names: ClassVar[frozenset[str]] = frozenset({"by_model"})

    model_id: ModelId
    owner: AccountId
    title: str = Field(max_length=200)
    model_type: str = Field(max_length=60)
    created: UtcTime

    def key(self) -> tuple[str, str]:
        return f"model#{self.model_id}", self.kind

    def indexes(self) -> dict[str, tuple[str, str]]:
        return {"by_model": (MODELS, self.model_id)}


class ModelVersion(Record):
    """One version of a model, the runs behind it, and the signed statement about both; written once."""

    table: ClassVar[str] = "runs"
    kind: ClassVar[str] = "modelversion"

    model_id: ModelId
    model_version: VersionName
    owner: AccountId
    weights_sha256: Sha256
    runs: tuple[RunId, ...] = Field(min_length=1, max_length=MAX_RUNS)
    packs: tuple[str, ...]
    purposes: tuple[Purpose, ...]
    trained: UtcTime
    """When the last of its runs ended."""
    registered: UtcTime
    statement: str = Field(max_length=300_000)
    """The in-toto statement in its signed envelope (docs/formats/proof.md)."""
    statement_sha256: Sha256

    def key(self) -> tuple[str, str]:
        return f"model#{self.model_id}", f"{self.kind}#{self.model_version}"


class VersionAsk(Value):
    """The body of POST /models/{model_id}/versions."""

    model_version: VersionName
    runs: tuple[RunId, ...] = Field(min_length=1, max_length=MAX_RUNS)
    """All runs whose data is in these weights, earlier stages first; the last one made them."""
    weights_sha256: Sha256
    title: str = Field(default="", max_length=200)


def check_runs(model_id: str, job: str, ask: VersionAsk, found: Sequence[ModelTrainingRun | None]) -> None:
    """A version rests on completed runs of the same job and model, and its last run made its weights.

    Raises ``NotFound`` for a run that is not this job's or has not ended, ``Conflict`` for any other flaw.
    """
    if len(set(ask.runs)) != len(ask.runs):
        raise Conflict("a run is named twice")
    for run_id, run in zip(ask.runs, found, strict=True):
        if run is None or run.job != job:
            raise NotFound(f"{run_id}: no run of yours that has ended")
        if run.outcome != "completed":
            raise Conflict(f"{run_id} did not complete")
        if run.spec.model_id != model_id:
            raise Conflict(f"{run_id} was for another model: {run.spec.model_id}")
        if run.spec.model_version not in (None, ask.model_version):
            raise Conflict(f"{run_id} was for version {run.spec.model_version}")
    last = found[-1]
    if last is None or last.weights_sha256 != ask.weights_sha256:
        raise Conflict("the last run did not end with these weights")


def statement(model_id: str, ask: VersionAsk, runs: Sequence[ModelTrainingRun]) -> dict[str, JsonValue]:
    """The in-toto statement of a version: SLSA provenance whose materials are packs and runs' track roots."""
    packs = sorted({pack for run in runs for pack in run.spec.packs})
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": f"{model_id}@{ask.model_version}", "digest": {"sha256": ask.weights_sha256}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    "model_id": model_id,
                    "model_version": ask.model_version,
                    "packs": list(packs),
                    "runs": [_told(run) for run in runs],
                },
                "internalParameters": {"cannot_be_proved": list(NOT_PROVED)},
                "resolvedDependencies": [
                    {"name": run.run_id, "uri": f"lemm://runs/{run.run_id}", "digest": {"sha256": run.tracks_root}}
                    for run in runs
                ],
            },
            "runDetails": {
                "builder": {"id": BUILDER},
                "metadata": {
                    "invocationId": runs[-1].run_id,
                    "startedOn": runs[0].started.isoformat(),
                    "finishedOn": runs[-1].ended.isoformat(),
                },
            },
        },
    }


def _told(run: ModelTrainingRun) -> dict[str, JsonValue]:
    return {
        "run_id": run.run_id,
        "spec": run.spec.model_dump(mode="json"),
        "tracks": run.tracks,
        "tracks_read": run.tracks_read,
        "tracks_root": run.tracks_root,
        "manifest_sha256": run.manifest_sha256,
        "consumed_not_granted": run.consumed_not_granted,
    }


def constraints(purposes: Iterable[str], not_granted: int = 0) -> tuple[str, ...]:
    """What a model inherits from its runs, as stable codes.

    ``not_for_release``: a run's consent covers no released weights. ``adapter_only``: a run's consent covers
    adapters of one artist and no general model. ``undeclared_data``: a run said it used audio it was not granted.
    """
    found, given = [], set(purposes)
    if given - RELEASABLE:
        found.append("not_for_release")
    if "artist_adapter" in given:
        found.append("adapter_only")
    if not_granted:
        found.append("undeclared_data")
    return tuple(found)


class Staleness(Value):
    """How much of what a model was given has been taken back."""

    revoked: int = Field(ge=0)
    tracks: int = Field(ge=0)
    summary: str
    track_ids: tuple[TrackId, ...] = ()


def staleness(granted: Iterable[RunTrack], removed: Iterable[str]) -> Staleness:
    """Of the distinct tracks granted to a version's runs, those that left the vault since."""
    tracks = {row.track_id for row in granted}
    gone = sorted(tracks & set(removed))
    said = f"stale by {len(gone):,} of {len(tracks):,} tracks" if gone else f"all {len(tracks):,} tracks still allowed"
    return Staleness(revoked=len(gone), tracks=len(tracks), summary=said, track_ids=tuple(gone))
