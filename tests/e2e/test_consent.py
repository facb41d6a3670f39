"""Consent over time, on the real stack: rights holders join, and what one of them turns off ends at the next read."""

import hmac
import uuid
from pathlib import Path

import pytest
from lemm.client import ApiProblem
from lemm.demo.people import METADATA, RIGHTS
from lemm.training import VaultStream
from living import ORIGINALS, Vault, eventually, song

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def token_of(vault: Vault, track_id: str) -> str:
    """What the letter says: derived from the invitation's id and the installation's salt."""
    (invitation,) = (row for row in vault.rows("rights") if row["kind"] == "invitation" and row["track_id"] == track_id)
    secret = vault.place.addresses.resources["SaltSecretValue"]
    salt = vault.place.stack.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    return hmac.digest(salt.encode(), f"invitation:{invitation['invitation_id']}".encode(), "sha256").hex()


def granted(vault: Vault, job, purpose: str = "product") -> tuple[VaultStream, set[str]]:
    stream = VaultStream(
        vault.place.url, lambda: job.token or "", run_id=f"run_{uuid.uuid4().hex}", model_id="m", purpose=purpose
    )
    try:
        return stream, {entry["track_id"] for entry in stream.entries()}
    except Exception as problem:  # nothing at all may be read for this purpose
        if getattr(problem, "code", None) != "conflict":
            raise
        return stream, set()


def test_a_collaborator_joins_and_then_ends_the_use_for_training(vault: Vault, tmp_path: Path):
    nova, job = vault.contributor("nova"), vault.service("training")
    upload_id = nova.upload(song(tmp_path, ORIGINALS[0]))
    metadata = {**METADATA, "title": "Together", "is_collaboration": True, "collaborator_names": ["Ray"]}
    track_id = nova.submit(upload_id, metadata, RIGHTS, vault.terms_sha256)["track_id"]
    eventually(lambda: nova.status(track_id)["status"] == "accepted", 120, "the admission")
    assert track_id not in granted(vault, job)[1]

    path = f"/tracks/{track_id}/invitations"
    assert nova.call("POST", path, {"holder": "party:0", "email": "ray@example.org"})["invitations"] == 1
    ray, token = vault.contributor("ray"), token_of(vault, track_id)
    assert ray.call("POST", "/invitations/look", {"token": token})["title"] == "Together"
    shown = nova.call("GET", f"/tracks/{track_id}/consents")
    assert shown["awaiting"] == ["Ray"]
    flags = shown["holders"][0]["flags"]
    said = {"flags": flags, "accepted_terms_sha256": vault.terms_sha256}
    ray.call("POST", "/invitations/accept", {"token": token, **said})
    stream, tracks = granted(vault, job)
    assert track_id in tracks
    assert stream.read(track_id)

    off = {"expects": 2, **said, "flags": {**flags, "training_allowed": False}}
    assert ray.call("POST", f"/tracks/{track_id}/consent", off)["narrowed"] == ["training_allowed"]
    with pytest.raises(Exception, match="taken back"):
        stream.read(track_id)
    assert track_id not in granted(vault, job)[1]
    with pytest.raises(ApiProblem) as refused:
        vault.contributor("stranger").call("GET", f"/tracks/{track_id}/consents")
    assert refused.value.status == 404
