"""`lemm catalogue` and `lemm match`: catalogues from folders, and offline matching against them."""

from pathlib import Path
from typing import Annotated

import typer
from lemm.commands.account import JsonFlag
from lemm.output import emit, err, out, problems, progress, span_words, table
from lemm.session import load_session
from rich.markup import escape

catalogue = typer.Typer(
    no_args_is_help=True, help="Outside catalogues: build one from a folder, register it, list them."
)


@catalogue.command()
def build(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="Folder with audio files.")],
    name: Annotated[str | None, typer.Option(help="Name of the catalogue; the folder's when left out.")] = None,
    output: Annotated[Path, typer.Option("--out", help="Where to put NAME.snapshot.")] = Path(),
    json: JsonFlag = False,
) -> None:
    """Build an index snapshot from a folder of audio. Needs no running stack."""
    from lemm.catalogue import build_catalogue

    with problems(json), progress(json) as bar:
        task = bar.add_task("Indexing", total=None)

        def tell(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what)

        summary = build_catalogue(folder, name, output, tell)
    if json:
        emit(summary)
        return
    for skipped in summary.get("skipped", []):
        err.print(f"[yellow]skipped[/yellow] {escape(skipped['file'])}: {escape(skipped['detail'])}", highlight=False)
    out.print(f"{summary['tracks']} tracks in {summary['snapshot']}", highlight=False)
    out.print(f"Next: lemm match FILE --against {summary['snapshot']}", highlight=False)


@catalogue.command("register")
def register_snapshot(
    snapshot: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="NAME.snapshot from `catalogue build`.")
    ],
    title: Annotated[str, typer.Option(help="Title that people see.")],
    licence: Annotated[str, typer.Option(help="Licence of all of its tracks, such as CC0-1.0.")],
    licence_text: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="The licence text that you read; registers its pack, too."),
    ] = None,
    pack: Annotated[
        str | None, typer.Option(help="Registered pack that it is made of; the catalogue's name when left out.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Send a snapshot to the vault and register it as a source of checks (admin).

    Checks compare with a catalogue only while its pack is registered for it. With --licence-text the pack is registered
    under the catalogue's name as wholly of that licence; for anything more complicated use `lemm pack register` first.
    """
    from lemm.client import Api
    from lemm.registering import licence_text as text_of
    from lemm.registering import register_corpus, send_catalogue

    session = load_session()
    with problems(json), Api(session.url, session.token) as api, progress(json) as bar:
        if licence_text is not None:
            name = pack or snapshot.name.removesuffix(".snapshot")
            register_corpus(api, name, title, licence, text_of(licence_text.read_bytes(), licence_text.name))
        task = bar.add_task("Sending", total=None)
        answer = send_catalogue(
            api,
            snapshot,
            title,
            licence,
            pack,
            lambda done, total, what: bar.update(task, completed=done, total=total, description=what),
        )
    if json:
        emit(answer)
    else:
        out.print(f"{answer['name']} is registered with {answer['tracks']} tracks.", highlight=False)


@catalogue.command("list")
def list_catalogues(json: JsonFlag = False) -> None:
    """The registered catalogues."""
    from lemm.client import Api

    session = load_session()
    with problems(json), Api(session.url, session.token) as api:
        found = api.call("GET", "/catalogues")["catalogues"]
    if json:
        for item in found:
            emit(item)
        return
    rows = [
        (item["name"], item["title"], str(item["tracks"]), item["licence"], item["snapshot"][:12]) for item in found
    ]
    out.print(table("Catalogues", ("name", "title", "tracks", "licence", "snapshot"), rows))


def match(
    files: Annotated[list[Path], typer.Argument(help="Audio files.")],
    against: Annotated[Path, typer.Option(exists=True, file_okay=False, help="NAME.snapshot from `catalogue build`.")],
    json: JsonFlag = False,
) -> None:
    """Find where files resemble tracks of a catalogue. Needs no running stack.

    Similarity is calibrated: 0.4 is reached by 1 % of unrelated queries, 0.7 by 0.1 %.
    With --json, one line per file as soon as it is known; weak matches are included.
    """
    from lemm.matching import match_files

    read = unread = 0
    with problems(json), progress(json) as bar:
        task = bar.add_task("Matching", total=len(files))
        for line in match_files(
            files, against, lambda done, total, what: bar.update(task, completed=done, total=total)
        ):
            unread += "error" in line
            read += "error" not in line
            if json:
                emit(line)
                continue
            name = Path(line["query"]).name
            if "error" in line:
                err.print(
                    f"[red]{escape(name)}[/red]  {line['error']['code']}: {escape(line['error']['detail'])}",
                    highlight=False,
                )
                continue
            rows = [
                (found["track"], f"{found['similarity']:.2f}", found["detector"], span_words(found["spans"]))
                for found in [*line["matches"][:10], *line["melodies"][:3]]
            ]
            out.print(
                table(name, ("track", "similarity", "detector", "passages"), rows)
                if rows
                else f"{escape(name)}  no match"
            )
    if unread and not read:  # some files that can't be read do not spoil the others
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.add_typer(catalogue, name="catalogue")
    app.command()(match)
