"""The checks of an output, read without anything that checking needs."""

from vault_domain.ports import every
from vault_domain.safety import OutputCheck

from vault_edge.deps import Deps


def earlier_checks(output_id: str, deps: Deps) -> tuple[OutputCheck, ...]:
    """All checks of one output, in order."""
    return tuple(every(lambda at: deps.records.list(OutputCheck, output_id, cursor=at)))
