"""Evidence: what each detector and source found, or that it could not look.

A report with ``status`` other than ``checked`` is never clean. Similarities
are on the calibrated scale (0.4: 1 % of unrelated queries score as high,
0.7: 0.1 %), fused for the whole query; ``detectors`` gives each axis. The
melody axis (the same tune in another arrangement) has hits of its own and a
calibration of its own, and is no part of the fused score.
"""

from collections.abc import Iterable
from typing import ClassVar, Literal

from pydantic import Field

from vault_domain.canonical import digest
from vault_domain.reasons import Reason
from vault_domain.records import Record, Sha256, UtcTime, Value

MELODY = "melody"
"""The detector of hits of the melody axis."""
WITHHELD = "withheld"
"""The source of what was taken out, withdrawn or suspended: nothing that copies it is released (ADR 0033)."""


class Span(Value):
    """A matched passage, in seconds; ``tempo_factor`` > 1: the query is faster."""

    query_start: float = Field(ge=0)
    query_end: float = Field(ge=0)
    ref_start: float
    ref_end: float
    tempo_factor: float = Field(default=1.0, gt=0)
    pitch_semitones: float = 0.0
    score: float = 0.0


class Hit(Value):
    """One reference that the query resembles."""

    ref: str = Field(max_length=200)
    title: str = Field(default="", max_length=300)
    artist: str = Field(default="", max_length=300)
    similarity: float = Field(ge=0, le=1)
    overlap_s: float = Field(default=0.0, ge=0)
    coverage: float = Field(default=0.0, ge=0, le=1)
    detector: str = Field(max_length=40)
    detectors: dict[str, float] = Field(default_factory=dict)
    spans: tuple[Span, ...] = Field(default=(), max_length=64)
    same_audio: bool = False
    """The decoded samples, or the whole-track fingerprint, are those of the reference."""


class SourceReport(Record):
    """What one source said of one subject (a track or an output)."""

    table: ClassVar[str] = "evidence"
    kind: ClassVar[str] = "source"

    subject: str
    source: str = Field(pattern=r"^[a-z0-9][a-z0-9_.:-]{0,79}$")
    """``vault``, ``withheld``, ``catalogue:<name>`` or ``acoustid``."""
    side: Literal["internal", "external"]
    status: Literal["checked", "not_checked", "failed"]
    reason: str = Field(default="", max_length=300)
    snapshot: str | None = None
    tracks_searched: int | None = Field(default=None, ge=0)
    calibration: str | None = None
    melody_calibration: str | None = None
    """Version behind the melody axis; None where that axis was not searched."""
    settings: dict[str, int] = Field(default_factory=dict)
    max_similarity: float = Field(default=0.0, ge=0, le=1)
    """The highest fused score; that of the melody axis is ``max_melody``."""
    max_melody: float = Field(default=0.0, ge=0, le=1)
    hits: tuple[Hit, ...] = Field(default=(), max_length=50)
    at: UtcTime

    def key(self) -> tuple[str, str]:
        return self.subject, f"source#{self.source}"


class FingerprintRecord(Record):
    """What is kept of the sound of a track or output; vectors and hashes live in object storage."""

    table: ClassVar[str] = "evidence"
    kind: ClassVar[str] = "fingerprint"

    subject: str
    duration_s: float = Field(ge=0)
    audio_sha256: Sha256
    content_sha256: Sha256
    chromaprint: str = Field(max_length=200_000)
    features: str = Field(max_length=300)
    """Bucket and key of the packed features."""
    features_sha256: Sha256
    query_sha256: Sha256 | None = None
    """Of the features as a query, which the vault keeps too once the track is admitted."""
    settings: dict[str, int]
    embedder: str | None = None
    at: UtcTime

    def key(self) -> tuple[str, str]:
        return self.subject, self.kind


class Original(Record):
    """The one track that a sound belongs to: keyed by the hash of its decoded samples."""

    table: ClassVar[str] = "originals"
    kind: ClassVar[str] = "original"

    audio_sha256: Sha256
    track_id: str
    since: UtcTime

    def key(self) -> tuple[str, str]:
        return self.audio_sha256, self.kind


def all_hits(reports: tuple[SourceReport, ...], side: str | None = None) -> tuple[Hit, ...]:
    """Hits of all reports (of one side), best first.

    A subject is no hit of its own: a track may already be in the index that it
    is compared with, when an admission was cut off half-way and taken up again.
    """
    hits = [
        hit for report in reports if side in (None, report.side) for hit in report.hits if hit.ref != report.subject
    ]
    return tuple(sorted(hits, key=lambda hit: -hit.similarity))


def findings_sha256(reports: Iterable[SourceReport], flags: Iterable[Reason], own: Iterable[str] = ()) -> str:
    """Hash of what was found, whenever it was found: equal findings, equal hash.

    ``own``: references of hits that are the contributor's own releases (:mod:`vault_domain.control`).
    """
    labels = {"own": sorted(own)}
    said = sorted((report.model_dump(mode="json", exclude={"version", "at"}) for report in reports), key=_source)
    found = {"reports": said, "flags": [flag.model_dump(mode="json") for flag in flags]}
    return digest({**found, **labels} if labels["own"] else found)


def _source(report: dict[str, object]) -> str:
    return str(report["source"])


def unreached(reports: tuple[SourceReport, ...], required: tuple[str, ...]) -> tuple[str, ...]:
    """Required sources without a made check.

    ``catalogue`` stands for every catalogue that is registered: at least one
    was checked, and none was left out because it could not be read.
    """
    made = {name for report in reports if report.status == "checked" for name in _names(report)}
    missed = {name for report in reports if report.status != "checked" for name in _names(report)}
    return tuple(source for source in required if source not in made or source in missed)


def _names(report: SourceReport) -> tuple[str, str]:
    """What a policy may call this source: its name, and its kind."""
    return report.source, report.source.split(":", 1)[0]
