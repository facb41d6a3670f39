"""`lemm pack`: versions of vault packs, and what may be used together."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from lemm.client import Api, Json
from lemm.commands.account import JsonFlag
from lemm.output import emit, err, out, problems, table
from lemm.session import load_session
from rich.markup import escape

pack = typer.Typer(no_args_is_help=True, help="Packs: what a training run may name, and what may be used together.")
Ref = Annotated[str, typer.Argument(metavar="NAME@N", help="A version of a pack.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the log.")]


def _api() -> Api:
    session = load_session()
    return Api(session.url, session.token)


@pack.command("list")
def list_packs(json: JsonFlag = False) -> None:
    """The packs with their newest versions."""
    with problems(json), _api() as api:
        found = api.call("GET", "/packs")["packs"]
    if json:
        for item in found:
            emit(item)
        return
    rows = [
        (one["pack"], one["state"], str(one["members"]), f"{one['seconds'] / 3600:.1f} h", one["members_sha256"][:12])
        for one in found
    ]
    out.print(table("Packs", ("pack", "state", "tracks", "length", "content"), rows))


@pack.command()
def build(
    name: Annotated[str, typer.Argument(help="Name of the pack.")],
    genre: Annotated[list[str] | None, typer.Option(help="Genre tag; repeat for several.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="Language, or instrumental; repeat for several.")] = None,
    since: Annotated[str | None, typer.Option(help="Submitted from this time on (2026-01-31T00:00:00Z).")] = None,
    until: Annotated[str | None, typer.Option(help="Submitted before this time.")] = None,
    purpose: Annotated[str, typer.Option(help="The use whose consent every track has.")] = "product",
    per_contributor: Annotated[int | None, typer.Option(help="Tracks of one contributor at most.")] = None,
    most: Annotated[int | None, typer.Option("--max", help="Tracks at most.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would hold.")] = False,
    json: JsonFlag = False,
) -> None:
    """Build the next version as a draft (admin)."""
    from lemm.packing import build_pack

    query = {
        "genres": genre or [], "languages": language or [], "submitted_from": since, "submitted_until": until,
        "purpose": purpose, "max_per_contributor": per_contributor, "max_tracks": most,
    }  # fmt: skip
    with problems(json), _api() as api, err.status("Looking at every track ...") if not json else nullcontext():
        found = build_pack(api, {"name": name, "query": query, "dry_run": dry_run})
    _show(found, json)
    if not json:
        out.print("Nothing was written." if dry_run else f"Next: lemm pack freeze {found['pack']}", highlight=False)


@pack.command()
def freeze(ref: Ref, reason: Reason, json: JsonFlag = False) -> None:
    """Freeze a draft, so that runs may name it (admin). It never changes after that."""
    from lemm.packing import path_of

    with problems(json), _api() as api:
        path = path_of(ref)
        meant = api.call("GET", path)["members_sha256"]
        found = api.call("POST", f"{path}/freeze", {"members_sha256": meant, "reason": reason})
    _show(found, json)


@pack.command()
def show(ref: Ref, json: JsonFlag = False) -> None:
    """A version as it was built, and how much of it may be used now."""
    from lemm.packing import path_of

    with problems(json), _api() as api:
        path = path_of(ref)
        found = {**api.call("GET", path), "now": api.call("GET", f"{path}/now")}
    _show(found, json)
    if not json:
        out.print(f"Now: {found['now']['summary']} {_counts(found['now']['left_out'])}", highlight=False)


@pack.command()
def export(
    ref: Ref,
    folder: Annotated[Path, typer.Option("--out", help="Folder to write to.")],
    beside: Annotated[list[str] | None, typer.Option(help="Outside dataset used together with it; repeat.")] = None,
    json: JsonFlag = False,
) -> None:
    """Write Croissant, the EU's summary of training content, and evidence per track (admin)."""
    from lemm.packing import export as write

    with problems(json), _api() as api:
        files = write(api, ref, folder, beside or [])
    if json:
        emit({"pack": ref, "files": [str(path) for path in files]})
        return
    for path in files:
        out.print(str(path), highlight=False)


@pack.command()
def combine(
    packs: Annotated[list[str], typer.Argument(metavar="PACK[=USE]...", help="Packs with their uses.")],
    json: JsonFlag = False,
) -> None:
    """Ask whether packs may be used together, and whether the claim of clean data holds. Ends with 1 if not."""
    from lemm.packing import uses_of

    with problems(json), _api() as api:
        found = api.call("POST", "/datasets/combine", {"uses": uses_of(packs)})
    if json:
        emit(found)
    else:
        _explain(found)
    raise typer.Exit(0 if found["granted"] else 1)


def _explain(found: Json) -> None:
    colours = {"allowed": "green", "unknown": "yellow", "refused": "red"}
    for one in found["constraints"]:
        out.print(f"[{colours[one['answer']]}]{one['answer']:8}[/] {escape(one['sentence'])}", highlight=False)
    claim = found["claim"]
    out.print(f"Together: {found['answer']}. “{claim['text']}”: {'granted' if claim['granted'] else 'refused'}")


def _show(found: dict[str, Any], json: bool) -> None:
    if json:
        emit(found)
        return
    out.print(
        f"{found['pack']}  {found['state']}  {found['members']} tracks of {found['contributors']} contributors, "
        f"{found['seconds'] / 3600:.2f} h {_counts(found['left_out'])}",
        highlight=False,
    )
    out.print(f"content {found['members_sha256']}", highlight=False)


def _counts(left: dict[str, int]) -> str:
    return f"(left out: {', '.join(f'{count} {why}' for why, count in sorted(left.items()))})" if left else ""


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.add_typer(pack, name="pack")
