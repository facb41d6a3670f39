"""A claim on the real stack: mailed, confirmed, locked out of a run that had the track, dismissed, admitted anew."""

import uuid
from pathlib import Path

import pytest
from claiming import BASIS, WORK, letters_in
from lemm.client import Api, ApiProblem
from living import ORIGINALS, PASSWORD, Vault, eventually, song
from vault_domain.training import CORE_PACK

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("claimed")


@pytest.fixture(scope="module")
def vault(installation, folder) -> Vault:
    running = Vault(installation)
    running.register_catalogue(folder)
    return running


def reviewer(vault: Vault) -> Api:
    api, email = Api(vault.place.url), f"anna-{uuid.uuid4().hex[:12]}@example.org"
    account = api.register(email, PASSWORD, "Anna")["account_id"]
    vault.admin.call("POST", f"/accounts/{account}/role", {"role": "reviewer", "reason": "knows the music"})
    api.login(email, PASSWORD)
    return api


def refusal(call) -> int:
    with pytest.raises(ApiProblem) as refused:
        call()
    return int(refused.value.status)


def mailed(vault: Vault, address: str) -> list:
    """Letters to an address, after a run of the mail."""
    vault.place.invoke("notify", {})
    return [one for one in letters_in(vault.place.stack.data_dir / "outbox") if one["To"] == address]


def asks(job: Api) -> dict:
    spec = {"run_id": f"run_{uuid.uuid4().hex[:12]}", "model_id": "m", "model_type": "t", "purpose": "product"}
    return job.call("POST", "/training/tokens", {**spec, "packs": [CORE_PACK]})


def test_from_the_mail_to_the_unlocked_track(vault, folder):
    nova, job, anna = vault.contributor("nova"), vault.service("training"), reviewer(vault)
    track_id = vault.decided(nova, song(folder, ORIGINALS[7]))["track_id"]
    granted = asks(job)
    author = f"author-{uuid.uuid4().hex[:8]}@example.org"
    public = Api(vault.place.url)
    filed = public.call("POST", "/claims", {
        "claimant": "A. Author", "email": author, "capacity": "rights_holder", "work": WORK, "track_id": track_id,
        "basis": BASIS, "in_good_faith": True,
    })  # fmt: skip
    assert nova.status(track_id)["status"] == "accepted"

    (letter,) = mailed(vault, author)
    token = letter.get_content().strip().rpartition("token=")[2]
    assert refusal(lambda: public.call("POST", f"/claims/{filed['claim_id']}/confirmation", {"token": "0" * 64})) == 404
    confirmed = public.call("POST", f"/claims/{filed['claim_id']}/confirmation", {"token": token})
    assert (confirmed["state"], confirmed["locked"]) == ("confirmed", True)

    assert nova.status(track_id)["status"] == "under_investigation"
    reader = Api(vault.place.url, token=granted["token"])
    assert refusal(lambda: reader.call("GET", f"/training/objects/{track_id}")) in (403, 409, 410)
    assert refusal(lambda: asks(job)) == 409
    told = {one["topic"] for one in nova.call("GET", "/messages")["messages"]}
    assert {"track_accepted", "track_locked"} <= told
    about = nova.call("GET", f"/tracks/{track_id}/claims")["claims"]
    assert [one["basis"] for one in about] == [BASIS]
    nova.call("POST", f"/tracks/{track_id}/claims/{filed['claim_id']}/answer", {"answer": "I wrote it all myself"})

    shown = anna.call("GET", f"/claims/{filed['claim_id']}")
    assert (shown["claimant"], shown["answer"]) == ("A. Author", "I wrote it all myself")

    def compared() -> bool:
        return any(filed["claim_id"] in one["name"] and one["status"] == "SUCCEEDED" for one in vault.executions())

    eventually(compared, 60, "the comparison")
    unfounded = {"outcome": "unfounded", "reason": "The two pieces share nothing"}
    assert anna.call("POST", f"/claims/{filed['claim_id']}/screening", unfounded)["track_status"] == "accepted"
    assert nova.status(track_id)["status"] == "accepted"
    assert [row["target"] for row in nova.status(track_id)["history"]][-2:] == ["under_investigation", "accepted"]
    assert asks(job)["run"]["tracks_granted"] == 1
    last = mailed(vault, author)[-1]
    assert "The two pieces share nothing" in last.get_content()
