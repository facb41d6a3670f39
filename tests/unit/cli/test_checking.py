"""Batches of checks: stopped anywhere and taken up again, each output is decided once; figures and exit codes."""

import base64
import json
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lemm.checking import (
    BLOCKED,
    FINE,
    PAUSES,
    UNCLEAR,
    Interrupted,
    Ledger,
    audio_files,
    exit_code,
    output_id_of,
    run_batch,
    sha256_of,
    summary,
)
from lemm.client import Api, ApiProblem
from lemm.commands import check as command
from lemm.main import app
from lemm.verify import Trusted, verify_file
from typer.testing import CliRunner
from vault_store.dsse import seal
from vault_store.signer import Ed25519Signer

SIGNER = Ed25519Signer.from_secret("a secret for receipts' tests", "receipt")
TRACK = "trk_" + "0" * 26


class Vault:
    """Answers by the name that a file's bytes say; goes down where ``dies_at`` says."""

    def __init__(self) -> None:
        self.asked, self.dies_at = [], None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.dies_at is not None and len(self.asked) >= self.dies_at:
            return httpx.Response(503, json={"code": "unavailable", "detail": "down"})
        body = json.loads(request.content)
        self.asked.append(body)

        what = base64.b64decode(body["audio_base64"]).decode().split("-")[0]
        if what == "broken":
            return httpx.Response(422, json={"code": "not_audio", "detail": "no audio"})
        if what == "stranger":
            return httpx.Response(403, json={"code": "forbidden", "detail": "scope"})
        matches = [{"ref": TRACK, "title": "", "similarity": 0.9, "spans": []}] if what in ("block", "warn") else []
        weak = {"ref": "weak", "title": "", "similarity": 0.3, "spans": []}
        document = {"format": 2, "output_id": body["output_id"]}
        return httpx.Response(200, json={
            "output_id": body["output_id"], "check": 1, "outcome": what, "message": "said", "missing": [],
            "similarity": {"internal": {"fp_robust": 0.9}}, "versions": {"policy": "1"}, "matches": [*matches, weak],
            "reasons": [{"code": "x", "detail": "", "refs": [TRACK]}] if matches else [],
            "suggestions": [{"code": "another_seed", "text": "Generate again.", "keep": None}] if matches else [],
            "receipt": seal("some-receipt", document, SIGNER).document(),
        })  # fmt: skip

    def api(self) -> Api:
        return Api("http://vault.test", transport=httpx.MockTransport(self))


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Vault:
    made = Vault()
    monkeypatch.setattr(command, "_api", made.api)
    return made


def outputs(folder: Path, *names: str) -> list[Path]:
    for number, name in enumerate(names):
        (folder / f"{number:03d}.wav").write_text(f"{name}-{number}")
    return audio_files(folder)


def called(*words: str, code: int) -> list[dict]:
    result = CliRunner().invoke(app, ["check", *words, "--json"])
    assert result.exit_code == code, result.stdout
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_only_audio_is_taken_and_ids_follow_from_bytes_and_model(tmp_path):
    (tmp_path / "deep").mkdir()
    for name in ("b.wav", "notes.txt", "deep/a.MP3"):
        (tmp_path / name).write_text(name)
    assert [path.name for path in audio_files(tmp_path)] == ["b.wav", "a.MP3"]
    sha = sha256_of(tmp_path / "b.wav")
    assert output_id_of(sha, "m") == output_id_of(sha, "m") != output_id_of(sha, "n")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["allow", "warn", "block"]), min_size=1, max_size=6), st.data())
def test_stopped_and_cut_off_anywhere_every_output_is_asked_for_once(tmp_path_factory, kinds, data):
    folder = tmp_path_factory.mktemp("batch")
    files, ledger = outputs(folder, *kinds), Ledger(folder / "ledger.jsonl", "m")
    vault, stops = Vault(), data.draw(st.lists(st.integers(0, len(kinds)), max_size=3).map(sorted))
    for stop in stops:
        vault.dies_at = stop
        try:
            run_batch(vault.api(), files, ledger, None, lambda *_: None, lambda _: None)
        except Interrupted:
            assert len(vault.asked) == stop
    if ledger.path.exists() and data.draw(st.booleans()):
        with ledger.path.open("ab") as file:
            file.write(b'{"sha256":"cut off')
    vault.dies_at = None
    rows = run_batch(vault.api(), files, ledger, None, lambda *_: None, lambda _: None)
    assert [row["outcome"] for row in rows] == kinds
    assert sorted(one["output_id"] for one in vault.asked) == sorted({one["output_id"] for one in vault.asked})
    again = run_batch(vault.api(), files, ledger, None, lambda *_: None, lambda _: None)
    assert (again, len(vault.asked)) == (rows, len(kinds))


def test_what_was_not_decided_is_asked_again_and_a_changed_file_is_another(tmp_path):
    vault, ledger = Vault(), Ledger(tmp_path / "l.jsonl", "m")
    files = outputs(tmp_path, "not_cleared", "broken", "allow")
    for asked in (3, 5):
        run_batch(vault.api(), files, ledger, None, lambda *_: None)
        assert len(vault.asked) == asked
    files[2].write_text("block-9")
    rows = run_batch(vault.api(), files, ledger, None, lambda *_: None)
    assert [row["outcome"] for row in rows] == ["not_cleared", "refused", "block"]


