"""The main job on the real stack: audio in, checked, accepted, trained on, taken back; outputs examined."""

import base64
import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from lemm.client import Api, ApiProblem
from lemm.demo.watching import submit_and_watch
from lemm.main import app
from lemm.training import VaultStream
from living import ORIGINALS, Vault, disguised, eventually, song
from typer.testing import CliRunner
from vault_domain.canonical import canonical, sha256_hex
from vault_domain.events import Kind
from vault_edge.tokens import unb64
from vault_store.dsse import open_sealed
from vault_store.signer import key_id_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
NOBODY = {"track": "trk_" + "0" * 26, "upload": "upl_" + "0" * 26}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("music")


@pytest.fixture(scope="module")
def nova(vault) -> Api:
    return vault.contributor("nova")


@pytest.fixture(scope="module")
def ray(vault) -> Api:
    return vault.contributor("ray")


@pytest.fixture(scope="module")
def job(vault) -> Api:
    return vault.service("training")


@pytest.fixture(scope="module")
def generator(vault) -> Api:
    return vault.service("safety")


@pytest.fixture(scope="module")
def accepted(vault, nova, folder) -> dict:
    """One accepted track of Nova's, submitted before anything else."""
    return vault.decided(nova, song(folder, ORIGINALS[0]))


def refusal(call) -> tuple[int, str]:
    """Status and code of a call that must be refused."""
    with pytest.raises(ApiProblem) as refused:
        call()
    return refused.value.status, refused.value.code


# --- the pipeline ----------------------------------------------------------------


def test_an_original_is_accepted_with_its_evidence_and_enters_vault_and_index(vault, nova, accepted):
    assert (accepted["status"], [reason["code"] for reason in accepted["reasons"]]) == ("accepted", ["clean"])
    track_id = accepted["track_id"]
    track = nova.track(track_id)
    reports = {report["source"]: report["status"] for report in track["evidence"]}
    assert reports == {"vault": "checked", "catalogue:open-corpus": "checked", "acoustid": "not_checked"}
    audio = vault.read("vault", f"audio/{track_id}.flac")
    assert (track["stored"], track["stored_sha256"]) == (f"lemm://vault/{track_id}", sha256_hex(audio))
    assert audio.startswith(b"fLaC")
    assert track_id in vault.index()[1]
    told = vault.events(track_id)
    assert {kind: told[kind] for kind in told if kind != Kind.EVIDENCE_RECORDED} == {
        Kind.TRACK_SUBMITTED: 1,
        Kind.CONSENT_GIVEN: 1,
        Kind.TRACK_CHANGED: 3,
        Kind.SUBMISSION_DECISION: 1,
        Kind.INDEX_CHANGED: 1,
    }
    walked = [row["target"] for row in nova.status(track_id)["history"]]
    assert walked == ["submitted", "pending_automated_checks", "pending_review", "accepted"]


def test_the_receipt_names_the_terms_that_were_accepted(vault, nova, accepted):
    published = nova.call("GET", "/accounts/keys", purpose="receipt")["keys"]
    keys = {key_id_of(raw): raw for raw in (unb64(key["x"]) for key in published)}
    receipt = nova.call("GET", f"/tracks/{accepted['track_id']}/receipt")
    statement = open_sealed(receipt, "consent-receipt", keys)
    assert statement["terms"]["sha256"] == vault.terms_sha256 == sha256_hex(nova.terms()["text"].encode())
    assert statement["track_id"] == accepted["track_id"]


def test_the_same_bytes_again_are_a_duplicate_and_the_original_is_named(vault, ray, accepted, folder):
    state = vault.decided(ray, song(folder, ORIGINALS[0]))
    assert state["status"] == "rejected"
    assert [(reason["code"], reason["refs"]) for reason in state["reasons"]] == [("duplicate", [accepted["track_id"]])]
    assert state["track_id"] not in vault.index()[1]
    assert not vault.keys("vault", f"audio/{state['track_id']}")


def test_submitting_before_the_bytes_arrive(vault, nova, folder):
    path = song(folder, ORIGINALS[1])
    opened = nova.call(
        "POST", "/uploads", {"filename": path.name, "bytes": path.stat().st_size, "content_type": "audio/flac"}
    )
    track_id = vault.ask(nova, opened["upload_id"])
    assert nova.status(track_id)["status"] == "submitted"
    nova.post_form(opened["form"], path, "audio/flac")
    assert nova.wait_decided(track_id, 120)["status"] == "accepted"


