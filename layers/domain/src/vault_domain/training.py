"""Training grants: which tracks a run may read, for how long, and the run's own record.

A grant is decided once, on the server, from the data spec and the rights as
they are; each read is decided again from the rights as they are *then*. The
manifest lists what was granted; its hash is inside the run token, so a token
opens exactly one manifest.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field, JsonValue, model_validator

from vault_domain.canonical import digest
from vault_domain.errors import Conflict
from vault_domain.ids import AccountId, RunId, TrackId
from vault_domain.records import Record, Sha256, UtcTime, Value, stamp
from vault_domain.rights import Purpose, RightsRecord, allows
from vault_domain.submission import Language, Tag
from vault_domain.tracks import Status, Track

CORE_PACK = "LEMM_Vault_v1_core"
MANIFEST_TYPE = "application/vnd.lemm.training-manifest.v1+json"


class Filters(Value):
    """Which of the granted packs' tracks; every given filter must match."""

    genres: tuple[Tag, ...] = Field(default=(), max_length=50)
    languages: tuple[Language, ...] = Field(default=(), max_length=50)
    submitted_from: UtcTime | None = None
    submitted_until: UtcTime | None = None
    max_tracks: int | None = Field(default=None, ge=1, le=100_000)


class DataSpec(Value):
    """What a run asks for: the body of POST /training/tokens."""

    run_id: RunId
    model_id: str = Field(min_length=1, max_length=120)
    model_type: str = Field(min_length=1, max_length=60)
    purpose: Purpose
    packs: tuple[str, ...] = Field(default=(CORE_PACK,), min_length=1, max_length=50)
    filters: Filters = Filters()
    config_sha256: Sha256 | None = None
    hyper_parameters: dict[str, JsonValue] = Field(default_factory=dict, max_length=100)

    @model_validator(mode="after")
    def _distinct(self) -> "DataSpec":
        if len(set(self.packs)) != len(self.packs):
            raise ValueError("a pack is named twice")
        return self


class Entry(Value):
    """One readable track of a manifest."""

    track_id: TrackId
    uri: str
    sha256: Sha256
    bytes: int = Field(ge=0)
    duration_s: float = Field(ge=0)
    genres: tuple[str, ...]
    rights_sha256: Sha256
    consent_version: int


@dataclass(frozen=True)
class Left:
    """A track that matched the spec and was left out, and why (counted, never listed to the job)."""

    track_id: str
    reason: str


class TrainingRun(Record):
    """A run: what it declared, what it was granted, what it says it did."""

    table: ClassVar[str] = "runs"
    kind: ClassVar[str] = "run"
    index_names: ClassVar[frozenset[str]] = frozenset({"by_model", "by_job"})

    run_id: RunId
    job: AccountId
    spec: DataSpec
    state: Literal["open", "completed", "failed"] = "open"
    manifest_sha256: Sha256
    tracks_granted: int = Field(ge=0)
    tracks_left_out: dict[str, int] = Field(default_factory=dict)
    opened: UtcTime
    expires: UtcTime
    ended: UtcTime | None = None
    reads: int = Field(default=0, ge=0)
    weights_sha256: Sha256 | None = None
    consumed: int = Field(default=0, ge=0)
    consumed_sha256: Sha256 | None = None
    """Hash of the ordered list of audio hashes that the job says it used."""

    def key(self) -> tuple[str, str]:
        return self.run_id, self.kind

    def indexes(self) -> dict[str, tuple[str, str]]:
        return {
            "by_model": (self.spec.model_id, stamp(self.opened)),
            "by_job": (self.job, stamp(self.opened)),
        }


class RunTrack(Record):
    """One track that a run was granted; read by ``by_track`` when the track is revoked."""

    table: ClassVar[str] = "runs"
    kind: ClassVar[str] = "granted"
    index_names: ClassVar[frozenset[str]] = frozenset({"by_track"})

    run_id: RunId
    track_id: TrackId
    model_id: str
    sha256: Sha256
    rights_sha256: Sha256
    granted: UtcTime
    reads: int = Field(default=0, ge=0)
    last_read: UtcTime | None = None

    def key(self) -> tuple[str, str]:
        return self.run_id, f"granted#{self.track_id}"

    def indexes(self) -> dict[str, tuple[str, str]]:
        return {"by_track": (self.track_id, stamp(self.granted))}


