"""What commands print: tables for people, JSON lines for programs, refusals on stderr."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from lemm.client import ApiProblem
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from vault_domain.errors import VaultError

# Without a terminal (a log, a pipe) tables keep a width that can be read.
out = Console(width=None if sys.stdout.isatty() else 150)
err = Console(stderr=True)


def emit(document: Any) -> None:
    """One JSON line on standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A plain table with a title. Cells are text: what looks like markup in a title or a reason is shown as it is."""
    grid = Table(title=title, title_justify="left", header_style="bold")
    for name in columns:
        grid.add_column(name, overflow="fold")
    for row in rows:
        grid.add_row(*map(escape, row))
    return grid


def fail(code: str, detail: str, as_json: bool) -> NoReturn:
    """Say what went wrong, with its stable code, and end with status 1."""
    if as_json:
        emit({"error": {"code": code, "detail": detail}})
    else:
        err.print(f"[red]{code}[/red]: {escape(detail)}", highlight=False)
    raise typer.Exit(1)


@contextmanager
def problems(as_json: bool) -> Iterator[None]:
    """Turn a refusal, by the API or by what works offline, into a readable end."""
    try:
        yield
    except VaultError as error:
        fail(error.code, error.detail, as_json)
    except ApiProblem as problem:
        hint = " Sign in with `lemm login`." if problem.code == "unauthenticated" else ""
        fail(problem.code, problem.detail + hint, as_json)


def progress(quiet: bool) -> Progress:
    """A progress bar on stderr; silent when output is for programs."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        disable=quiet,
        transient=True,
    )


def seconds(value: float | None) -> str:
    """``12.3 s``, or a dash."""
    return "-" if value is None else f"{value:.1f} s"


def span_words(spans: Sequence[dict[str, Any]], most: int = 3) -> str:
    """Matched passages in words: ``3.0-12.9 s = 41.0-50.9 s, x1.05, +1.0 st``."""
    words = []
    for span in spans[:most]:
        text = f"{span['query_start']:.1f}-{span['query_end']:.1f} s = {span['ref_start']:.1f}-{span['ref_end']:.1f} s"
        if abs(span.get("tempo_factor", 1.0) - 1.0) > 0.005:
            text += f", x{span['tempo_factor']:.2f}"
        if abs(span.get("pitch_semitones", 0.0)) > 0.05:
            text += f", {span['pitch_semitones']:+.1f} st"
        words.append(text)
    return "; ".join(words) + (f" (+{len(spans) - most})" if len(spans) > most else "")
