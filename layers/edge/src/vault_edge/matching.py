"""From detectors to evidence: one report per source, each made or honestly not made.

Promise: a report with status ``checked`` says that the whole snapshot it names
was searched with the calibration it names. A source that could not be read
gives ``failed``, one that was not asked ``not_checked``, each with a reason;
never an empty report that looks clean.

``same_audio`` is said on two grounds only: the decoded samples have the same
hash, or nearly all of the query lies, unshifted and at the same tempo, on nearly
all of the reference, and the whole-track Chromaprint comparison agrees.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol

from vault_audio import chromaprint, chromaprint_match
from vault_audio.features import Features
from vault_domain.errors import Corrupt, VaultError
from vault_domain.evidence import FingerprintRecord, Hit, SourceReport, Span
from vault_index import melody
from vault_index.calibration import Calibration, builtin
from vault_index.search import Match, search

from vault_edge.gathering import gathered
from vault_edge.index import Opened
from vault_edge.outbound import AcoustId, NotChecked, ask_acoustid
from vault_edge.tune_hits import LEAST_SIMILARITY, Side, beside, tune_hits

VAULT: Final = "vault"
ACOUSTID: Final = "acoustid"
EXACT: Final = "fp_exact"
MAX_HITS: Final = 20
MAX_SPANS: Final = 16
"""Per hit: a report stays far below the store's 400 kB for one record."""

WHOLE_COVERAGE: Final = 0.9
SAME_TEMPO: Final = 0.005
SAME_PITCH: Final = 0.25  # semitones
SAME_LENGTH: Final = 0.05
SAME_PRINT: Final = 0.7
"""Coverage x (1 - 2 x bit error): unrelated pairs stay under 0.5, re-encodings of one recording over 0.8."""

Fingerprints = Callable[[str], FingerprintRecord | None]


@dataclass(frozen=True, eq=False)
class Query:
    """What is compared: ``features`` with their dense map, the first two minutes' Chromaprint, the samples' hash."""

    subject: str
    features: Features
    audio_sha256: str | None = None
    chromaprint: str | None = None

    @property
    def duration_s(self) -> float:
        return self.features.duration_s


class Whole(Protocol):
    """A whole recording by its fingerprint alone."""

    @property
    def subject(self) -> str: ...
    @property
    def chromaprint(self) -> str | None: ...
    @property
    def duration_s(self) -> float: ...


@dataclass(frozen=True)
class Source:
    """One index to search: its name in reports, how to read it, and tracks that do not count."""

    name: str
    side: Side
    read: Callable[[], Opened]
    without: frozenset[str] = frozenset()
    fingerprints: Fingerprints | None = None
    """Fingerprints of its tracks, where it has them: needed to say that two recordings are the same."""


def report_of(query: Query, source: Source, now: datetime, original: str | None = None) -> SourceReport:
    """Search one index. ``original``: the track that has exactly these samples, if there is one."""
    try:
        opened = source.read()
        calibration = builtin()
        shards, removed = gathered(opened.shards), frozenset(opened.manifest.removed) | source.without
        with ThreadPoolExecutor(1) as pool:  # both spend most of their time outside the interpreter's lock
            tunes_found = pool.submit(tune_hits, query.features, shards, removed, source.side)
            found = search(shards, query.features, removed=removed, calibration=calibration, limit=MAX_HITS)
            hits, tunes = _hits(query, found, source), tunes_found.result()
    except VaultError as error:
        return unmade(query.subject, source.name, source.side, "failed", error.detail, now)
    if original is not None:
        hits = _with_original(query, hits, original)
    return _made(query, source, opened, calibration, hits, tunes, now)


def acoustid_report(query: Whole, client: AcoustId | None, now: datetime) -> SourceReport:
    """Ask AcoustID about the whole recording; its own score stands for the similarity."""
    try:
        found = ask_acoustid(client, query.chromaprint, query.duration_s)
    except VaultError as error:
        return unmade(query.subject, ACOUSTID, "external", "failed", error.detail, now)
    if isinstance(found, NotChecked):
        return unmade(query.subject, ACOUSTID, "external", "not_checked", found.reason, now)
    heard = min(query.duration_s, chromaprint.LOOKUP_S)
    hits = tuple(
        Hit(
            ref=f"{ACOUSTID}:{one.recording or one.acoustid}"[:200],
            title=(one.title or "")[:300],
            artist=(one.artist or "")[:300],
            similarity=one.score,
            overlap_s=heard,
            coverage=min(1.0, heard / query.duration_s),
            detector=ACOUSTID,
            detectors={ACOUSTID: one.score},
        )
        for one in found[:MAX_HITS]
        if one.score >= LEAST_SIMILARITY
    )
    best = max((one.score for one in found), default=0.0)
    return SourceReport(
        subject=query.subject, source=ACOUSTID, side="external", status="checked",
        max_similarity=best, hits=hits, at=now,
    )  # fmt: skip


