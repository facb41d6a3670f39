"""`lemm canary`: make decoys for a run, plant them, and find out which run a leaked file names."""

from pathlib import Path
from typing import Annotated

import typer
from lemm.commands.account import JsonFlag
from lemm.output import emit, err, out, problems
from lemm.session import load_session
from rich.markup import escape

canary = typer.Typer(no_args_is_help=True, help="Decoys: tracks that one run alone is given, so that a leak names it.")
Folder = Annotated[Path, typer.Option("--dir", file_okay=False, help="Folder that holds the canaries; keep it secret.")]


@canary.command()
def make(
    run: Annotated[str, typer.Argument(help="The run that is to be given them, run_...; it must not have begun.")],
    folder: Folder,
    count: Annotated[int, typer.Option(min=1, max=20)] = 3,
    json: JsonFlag = False,
) -> None:
    """Compose canaries for a run. Submit them then (`lemm submit`), and plant them (`lemm canary plant`)."""
    from lemm.canaries import make_canaries

    with problems(json):
        made = make_canaries(run, count, folder)
    if json:
        emit({"run_id": run, "files": [str(path) for path in made]})
        return
    for path in made:
        out.print(str(path), highlight=False)
    out.print("Next: lemm submit and lemm canary offer, signed in as a contributor that never was anything else;")
    out.print("then lemm canary plant RUN TRACK..., as an admin.", highlight=False)


@canary.command()
def offer(
    tracks: Annotated[list[str], typer.Argument(help="Track ids of yours.")],
    json: JsonFlag = False,
) -> None:
    """Let tracks of yours be planted as canaries. The log is told nothing of it."""
    from lemm.client import Api

    session = load_session()
    with problems(json), Api(session.url, session.token) as api:
        answer = api.call("POST", "/training/canaries/offers", {"track_ids": tracks})
    if json:
        emit(answer)
    else:
        out.print(f"{len(tracks)} offered", highlight=False)


@canary.command()
def plant(
    run: Annotated[str, typer.Argument(help="The run.")],
    tracks: Annotated[list[str], typer.Argument(help="Track ids of accepted tracks that were offered.")],
    json: JsonFlag = False,
) -> None:
    """Reserve offered tracks for one run that has not begun (admin). Keep the nonce that is printed."""
    from lemm.client import Api

    session = load_session()
    with problems(json), Api(session.url, session.token) as api:
        answer = api.call("POST", "/training/canaries", {"run_id": run, "track_ids": tracks})
    if json:
        emit(answer)
    else:
        out.print(f"{len(tracks)} planted for {run}; nonce {answer['nonce']}", highlight=False)


@canary.command()
def check(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Audio that was found somewhere.")],
    folder: Folder,
    json: JsonFlag = False,
) -> None:
    """Find canaries in files, and name their runs. Needs no running stack.

    Ends with status 1 when a file could not be read: it is not cleared then.
    """
    from lemm.canaries import check_files

    unread = 0
    with problems(json):
        for line in check_files(files, folder):
            unread += "error" in line
            if json:
                emit(line)
            elif "error" in line:
                err.print(f"[red]{escape(line['file'])}[/red]  {escape(line['error']['detail'])}", highlight=False)
            else:
                runs = ", ".join(f"{one['run_id']} ({one['similarity']:.2f})" for one in line["runs"])
                out.print(f"{escape(line['file'])}  {runs or 'no canary found'}", highlight=False)
    if unread:
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.add_typer(canary, name="canary")
