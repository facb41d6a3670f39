"""Printing figures: a title, aligned columns, medians."""

import time
from collections.abc import Callable, Sequence
from statistics import median


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """One table in plain text that is also Markdown."""
    widths = [max(len(str(row[n])) for row in [columns, *rows]) for n in range(len(columns))]
    print(f"\n{title}\n")
    for row in [columns, ["-" * width for width in widths], *rows]:
        print("| " + " | ".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")


def timed(call: Callable[[], object], repeats: int = 5) -> float:
    """Median seconds of several calls, after one that warms up."""
    call()
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return median(taken)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def peak_mb() -> float:
    """Most memory that this process ever held, MB. (The usage counter would carry the parent's over.)"""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