class CompleteAsk(Value):
    """The body of POST /training/runs/{run_id}/complete."""

    outcome: Literal["completed", "failed"]
    weights_sha256: Sha256 | None = None
    consumed_sha256: tuple[Sha256, ...] = Field(default=(), max_length=100_000)


def matches(track: Track, filters: Filters) -> bool:
    """Whether a track is what the filters ask for."""
    wanted = filters
    return (
        (not wanted.genres or bool(set(wanted.genres) & set(track.metadata.genre_tags)))
        and (not wanted.languages or track.metadata.language in wanted.languages)
        and (wanted.submitted_from is None or track.submitted >= wanted.submitted_from)
        and (wanted.submitted_until is None or track.submitted < wanted.submitted_until)
    )


def may_read(track: Track | None, rights: RightsRecord | None, purpose: str) -> str | None:
    """None when this track may be read for this purpose now, else why not.

    Reasons: ``gone``, ``not_accepted``, and those of :func:`vault_domain.rights.allows`.
    """
    if track is None:
        return "gone"
    refusal = allows(rights, purpose)
    if refusal:
        return refusal
    return None if track.status is Status.ACCEPTED else "not_accepted"


def select(
    candidates: Iterable[tuple[Track, RightsRecord | None]], spec: DataSpec
) -> tuple[tuple[Entry, ...], tuple[Left, ...]]:
    """Entries for all tracks that match and may be read, in track-id order, and those left out."""
    entries: list[Entry] = []
    left: list[Left] = []
    for track, rights in sorted(candidates, key=lambda pair: pair[0].track_id):
        if not matches(track, spec.filters):
            continue
        refusal = may_read(track, rights, spec.purpose)
        if refusal or rights is None or track.stored is None or track.stored_sha256 is None:
            left.append(Left(track.track_id, refusal or "gone"))
            continue
        entries.append(_entry(track, rights))
    limit = spec.filters.max_tracks
    return tuple(entries[:limit]), tuple(left)


def _entry(track: Track, rights: RightsRecord) -> Entry:
    return Entry(
        track_id=track.track_id,
        uri=track.stored or "",
        sha256=track.stored_sha256 or "",
        bytes=track.stored_bytes or 0,
        duration_s=track.duration_s or 0.0,
        genres=track.metadata.genre_tags,
        rights_sha256=rights.digest(),
        consent_version=rights.consent_version,
    )


def manifest_document(
    spec: DataSpec, job: str, entries: tuple[Entry, ...], now: datetime, expires: datetime
) -> dict[str, object]:
    """The manifest to be signed (docs/formats/training-manifest.md)."""
    return {
        "format": 1,
        "run_id": spec.run_id,
        "job": job,
        "spec": spec.model_dump(mode="json"),
        "issued": now.isoformat(),
        "expires": expires.isoformat(),
        "tracks": [entry.model_dump(mode="json") for entry in entries],
    }


def manifest_digest(document: dict[str, object]) -> str:
    """What the run token names."""
    return digest(document)


def open_run(
    spec: DataSpec,
    job: str,
    entries: tuple[Entry, ...],
    left: tuple[Left, ...],
    manifest_sha256: str,
    now: datetime,
    life: timedelta,
) -> TrainingRun:
    """The run record of a fresh grant."""
    counts: dict[str, int] = {}
    for item in left:
        counts[item.reason] = counts.get(item.reason, 0) + 1
    return TrainingRun(
        run_id=spec.run_id,
        job=job,
        spec=spec,
        manifest_sha256=manifest_sha256,
        tracks_granted=len(entries),
        tracks_left_out=counts,
        opened=now,
        expires=now + life,
    )


def close_run(run: TrainingRun, ask: CompleteAsk, now: datetime) -> TrainingRun:
    """End an open run. Raises ``Conflict`` if it ended otherwise before; the same end twice is one."""
    if run.state == ask.outcome and run.weights_sha256 == ask.weights_sha256:
        return run
    if run.state != "open":
        raise Conflict(f"this run already {run.state}")
    return run.with_changes(
        state=ask.outcome,
        ended=now,
        weights_sha256=ask.weights_sha256,
        consumed=len(ask.consumed_sha256),
        consumed_sha256=digest(list(ask.consumed_sha256)),
    )
