"""`lemm verify`: check a proof, receipt or manifest offline."""

from pathlib import Path
from typing import Annotated

import typer
from lemm.commands.account import JsonFlag
from lemm.output import emit, fail, out
from lemm.verify import Refused, read_key, read_witness, verify_file


def verify(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="A proof file, receipt or manifest.")
    ],
    key: Annotated[
        str,
        typer.Option(help="The key that you trust, or a file with it: the log's key, a JSON Web Key Set, or hex."),
    ],
    witness: Annotated[
        list[str] | None, typer.Option(help="A witness that must have signed the checkpoint; repeat for several.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Check what the vault has signed, without asking the vault: nothing but the file and the key is read."""
    try:
        trusted, witnesses = read_key(key), [read_witness(text) for text in witness or []]
    except ValueError as flaw:
        fail("bad_key", str(flaw), json)
    try:
        verdict = verify_file(file, trusted, witnesses)
    except Refused as flaw:
        fail("refused", str(flaw), json)
    if json:
        emit({"verified": True, "kind": verdict.kind, "facts": verdict.facts})
        return
    out.print(f"[green]verified[/green]  {verdict.says}", highlight=False)
    out.print_json(data=verdict.facts)


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(verify)
