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


def test_spellings_of_one_name_go_as_one_with_the_aliases_of_all_lines(asked, tmp_path):
    file = tmp_path / "names.tsv"
    file.write_text("\ufeffNova Arc\tNA\nnova  arc\tNova\n\t\n # no name\n", encoding="utf-8")
    assert run("prompt-names", "load", str(file), "--reason", "for the tests").exit_code == 0
    (_, _, body) = asked.calls[0]
    assert body["names"] == [{"name": "Nova Arc", "aliases": ["NA", "Nova"]}]


def test_a_file_that_is_no_text_is_refused_in_words(asked, tmp_path):
    file = tmp_path / "names.tsv"
    file.write_bytes(b"Nova\xff")
    done = run("prompt-names", "load", str(file), "--reason", "for the tests", "--json")
    assert done.exit_code != 0
    assert "bad_request" in done.output
    assert asked.calls == []


def test_many_names_are_removed_in_several_calls(asked):
    asked.answers["/prompts/names/removal"] = {"changed": 1, "number": 1, "count": 5}
    run("prompt-names", "remove", *(f"Name {n}" for n in range(100)), "name 7", "--reason", "for the tests")
    assert [len(body["names"]) for _, _, body in asked.calls] == [90, 10]


def test_the_last_line_break_of_standard_input_is_no_part_of_the_prompt(asked):
    run("prompt-check", "-", input="slow jazz\n")
    assert asked.calls == [("POST", "/prompts/checks", {"prompt": "slow jazz"})]


def test_a_list_of_several_pages_is_shown_whole(monkeypatch):
    row = {"aliases": [], "pack": None, "participating": False, "common": None}
    pages = {None: ([{"name": "A", **row}], "a+b/c="), "a+b/c=": ([{"name": "B", **row}], None)}

    def reply(request: httpx.Request) -> httpx.Response:
        rows, cursor = pages[request.url.params.get("cursor")]
        return httpx.Response(200, json={"names": rows, "cursor": cursor})

    monkeypatch.setattr(prompts, "_api", lambda: Api("http://vault", "t", transport=httpx.MockTransport(reply)))
    shown = run("prompt-names", "list", "--json").stdout.splitlines()
    assert [json.loads(line)["name"] for line in shown] == ["A", "B"]


def test_a_name_with_everything(asked):
    words = ("--alias", "Б", "--common", "--participating", "--reason", "they agreed")
    assert run("prompt-names", "add", "Nova", *words).exit_code == 0
    (_, _, body) = asked.calls[0]
    assert body["names"] == [{"name": "Nova", "aliases": ["Б"], "common": True, "participating": True}]
