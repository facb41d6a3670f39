"""The fixed examples of docs/formats/training-manifest.md and run-token.md, made again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from granting import a_track, its_rights
from vault_domain import leases, runs
from vault_domain.canonical import canonical
from vault_domain.policy import Policy
from vault_domain.training import DataSpec, select
from vault_edge.run_tokens import run_token
from vault_store.signer import Ed25519Signer

FORMATS = Path(__file__).resolve().parents[2] / "docs" / "formats"


def test_manifest_and_token_are_the_documented_bytes() -> None:
    spec = DataSpec(run_id="run_golden", model_id="m", model_type="diffusion", purpose="product")
    track = a_track(1)
    entries, left = select([(track, its_rights(track))], spec)
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    run = runs.claim_run(spec, "svc_" + "0" * 26, entries, left, now, timedelta(hours=6)).with_changes(state="open")
    _, lease = leases.renew(run, leases.MAIN, None, (), Policy(), now)
    signer = Ed25519Signer.from_secret("a secret of the golden test", "receipt")
    manifest = (FORMATS / "training-manifest.md").read_text()
    assert f"payload   {canonical(runs.manifest_document(run, entries)).decode()}\n" in manifest
    assert f"sha256    {run.manifest_sha256}\n" in manifest
    assert f"\n{run_token(signer, run, lease)}\n" in (FORMATS / "run-token.md").read_text()