def test_a_refused_upload_leaves_nothing(vault, ray, folder):
    text = folder / "letter.mp3"
    text.write_text("This is a letter, not a song.\n" * 200)
    state = vault.decided(ray, text)
    assert (state["status"], [reason["code"] for reason in state["reasons"]]) == ("refused", ["not_audio"])
    left = [key for bucket in ("quarantine", "vault") for key in vault.keys(bucket, versions=True)]
    assert not [key for key in left if state["upload_id"] in key or state["track_id"] in key]
    track = eventually(lambda: (found := ray.track(state["track_id"]))["status"] == "rejected" and found)
    assert [reason["code"] for reason in track["reasons"]] == ["not_audio"]
    for table in ("evidence", "originals"):
        assert not [row for row in vault.rows(table) if state["track_id"] in str(row)]


def test_identical_uploads_at_the_same_moment_give_one_track(vault, nova, ray, folder):
    path, together = song(folder, ORIGINALS[2]), threading.Barrier(2)

    def send(api: Api, what: Path, _: object) -> str:
        upload_id = api.upload(what)
        together.wait(60)
        return vault.ask(api, upload_id)

    with ThreadPoolExecutor(2) as pool:
        states = list(pool.map(lambda api: submit_and_watch(api, path, None, send), (nova, ray)))
    taken, other = sorted(states, key=lambda state: state["status"])
    assert (taken["status"], other["status"]) == ("accepted", "rejected")
    assert [(reason["code"], reason["refs"]) for reason in other["reasons"]] == [("duplicate", [taken["track_id"]])]
    assert {taken["track_id"], other["track_id"]} & vault.index()[1] == {taken["track_id"]}


def test_a_parked_upload_is_visible_and_goes_on_after_a_sweep(vault, nova, folder):
    """Its analysis audio is hidden away, so that ``fingerprint`` fails for good, and is put back."""
    upload_id = nova.upload(song(folder, ORIGINALS[3]))
    eventually(lambda: nova.upload_state(upload_id)["state"] == "validated", what="validation")
    key, bucket = f"analysis/{upload_id}.flac", vault.place.bucket("quarantine")
    audio = vault.read("quarantine", key)
    vault.s3.delete_object(Bucket=bucket, Key=key)
    track_id = vault.ask(nova, upload_id)
    parked = eventually(lambda: nova.upload_state(upload_id)["parked"], what="parking")
    assert (parked["step"], parked["error"]) == ("fingerprint", "NotFound")
    assert nova.track(track_id)["status"] in ("submitted", "pending_automated_checks")
    vault.s3.put_object(Bucket=bucket, Key=key, Body=audio, ContentType="audio/flac")
    started = [step for step in vault.sweep()["plan"] if step["upload_id"] == upload_id]
    assert [step["do"] for step in started] == ["StartPipeline"]
    assert nova.wait_decided(track_id, 120)["status"] == "accepted"
    assert nova.upload_state(upload_id)["parked"] is None


# --- who may do what -------------------------------------------------------------


def test_somebody_elses_things_are_not_there(vault, ray, accepted):
    track, upload = accepted["track_id"], accepted["upload_id"]
    for method, path, body in (
        ("GET", f"/tracks/{track}", None),
        ("GET", f"/tracks/{track}/status", None),
        ("GET", f"/tracks/{track}/receipt", None),
        ("POST", f"/tracks/{track}/revoke", {}),
        ("GET", f"/uploads/{upload}", None),
    ):
        theirs = refusal(lambda m=method, p=path, b=body: ray.call(m, p, b))
        absent = path.replace(track, NOBODY["track"]).replace(upload, NOBODY["upload"])
        assert theirs == refusal(lambda m=method, p=absent, b=body: ray.call(m, p, b)) == (404, "not_found")
    assert refusal(lambda: vault.ask(ray, upload)) == (404, "not_found")


SPEC = {"model_id": "m", "model_type": "t", "purpose": "internal_experiment"}
CALLS = (
    ("POST", "/training/tokens", {"run_id": "run_of_a_stranger", **SPEC}, "training"),
    ("POST", "/safety/checks", {"output_id": "out_of_a_stranger", "model_id": "m", "audio_base64": "AAAA"}, "safety"),
    ("POST", "/accounts/service", {"name": "x", "scopes": ["training"]}, "admin"),
    ("POST", f"/tracks/{NOBODY['track']}/revoke", {}, "people"),
    ("GET", f"/tracks/{NOBODY['track']}", None, "people"),
    ("GET", "/contributors/me/tracks", None, "people"),
    ("POST", "/uploads", {"filename": "a.flac", "bytes": 9, "content_type": "audio/flac"}, "people"),
)


@pytest.mark.parametrize(("method", "path", "body", "who"), CALLS)
def test_no_token_and_wrong_roles(vault, nova, job, generator, method, path, body, who):
    strangers = {"training": (nova, generator), "safety": (nova, job), "admin": (nova, job), "people": (job,)}
    for api in strangers[who]:
        assert refusal(lambda a=api: a.call(method, path, body)) == (403, "forbidden")
    for token in (None, "not-a-token", f"{nova.token}x", (nova.token or "").rsplit(".", 1)[0] + "."):
        assert refusal(lambda t=token: Api(vault.place.url, t).call(method, path, body)) == (401, "unauthenticated")


