"""What an audit is made of: folders and manifests, ids that stay the same."""

import base64
import json
from pathlib import Path

import httpx
import pytest
from lemm import client
from lemm.auditing import Generated, checked, listed, output_id
from lemm.checking import PAUSES, Interrupted
from lemm.client import Api
from lemm.main import app
from typer.testing import CliRunner
from vault_domain.errors import BadRequest


def sounds(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def test_a_folder_says_by_its_folders_what_prompted_an_output(tmp_path: Path):
    sounds(tmp_path, "caption/b.wav", "caption/a.mp3", "unconditional/deep/c.flac", "canary/notes.txt", "else/d.wav")
    assert [(one.path.name, one.prompt) for one in listed(tmp_path)] == [
        ("a.mp3", "caption"), ("b.wav", "caption"), ("c.flac", "unconditional"),
    ]  # fmt: skip


def test_a_manifest_names_files_beside_it(tmp_path: Path):
    sounds(tmp_path, "x.wav", "y.wav")
    rows = [{"file": "x.wav", "prompt": "canary"}, {"file": "y.wav", "prompt": "caption"}]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    assert [one.prompt for one in listed(tmp_path / "m.jsonl")] == ["canary", "caption"]


@pytest.mark.parametrize("line", [
    "no json", "[]", '{"file": "x.wav"}', '{"file": "x.wav", "prompt": "other"}', "",
    '{"file": "z.wav", "prompt": "caption"}',
])  # fmt: skip
def test_what_is_not_of_the_form_is_named_by_its_line(tmp_path: Path, line: str):
    sounds(tmp_path, "x.wav")
    (tmp_path / "m.jsonl").write_text(line)
    with pytest.raises(BadRequest, match=r"line 1|names 0"):
        listed(tmp_path / "m.jsonl")


class Vault:
    """Answers by what a file's bytes say."""

    def __init__(self) -> None:
        self.signed_in, self.gate = 0, list[int]()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        if request.url.path == "/accounts/token":
            self.signed_in += 1
            return httpx.Response(200, json={"access_token": f"t{self.signed_in}"})
        if request.url.path.endswith("/audits"):
            self.gate.append(len(body["outputs"]))
            return httpx.Response(500, json={"code": "internal", "detail": "not asked here"})
        said = base64.b64decode(body["audio_base64"]).decode()
        if "broken" in said:
            return httpx.Response(422, json={"code": "not_audio", "detail": "no audio in it"})
        if "away" in said:
            return httpx.Response(503, json={"code": "unavailable", "detail": "down"})
        return httpx.Response(200, json={"outcome": "allow", "matches": []})


def test_an_output_that_is_refused_is_reported_and_keeps_no_other_from_being_checked(tmp_path: Path):
    sounds(tmp_path, "caption/a.wav", "caption/broken.wav", "caption/c.wav", "unconditional/broken too.wav")
    api = Api("http://vault.test", transport=httpx.MockTransport(Vault()))
    rows = checked(api, listed(tmp_path), "m", "1", pause=lambda _: None)
    assert [row["outcome"] for row in rows] == ["allow", "refused", "allow", "refused"]
    assert rows[1]["error"] == {"code": "not_audio", "detail": "no audio in it"}


def test_the_command_names_all_that_was_refused_and_asks_for_no_verdict(tmp_path: Path, monkeypatch):
    sounds(tmp_path, "caption/a.wav", "caption/broken.wav", "unconditional/broken too.wav")
    vault = Vault()
    for name in ("LEMM_CLIENT_ID", "LEMM_CLIENT_SECRET"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setattr(client, "Api", lambda url: Api(url, transport=httpx.MockTransport(vault)))
    monkeypatch.setenv("LEMM_URL", "http://vault.test")
    result = CliRunner().invoke(app, ["model", "audit", "m", "1", str(tmp_path), "--json"])
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 1
    assert [Path(one["file"]).name for one in told[:-1]] == ["broken.wav", "broken too.wav"]
    assert told[-1]["error"]["code"] == "refused_outputs"
    assert vault.gate == []


def test_a_vault_that_is_gone_interrupts_it(tmp_path: Path):
    sounds(tmp_path, "caption/away.wav")
    api, waited = Api("http://vault.test", transport=httpx.MockTransport(Vault())), []
    with pytest.raises(Interrupted):
        checked(api, listed(tmp_path), "m", "1", pause=waited.append)
    assert waited == list(PAUSES)


def test_an_outputs_id_follows_from_its_bytes_and_the_version(tmp_path: Path):
    sounds(tmp_path, "a.wav", "b.wav")
    one, other = (Generated(tmp_path / name, "caption") for name in ("a.wav", "b.wav"))
    assert output_id(one, "m", "1") == output_id(Generated(one.path, "canary"), "m", "1")
    assert len({output_id(one, "m", "1"), output_id(other, "m", "1"), output_id(one, "m", "2")}) == 3
