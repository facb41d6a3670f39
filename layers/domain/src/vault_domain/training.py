"""Training grants: which tracks a run may read, for how long, and the run's own record.

A grant is decided once, on the server, from the data spec and the rights as
they are; each read is decided again from the rights as they are *then*. How a
run opens, is read under and ends stands in :mod:`vault_domain.runs`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue, StringConstraints, model_validator

from vault_domain.canonical import canonical, fixed
from vault_domain.errors import Conflict
from vault_domain.ids import AccountId, ModelId, RunId, TrackId, VersionName
from vault_domain.licences import Use
from vault_domain.records import Record, Sha256, UtcTime, Value, stamp
from vault_domain.rights import Purpose, RightsRecord, allows
from vault_domain.submission import Language, Tag
from vault_domain.tracks import Status, Track

CORE_PACK = "LEMM_Vault_v1_core"
MANIFEST_NAME = "training-manifest"
MAX_GRANT = 10_000
"""Tracks in one manifest: what one answer of the API can carry with its signature."""
MAX_HYPER_BYTES = 16 * 1024
MAX_CONSUMED = 40_000
"""Audio hashes that a job may declare at the end of a run; a track used in many epochs is named once."""

PackRef = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}(@[1-9][0-9]{0,5})?$")]
"""The vault itself, ``NAME@N`` of its packs, or a registered dataset (see vault_domain.combining)."""


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
    model_id: ModelId
    model_version: VersionName | None = None
    model_type: str = Field(min_length=1, max_length=60)
    purpose: Purpose
    packs: tuple[PackRef, ...] = Field(default=(CORE_PACK,), min_length=1, max_length=50)
    uses: dict[PackRef, Use] = Field(default_factory=dict, max_length=50)
    """How a pack is used, where that is less than the purpose may come to."""
    filters: Filters = Filters()
    format: Literal["audio", "features"] = "audio"
    """FLAC, or log-mel features at the setting that the manifest states."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """For the order in which clients shuffle; written down, so that an order can be had again."""
    config_sha256: Sha256 | None = None
    code_version: str | None = Field(default=None, min_length=1, max_length=120)
    """Commit, tag or image digest of the training code, as the job states it."""
    hyper_parameters: dict[str, JsonValue] = Field(default_factory=dict, max_length=100)

    @model_validator(mode="after")
    def _distinct(self) -> "DataSpec":
        if len(set(self.packs)) != len(self.packs):
            raise ValueError("a pack is named twice")
        if not set(self.uses) <= set(self.packs):
            raise ValueError("a use is declared for a pack that is not among the packs")
        return self

    @model_validator(mode="after")
    def _signable(self) -> "DataSpec":
        for number in _floats(self.hyper_parameters):
            if not abs(number) < 1e9 or fixed(number) != number:
                raise ValueError("a number with more than six decimals, or over 1e9, would change: give it as text")
        if len(canonical(self.hyper_parameters)) > MAX_HYPER_BYTES:
            raise ValueError(f"hyper parameters hold {MAX_HYPER_BYTES} bytes at most")
        return self


def _floats(value: JsonValue) -> Iterator[float]:
    """Every number in a JSON value that is written with a fraction."""
    if isinstance(value, float):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _floats(item)


class Entry(Value):
    """One readable track of a manifest."""

    track_id: TrackId
    place: int = Field(default=0, ge=0)
    """Its place in the run's order, which stays when others drop out."""
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
    state: Literal["opening", "open", "closing", "completed", "failed"] = "opening"
    manifest_sha256: Sha256
    manifests: int = Field(default=1, ge=1)
    """Manifests issued so far; the log has one event ``training_batch`` for each."""
    tracks_granted: int = Field(ge=0)
    tracks_left_out: dict[str, int] = Field(default_factory=dict)
    bytes_granted: int = Field(default=0, ge=0)
    bytes_read: int = Field(default=0, ge=0)
    """Read under its leases, as far as they were renewed or ended."""
    pack_identities: dict[str, str] = Field(default_factory=dict)
    """Pack -> what exactly was meant by it: a content address, or which registration of a dataset."""
    opened: UtcTime
    issued: UtcTime
    """When the present manifest was issued; a job may ask again while the run is open."""
    expires: UtcTime
    outcome: Literal["completed", "failed"] | None = None
    """What the job said while it was closing; ``state`` says so once all of the end is on record."""
    ended: UtcTime | None = None
    tracks_root: Sha256 | None = None
    """Root of the tree over the granted tracks (docs/formats/run-tracks.md), once the run has ended."""
    reads: int = Field(default=0, ge=0)
    """Reads through the gateway, summed when the run ends; until then they stand on its tracks."""
    weights_sha256: Sha256 | None = None
    consumed: int = Field(default=0, ge=0)
    consumed_sha256: Sha256 | None = None
    """Hash of the ordered list of audio hashes that the job says it used."""
    consumed_not_granted: int = Field(default=0, ge=0)
    """How many of those hashes this run was never granted: a job's word is compared, not believed."""

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
    place: int = Field(default=0, ge=0)
    granted: UtcTime
    reads: int = Field(default=0, ge=0)
    last_read: UtcTime | None = None
    declared: bool = False
    """Whether the job named this audio among what it used."""

    def key(self) -> tuple[str, str]:
        return self.run_id, f"granted#{self.track_id}"

    def indexes(self) -> dict[str, tuple[str, str]]:
        return {"by_track": (self.track_id, stamp(self.granted))}


