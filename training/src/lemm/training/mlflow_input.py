"""The run's data as a dataset input of an MLflow run.

The body of ``POST /api/2.0/mlflow/runs/log-inputs``. MLflow holds 36 characters
of a digest, so ``digest`` is the beginning of the run's track root; the tag
``lemm.tracks_root`` has all of it.
"""

import json
from typing import Any

import httpx
from lemm.training.stream import VaultStream

Json = dict[str, Any]
MAX_DIGEST = 36
CONTEXT = "mlflow.data.context"


def dataset_input(stream: VaultStream) -> Json:
    """The dataset input of a stream whose run has ended. Raises ``ValueError`` before: the root is made at the end."""
    ended = stream.ended
    if ended is None or not ended.get("tracks_root"):
        raise ValueError("complete the run first: its root is made at its end")
    root, spec = ended["tracks_root"], stream.manifest["spec"]
    profile = {"tracks_granted": ended["tracks_granted"], "reads": ended["reads"], "consumed": ended["consumed"]}
    tags = {CONTEXT: "training", "lemm.run_id": ended["run_id"], "lemm.tracks_root": root}
    return {
        "tags": [{"key": key, "value": value} for key, value in tags.items()],
        "dataset": {
            "name": "+".join(spec["packs"])[:500],
            "digest": root[:MAX_DIGEST],
            "source_type": "lemm-vault",
            "source": json.dumps({"run_id": ended["run_id"], "manifest_sha256": ended["manifest_sha256"]}),
            "schema": json.dumps(stream.manifest["schema"], sort_keys=True),
            "profile": json.dumps(profile, sort_keys=True),
        },
    }


def log_input(
    tracking_url: str, mlflow_run_id: str, stream: VaultStream, transport: httpx.BaseTransport | None = None
) -> None:
    """Log it to a tracking server. Raises ``httpx.HTTPError``: whoever asks for it wants to know."""
    body = {"run_id": mlflow_run_id, "datasets": [dataset_input(stream)]}
    with httpx.Client(timeout=10, trust_env=False, transport=transport) as http:
        http.post(f"{tracking_url.rstrip('/')}/api/2.0/mlflow/runs/log-inputs", json=body).raise_for_status()