# --- training --------------------------------------------------------------------


def test_a_run_reads_until_its_track_is_taken_back(vault, nova, job, folder):
    mine, other = (vault.decided(nova, song(folder, seed))["track_id"] for seed in ORIGINALS[4:6])
    stream = VaultStream(vault.place.url, lambda: job.token or "", run_id=f"run_{uuid.uuid4().hex}", model_id="m")
    assert {mine, other} <= {entry["track_id"] for entry in stream.entries()}
    assert sha256_hex(stream.read(mine)) == sha256_hex(vault.read("vault", f"audio/{mine}.flac"))
    link = _link(vault, stream, mine)
    asked = parse_qs(urlsplit(link).query)
    assert 0 < int(asked["X-Amz-Expires"][0]) <= 60
    assert httpx.get(link).status_code == 200
    assert httpx.get(link.replace(mine, other)).status_code == 403, "good for one object"
    assert httpx.get(link.replace("X-Amz-Expires=60", "X-Amz-Expires=600")).status_code == 403
    assert httpx.get(link.split("?")[0]).status_code == 403
    before = vault.events(mine)[Kind.VAULT_ACCESS]

    answer = nova.revoke(mine, "changed my mind")
    assert (answer["status"], answer["consent"]["revoked"]) == ("removed", True)
    assert _refused_read(stream, mine) == "revoked"
    assert stream.read(other)
    told = vault.events(mine)
    assert (told[Kind.TRACK_REVOKED], told[Kind.VAULT_ACCESS]) == (1, before)
    assert mine not in vault.index()[1]
    assert nova.revoke(mine)["consent"] == answer["consent"], "twice is once"
    fresh = VaultStream(vault.place.url, lambda: job.token or "", run_id=f"run_{uuid.uuid4().hex}", model_id="m")
    assert mine not in {entry["track_id"] for entry in fresh.entries()}


def _link(vault: Vault, stream: VaultStream, track_id: str) -> str:
    headers = {"Authorization": f"Bearer {stream._gateway._lease('main')}"}
    answer = httpx.get(f"{vault.place.url}/training/objects/{track_id}", headers=headers, follow_redirects=False)
    assert answer.status_code == 302
    return answer.headers["Location"]


def _refused_read(stream: VaultStream, track_id: str) -> str:
    try:
        stream.read(track_id)
    except Exception as problem:  # whatever it is, its code is what counts
        return str(getattr(problem, "code", problem))
    return "read"


# --- outputs ---------------------------------------------------------------------


def check(api: Api, path: Path) -> tuple[str, dict]:
    output_id = f"out_{uuid.uuid4().hex}"
    return output_id, api.check(path, output_id, "model-7")


def test_a_copy_is_blocked_and_the_check_is_on_record(vault, generator, accepted, folder):
    output_id, answer = check(generator, disguised(folder, ORIGINALS[0]))
    assert (answer["outcome"], answer["similarity_level"]) == ("block", "blocked")
    assert answer["matches"][0]["ref"] == accepted["track_id"]
    event = next(row for row in vault.rows("events") if row["subject"] == output_id)
    assert event["event"] == "output_similarity_check"
    told = event["data"]
    assert (told["model_id"], told["similarity_level"], told["checked_against_internal"]) == (
        "model-7",
        "blocked",
        True,
    )
    assert told["checked_against_external_catalogs"] == ["catalogue:open-corpus"]
    assert not vault.keys("outputs", "uploads/")
    assert not vault.keys("outputs", "analysis/")
    assert generator.call("GET", f"/safety/checks/{output_id}")["outcome"] == "block"


def test_another_encoding_of_what_is_suspended_is_blocked(vault, generator, folder):
    """Nothing else is: the next test's piece is allowed."""
    output_id, answer = check(generator, song(folder, ORIGINALS[8]))
    assert answer["outcome"] == "allow"
    vault.admin.call("POST", "/suspensions", {"output_id": output_id, "reason": "its chorus is somebody's"})
    eventually(lambda: vault.keys("snapshots", "withheld/parts/"), 30, "the index of what is kept back")
    eventually(lambda: output_id in vault.index("withheld")[1], 10, "its pointer")
    seen = check(generator, disguised(folder, ORIGINALS[8]))[1]
    assert [(one["code"], one["refs"]) for one in seen["reasons"]] == [
        ("too_similar", [output_id]), ("resembles_suspended", [output_id]),
    ]  # fmt: skip


def test_an_unrelated_piece_is_allowed(generator, folder):
    assert check(generator, song(folder, ORIGINALS[7]))[1]["outcome"] == "allow"


