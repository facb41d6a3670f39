"""The dispute queue: rejected tracks about which somebody has to decide anew."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field
from vault_domain.appeals import Appeal, due
from vault_domain.ids import AccountId, TrackId
from vault_domain.reasons import Reason
from vault_domain.tracks import Status, Track
from vault_edge.app import Caller, Deps


class QueueAsk(BaseModel):
    """Which part of the queue; a page holds what is asked for among ``limit`` disputes."""

    answered: bool | None = None
    limit: Annotated[int, Field(ge=1, le=50)] = 25
    cursor: Annotated[str | None, Field(max_length=2000)] = None


class AppealLine(BaseModel):
    """One dispute."""

    track_id: TrackId
    title: str
    artist: str
    submitter: AccountId
    opened_by: str = Field(description="owner, or rules: those came with a rejection for a strong match")
    filed: datetime
    answered: datetime | None = Field(description="since when there is an answer to read")
    answer_until: datetime | None = Field(description="how long the owner may answer; none once they have")
    rejected_for: tuple[Reason, ...]


class AppealPage(BaseModel):
    """A page of the queue."""

    appeals: tuple[AppealLine, ...]
    cursor: str | None


def waiting(ask: QueueAsk, caller: Caller, deps: Deps) -> AppealPage:
    """The disputes that this caller may look at; who rejected a track sees it, and can't decide it."""
    page = deps.records.find(Track, "by_status", Status.DISPUTE_PENDING.value, limit=ask.limit, cursor=ask.cursor)
    lines = (_line(track, deps) for track in page.items if track.owner != caller.id)
    shown = [line for line in lines if line and ask.answered in (None, line.answered is not None)]
    return AppealPage(appeals=tuple(shown), cursor=page.cursor)


def _line(track: Track, deps: Deps) -> AppealLine | None:
    appeals = deps.records.list(Appeal, track.track_id).items
    if not appeals:
        return None
    appeal = appeals[-1]
    until = None if appeal.answered else due(appeal, deps.policy())
    return AppealLine(
        track_id=track.track_id, title=track.metadata.title, artist=track.metadata.artist_display_name,
        submitter=track.owner, opened_by=appeal.opened_by, filed=appeal.filed, answered=appeal.answered,
        answer_until=until, rejected_for=appeal.rejected_for,
    )  # fmt: skip
