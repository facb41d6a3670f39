"""lineage: which runs and models a track went into, what a run was given, and proofs of both.

Owners see their own tracks' runs and models; what they get to see of other
people's tracks is, in a proof, the id and the hash of a neighbour, which are in
the public log anyway.
"""

from lineage_proofs import model_proof, run_track_proof
from lineage_revocation import RevocationReport, revocation_report
from lineage_views import RunLineage, TrackRuns, track_runs
from vault_domain.errors import Conflict, NotFound
from vault_domain.ids import ModelId, RunId, TrackId, VersionName
from vault_domain.lineage import ModelTrainingRun, ModelVersion
from vault_domain.permissions import roles
from vault_domain.rights import RightsRecord
from vault_domain.training import TrainingRun
from vault_edge.app import Answer, App, Caller, Deps, Json
from vault_edge.lineage import uses_of
from vault_edge.permitting import belonging, permitted

app = App("lineage")
PROOF_TYPE = "application/json"


@app.get("/tracks/{track_id}/runs", role=roles("lineage.track"))
def runs_of_track(track_id: TrackId, caller: Caller, deps: Deps) -> TrackRuns:
    """The runs that were granted a track and the models that came of them, newest first."""
    permitted("lineage.track", track_id, caller, deps)
    uses, more = uses_of(deps.records, track_id)
    return track_runs(track_id, uses, more)


@app.get("/tracks/{track_id}/revocation", role=roles("lineage.track"), also=(409,))
def revocation(track_id: TrackId, caller: Caller, deps: Deps) -> RevocationReport:
    """What a track that was taken back had touched: runs, models and released outputs, and when each use ended."""
    permitted("lineage.track", track_id, caller, deps)
    rights = deps.records.get(RightsRecord, track_id)
    if rights is None or rights.revoked_at is None:
        raise Conflict("consent for this track was not taken back")
    uses, more = uses_of(deps.records, track_id)
    return revocation_report(rights, uses, deps, more=more, with_ids=caller.role == "admin")


@app.get("/tracks/{track_id}/runs/{run_id}/proof", role=roles("lineage.track"), also=(409,))
def track_proof(track_id: TrackId, run_id: RunId, caller: Caller, deps: Deps) -> Json:
    """A file that proves that a track was, or was not, among the tracks of an ended run; `lemm verify` checks it."""
    permitted("lineage.track", track_id, caller, deps)
    run = deps.records.get(TrainingRun, run_id)
    if run is None or run.state == "opening":
        raise NotFound("no such run")
    if run.tracks_root is None:
        raise Conflict("this run has not ended yet; its tracks can be proved once it has")
    return Answer(run_track_proof(run, track_id, deps), content_type=PROOF_TYPE)


@app.get("/training/runs/{run_id}/lineage", role=roles("lineage.run"), scope="training")
def run_lineage(run_id: RunId, caller: Caller, deps: Deps) -> RunLineage:
    """What an ended run was given, declared and made."""
    found = deps.records.get(ModelTrainingRun, run_id)
    found = belonging("lineage.run", found, found.job if found else None, caller, deps, thing="ended run")
    return RunLineage(**found.model_dump(exclude={"version"}))


@app.get("/models/{model_id}/versions/{model_version}/proof", role=roles("model.read"), scope="training")
def version_proof(model_id: ModelId, model_version: VersionName, deps: Deps) -> Json:
    """A file that proves which packs a version was trained on, as far as the gateway served it."""
    version = deps.records.get(ModelVersion, f"model#{model_id}", f"{ModelVersion.kind}#{model_version}")
    if version is None:
        raise NotFound("no such version")
    return Answer(model_proof(version, deps), content_type=PROOF_TYPE)


handler, http = app.lambda_entry(), app.http_entry()
