"""`lemm verify`: check a proof, receipt or manifest offline."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from lemm.commands.account import JsonFlag
from lemm.output import emit, fail, out
from lemm.verify import Refused, Trusted, Verdict, read_key, read_witness, verify_file, verify_with_proof
from lemm.verify.files import is_audio
from vault_domain.checkpoints import NoteKey


def verify(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, readable=True, help="A proof, receipt, certificate or exported file."
        ),
    ],
    key: Annotated[
        str,
        typer.Option(help="The key that you trust, or a file with it: the log's key, a JSON Web Key Set, or hex."),
    ],
    witness: Annotated[
        list[str] | None, typer.Option(help="A witness that must have signed the checkpoint; repeat for several.")
    ] = None,
    proof: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="With a safety receipt: a proof that it is in the log."),
    ] = None,
    log_key: Annotated[str | None, typer.Option(help="With --proof: the log's key.")] = None,
    sound: Annotated[
        Path | None,
        typer.Option("--file", exists=True, dir_okay=False, help="With an export certificate: the file that it names."),
    ] = None,
    root: Annotated[
        str | None, typer.Option(help="With an exported sound file: the key set with the root certificate.")
    ] = None,
    json: JsonFlag = False,
) -> None:
    """Check what the vault has signed, without asking the vault: nothing but the file and the key is read.

    An option that this kind of file has no use for is refused: nobody shall think that it was looked at.
    """
    try:
        trusted, witnesses = read_key(key), [read_witness(text) for text in witness or []]
        log = read_key(log_key) if log_key else Trusted()
    except ValueError as flaw:
        fail("bad_key", str(flaw), json)
    given = {"--witness": witness, "--proof": proof, "--log-key": log_key, "--root": root}
    try:
        if sound is not None:
            _unused(given, "--file", "--witness", "--proof", "--log-key", "--root")
        elif root is not None or is_audio(file):
            _unused(given, "a sound file", "--witness", "--proof", "--log-key")
        elif proof is None:
            _unused(given, "a file without --proof", "--log-key")
        if sound is not None or root is not None or is_audio(file):
            verdict = _exported(file, trusted, sound, root, json)
        else:
            verdict = _checked(file, trusted, proof, log, witnesses)
    except Refused as flaw:
        fail("refused", str(flaw), json)
    if json:
        emit({"verified": True, "kind": verdict.kind, "facts": verdict.facts})
        return
    out.print(f"[green]verified[/green]  {verdict.says}", highlight=False)
    out.print_json(data=verdict.facts)


def _unused(given: Mapping[str, object], beside: str, *names: str) -> None:
    """Raise ``Refused`` for options that say nothing here."""
    found = [name for name in names if given[name]]
    if found:
        raise Refused(f"{' and '.join(found)} would not be looked at with {beside}; leave it out")


def _checked(file: Path, trusted: Trusted, proof: Path | None, log: Trusted, witnesses: Sequence[NoteKey]) -> Verdict:
    if proof is None:
        return verify_file(file, trusted, witnesses)
    if log.log is None:
        raise Refused("a proof is checked with the log's key: give --log-key (name+hash+base64)")
    return verify_with_proof(file, trusted, proof, log.log, witnesses)


def _exported(file: Path, trusted: Trusted, sound: Path | None, root: str | None, as_json: bool) -> Verdict:
    """A certificate with its file, or a sound file with the credentials in it."""
    from lemm.verify.exported import read_root, verify_certificate, verify_media

    if sound is not None:
        return verify_certificate(file, trusted, sound)
    if root is None:
        raise Refused("a sound file is checked with --root (GET /accounts/keys?purpose=credential)")
    try:
        certificate = read_root(root)
    except ValueError as flaw:
        fail("bad_key", str(flaw), as_json)
    return verify_media(file, trusted, certificate)


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(verify)