def test_a_vault_that_hesitates_is_waited_for_and_one_that_is_gone_ends_the_batch(tmp_path):
    vault, waits = Vault(), []
    vault.dies_at = 0

    def wait(seconds):
        waits.append(seconds)
        vault.dies_at = None

    run_batch(vault.api(), outputs(tmp_path, "allow"), Ledger(tmp_path / "l", "m"), None, lambda *_: None, wait)
    assert waits == [PAUSES[0]]
    vault.dies_at = 0
    with pytest.raises(Interrupted, match="unavailable"):
        run_batch(
            vault.api(), outputs(tmp_path, "warn"), Ledger(tmp_path / "l", "m"), None, lambda *_: None, waits.append
        )
    assert waits[1:] == list(PAUSES)


def test_a_caller_without_the_right_ends_it_at_once(tmp_path):
    with pytest.raises(ApiProblem, match="forbidden"):
        run_batch(Vault().api(), outputs(tmp_path, "stranger"), Ledger(tmp_path / "l", "m"), None, lambda *_: None)


def test_a_ledger_is_of_one_model(tmp_path):
    Ledger(tmp_path / "l", "m").add({"model": "m", "sha256": "a"})
    with pytest.raises(ValueError, match="not of n"):
        Ledger(tmp_path / "l", "n").read()


@given(st.lists(st.sampled_from(["allow", "warn", "block", "not_cleared", "refused"]), max_size=30))
def test_the_summary_adds_up_and_the_code_follows(kinds):
    hit = {"ref": TRACK, "title": "", "similarity": 0.9}
    rows = [{"outcome": kind, "matched": [hit] * (kind == "block"), "versions": {"policy": "1"}} for kind in kinds]
    told = summary(rows)
    assert sum(told["outcomes"].values()) == told["outputs"] == len(kinds)
    assert not kinds or abs(sum(told["rates"].values()) - 1) < 0.01
    assert [one["outputs"] for one in told["most_hit"]] == ([kinds.count("block")] if "block" in kinds else [])
    code = exit_code(kinds)
    assert (code == BLOCKED) == ("block" in kinds)
    assert (code == FINE) == (set(kinds) <= {"allow", "warn"})
    assert code in (FINE, BLOCKED, UNCLEAR)


@pytest.mark.parametrize(("kinds", "code"), [(["allow", "warn"], 0), (["allow", "block"], 1), (["broken", "allow"], 3)])
def test_the_command_on_files(tmp_path, vault, kinds, code):
    files = outputs(tmp_path, *kinds)
    told = called(*map(str, files), "--model", "m", "--receipts", str(tmp_path / "r"), "--user-ref", "u1", code=code)
    assert [one["outcome"] for one in told] == [kind.replace("broken", "refused") for kind in kinds]
    assert {one["user_ref"] for one in vault.asked} == {"u1"}
    kept = sorted((tmp_path / "r").iterdir())
    assert len(kept) == sum(kind != "broken" for kind in kinds)
    assert verify_file(kept[0], Trusted(envelopes={SIGNER.key_id: SIGNER.public_key()})).kind == "some-receipt"


def test_the_command_says_where_and_what_to_do(tmp_path, vault):
    plain = CliRunner().invoke(app, ["check", *map(str, outputs(tmp_path, "block", "broken")), "--model", "m"])
    assert plain.exit_code == 1
    for said in ("block", "fp_robust 0.90", "-> Generate again.", "not_audio: no audio"):
        assert said in plain.stdout


def test_the_command_on_a_folder_goes_on_where_it_was(tmp_path, vault, monkeypatch):
    monkeypatch.setattr("lemm.checking.PAUSES", ())
    folder = tmp_path / "outputs"
    folder.mkdir()
    outputs(folder, "allow", "block", "block")
    words = ("--batch", str(folder), "--model", "m", "--ledger", str(tmp_path / "ledger.jsonl"))
    vault.dies_at = 2
    (*_, last) = called(*words, code=3)
    assert last["error"]["code"] == "interrupted"
    vault.dies_at = None
    (row, last) = called(*words, code=1)
    assert (row["file"], len(vault.asked)) == ("002.wav", 3)
    assert last["summary"]["outcomes"] == {"allow": 1, "warn": 0, "block": 2, "not_cleared": 0}
    assert last["summary"]["most_hit"] == [{"ref": TRACK, "title": "", "outputs": 2}]
    shown = CliRunner().invoke(app, ["check", *words])
    assert "66.7%" in shown.stdout
    other = ("--batch", str(folder), "--model", "n", "--ledger", str(tmp_path / "ledger.jsonl"))
    assert called(*other, code=1)[-1]["error"]["code"] == "other_ledger"


def test_files_or_a_folder_and_not_both(tmp_path, vault):
    (file,) = outputs(tmp_path, "allow")
    assert called(code=1)[0]["error"]["code"] == "what_to_check"
    assert called(str(file), "--batch", str(tmp_path), code=1)[0]["error"]["code"] == "what_to_check"
