"""The life of an upload, from presigned form to bound track.

``waiting`` -> ``validated`` | ``refused`` | ``expired``; the last two are final.
An upload belongs to one account and becomes at most one track. The object
version that arrived first is pinned: a form can be posted twice, and only the
pinned version is ever read.
"""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from vault_domain.audio_rules import AudioFacts
from vault_domain.errors import BadRequest, Conflict, Forbidden, TooLarge
from vault_domain.ids import AccountId, TrackId, UploadId
from vault_domain.reasons import Reason
from vault_domain.records import Record, Sha256, UtcTime, Value, stamp
from vault_domain.submission import Line

FORM_LIFE = timedelta(minutes=15)
BIND_WITHIN = timedelta(days=1)
MAX_UPLOAD_BYTES = 600 * 2**20
MIN_UPLOAD_BYTES = 1
ContentType = Literal[
    "audio/wav", "audio/x-wav", "audio/flac", "audio/x-flac", "audio/mpeg", "audio/ogg", "audio/mp4", "audio/x-m4a",
    "audio/aac", "audio/aiff", "audio/x-aiff", "audio/opus", "application/octet-stream",
]  # fmt: skip
CONTENT_TYPES: tuple[str, ...] = get_args(ContentType)

Purpose = Literal["track", "output"]
BOUND = "bound"
SAFETY_SCOPE = "safety"
MAX_OUTPUT_BYTES = 256 * 2**20
_TYPE_OF = {
    "audio/wav": "wav", "audio/x-wav": "wav", "audio/flac": "flac or ogg", "audio/x-flac": "flac or ogg",
    "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/opus": "ogg", "audio/mp4": "mp4 or aac", "audio/x-m4a": "mp4",
    "audio/aac": "aac or mp4", "audio/aiff": "aiff", "audio/x-aiff": "aiff",
}  # fmt: skip
_ENDING_OF = {
    "wav": "wav", "wave": "wav", "flac": "flac", "mp3": "mp3", "ogg": "ogg", "oga": "ogg", "opus": "ogg",
    "m4a": "mp4", "mp4": "mp4", "aac": "aac or mp4", "aif": "aiff", "aiff": "aiff", "aifc": "aiff",
}  # fmt: skip
_SOURCE = re.compile(r"uploads/(upl_[0-9a-z]{26})/source")


class UploadAsk(Value):
    """The body of POST /uploads."""

    filename: Line
    bytes: int = Field(ge=MIN_UPLOAD_BYTES)
    content_type: ContentType = "application/octet-stream"
    purpose: Purpose = "track"


class Heard(BaseModel):
    """What ``decode`` says of a recording; what else it says is for others."""

    model_config = ConfigDict(frozen=True)

    content_sha256: Sha256
    audio_sha256: Sha256
    duration_s: float = Field(ge=0)
    container: str = Field(max_length=60)
    codec: str = Field(max_length=60)
    chromaprint: str = Field(max_length=200_000)
    facts: AudioFacts


class UploadState(StrEnum):
    """Where an upload stands."""

    WAITING = "waiting"
    VALIDATED = "validated"
    REFUSED = "refused"
    EXPIRED = "expired"


class Refusal(Value):
    """Why an upload was refused: a stable code and a sentence for its owner."""

    code: str = Field(max_length=60)
    detail: str = Field(max_length=500)


class Parked(Value):
    """Where the pipeline stopped after its retries; ``sweep`` starts it again from here."""

    step: str = Field(max_length=60)
    error: str = Field(max_length=120)
    at: UtcTime


