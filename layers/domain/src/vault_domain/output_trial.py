"""What a policy would have said of outputs that were checked: decided anew from what their checks found.

A check keeps the hits and the names of the sources that it reached and that it
missed, not the reports themselves; :func:`as_reports` makes reports of them
that lead to the same decision. Of a source that the policy did not demand at
the time only that it answered is known: a demand for every catalogue is judged
by those that did. Suspensions stand apart: they are nothing that a policy says.
"""

from collections.abc import Iterable

from pydantic import JsonValue

from vault_domain.decision import decide_output
from vault_domain.evidence import SourceReport
from vault_domain.policy import Policy
from vault_domain.safety import OutputCheck, judged_by
from vault_domain.trials import Tally


def as_reports(check: OutputCheck) -> tuple[SourceReport, ...]:
    """Reports that say what the check has on record; its hits stand with one of them, since only they count."""
    made = (*(["vault"] if check.checked_against_internal else []), *check.checked_against_external_catalogs)
    found = [_report(check, source, "checked") for source in made]
    found += [_report(check, source, "failed") for source in check.missing]
    if found and check.hits:
        found[0] = found[0].with_changes(hits=check.hits)
    return tuple(found)


def try_outputs(
    present: Policy, proposed: Policy, checks: Iterable[OutputCheck], configured: frozenset[str] = frozenset()
) -> dict[str, JsonValue]:
    """How many checks would have come out differently under the proposal than under the present policy."""
    tally = Tally("outputs")
    for check in checks:
        reports = as_reports(check)
        policies = (judged_by(check, policy) for policy in (present, proposed))
        before, after = (decide_output(reports, policy, configured).outcome for policy in policies)
        tally.count(before, after, output_id=check.output_id, model_id=check.model_id)
    return tally.told()


def _report(check: OutputCheck, source: str, status: str) -> SourceReport:
    return SourceReport(
        subject=check.output_id, source=source, side="internal" if source == "vault" else "external",
        status=status, at=check.at,
    )  # fmt: skip
