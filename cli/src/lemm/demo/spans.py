"""Whether the passages that a check reported are the right ones, within a second."""

from collections.abc import Iterable
from typing import Any

TOLERANCE_S = 1.0


def spans_hold(
    spans: Iterable[dict[str, Any]],
    query_start: float,
    query_end: float,
    ref_start: float,
    quiet: tuple[float, float] = (0.0, 0.0),
) -> bool:
    """Whether the spans at the right offset begin and end where the copy does.

    ``quiet``: seconds at its beginning and end that hold next to nothing; a span need not reach into them.
    Spans elsewhere are no fault: music repeats itself, and a repeated bar matches twice.
    """
    offset = ref_start - query_start
    right = [span for span in spans if abs((span["ref_start"] - span["query_start"]) - offset) <= TOLERANCE_S]
    if not right:
        return False
    begin, end = min(s["query_start"] for s in right), max(s["query_end"] for s in right)
    begins = -TOLERANCE_S <= begin - query_start <= quiet[0] + TOLERANCE_S
    return bool(begins and -quiet[1] - TOLERANCE_S <= end - query_end <= TOLERANCE_S)
