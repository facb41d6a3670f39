"""Whether the passages that a check reported are the right ones, within a second."""

from collections.abc import Iterable
from typing import Any

TOLERANCE_S = 1.0


def spans_hold(spans: Iterable[dict[str, Any]], query_start: float, query_end: float, ref_start: float) -> bool:
    """Whether the spans at the right offset begin and end where the copy does.

    Spans elsewhere are no fault: music repeats itself, and a repeated bar matches twice.
    """
    offset = ref_start - query_start
    right = [span for span in spans if abs((span["ref_start"] - span["query_start"]) - offset) <= TOLERANCE_S]
    if not right:
        return False
    begin, end = min(s["query_start"] for s in right), max(s["query_end"] for s in right)
    return bool(abs(begin - query_start) <= TOLERANCE_S and abs(end - query_end) <= TOLERANCE_S)
