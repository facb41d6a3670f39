"""Proof files about runs and models, made from the published log."""

from vault_domain.bundles import MODEL, RUN_TRACK
from vault_domain.canonical import digest
from vault_domain.events import AuditEvent, Kind
from vault_domain.lineage import ModelVersion
from vault_domain.proofs import to_text
from vault_domain.run_tracks import leaves_of, shown
from vault_domain.training import TrainingRun
from vault_edge.app import Deps
from vault_edge.grants import all_granted
from vault_edge.proving import Prover

LIFE = (Kind.RUN_OPENED, Kind.TRAINING_BATCH, Kind.RUN_CLOSED)


def run_track_proof(run: TrainingRun, track_id: str, deps: Deps) -> bytes:
    """That a track was, or was not, granted to an ended run. Raises ``Conflict`` before the log holds its end."""
    prover = Prover(deps)
    closed = [event for event in prover.about(run.run_id) if event.event is Kind.RUN_CLOSED]
    leaves = [
        {"entry": to_text(one.entry), "index": one.index, "path": [to_text(step) for step in one.path]}
        for one in shown(leaves_of(all_granted(deps.records, run.run_id)), track_id)
    ]
    about = {"run_id": run.run_id, "track_id": track_id}
    whole = {**about, "sha256": digest(about), "leaves": leaves}
    return prover.bundle(RUN_TRACK, closed, whole).to_bytes()


def model_proof(version: ModelVersion, deps: Deps) -> bytes:
    """What a version was trained on: its statement, its registration, and every event of its runs' life."""
    prover = Prover(deps)
    about = list(prover.about(version.model_id))
    events = [event for event in about if _registers(event, version)]
    events += [event for event in about if _audits(event, version)][-1:]
    for run_id in version.runs:
        events += [event for event in prover.about(run_id) if event.event in LIFE]
    return prover.bundle(MODEL, events, {"envelope": version.statement}).to_bytes()


def _registers(event: AuditEvent, version: ModelVersion) -> bool:
    same = event.data.get("statement_sha256") == version.statement_sha256
    return event.event is Kind.MODEL_REGISTERED and same


def _audits(event: AuditEvent, version: ModelVersion) -> bool:
    same = event.data.get("model_version") == version.model_version
    return event.event is Kind.MODEL_AUDITED and same
