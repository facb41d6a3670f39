"""What was found of what is kept back, and where that stands now: read only where something was found."""

from collections.abc import Sequence

from vault_domain import withheld
from vault_domain.decision import Clearance
from vault_domain.evidence import SourceReport
from vault_domain.suspensions import State, Suspension

from vault_edge.deps import Deps


def standing_only(report: SourceReport, deps: Deps) -> SourceReport:
    """The report of this source without what was lifted since its index was made."""
    states = _states(withheld.found_in((report,)), deps)
    return withheld.without(report, {ref for ref, state in states.items() if state == "lifted"})


def explained(found: Clearance, reports: Sequence[SourceReport], deps: Deps) -> Clearance:
    """The decision, with the words of suspensions where something kept back is copied."""
    refs = withheld.found_in(reports) if found.outcome == "block" else ()
    codes = {ref: withheld.code_of(state) for ref, state in _states(refs, deps).items()}
    return withheld.explained(found, {ref: code for ref, code in codes.items() if code is not None})


def _states(refs: Sequence[str], deps: Deps) -> dict[str, State | None]:
    """Where each stands; None for a track, of which there is no such record."""
    if not refs:
        return {}
    found = deps.records.get_many(Suspension, [(ref, Suspension.kind) for ref in refs])
    return {ref: one.state if one else None for ref, one in zip(refs, found, strict=True)}
