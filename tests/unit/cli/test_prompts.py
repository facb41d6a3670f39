"""Prompts on the command line: answers in words and for programs, names read from a file, many in several calls."""

import json

import httpx
import pytest
from lemm.client import Api
from lemm.commands import prompts
from lemm.main import app
from typer.testing import CliRunner

ANSWER = {
    "outcome": "stricter", "message": "It points at somebody.", "prompt_token": "a.b.c", "prompt_sha256": "0" * 64,
    "reasons": [{"code": "named_artist", "detail": "It names [b]Somebody[/b].", "refs": []}],
}  # fmt: skip


@pytest.fixture
def asked(monkeypatch):
    """Calls that reached the API; it answers as set in ``asked.answers``."""
    calls: list[tuple[str, str, dict]] = []
    answers = {"/prompts/checks": ANSWER, "/prompts/names": {"changed": 1, "number": 1, "count": 5}}

    def reply(request: httpx.Request) -> httpx.Response:
        calls.append((request.method, request.url.path, json.loads(request.content or b"{}")))
        return httpx.Response(200, json=answers[request.url.path])

    monkeypatch.setattr(prompts, "_api", lambda: Api("http://vault", "t", transport=httpx.MockTransport(reply)))
    return type("Asked", (), {"calls": calls, "answers": answers})


def run(*words, **more):
    return CliRunner().invoke(app, list(words), **more)


def test_an_answer_in_words_names_the_token_and_shows_markup_as_it_is(asked):
    done = run("prompt-check", "like Somebody")
    assert done.exit_code == 0
    assert "stricter: It points at somebody." in done.stdout
    assert "named_artist: It names [b]Somebody[/b]." in done.stdout
    assert "prompt_token a.b.c" in done.stdout


def test_a_rejection_ends_with_one_and_standard_input_is_read(asked):
    asked.answers["/prompts/checks"] = {**ANSWER, "outcome": "reject", "prompt_token": None}
    done = run("prompt-check", "-", "--json", input="a cover of X")
    assert (done.exit_code, json.loads(done.stdout)["outcome"]) == (1, "reject")
    assert asked.calls == [("POST", "/prompts/checks", {"prompt": "a cover of X"})]


def test_many_names_go_in_several_calls_each_once(asked, tmp_path):
    file = tmp_path / "names.tsv"
    file.write_text(
        "# names\n\n" + "\n".join(f"Name {n}\tAlias {n}\t" for n in range(100)) + "\nName 7\n", encoding="utf-8"
    )
    done = run("prompt-names", "load", str(file), "--reason", "for the tests", "--pack", "open-music", "--json")
    assert json.loads(done.stdout) == {"changed": 2, "number": 1, "count": 5}
    sent = [entry for _, _, body in asked.calls for entry in body["names"]]
    assert [len(body["names"]) for _, _, body in asked.calls] == [90, 10]
    assert len({entry["name"] for entry in sent}) == 100
    assert sent[0] == {"name": "Name 0", "aliases": ["Alias 0"]}
    assert {body["pack"] for _, _, body in asked.calls} == {"open-music"}


def test_a_name_with_everything(asked):
    words = ("--alias", "Б", "--common", "--participating", "--reason", "they agreed")
    assert run("prompt-names", "add", "Nova", *words).exit_code == 0
    (_, _, body) = asked.calls[0]
    assert body["names"] == [{"name": "Nova", "aliases": ["Б"], "common": True, "participating": True}]