class Upload(Record):
    """One upload; ``token`` is the Step Functions task token while the pipeline waits."""

    table: ClassVar[str] = "uploads"
    kind: ClassVar[str] = "upload"
    index_names: ClassVar[frozenset[str]] = frozenset({"by_owner", "by_state"})

    upload_id: UploadId
    owner: AccountId
    purpose: Purpose = "track"
    state: UploadState = UploadState.WAITING
    filename: str = Field(max_length=200)
    content_type: ContentType = "application/octet-stream"
    declared_bytes: int = Field(ge=MIN_UPLOAD_BYTES, le=MAX_UPLOAD_BYTES)
    created: UtcTime
    changed: UtcTime
    object_version: str | None = None
    arrived: UtcTime | None = None
    content_sha256: Sha256 | None = None
    audio_sha256: Sha256 | None = None
    chromaprint: str | None = Field(default=None, max_length=200_000)
    facts: dict[str, JsonValue] = Field(default_factory=dict)
    container: str | None = Field(default=None, max_length=60)
    flags: tuple[Reason, ...] = ()
    """What the recording itself gives a reviewer to look at."""
    refusal: Refusal | None = None
    track_id: TrackId | None = None
    token: str | None = Field(default=None, max_length=2048)
    attempts: int = Field(default=0, ge=0)
    """How often the pipeline was started again for this upload."""
    parked: Parked | None = None
    purged: UtcTime | None = None
    """When its objects were found gone for good; nothing is left to look after."""

    def key(self) -> tuple[str, str]:
        return self.upload_id, self.kind

    def indexes(self) -> dict[str, tuple[str, str]]:
        found = {"by_owner": (self.owner, stamp(self.created))}
        if self.purged is None:
            found["by_state"] = (self.standing(), stamp(self.changed))
        return found

    def standing(self) -> str:
        """What ``by_state`` sorts by: the state, or ``bound`` for one that is a track and may go on."""
        open_states = (UploadState.WAITING, UploadState.VALIDATED)
        return BOUND if self.track_id is not None and self.state in open_states else self.state.value


def source_key(upload_id: str) -> str:
    """Object key of the bytes as they were sent."""
    return f"uploads/{upload_id}/source"


def canonical_key(upload_id: str) -> str:
    """Object key of the canonical FLAC."""
    return f"canonical/{upload_id}.flac"


def analysis_key(upload_id: str) -> str:
    """Object key of the 16 kHz mono FLAC that the detectors read."""
    return f"analysis/{upload_id}.flac"


def features_key(upload_id: str) -> str:
    """Object key of the extracted features."""
    return f"features/{upload_id}.bin"


def upload_of(key: str) -> str:
    """The upload that a source object belongs to. Raises ``BadRequest`` for any other key."""
    found = _SOURCE.fullmatch(key)
    if found is None:
        raise BadRequest("this is not the key of an upload")
    return found.group(1)


def may_open(ask: UploadAsk, role: str, scopes: frozenset[str]) -> None:
    """Raise unless this account may send these bytes.

    People send tracks, and outputs to export them; services with the scope safety send outputs.
    """
    if ask.purpose == "output" and role == "system" and SAFETY_SCOPE not in scopes:
        raise Forbidden("outputs are sent by services with the scope safety")
    if ask.purpose == "track" and role == "system":
        raise Forbidden("tracks are sent by people")
    limit = MAX_OUTPUT_BYTES if ask.purpose == "output" else MAX_UPLOAD_BYTES
    if ask.bytes > limit:
        raise TooLarge(f"an upload may hold {limit} bytes at most", limit_bytes=limit)


def open_upload(ask: UploadAsk, upload_id: str, owner: str, now: datetime) -> Upload:
    """A fresh upload that waits for its bytes."""
    return Upload(
        upload_id=upload_id,
        owner=owner,
        purpose=ask.purpose,
        filename=ask.filename,
        content_type=ask.content_type,
        declared_bytes=ask.bytes,
        created=now,
        changed=now,
    )


def pin(upload: Upload, version_id: str | None, now: datetime) -> Upload:
    """Name the version that arrived first; a later one never replaces it."""
    if upload.arrived is not None:
        return upload
    return upload.with_changes(object_version=version_id, arrived=now, changed=now)


