"""What a new output is told that copies something kept back: a work taken out, an output withdrawn or suspended.

- It is found by comparing, like a copy of anything else, and counts by the same
  thresholds; what is said beside the similarity are the words of suspensions.
- The index that is searched may lag behind. What was lifted since counts no more,
  as soon as it is lifted: the records decide, not the index.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from vault_domain.decision import Clearance
from vault_domain.evidence import MELODY, WITHHELD, Hit, SourceReport
from vault_domain.reasons import Reason
from vault_domain.suspensions import RESEMBLES_SUSPENDED, RESEMBLES_UPHELD, SAID, State


def found_in(reports: Sequence[SourceReport]) -> tuple[str, ...]:
    """What was found of what is kept back."""
    return tuple(dict.fromkeys(hit.ref for one in reports if one.source == WITHHELD for hit in one.hits))


def code_of(state: State | None) -> str | None:
    """Why nothing that copies this is released; None where something lifted it.

    ``state``: where it stands, None for what was never suspended, which is a work that was taken out.
    """
    if state == "lifted":
        return None
    return RESEMBLES_SUSPENDED if state == "suspended" else RESEMBLES_UPHELD


def without(report: SourceReport, lifted: Collection[str]) -> SourceReport:
    """The report without what counts no more."""
    hits = tuple(hit for hit in report.hits if hit.ref not in lifted)
    if hits == report.hits:
        return report
    return report.with_changes(
        hits=hits,
        max_similarity=_most(hit for hit in hits if hit.detector != MELODY),
        max_melody=_most(hit for hit in hits if hit.detector == MELODY),
    )


def explained(found: Clearance, codes: Mapping[str, str]) -> Clearance:
    """The same decision; after each thing that blocks and is kept back, why that is so (once).

    ``codes``: what was found of what is kept back, and why nothing like it is released.
    """
    if found.outcome != "block":
        return found
    reasons: list[Reason] = []
    for reason in found.reasons:
        why = [Reason(code=codes[ref], detail=SAID[codes[ref]], refs=(ref,)) for ref in reason.refs if ref in codes]
        reasons += [reason, *(one for one in why if one not in reasons)]
    return replace(found, reasons=tuple(reasons))


def _most(hits: Iterable[Hit]) -> float:
    return max((hit.similarity for hit in hits), default=0.0)
