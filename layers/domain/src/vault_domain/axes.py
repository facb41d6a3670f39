"""What each axis of the comparison said, side by side: exact, robust, melody, outside lookup.

A side (the vault, or what lies outside) has figures only where at least one of
its sources was searched, so an absent side never reads as "nothing found".
"""

from vault_domain.evidence import MELODY, SourceReport

EXACT, ROBUST, ACOUSTID = "fp_exact", "fp_robust", "acoustid"
SIDES = ("internal", "external")
Axes = dict[str, dict[str, float]]


def similarity_by_axis(reports: tuple[SourceReport, ...]) -> Axes:
    """Side -> axis -> the highest figure among the sources of that side that were searched."""
    found: Axes = {}
    for report in reports:
        if report.status != "checked":
            continue
        side = found.setdefault(report.side, {})
        for axis, figure in _of(report).items():
            side[axis] = max(side.get(axis, 0.0), figure)
    return found


def _of(report: SourceReport) -> dict[str, float]:
    if report.source == ACOUSTID:
        return {ACOUSTID: report.max_similarity}
    exact = 1.0 if any(hit.same_audio for hit in report.hits) else 0.0
    robust = max((hit.detectors.get(ROBUST, 0.0) for hit in report.hits), default=0.0)
    # What scores too low to be kept as a hit still counts in the report's own figure.
    rest = 0.0 if exact else report.max_similarity
    return {EXACT: exact, ROBUST: max(robust, rest), MELODY: report.max_melody}
