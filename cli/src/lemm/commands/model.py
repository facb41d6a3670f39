"""`lemm model`: put a version of a model to the release gate."""

import os
from pathlib import Path
from typing import Annotated

import typer
from lemm.client import Json
from lemm.commands.account import JsonFlag
from lemm.output import emit, fail, out, problems, progress, table
from lemm.session import load_session

model = typer.Typer(no_args_is_help=True, help="Models: whether what they make may be released.")

SOURCE = "A manifest (JSON lines with file and prompt), or a folder with caption/, unconditional/ and canary/ in it."


@model.command()
def audit(
    model_id: Annotated[str, typer.Argument(help="The model.")],
    version: Annotated[str, typer.Argument(help="Its version, as it was registered.")],
    source: Annotated[Path, typer.Argument(exists=True, help=SOURCE)],
    at_once: Annotated[int, typer.Option(min=1, max=16, help="Checks under way at once.")] = 2,
    json: JsonFlag = False,
) -> None:  # fmt: skip
    """Check generated outputs of a version, and have the vault decide whether it may be released.

    Needs a service with the scopes safety and training in LEMM_CLIENT_ID and LEMM_CLIENT_SECRET, the one that
    registered the version. Ends with status 0 when it passed, 2 when it stays blocked, 1 when something went wrong:
    outputs that could not be checked are named then, and nothing is decided.
    """
    from lemm.auditing import checked, listed, put_to_the_gate
    from lemm.checking import Interrupted
    from lemm.client import Api

    who, secret = os.environ.get("LEMM_CLIENT_ID"), os.environ.get("LEMM_CLIENT_SECRET")
    if not (who and secret):
        fail("unauthenticated", "Set LEMM_CLIENT_ID and LEMM_CLIENT_SECRET to those of the model's service.", json)
    with problems(json), Api(load_session().url) as api:
        api.service_login(who, secret)
        outputs = listed(source)
        with progress(quiet=json) as bar:
            task = bar.add_task("checking", total=len(outputs))
            try:
                rows = checked(api, outputs, model_id, version, at_once=at_once, told=lambda: bar.advance(task))
            except Interrupted as stopped:
                fail("interrupted", f"{stopped} Call it again; it goes on where it was.", json)
        _none_refused(rows, json)
        verdict = put_to_the_gate(api, rows, model_id, version)
    if json:
        emit({**verdict, "outputs": rows})
    else:
        _show(f"{model_id}@{version}", verdict, rows)
    if verdict["state"] != "passed":
        raise typer.Exit(2)


def _none_refused(rows: list[Json], as_json: bool) -> None:
    """End with status 1 and all their names, if there are outputs that could not be checked."""
    refused = [row for row in rows if row["outcome"] == "refused"]
    for row in refused:
        if as_json:
            emit(row)
        else:
            said = row["error"]
            out.print(f"refused  {row['file']}  {said['code']}: {said['detail']}", markup=False, highlight=False)
    if refused:
        fail("refused_outputs", f"{len(refused)} outputs can't be checked; make others in their place.", as_json)


def _show(name: str, verdict: dict[str, object], rows: list[dict[str, object]]) -> None:
    said: dict = verdict["audit"]  # type: ignore[type-arg, assignment]
    lines = [
        [one["prompt"], str(one["outputs"]), str(one["extracted"]), str(one["warned"]), f"{one['upper_bound']:.2%}"]
        for one in said["counted"]
    ]
    warned = sum(one["warned"] for one in said["counted"])
    lines.append(["all", str(said["outputs"]), str(said["extracted"]), str(warned), f"{said['upper_bound']:.2%}"])
    columns = ("prompt", "outputs", "copies", "warned", f"copies at most ({said['confidence']:.0%})")
    out.print(table(f"{name}: {verdict['state']}", columns, lines))
    for row in (one for one in rows if one["outcome"] == "block"):
        out.print(
            f"copy  {row['file']}  {float(str(row['similarity'])):.2f}  {row['ref']}", markup=False, highlight=False
        )
    for why in said["why"]:
        out.print(f"against: {why}", markup=False, highlight=False)
    out.print(f"limit {said['limit']:.2%}, policy {said['policy']}", highlight=False)


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.add_typer(model, name="model")
