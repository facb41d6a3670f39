"""The checks of an output, read without anything that checking needs."""

from collections.abc import Iterator

from vault_domain.ports import every
from vault_domain.safety import OutputCheck, check_range

from vault_edge.deps import Deps


def earlier_checks(output_id: str, deps: Deps) -> tuple[OutputCheck, ...]:
    """All checks of one output, in order."""
    return tuple(every(lambda at: deps.records.list(OutputCheck, output_id, cursor=at)))


def latest_checks(output_id: str, deps: Deps) -> Iterator[OutputCheck]:
    """The checks of one output, the last one first, each read when it is asked for.

    They are numbered without a gap: the last one is found in as many looks as its number has binary digits, twice.
    """
    low, high = 0, 1
    while _check(output_id, high, deps) is not None:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _check(output_id, middle, deps) is not None else (low, middle)
    for number in range(low, 0, -1):
        found = _check(output_id, number, deps)
        if found is not None:
            yield found


def _check(output_id: str, number: int, deps: Deps) -> OutputCheck | None:
    return deps.records.get(OutputCheck, output_id, check_range(number))
