"""external-match: compare a fingerprinted track with every registered catalogue and with AcoustID."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

from vault_domain.events import Actor
from vault_domain.evidence import SourceReport
from vault_domain.policy import CatalogueEntry
from vault_edge.app import App, Deps, Json
from vault_edge.comparing import MatchAsk, Unaskable, patiently, query_of, record_reports
from vault_edge.matching import ACOUSTID, Query, Source, acoustid_report, report_of, unmade
from vault_edge.pack_sources import reference_refusal

app = App("external-match")
ACTOR = Actor(id="fn:external-match", role="system")
AT_ONCE = 4


@app.step
def match(ask: MatchAsk, deps: Deps) -> Json:
    """Ask every active source at once; record what each found, or that it could not be asked.

    Raises ``Revoked`` for a track that was taken back.
    """
    query = query_of(ask, deps)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        reports = list(pool.map(patiently, _questions(query, deps)))
    record_reports(reports, ACTOR, deps)
    return {**ask.model_dump(), "sources": [{"source": one.source, "status": one.status} for one in reports]}


def _questions(query: Query | Unaskable, deps: Deps) -> list[Callable[[], SourceReport]]:
    """One question per source; AcoustID first, since it takes longest."""
    entries = [one for one in deps.records.list(CatalogueEntry, "catalogues").items if one.active]
    now = deps.clock()
    if isinstance(query, Unaskable):
        names = (ACOUSTID, *(f"catalogue:{entry.name}" for entry in entries))
        return [partial(unmade, query.subject, name, "external", "not_checked", query.reason, now) for name in names]
    return [
        lambda: acoustid_report(query, deps.acoustid, deps.clock()),
        *(partial(_report, query, entry, now, deps) for entry in entries),
    ]


def _report(query: Query, entry: CatalogueEntry, now: datetime, deps: Deps) -> SourceReport:
    """Compare with one catalogue, unless the licences of its pack no longer allow it: then say so."""
    name = f"catalogue:{entry.name}"
    refusal = reference_refusal(deps.records, entry.pack, now)
    if refusal:
        return unmade(query.subject, name, "external", "not_checked", refusal, now)
    return report_of(query, Source(name, "external", partial(deps.index.reader, entry.name)), now)


handler, http = app.lambda_entry(), app.http_entry()
