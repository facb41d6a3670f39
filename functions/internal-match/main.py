"""internal-match: compare a fingerprinted track with everything that the vault holds."""

from vault_domain.events import Actor
from vault_domain.evidence import FingerprintRecord, Original, SourceReport
from vault_edge.app import App, Deps, Json
from vault_edge.comparing import MatchAsk, Unaskable, patiently, query_of, record_reports
from vault_edge.matching import VAULT, Query, Source, report_of, unmade

app = App("internal-match")
ACTOR = Actor(id="fn:internal-match", role="system")


@app.step
def match(ask: MatchAsk, deps: Deps) -> Json:
    """Search the vault's index and the register of sounds; record what was found, in which snapshot.

    An index that can't be read is recorded as not read. Raises ``Revoked`` for a track that was taken back.
    """
    query = query_of(ask, deps)
    report = patiently(lambda: _report(query, deps))
    record_reports((report,), ACTOR, deps)
    return {**ask.model_dump(), "sources": [{"source": report.source, "status": report.status}]}


def _report(query: Query | Unaskable, deps: Deps) -> SourceReport:
    if isinstance(query, Unaskable):
        return unmade(query.subject, VAULT, "internal", "not_checked", query.reason, deps.clock())
    source = Source(
        name=VAULT,
        side="internal",
        read=lambda: deps.index.reader(VAULT),
        without=frozenset({query.subject}),
        fingerprints=lambda track_id: deps.records.get(FingerprintRecord, track_id),
    )
    claim = deps.records.get(Original, query.audio_sha256) if query.audio_sha256 else None
    same = claim.track_id if claim and claim.track_id != query.subject else None
    return report_of(query, source, deps.clock(), same)


handler, http = app.lambda_entry(), app.http_entry()
