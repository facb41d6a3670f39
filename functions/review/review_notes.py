"""Notes that reviewers leave on a track, beside votes and questions."""

from vault_domain.events import Kind
from vault_domain.notes import MOST_NOTES, NoteAsk, ReviewNote, write
from vault_domain.ports import Put, Require
from vault_domain.tracks import Track
from vault_edge.app import Caller, Deps, Json
from vault_edge.journey import Journey


def noted(track: Track, ask: NoteAsk, caller: Caller, deps: Deps) -> None:
    """Write it, once; the log holds only that there is one."""
    journey = Journey(deps, track, caller.actor)
    made = write(track.track_id, _all(track.track_id, deps), caller.id, ask, journey.now)
    if made is not None:
        journey.tell(Kind.REVIEW_NOTED, note=made.number)
        journey.note(Put(made, 0), Require(track, track.version))


def notes_of(track_id: str, deps: Deps) -> list[Json]:
    """Every note, the oldest first."""
    return [one.model_dump(mode="json", exclude={"version", "track_id"}) for one in _all(track_id, deps)]


def _all(track_id: str, deps: Deps) -> tuple[ReviewNote, ...]:
    return deps.records.list(ReviewNote, track_id, limit=MOST_NOTES).items
