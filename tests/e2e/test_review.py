"""People decide, on the real stack: a flagged copy, two reviewers, the pipeline once more, the vault."""

import uuid
from pathlib import Path

import numpy as np
import pytest
from lemm.client import Api, ApiProblem
from living import ORIGINALS, PASSWORD, Vault, eventually, song
from sounds import RATE, as_file, piece

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
WORDS = "Both of these are mine, as the session files show"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reviewed")


@pytest.fixture(scope="module")
def vault(installation, folder) -> Vault:
    running = Vault(installation)
    running.register_catalogue(folder)
    return running


def reviewer(vault: Vault, name: str) -> Api:
    """A new account that an admin made a reviewer."""
    api, email = Api(vault.place.url), f"{name}-{uuid.uuid4().hex[:12]}@example.org"
    account = api.register(email, PASSWORD, name.title())["account_id"]
    vault.admin.call("POST", f"/accounts/{account}/role", {"role": "reviewer", "reason": "knows the music"})
    api.login(email, PASSWORD)
    return api


def half_a_copy(folder: Path, copied: int, own: int) -> Path:
    """Ten seconds of one piece, then ten of another."""
    path = folder / f"half-{copied}-{own}.flac"
    half = 10 * RATE
    path.write_bytes(as_file(np.concatenate([piece(copied, 16.0)[:half], piece(own, 16.0)[:half]]), "FLAC"))
    return path


def refusal(call) -> int:
    with pytest.raises(ApiProblem) as refused:
        call()
    return int(refused.value.status)


def test_a_flagged_copy_is_approved_by_two_reviewers_and_admitted(vault, folder):
    nova, ray = vault.contributor("nova"), vault.contributor("ray")
    anna, ben = reviewer(vault, "anna"), reviewer(vault, "ben")
    original = vault.decided(nova, song(folder, ORIGINALS[5]))["track_id"]
    copy = vault.decided(ray, half_a_copy(folder, ORIGINALS[5], ORIGINALS[6]))
    track_id = copy["track_id"]
    assert (copy["status"], copy["reasons"][0]["code"]) == ("pending_review", "near_duplicate")
    assert track_id in {row["track_id"] for row in anna.call("GET", "/review/queue", hit="internal")["tracks"]}

    shown = anna.call("GET", f"/review/{track_id}")
    hits = [hit for source in shown["sources"] if source["source"] == "vault" for hit in source["hits"]]
    assert original in {hit["ref"] for hit in hits}
    assert hits[0]["spans"]
    vote = {"vote": "approve", "evidence_sha256": shown["evidence_sha256"], "note": "The same hands, on purpose"}
    path = f"/review/{track_id}/votes"
    for nobody in (nova, ray):
        assert refusal(lambda caller=nobody: caller.call("POST", path, vote)) == 403

    question = {**vote, "vote": "needs_more_info", "note": "Do you hold the rights in the first half?"}
    anna.call("POST", path, question)
    assert refusal(lambda: ben.call("POST", path, vote)) == 409
    ray.call("POST", f"/review/{track_id}/answers", {"answer": WORDS})

    assert anna.call("POST", path, vote)["approved"] is False
    assert ben.call("POST", path, vote)["approved"] is True
    eventually(lambda: ray.status(track_id)["status"] == "accepted", 120, "the admission")
    history = ray.status(track_id)["history"]
    assert "approved_by_vote" in {reason["code"] for reason in history[-1]["reasons"]}
    assert {original, track_id} <= vault.index()[1]
    told = vault.events(track_id)
    assert (told["review.voted"], told["review.decided"], told["review.asked"], told["review.answered"]) == (2, 1, 1, 1)


def test_policy_is_tried_and_changed_in_the_open(vault):
    present = vault.admin.call("GET", "/policy")
    stricter = {**present["policy"], "auto_accept": False}
    tried = vault.admin.call("POST", "/policy/trial", {"policy": stricter})
    assert tried["tried"] >= 2
    assert vault.admin.call("GET", "/policy") == present
    ask = {
        "expects": present["number"],
        "policy": {**present["policy"], "answer_days": 7},
        "reason": "two weeks are long",
    }
    made = vault.admin.call("POST", "/policy", ask)
    assert made["changes"] == [{"field": "answer_days", "before": 14, "after": 7}]
    assert refusal(lambda: vault.admin.call("POST", "/policy", ask)) == 409
    nova = vault.contributor("nova")
    assert nova.call("GET", "/policy/history")["versions"][-1]["reason"] == "two weeks are long"
    assert refusal(lambda: nova.call("POST", "/policy", ask)) == 403