class CompleteAsk(Value):
    """The body of POST /training/runs/{run_id}/complete."""

    outcome: Literal["completed", "failed"]
    weights_sha256: Sha256 | None = None
    consumed_sha256: tuple[Sha256, ...] = Field(default=(), max_length=MAX_CONSUMED)


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
    candidates: Iterable[tuple[Track, RightsRecord | None]],
    spec: DataSpec,
    held: frozenset[str] = frozenset(),
    lists: Callable[[str, str | None], bool] = lambda *_: True,
) -> tuple[tuple[Entry, ...], tuple[Left, ...]]:
    """Entries for all tracks that match and may be read, in track-id order, and those left out.

    ``held``: tracks that wait for governance (:mod:`vault_domain.bulk`). ``lists(track_id, audio hash)`` says
    whether the named packs hold this very audio.
    """
    entries: list[Entry] = []
    left: list[Left] = []
    for track, rights in sorted(candidates, key=lambda pair: pair[0].track_id):
        if not matches(track, spec.filters):
            continue
        refusal = may_read(track, rights, spec.purpose) or ("held" if track.track_id in held else None)
        if refusal is None and not lists(track.track_id, track.stored_sha256):
            refusal = "audio_changed"
        if refusal or rights is None or track.stored is None or track.stored_sha256 is None:
            left.append(Left(track.track_id, refusal or "gone"))
            continue
        entries.append(_entry(track, rights))
    limit = spec.filters.max_tracks
    return in_order(entries[:limit]), tuple(left)


def in_order(entries: Iterable[Entry], places: Mapping[str, int] | None = None) -> tuple[Entry, ...]:
    """Entries with their places: as they stand, or as ``places`` (track id -> place) has fixed them before."""
    found = ((places[one.track_id] if places else at, one) for at, one in enumerate(entries))
    return tuple(one.model_copy(update={"place": place}) for place, one in sorted(found, key=lambda pair: pair[0]))


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


def check_grant(entries: tuple[Entry, ...], left: tuple[Left, ...]) -> None:
    """A manifest lists something, and not more than one answer can carry. Raises ``Conflict``."""
    if not entries:
        raise Conflict(
            "no accepted track matches this request and allows this purpose now; nothing was granted",
            left_out=counted(left),
        )
    if len(entries) > MAX_GRANT:
        raise Conflict(
            f"{len(entries)} tracks match, and a run is granted {MAX_GRANT} at most: narrow the filters",
            matching=len(entries),
        )


def counted(left: Iterable[Left]) -> dict[str, int]:
    """How many tracks were left out for each reason."""
    counts: dict[str, int] = {}
    for item in left:
        counts[item.reason] = counts.get(item.reason, 0) + 1
    return counts
