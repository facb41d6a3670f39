"""Consent over time, on the real stack: rights holders join, and what one of them turns off ends at the next read."""

import uuid
from pathlib import Path

import pytest
from claiming import letters_in
from lemm.client import ApiProblem
from lemm.demo.people import METADATA, RIGHTS
from lemm.training import VaultStream
from living import ORIGINALS, Vault, eventually, song

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def token_of(vault: Vault, address: str) -> str:
    """Out of the letter that lies in the outbox after a run of the mail."""
    vault.place.invoke("notify", {})
    (letter,) = (one for one in letters_in(vault.place.stack.data_dir / "outbox") if one["To"] == address)
    return str(letter.get_content()).strip().rpartition("token=")[2]


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
    rights = {**RIGHTS, "keep_fingerprints_after_revocation": True}
    track_id = nova.submit(upload_id, metadata, rights, vault.terms_sha256)["track_id"]
    eventually(lambda: nova.status(track_id)["status"] == "accepted", 120, "the admission")
    assert track_id not in granted(vault, job)[1]

    path, address = f"/tracks/{track_id}/invitations", f"ray-{uuid.uuid4().hex[:8]}@example.org"
    assert nova.call("POST", path, {"holder": "party:0", "email": address})["invitations"] == 1
    ray, token = vault.contributor("ray"), token_of(vault, address)
    assert ray.call("POST", "/invitations/look", {"token": token})["title"] == "Together"
    shown = nova.call("GET", f"/tracks/{track_id}/consents")
    assert shown["awaiting"] == ["Ray"]
    flags = shown["holders"][0]["flags"]
    said = {"flags": flags, "accepted_terms_sha256": vault.terms_sha256}
    ray.call("POST", "/invitations/accept", {"token": token, **said})
    stream, tracks = granted(vault, job)
    assert track_id in tracks
    assert stream.read(track_id)

    off = {"expects": 2, **said, "flags": {**flags, "product_ok": False}}
    assert ray.call("POST", f"/tracks/{track_id}/consent", off)["narrowed"] == ["product_ok"]
    with pytest.raises(Exception, match="taken back"):
        stream.read(track_id)
    assert track_id not in granted(vault, job)[1]
    assert track_id in granted(vault, job, "internal_experiment")[1]
    with pytest.raises(ApiProblem) as refused:
        vault.contributor("stranger").call("GET", f"/tracks/{track_id}/consents")
    assert refused.value.status == 404

    doubtful = {"expects": 1, "metadata": {**metadata, "year": 2199}, "reason": "a slip"}
    assert nova.call("POST", f"/tracks/{track_id}/corrections", doubtful)["reviewer_asked"]
    assert [one["track_id"] for one in vault.admin.call("GET", "/flags")["flags"]] == [track_id]
    nova.revoke(track_id)
    forgotten = f"/tracks/{track_id}/fingerprints/withdrawal"
    with pytest.raises(ApiProblem):
        vault.contributor("stranger").call("POST", forgotten)
    assert ray.call("POST", forgotten)["fingerprints"] == "removed"
    assert track_id not in vault.index()[1]
