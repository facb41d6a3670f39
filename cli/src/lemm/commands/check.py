"""`lemm check`: may these outputs leave? One by one, or a whole folder before a model is released."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from lemm.checking import (
    UNCLEAR,
    Interrupted,
    Ledger,
    audio_files,
    check_one,
    exit_code,
    output_id_of,
    run_batch,
    save_receipt,
    sha256_of,
    summary,
)
from lemm.client import Api
from lemm.commands.account import JsonFlag
from lemm.output import emit, err, fail, out, problems, progress, span_words, table
from lemm.session import load_session
from rich.markup import escape

Json = dict[str, Any]
COLOURS = {"allow": "green", "warn": "yellow"}
Found = Annotated[
    list[Path] | None,
    typer.Argument(exists=True, dir_okay=False, readable=True, help="Audio files."),
]
Folder = Annotated[Path | None, typer.Option(exists=True, file_okay=False, help="Check all audio below this folder.")]


def check(
    files: Found = None,
    model: Annotated[str, typer.Option(help="Model that made them; MODEL@VERSION if registered.")] = "unknown-model",
    batch: Folder = None,
    ledger: Annotated[
        Path | None, typer.Option(dir_okay=False, help="With --batch: where answers are kept; lemm-check-MODEL.jsonl.")
    ] = None,
    receipts: Annotated[Path | None, typer.Option(file_okay=False, help="Keep the signed receipts here.")] = None,
    user_ref: Annotated[str | None, typer.Option(help="Your own reference to the user who made them.")] = None,
    prompt: Annotated[str | None, typer.Option(help="The prompt they were made from; it is checked first.")] = None,
    json: JsonFlag = False,
) -> None:
    """Ask the vault whether generated outputs may be released.

    Needs a token with scope safety (LEMM_TOKEN), or a service's LEMM_CLIENT_ID and LEMM_CLIENT_SECRET, which long
    batches need: tokens live for minutes. A batch that was stopped goes on where it was when it is called again.

    Ends with 0 when all may leave (allow, warn), 1 when one is blocked or nothing could be asked, 2 for a wrong
    call, 3 when none is blocked but not all could be cleared, or a batch was interrupted.
    """
    if (batch is None) == (not files):
        fail("what_to_check", "Name files, or a folder with --batch.", json)
    if batch is not None and (prompt or user_ref):
        fail("what_to_check", "A batch has no one prompt and no one user.", json)
    with problems(json), _api() as api:
        if batch is not None:
            kept = ledger or Path(f"lemm-check-{_safe(model)}.jsonl")
            raise typer.Exit(_batch(api, audio_files(batch), Ledger(kept, model), receipts, json))
        asked = api.call("POST", "/prompts/checks", {"prompt": prompt}) if prompt is not None else None
        if asked is not None and asked["outcome"] == "reject":
            fail("prompt_rejected", asked["message"], json)
        check_file = partial(check_one, api, model=model, user_ref=user_ref, prompt=asked)
        raise typer.Exit(_files(files or [], model, receipts, check_file, json))


def _files(files: list[Path], model: str, receipts: Path | None, check_file: Callable[..., Json], as_json: bool) -> int:
    outcomes = []
    with progress(as_json) as bar:
        task = bar.add_task("Checking", total=len(files))
        for path in files:
            bar.update(task, description=path.name)
            answer = check_file(path, output_id_of(sha256_of(path), model))
            save_receipt(answer, receipts)
            outcomes.append(answer["outcome"])
            if as_json:
                emit({"file": str(path), **answer})
            else:
                _show(path, answer)
            bar.advance(task)
    return exit_code(outcomes)


def _batch(api: Api, files: list[Path], ledger: Ledger, receipts: Path | None, as_json: bool) -> int:
    if not files:
        fail("nothing_to_check", "There is no audio in this folder.", as_json)
    with progress(as_json) as bar:
        task = bar.add_task("Checking", total=len(files))

        def said(path: Path, row: Json, is_new: bool) -> None:
            bar.update(task, description=path.name)
            bar.advance(task)
            if as_json and is_new:
                emit(row)

        try:
            rows = run_batch(api, files, ledger, receipts, said)
        except ValueError as flaw:
            fail("other_ledger", str(flaw), as_json)
        except Interrupted as stopped:
            return _interrupted(str(stopped), ledger, as_json)
    _show_summary(summary(rows), ledger, as_json)
    return exit_code(row["outcome"] for row in rows)


def _interrupted(fault: str, ledger: Ledger, as_json: bool) -> int:
    if as_json:
        emit({"error": {"code": "interrupted", "detail": fault}, "ledger": str(ledger.path)})
    else:
        err.print(f"[red]interrupted[/red]: {escape(fault)} Call again to go on ({ledger.path}).", highlight=False)
    return UNCLEAR


def _show(path: Path, answer: Json) -> None:
    colour = COLOURS.get(answer["outcome"], "red")
    said = answer.get("message") or f"{answer['error']['code']}: {answer['error']['detail']}"
    out.print(f"{escape(path.name)}  [{colour}]{answer['outcome']}[/{colour}]  {escape(said)}", highlight=False)
    for hit in answer.get("matches", ())[:5]:
        name = hit.get("title") or hit["ref"]
        out.print(f"    {hit['similarity']:.2f}  {escape(name)}  {span_words(hit['spans'])}", highlight=False)
    for side, axes in sorted(answer.get("similarity", {}).items()):
        figures = ", ".join(f"{axis} {figure:.2f}" for axis, figure in sorted(axes.items()))
        out.print(f"    {'vault' if side == 'internal' else 'outside'}: {figures}", highlight=False)
    for source in answer.get("missing", ()):
        out.print(f"    not checked: {source}", highlight=False)
    for advice in answer.get("suggestions", ()):
        out.print(f"    -> {escape(advice['text'])}", highlight=False)


def _show_summary(told: Json, ledger: Ledger, as_json: bool) -> None:
    if as_json:
        emit({"summary": told, "ledger": str(ledger.path)})
        return
    rows = [(name, str(count), f"{told['rates'][name]:.1%}") for name, count in told["outcomes"].items()]
    out.print(table(f"{told['outputs']} outputs of {ledger.model}", ("outcome", "outputs", "share"), rows))
    if told["most_hit"]:
        hit = [(one["title"] or one["ref"], one["ref"], str(one["outputs"])) for one in told["most_hit"]]
        out.print(table("Tracks hit most", ("track", "reference", "outputs"), hit))
    if told["sets_of_versions"] > 1:
        out.print(f"Checked under {told['sets_of_versions']} different states of vault, catalogues and policy.")
    out.print(f"Answers: {ledger.path}", highlight=False)


def _api() -> Api:
    session = load_session()
    api = Api(session.url, session.token)
    name, secret = os.environ.get("LEMM_CLIENT_ID"), os.environ.get("LEMM_CLIENT_SECRET")
    if name and secret:
        api.service_login(name, secret)
    return api


def _safe(name: str) -> str:
    return "".join(sign if sign.isalnum() or sign in "._-" else "_" for sign in name)[:80]


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(check)
