"""What commands print, and how they end."""

import json

import pytest
import typer
from lemm.client import ApiProblem
from lemm.output import emit, fail, problems, seconds, span_words
from vault_domain.errors import Corrupt

SPAN = {"query_start": 3.0, "query_end": 12.9, "ref_start": 41.0, "ref_end": 50.9}


def test_emit_is_one_line_of_json(capsys):
    emit({"text": "two\nlines", "name": "Ünï"})
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert json.loads(printed) == {"text": "two\nlines", "name": "Ünï"}


@pytest.mark.parametrize("error", [ApiProblem(409, "conflict", "why [so]"), Corrupt("why [so]")])
@pytest.mark.parametrize("as_json", [True, False])
def test_refusals_end_with_one_and_their_code(capsys, error, as_json):
    with pytest.raises(typer.Exit) as ended, problems(as_json):
        raise error
    said = capsys.readouterr()
    assert ended.value.exit_code == 1
    if as_json:
        assert json.loads(said.out) == {"error": {"code": error.code, "detail": "why [so]"}}
    else:
        assert error.code in said.err
        assert "why [so]" in said.err


def test_other_faults_are_not_hidden():
    with pytest.raises(ZeroDivisionError), problems(True):
        raise ZeroDivisionError


def test_an_unsigned_in_caller_is_told_what_to_do(capsys):
    with pytest.raises(typer.Exit), problems(True):
        raise ApiProblem(401, "unauthenticated", "Sign in first.")
    assert "lemm login" in json.loads(capsys.readouterr().out)["error"]["detail"]


def test_markup_in_a_detail_is_text(capsys):
    with pytest.raises(typer.Exit):
        fail("bad_request", "[bold]not bold[/bold] [/]", False)
    assert "[bold]not bold[/bold] [/]" in capsys.readouterr().err


def test_passages_in_words():
    changed = {**SPAN, "tempo_factor": 1.05, "pitch_semitones": -1.0}
    assert span_words([SPAN]) == "3.0-12.9 s = 41.0-50.9 s"
    assert span_words([changed]).endswith(", x1.05, -1.0 st")
    assert span_words([SPAN] * 5, 2).endswith("(+3)")
    assert span_words([]) == ""
    assert (seconds(None), seconds(1.25)) == ("-", "1.2 s")
