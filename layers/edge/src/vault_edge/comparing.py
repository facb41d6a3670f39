"""What the two matching steps share: the track as a query, patience, and reports on record.

Promise of :func:`record_reports`: the same findings are recorded once. A
repeated step that finds what is on record already writes nothing, so a step
that ran twice leaves the same state as one that ran once.
"""

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from pydantic import BaseModel
from vault_audio.features import unpack
from vault_domain.admission import vault_query_key
from vault_domain.canonical import sha256_hex
from vault_domain.errors import Corrupt, NotFound, Revoked
from vault_domain.events import Actor, Kind, make_event
from vault_domain.evidence import FingerprintRecord, SourceReport, findings_sha256
from vault_domain.ids import TrackId, UploadId
from vault_domain.ports import Put
from vault_domain.tracks import Status, Track
from vault_domain.uploads import features_key

from vault_edge.deps import Deps
from vault_edge.matching import Query
from vault_edge.racing import settled

MAX_FEATURES_BYTES = 128 * 2**20
TRIES = 3
PAUSE_S = 0.5
IN_VAULT = (Status.ACCEPTED, Status.UNDER_INVESTIGATION)
NOT_KEPT = "this track was admitted before its query was kept, so it can't be compared anew; submit it again"


class MatchAsk(BaseModel):
    """A fingerprinted track and its upload."""

    track_id: TrackId
    upload_id: UploadId


class Unaskable(NamedTuple):
    """A track that nothing can be asked about: what a comparison asks with was not kept, and why."""

    subject: str
    reason: str


def query_of(ask: MatchAsk, deps: Deps) -> Query | Unaskable:
    """The track's features as they were recorded. Raises ``Revoked`` for a track that was taken back.

    A track that came into the vault before queries were kept there has none:
    that is said, so that its sources are recorded as not checked.
    """
    track = deps.records.get(Track, ask.track_id)
    known = deps.records.get(FingerprintRecord, ask.track_id)
    if track is not None and track.status is Status.REMOVED:
        raise Revoked("the track was taken back")
    if track is None or known is None or track.upload_id != ask.upload_id:
        raise NotFound("no such upload and track, or it has no fingerprints yet")
    bucket, key, wanted = "quarantine", features_key(ask.upload_id), known.features_sha256
    if track.status in IN_VAULT:  # the quarantine keeps nothing of it
        if known.query_sha256 is None:
            return Unaskable(ask.track_id, NOT_KEPT)
        bucket, key, wanted = "vault", vault_query_key(ask.track_id), known.query_sha256
    data = deps.bucket(bucket).read(key, limit=MAX_FEATURES_BYTES)
    if sha256_hex(data) != wanted:
        raise Corrupt("the stored features are not those that were recorded", part=key)
    return Query(ask.track_id, unpack(data), known.audio_sha256, known.chromaprint)


def patiently(
    report: Callable[[], SourceReport], tries: int = TRIES, sleep: Callable[[float], None] = time.sleep
) -> SourceReport:
    """A report, asked for again while the source fails; the last one stands."""
    found = report()
    for attempt in range(tries - 1):
        if found.status != "failed":
            break
        sleep(PAUSE_S * 2**attempt)
        found = report()
    return found


def record_reports(reports: Iterable[SourceReport], actor: Actor, deps: Deps) -> None:
    """Put each report on record with an event, unless the same findings stand there."""
    for report in reports:
        settled(lambda one=report: _record(one, actor, deps))  # type: ignore[misc]


def _record(report: SourceReport, actor: Actor, deps: Deps) -> None:
    present = deps.records.get(SourceReport, report.subject, f"{SourceReport.kind}#{report.source}")
    findings = findings_sha256((report,), ())
    if present is not None and findings_sha256((present,), ()) == findings:
        return
    event = make_event(
        deps.new_id("evt"), Kind.EVIDENCE_RECORDED, report.subject, actor, report.at, _versions(report),
        source=report.source, status=report.status, hits=len(report.hits),
        max_similarity=report.max_similarity, findings_sha256=findings,
    )  # fmt: skip
    deps.records.commit([Put(report, present.version if present else 0)], [event])


def _versions(report: SourceReport) -> dict[str, str]:
    said = {"snapshot": report.snapshot, "calibration": report.calibration}
    return {name: value for name, value in said.items() if value}
