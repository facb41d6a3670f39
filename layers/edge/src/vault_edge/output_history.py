"""The checks of an output, read without anything that checking needs."""

from vault_domain.safety import OutputCheck

from vault_edge.deps import Deps


def earlier_checks(output_id: str, deps: Deps) -> tuple[OutputCheck, ...]:
    """All checks of one output, in order."""
    found: tuple[OutputCheck, ...] = ()
    cursor: str | None = None
    while True:
        page = deps.records.list(OutputCheck, output_id, cursor=cursor)
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found