def unmade(
    subject: str, source: str, side: Side, status: Literal["not_checked", "failed"], reason: str, now: datetime
) -> SourceReport:
    """The report of a check that was not made."""
    return SourceReport(subject=subject, source=source, side=side, status=status, reason=reason[:300], at=now)


def _made(
    query: Query,
    source: Source,
    opened: Opened,
    calibration: Calibration,
    hits: tuple[Hit, ...],
    tunes: tuple[Hit, ...],
    now: datetime,
) -> SourceReport:
    kept = tuple(hit for hit in hits if hit.similarity >= LEAST_SIMILARITY)
    return SourceReport(
        subject=query.subject,
        source=source.name,
        side=source.side,
        status="checked",
        snapshot=opened.snapshot_id,
        tracks_searched=max(0, opened.manifest.tracks - len(opened.manifest.removed)),
        calibration=calibration.version,
        settings=dict(opened.manifest.settings),
        melody_calibration=melody.builtin().version,
        max_similarity=max((hit.similarity for hit in hits), default=0.0),
        max_melody=max((hit.similarity for hit in tunes), default=0.0),
        hits=beside(kept[:MAX_HITS], tunes),
        at=now,
    )


def _hits(query: Query, found: Sequence[Match], source: Source) -> tuple[Hit, ...]:
    return tuple(_confirmed(query, _hit(match, source), match, source) for match in found)


def _hit(match: Match, source: Source) -> Hit:
    spans = tuple(
        Span(
            query_start=span.query_start, query_end=span.query_end, ref_start=span.ref_start, ref_end=span.ref_end,
            tempo_factor=span.tempo_factor, pitch_semitones=span.pitch_semitones, score=span.similarity,
        )
        for span in match.spans[:MAX_SPANS]
    )  # fmt: skip
    return Hit(
        ref=match.track[:200],
        title="" if source.side == "internal" else match.track[:300],
        similarity=min(1.0, max(0.0, match.similarity)),
        overlap_s=overlap(spans),
        coverage=min(1.0, max(0.0, match.coverage)),
        detector=match.detector,
        detectors=dict(match.detectors),
        spans=spans,
    )


def _confirmed(query: Query, hit: Hit, match: Match, source: Source) -> Hit:
    """The hit with ``same_audio`` set where the second ground holds."""
    if source.fingerprints is None or query.chromaprint is None or not _lies_on_all(hit, query.duration_s):
        return hit
    known = source.fingerprints(match.track)
    if known is None or abs(known.duration_s / max(query.duration_s, 1e-9) - 1) > SAME_LENGTH:
        return hit
    agreement = print_agreement(query.chromaprint, known.chromaprint)
    detectors = {**hit.detectors, "chromaprint": round(agreement, 4)}
    return hit.model_copy(update={"same_audio": agreement >= SAME_PRINT, "detectors": detectors})


def _lies_on_all(hit: Hit, seconds: float) -> bool:
    plain = [
        span
        for span in hit.spans
        if abs(span.tempo_factor - 1) <= SAME_TEMPO and abs(span.pitch_semitones) <= SAME_PITCH
    ]
    return covered((span.query_start, span.query_end) for span in plain) >= WHOLE_COVERAGE * max(seconds, 1e-9)


def print_agreement(query: str, ref: str) -> float:
    """Whole-track similarity of two packed Chromaprint fingerprints, 0 to 1; 0 for damaged ones."""
    try:
        _, one = chromaprint.decompress(query)
        _, other = chromaprint.decompress(ref)
    except Corrupt:
        return 0.0
    return chromaprint_match.compare(one, other).similarity


def _with_original(query: Query, hits: tuple[Hit, ...], original: str) -> tuple[Hit, ...]:
    """The same samples: similarity 1 over the whole, whatever the landmarks say."""
    whole = Span(query_start=0, query_end=query.duration_s, ref_start=0, ref_end=query.duration_s, score=1.0)
    known = next((hit for hit in hits if hit.ref == original), None)
    same = Hit(
        ref=original,
        similarity=1.0,
        overlap_s=query.duration_s,
        coverage=1.0,
        detector=EXACT,
        detectors={**(known.detectors if known else {}), EXACT: 1.0},
        spans=known.spans if known and known.spans else (whole,),
        same_audio=True,
    )
    return (same, *(hit for hit in hits if hit.ref != original))


def overlap(spans: Sequence[Span]) -> float:
    """Seconds of the query that are different material of the reference: what is played again counts once.

    Material of the reference is counted in the query's own time, so that a slower or faster copy counts as long as
    it sounds.
    """
    here = covered((span.query_start, span.query_end) for span in spans)
    there = covered((span.ref_start, span.ref_end) for span in spans)
    played = sum(span.query_end - span.query_start for span in spans)
    original = sum(span.ref_end - span.ref_start for span in spans)
    return min(here, there * played / original) if original > 0 else here


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """Seconds that these stretches cover together; overlaps count once.

    >>> covered([(0.0, 10.0), (5.0, 12.0)])
    12.0
    """
    total, reached = 0.0, 0.0
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total
