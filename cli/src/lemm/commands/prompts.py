"""`lemm prompt-check` and `lemm prompt-names`: what a prompt points at, and the names that prompts are searched for."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from lemm.client import Api, Json
from lemm.commands.account import JsonFlag
from lemm.output import emit, out, problems, table
from lemm.session import load_session
from vault_domain.errors import BadRequest
from vault_domain.names import MAX_PER_CHANGE, name_id
from vault_domain.ports import Page, every

names = typer.Typer(no_args_is_help=True, help="The names that prompts are searched for.")
Pack = Annotated[str | None, typer.Option(help="Names of this registered dataset, not of the admins' own list.")]
Reason = Annotated[str, typer.Option(help="Why; kept with the change.")]
AT_ONCE = MAX_PER_CHANGE


def _api() -> Api:
    session = load_session()
    return Api(session.url, session.token)


def prompt_check(
    text: Annotated[
        str,
        typer.Argument(metavar="TEXT", help="The prompt; - reads it from standard input, without its last line break."),
    ],
    json: JsonFlag = False,
) -> None:
    """Ask whether a prompt points at a song or an artist (service, scope safety). Ends with status 1 on a rejection.

    With the outcome stricter, pass the token on to the check of the output.
    """
    prompt = sys.stdin.read().removesuffix("\n") if text == "-" else text
    with problems(json), _api() as api:
        answer = api.call("POST", "/prompts/checks", {"prompt": prompt})
    if json:
        emit(answer)
    else:
        out.print(f"{answer['outcome']}: {answer['message']}", markup=False, highlight=False)
        for reason in answer["reasons"]:
            out.print(f"  {reason['code']}: {reason['detail']}", markup=False, highlight=False)
        if answer["prompt_token"]:
            out.print(f"prompt_token {answer['prompt_token']}", markup=False, highlight=False, soft_wrap=True)
            out.print(f"prompt_sha256 {answer['prompt_sha256']}", markup=False, highlight=False)
    if answer["outcome"] == "reject":
        raise typer.Exit(1)


@names.command("list")
def show(json: JsonFlag = False) -> None:
    """The listed names (reviewer or admin)."""
    with problems(json), _api() as api:
        rows = list(
            every(lambda at: _page(api.call("GET", "/prompts/names", limit=500, **({"cursor": at} if at else {}))))
        )
    if json:
        for one in rows:
            emit(one)
        return
    cells = [(one["name"], ", ".join(one["aliases"]), one["pack"] or "own list", _marks(one)) for one in rows]
    out.print(table(f"{len(rows)} names", ("name", "aliases", "from", "marks"), cells))


@names.command()
def add(
    name: Annotated[str, typer.Argument(help="An artist's name.")],
    reason: Reason,
    alias: Annotated[list[str] | None, typer.Option(help="Another spelling; repeat for several.")] = None,
    common: Annotated[
        bool | None, typer.Option(help="Also an ordinary word (or not), whatever the word list says.")
    ] = None,
    participating: Annotated[bool, typer.Option(help="The artist has agreed to be named.")] = False,
    pack: Pack = None,
    json: JsonFlag = False,
) -> None:
    """List a name, or change how it is listed (admin)."""
    entry = {"name": name, "aliases": alias or [], "common": common, "participating": participating}
    _said(_changed("/prompts/names", [{"names": [entry], "pack": pack, "reason": reason}], json), json)


@names.command()
def load(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A name a line, aliases after tabs.")],
    reason: Reason,
    pack: Pack = None,
    json: JsonFlag = False,
) -> None:
    """List many names from a file (admin). Running it again changes nothing."""
    with problems(json):
        entries = _entries(file)
    parts = [entries[n : n + AT_ONCE] for n in range(0, len(entries), AT_ONCE)]
    _said(_changed("/prompts/names", [{"names": part, "pack": pack, "reason": reason} for part in parts], json), json)


@names.command()
def remove(
    name: Annotated[list[str], typer.Argument(help="Names to take off the list.")],
    reason: Reason,
    pack: Pack = None,
    json: JsonFlag = False,
) -> None:
    """Take names off the list (admin)."""
    once = list({name_id(one): one for one in name}.values())
    parts = [once[n : n + AT_ONCE] for n in range(0, len(once), AT_ONCE)]
    bodies: list[dict[str, object]] = [{"names": part, "pack": pack, "reason": reason} for part in parts]
    _said(_changed("/prompts/names/removal", bodies, json), json)


def _changed(path: str, bodies: list[dict[str, object]], json: bool) -> dict[str, int]:
    total = {"changed": 0, "number": 0, "count": 0}
    with problems(json), _api() as api:
        for body in bodies:
            answer = api.call("POST", path, body)
            total = {**answer, "changed": total["changed"] + answer["changed"]}
    return total


def _said(total: dict[str, int], json: bool) -> None:
    if json:
        emit(total)
    else:
        out.print(f"{total['changed']} changed, {total['count']} names in all", highlight=False)


def _entries(file: Path) -> list[dict[str, object]]:
    """Each name of a file once, whatever its case and spacing, with the aliases of all its lines."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise BadRequest(f"{file.name} is not text in UTF-8") from error
    found: dict[str, tuple[str, dict[str, None]]] = {}
    for line in lines:
        name, *aliases = [part.strip() for part in line.split("\t")]
        if name and not name.startswith("#"):
            _, kept = found.setdefault(name_id(name), (name, {}))
            kept.update(dict.fromkeys(alias for alias in aliases if alias))
    return [{"name": name, "aliases": list(aliases)} for name, aliases in found.values()]


def _page(answer: Json) -> Page[Json]:
    return Page(tuple(answer["names"]), answer["cursor"])


def _marks(one: dict[str, object]) -> str:
    marks = {"participating": one["participating"] is True, "ordinary word": one["common"] is True}
    marks["no ordinary word"] = one["common"] is False
    return ", ".join(mark for mark, stands in marks.items() if stands)


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("prompt-check")(prompt_check)
    app.add_typer(names, name="prompt-names")
