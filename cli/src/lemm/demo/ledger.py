"""What the demonstration expected and what it saw, as a table."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table


@dataclass(frozen=True)
class Line:
    """One expectation: what was tried, what came out, whether it held."""

    what: str
    checks: str
    spans: str
    decision: str
    seconds: float
    held: bool

    def document(self) -> dict[str, Any]:
        """For --json."""
        return {
            "what": self.what,
            "checks": self.checks,
            "spans": self.spans,
            "decision": self.decision,
            "seconds": round(self.seconds, 2),
            "held": self.held,
        }


@dataclass
class Ledger:
    """Lines in the order in which they became known; ``on_line`` hears of each."""

    on_line: Callable[[Line], None] = lambda _: None
    lines: list[Line] = field(default_factory=list)

    def add(self, what: str, held: bool, decision: str, *, seconds: float, checks: str = "", spans: str = "") -> None:
        """Write one line down."""
        line = Line(what, checks, spans, decision, seconds, held)
        self.lines.append(line)
        self.on_line(line)

    @contextmanager
    def timed(self) -> Iterator[Callable[[], float]]:
        """Seconds since entering, as a function."""
        began = time.monotonic()
        yield lambda: time.monotonic() - began

    @property
    def held(self) -> bool:
        """Whether there were expectations and all of them held."""
        return bool(self.lines) and all(line.held for line in self.lines)

    def table(self) -> Table:
        """The readable table."""
        grid = Table(title="What happened", title_justify="left", header_style="bold", show_lines=False)
        for name in ("", "track", "checks", "matched passages", "decision"):
            grid.add_column(name, overflow="fold")
        grid.add_column("time", justify="right")
        for line in self.lines:
            mark = "[green]yes[/green]" if line.held else "[red]NO[/red]"
            grid.add_row(mark, line.what, line.checks, line.spans, line.decision, f"{line.seconds:.1f} s")
        return grid
