"""AcoustID, asked again about cleared outputs: it grows without saying so, so what is new in it is found by time.

A pass begins ``ASK_AGAIN`` after the last one began and asks about one output
after the other, at AcoustID's own pace. No audio and no features are needed,
only the fingerprint that was kept with the check.
"""

from dataclasses import dataclass

from aws_lambda_powertools.logging import Logger
from scan_outputs import recorded, rows_at
from vault_domain.errors import SourceUnavailable
from vault_domain.events import Actor
from vault_domain.rechecks import Scan, asked_lately
from vault_edge.app import Deps
from vault_edge.matching import acoustid_report
from vault_edge.racing import settled

PAGE = 20
"""At three a second a page takes seven seconds; with slow answers it still ends before the next run may go on."""
MOST_FAILED = 3
"""One output that can't be asked about is passed over; so many in a row say that AcoustID is away."""


@dataclass(frozen=True)
class Question:
    """What AcoustID is asked about an output."""

    subject: str
    chromaprint: str | None
    duration_s: float


def asked_page(at: Scan, actor: Actor, deps: Deps, logger: Logger) -> tuple[str | None, int, int]:
    """Where to go on, how many outputs were asked about, and how many got a stricter status.

    Raises ``SourceUnavailable`` when AcoustID does not answer; the page is then asked about again.
    """
    rows, asked, changed, failed = rows_at(at, PAGE, deps), 0, 0, 0
    for row in rows.items:
        if row.chromaprint is None or asked_lately(row, deps.clock()):
            continue
        asked += 1
        report = acoustid_report(Question(row.output_id, row.chromaprint, row.duration_s), deps.acoustid, deps.clock())
        failed = 0 if report.status == "checked" else failed + 1
        if failed == MOST_FAILED:
            raise SourceUnavailable(report.reason)
        if failed:
            logger.warning("AcoustID did not answer", extra={"output_id": row.output_id, "why": report.reason})
        elif report.hits:
            changed += settled(lambda row=row, said=report: recorded(row, said, actor, deps))  # type: ignore[misc]
    return rows.cursor, asked, changed
