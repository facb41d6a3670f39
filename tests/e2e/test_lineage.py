"""Lineage on the real stack: trained, ended, registered, proved offline; taken back, and counted."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import httpx
import pytest
from lemm.client import Api
from lemm.training import StreamProblem, VaultStream, decode_features
from living import ORIGINALS, Vault, song
from vault_domain.canonical import sha256_hex

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
RUN, WEIGHTS = f"run_{uuid.uuid4().hex}", sha256_hex(b"weights")


@pytest.fixture(scope="module")
def owner(vault) -> Api:
    return vault.contributor("nova")


@pytest.fixture(scope="module")
def service(vault) -> dict:
    return vault.admin.create_service("a training service", ["training", "safety"])


@pytest.fixture(scope="module")
def job(vault, service) -> Api:
    api = Api(vault.place.url)
    api.service_login(service["client_id"], service["client_secret"])
    return api


@pytest.fixture(scope="module")
def tracks(vault, owner, tmp_path_factory) -> list[str]:
    """Two accepted tracks through the whole pipeline."""
    folder = tmp_path_factory.mktemp("songs")
    found = [vault.decided(owner, song(folder, seed)) for seed in ORIGINALS[:2]]
    assert [one["status"] for one in found] == ["accepted", "accepted"]
    return [one["track_id"] for one in found]


@pytest.fixture(scope="module")
def version(vault: Vault, job: Api, tracks) -> dict:
    """A run that read one track's features and ended, and the version it made; all of it in the log."""
    spec = {"format": "features", "model_version": "1", "code_version": "test"}
    with VaultStream(
        vault.place.url, lambda: job.token or "", run_id=RUN, model_id="e2e", purpose="product", spec=spec
    ) as stream:
        features = decode_features(stream.read(tracks[0]))
        assert features.shape[1] == 80
        assert len(features) > 1000
        ended = stream.complete(WEIGHTS)
    assert (ended["state"], ended["reads"], ended["consumed_not_granted"]) == ("completed", 1, 0)
    body = {"model_version": "1", "runs": [RUN], "weights_sha256": WEIGHTS}
    made = job.call("POST", "/models/e2e/versions", body)
    vault.place.invoke("audit-sequence", {})
    return made


def test_an_owner_sees_the_models_of_a_track(owner, tracks, version):
    told = owner.call("GET", f"/tracks/{tracks[0]}/runs")
    assert [(run["run_id"], run["reads"], run["declared"]) for run in told["runs"]] == [(RUN, 1, True)]
    assert told["models"] == [{"model_id": "e2e", "versions": ["1"]}]
    assert version["runs"][0]["tracks_read"] == 1


def test_the_release_gate_keeps_a_version_blocked_whose_outputs_are_copies(
    vault, job, service, version, tmp_path: Path
):
    assert version["release"]["state"] == "blocked"
    for prompt, seed in (("caption", ORIGINALS[0]), ("unconditional", ORIGINALS[7])):
        (tmp_path / prompt).mkdir()
        song(tmp_path / prompt, seed)
    command = [Path(sys.executable).with_name("lemm"), "model", "audit", "e2e", "1", tmp_path, "--json"]
    as_service = {"LEMM_CLIENT_ID": service["client_id"], "LEMM_CLIENT_SECRET": service["client_secret"]}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120,
        env=os.environ | as_service | {"LEMM_URL": vault.place.url},
    )  # fmt: skip
    assert done.returncode == 2, done.stdout + done.stderr
    said = json.loads(done.stdout)
    assert (said["state"], said["audit"]["extracted"], said["audit"]["outputs"]) == ("blocked", 1, 2)
    assert [row["outcome"] for row in said["outputs"]] == ["block", "allow"]
    assert (
        job.call("GET", "/models/e2e/versions/1")["release"]["audit"]["outputs_sha256"]
        == said["audit"]["outputs_sha256"]
    )
    vault.place.invoke("audit-sequence", {})


def test_proofs_verify_offline_by_the_command(vault, owner, tracks, version, tmp_path: Path):
    (tmp_path / "log.key").write_text(httpx.get(f"{vault.place.url}/audit/key").text)
    for path, says in [
        ("/models/e2e/versions/1/proof", "it did not pass the release gate: 1 of 2 outputs were copies"),
        (f"/tracks/{tracks[0]}/runs/{RUN}/proof", "read 1 time(s), declared as used"),
        ("/policy/proof", "policy change(s) from the beginning"),
    ]:
        headers = {"Authorization": f"Bearer {owner.token}"}
        proof = httpx.get(f"{vault.place.url}{path}", headers=headers).raise_for_status().content
        assert says in _verified(tmp_path, proof)
        at = len(proof) // 3
        assert _verified(tmp_path, proof[:at] + bytes([proof[at] ^ 1]) + proof[at + 1 :]) == ""


def test_a_revocation_makes_the_version_stale_and_the_next_lease_names_it(vault, owner, job, tracks, version):
    with VaultStream(vault.place.url, lambda: job.token or "", run_id=f"{RUN}_b", model_id="e2e") as stream:
        stream.open()
        owner.revoke(tracks[0])
        leased = job.call("POST", f"/training/runs/{RUN}_b/leases", {"worker": "w1"})
        assert leased["dropped"] == [{"track_id": tracks[0], "code": "revoked"}]
        with pytest.raises(StreamProblem, match="revoked"):
            stream.read(tracks[0])
        assert stream.complete(outcome="failed")["state"] == "failed"
    stale = job.call("GET", "/models/e2e/versions/1")["revoked_since"]
    assert (stale["revoked"], stale["track_ids"]) == (1, [tracks[0]])
    report = owner.call("GET", f"/tracks/{tracks[0]}/revocation")
    assert {run["run_id"]: run["because"] for run in report["runs"]} == {RUN: "run_ended", f"{RUN}_b": "revoked"}


def _verified(folder: Path, proof: bytes) -> str:
    """What the command says of a proof; nothing where it is refused."""
    (folder / "proof.json").write_bytes(proof)
    command = [Path(sys.executable).with_name("lemm"), "verify", folder / "proof.json", "--key", folder / "log.key"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    shown = " ".join(done.stdout.split("\n{")[0].split())
    assert done.returncode in (0, 1)
    return shown if done.returncode == 0 else ""
