"""Features that training jobs were served: made once for a track's audio, and remembered by their hash."""

from typing import ClassVar

from pydantic import Field

from vault_domain.admission import vault_logmel_key
from vault_domain.ids import TrackId
from vault_domain.records import Record, Sha256


class LogMel(Record):
    """The log-mel features of one recording, at setting 1; written after the object, so that it is there."""

    table: ClassVar[str] = "runs"
    kind: ClassVar[str] = "logmel"

    track_id: TrackId
    audio_sha256: Sha256
    sha256: Sha256
    size: int = Field(ge=1)

    def key(self) -> tuple[str, str]:
        return f"logmel#{self.track_id}", f"{self.kind}#{self.audio_sha256}"

    @property
    def object_key(self) -> str:
        """Where it lies in the vault bucket."""
        return vault_logmel_key(self.track_id, self.audio_sha256)
