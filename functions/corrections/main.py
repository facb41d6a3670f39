"""corrections: an owner sets the metadata right; every version stays, and what bears on a decision is decided anew."""

from datetime import datetime

from pydantic import BaseModel, Field
from vault_domain.corrections import Correction, CorrectionAsk, MetadataVersion, correct
from vault_domain.errors import NotFound
from vault_domain.events import Kind
from vault_domain.flags import Flag, asked_by_correction
from vault_domain.ids import TrackId
from vault_domain.messages import Topic, message
from vault_domain.permissions import roles
from vault_domain.ports import Put
from vault_domain.records import UtcTime
from vault_domain.rights import RightsRecord
from vault_domain.submission import Metadata
from vault_domain.tracks import GenreEntry, Status, Track
from vault_edge.app import App, Caller, Deps
from vault_edge.journey import Journey
from vault_edge.permitting import permitted
from vault_edge.racing import settled
from vault_edge.reviewing import run_again

app = App("corrections")


class Corrected(BaseModel):
    """The metadata in force, and what follows from the correction."""

    track_id: str
    status: str
    metadata_version: int = Field(description="Send it as `expects` with the next correction")
    metadata: Metadata
    changed: list[str] = Field(description="Names of the fields that changed; empty when it stood so already")
    checked_again: bool = Field(description="Whether the track is compared and decided anew because of it")
    reviewer_asked: bool = Field(description="Whether somebody looks at a track that is in the vault; it stays there")
    awaiting_consent_of: list[str]


class OneVersion(BaseModel):
    """One version of the metadata."""

    number: int
    metadata: Metadata
    reason: str
    at: UtcTime


class Versions(BaseModel):
    """Every version, oldest first; a track that was never corrected has none beside what was submitted."""

    track_id: str
    metadata_version: int
    versions: list[OneVersion]


@app.get("/tracks/{track_id}/corrections", role=roles("track.corrections"))
def show(track_id: TrackId, caller: Caller, deps: Deps) -> Versions:
    """What was corrected, when and why; for the owner and for reviewers."""
    track = permitted("track.corrections", track_id, caller, deps)
    found = deps.records.list(MetadataVersion, track_id).items
    versions = [OneVersion(number=one.number, metadata=one.metadata, reason=one.reason, at=one.at) for one in found]
    first = OneVersion(number=1, metadata=track.metadata, reason="As submitted", at=track.submitted)
    return Versions(track_id=track_id, metadata_version=track.metadata_version, versions=versions or [first])


@app.post("/tracks/{track_id}/corrections", role=roles("track.correct"), also=(429,))
def set_right(track_id: TrackId, ask: CorrectionAsk, caller: Caller, deps: Deps) -> Corrected:
    """Correct the metadata of your track. The same twice is the same as once."""
    track, rights, made = settled(lambda: _correct(track_id, ask, caller, deps))
    recheck = made.recheck if made else False
    lost = made is None and track.metadata_version > 1 and track.status is Status.PENDING_REVIEW
    if recheck or lost:  # a call that died before the start is made good
        run_again(track, f"corrected-{track.metadata_version}", deps)
    return Corrected(
        track_id=track_id, status=track.status.value, metadata_version=track.metadata_version, metadata=track.metadata,
        changed=list(made.fields) if made else [], checked_again=recheck, reviewer_asked=bool(made and made.question),
        awaiting_consent_of=[party.name for party in rights.parties if not party.consented],
    )  # fmt: skip


def _correct(
    track_id: str, ask: CorrectionAsk, caller: Caller, deps: Deps
) -> tuple[Track, RightsRecord, Correction | None]:
    track = permitted("track.correct", track_id, caller, deps)
    rights = deps.records.get(RightsRecord, track_id)
    if rights is None:
        raise NotFound("no such track of yours")
    if track.metadata == ask.metadata:
        return track, rights, None
    journey = Journey(deps, track, caller.actor)
    made = correct(track, rights, ask, journey.now)
    journey.tell(Kind.TRACK_CORRECTED, metadata_version=made.track.metadata_version, fields=list(made.fields))
    journey.note(*made.changes(deps.records.list(GenreEntry, track_id).items), *_asked(made, journey.now, deps))
    return made.track, made.rights, made


def _asked(made: Correction, now: datetime, deps: Deps) -> tuple[Put, ...]:
    """The flag that a question makes, and its message to reviewers."""
    if not made.question:
        return ()
    track = made.track
    present = deps.records.get(Flag, track.track_id, f"{Flag.kind}#{track.owner}")
    flag = asked_by_correction(present, track, made.question, now)
    told = message("reviewers", Topic.FLAGGED, track.track_id, now, track.metadata_version, why=flag.words)
    return Put(flag, present.version if present else 0), Put(told, 0)


handler, http = app.lambda_entry(), app.http_entry()