def mislabelled(upload: Upload, container: str) -> tuple[Reason, ...]:
    """A flag when the announced type or the file's name says something else than its bytes."""
    announced = _TYPE_OF.get(upload.content_type), _ENDING_OF.get(upload.filename.rpartition(".")[2].lower())
    wrong = sorted({name for name in announced if name is not None and container not in name})
    if not wrong:
        return ()
    said = f"Announced as {' and '.join(wrong)}, the bytes are {container}."
    return (Reason(code="inconsistent_metadata", detail=said),)


def validated(upload: Upload, heard: Heard, flags: tuple[Reason, ...], now: datetime) -> Upload:
    """The upload with what was heard. Raises ``Conflict`` unless it was waiting."""
    if upload.state is not UploadState.WAITING:
        raise Conflict(f"an upload that is {upload.state.value} can't be validated")
    return upload.with_changes(
        state=UploadState.VALIDATED,
        content_sha256=heard.content_sha256,
        audio_sha256=heard.audio_sha256,
        chromaprint=heard.chromaprint,
        container=heard.container,
        facts={**heard.facts.model_dump(mode="json"), "codec": heard.codec},
        flags=flags,
        parked=None,
        changed=now,
    )


def wait_with(upload: Upload, token: str, now: datetime) -> Upload:
    """The pipeline waits here, under this task token, for the submission."""
    if upload.track_id is not None or upload.state is not UploadState.VALIDATED:
        raise Conflict("only a validated upload without a track waits for its submission")
    return upload.with_changes(token=token, changed=now)


def park(upload: Upload, step: str, error: str, now: datetime) -> Upload:
    """Mark where the pipeline gave up."""
    return upload.with_changes(parked=Parked(step=step[:60], error=error[:120], at=now), changed=now)


def restarted(upload: Upload, now: datetime) -> Upload:
    """The pipeline was started once more."""
    return upload.with_changes(attempts=upload.attempts + 1, parked=None, changed=now)


def refuse(upload: Upload, refusal: Refusal, now: datetime) -> Upload:
    """Refuse a waiting upload. Refusing a refused one again changes nothing."""
    if upload.state is UploadState.REFUSED:
        return upload
    if upload.state is not UploadState.WAITING:
        raise Conflict(f"an upload that is {upload.state.value} can't be refused")
    return upload.with_changes(state=UploadState.REFUSED, refusal=refusal, changed=now, token=None, parked=None)


def expire(upload: Upload, now: datetime) -> Upload:
    """Expire an upload that never became a track."""
    if upload.state is UploadState.EXPIRED:
        return upload
    if upload.track_id is not None or upload.state is UploadState.REFUSED:
        raise Conflict("only an upload without a track can expire")
    return upload.with_changes(state=UploadState.EXPIRED, changed=now, token=None)


def is_overdue(upload: Upload, now: datetime) -> bool:
    """Whether an unbound upload has waited longer than we keep it."""
    open_states = (UploadState.WAITING, UploadState.VALIDATED)
    return upload.track_id is None and upload.state in open_states and now - upload.created > BIND_WITHIN


def bind(upload: Upload, track_id: str, owner: str, now: datetime) -> Upload:
    """Name the track that this upload becomes; one upload, one track."""
    if upload.owner != owner or upload.purpose != "track":
        raise Conflict("this upload can't become a track of yours")
    if upload.track_id not in (None, track_id):
        raise Conflict("this upload is already a track")
    if upload.state in (UploadState.REFUSED, UploadState.EXPIRED):
        raise Conflict(f"this upload was {upload.state.value}; upload the file again")
    return upload.with_changes(track_id=track_id, changed=now)


def counts_as_open(upload: Upload) -> bool:
    """Whether this upload counts against its owner's quota."""
    return upload.track_id is None and upload.state in (UploadState.WAITING, UploadState.VALIDATED)
