"""Parking: the state machine's last word on an execution that it could not finish."""

from typing import Any

from pydantic import BaseModel, Field
from vault_domain.canonical import Json
from vault_domain.ports import Put
from vault_domain.tracks import UNDECIDED, Track
from vault_domain.uploads import Upload, upload_of
from vault_domain.uploads import park as parked
from vault_edge.app import Deps
from vault_edge.racing import settled


class ParkAsk(BaseModel):
    """The execution's whole input at the point of failure, the step, and the error's name."""

    input: dict[str, Any] = Field(default_factory=dict)
    step: str = Field(max_length=200)
    error: str = Field(max_length=1000)


def park(ask: ParkAsk, deps: Deps) -> Json:
    """Mark the upload as parked, visibly; a track that ended meanwhile has nothing to resume."""
    upload_id = _upload_id(ask.input)
    return {"upload_id": upload_id, "parked": settled(lambda: _park(upload_id, ask, deps))}


def _park(upload_id: str, ask: ParkAsk, deps: Deps) -> bool:
    upload = deps.records.get(Upload, upload_id)
    if upload is None:
        return False
    track = deps.records.get(Track, upload.track_id) if upload.track_id else None
    if track is not None and track.status not in UNDECIDED:
        return False
    now = deps.clock()
    deps.records.commit([Put(parked(upload, ask.step, ask.error, now), upload.version)])
    return True


def _upload_id(state: dict[str, Any]) -> str:
    """From the binding, from validation, or from the key that started it all. Raises ``BadRequest``."""
    validated = state.get("validated")
    inner = validated.get("upload_id") if isinstance(validated, dict) else None
    found = state.get("upload_id") or inner
    return found if isinstance(found, str) else upload_of(str(state.get("key", "")))