def test_a_cleared_output_leaves_with_a_licence_that_anybody_can_verify(vault, generator, ray, folder, tmp_path):
    """Check, accept, claim, export; then offline with the command, and again with each condition missing."""
    source = song(folder, ORIGINALS[7]).read_bytes()
    sent, output_id = {"audio_base64": base64.b64encode(source).decode()}, f"out_{uuid.uuid4().hex}"
    asked = {"output_id": output_id, "model_id": "model-7", "user_ref": "user-17", **sent}
    assert generator.call("POST", "/safety/checks", asked)["outcome"] == "allow"
    path = f"/outputs/{output_id}/export"
    export = lambda api, **body: api.call("POST", path, {**sent, **body})  # noqa: E731
    assert refusal(lambda: export(generator, user_ref="user-17")) == (409, "licence_not_accepted")
    agreed = {"agreed": True, "text_sha256": generator.call("GET", "/licence")["sha256"]}
    generator.call("POST", "/licence/acceptance", {**agreed, "user_ref": "user-17"})
    assert refusal(lambda: export(generator, user_ref="somebody-else")) == (404, "not_found")
    code = generator.call("POST", f"/outputs/{output_id}/codes", {})["code"]
    assert refusal(lambda: export(ray)) == (404, "not_found")
    ray.call("POST", f"/outputs/{output_id}/claim", {"code": code})
    assert refusal(lambda: export(generator, user_ref="user-17")) == (404, "not_found")
    assert refusal(lambda: export(ray)) == (409, "licence_not_accepted")
    ray.call("POST", "/licence/acceptance", agreed)
    other = base64.b64encode(source + b" ").decode()
    assert refusal(lambda: export(ray, audio_base64=other)) == (409, "digest_mismatch")
    made = export(ray)
    assert made["file"]["credentials"] == "c2pa"
    assert vault.events(output_id)["output.exported"] == 1

    file, paper, keys, root = (tmp_path / name for name in ("song.flac", "paper.json", "keys.json", "root.json"))
    file.write_bytes(httpx.get(made["url"]).raise_for_status().content)
    paper.write_bytes(canonical(made["certificate"]))
    keys.write_text(json.dumps(ray.call("GET", "/accounts/keys", purpose="receipt")))
    root.write_text(json.dumps(ray.call("GET", "/accounts/keys", purpose="credential")))
    for command in ([paper, "--file", file], [file, "--root", root]):
        ran = CliRunner().invoke(app, ["verify", *map(str, command), "--key", str(keys), "--json"])
        assert ran.exit_code == 0, ran.output
    digest = sha256_hex(file.read_bytes())
    told = generator.call("POST", "/certificates/verification", {"file_sha256": digest})
    assert (told["verified"], told["found"]["standing"]) == (True, "in_force")
    assert not vault.keys("outputs", "uploads/")


def test_an_output_that_is_no_audio_is_refused_and_gone(vault, generator, folder):
    text = folder / "poem.wav"
    text.write_text("roses are red\n" * 300)
    assert refusal(lambda: check(generator, text)) == (422, "not_audio")
    assert not vault.keys("outputs", "uploads/", versions=True)


def test_a_check_right_after_an_admission_sees_the_track_and_one_from_before_is_made_again(
    vault, nova, generator, folder
):
    path = song(folder, ORIGINALS[6])
    earlier, answer = check(generator, path)
    assert answer["outcome"] == "allow"
    track_id = vault.ask(nova, nova.upload(path))
    eventually(lambda: nova.status(track_id)["status"] == "accepted", 120, "the admission")
    _, answer = check(generator, path)
    assert (answer["outcome"], answer["matches"][0]["ref"]) == ("block", track_id)

    def again() -> dict | None:
        seen = generator.call("GET", f"/safety/checks/{earlier}")
        return seen if seen["outcome"] == "block" else None

    found = eventually(again, 60, "the look at outputs that were cleared before")
    assert (found["check"], found["reasons"][0]["code"], found["matches"][0]["ref"]) == (2, "found_later", track_id)
    box = vault.admin.call("GET", "/messages")["messages"]
    assert earlier in [one["about"] for one in box if one["topic"] == "output_found_later"]


# --- and in the end --------------------------------------------------------------


@pytest.fixture(scope="module")
def finished(vault) -> list[dict]:
    """Executions, once none runs but those that wait for a submission."""

    def over() -> list[dict] | None:
        found = list(vault.executions())
        return None if any(one["status"] == "RUNNING" for one in found) else found

    return eventually(over, 90, "the end of all executions")


def test_every_execution_succeeded_or_parked_its_upload_visibly(vault, finished, accepted):
    """Exactly one was made to fail here; its upload went on under another name."""
    failed = [one for one in finished if one["status"] != "SUCCEEDED"]
    assert {one["status"] for one in failed} <= {"FAILED"}
    assert {one.get("error") for one in failed} <= {"Parked"}, failed
