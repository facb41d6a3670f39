"""What the queue is asked, and how a track is summed up for a reviewer."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field
from vault_domain.ids import AccountId
from vault_domain.policy import Policy
from vault_domain.review import (
    ReviewCase,
    holder,
    is_flagged,
    kind_of_hit,
    needed,
    open_for_s,
)  # fmt: skip
from vault_domain.tracks import Track
from vault_edge.app import Caller, Deps, Json
from vault_edge.permitting import still_may


class QueueAsk(BaseModel):
    """Which part of the queue; a page holds the matches among ``limit`` tracks, oldest first."""

    flag: Annotated[str | None, Field(max_length=52, description="code of a reason that stands against it")] = None
    hit: Literal["external", "internal", "none"] | None = None
    submitter: AccountId | None = None
    older_than_h: Annotated[float, Field(ge=0, le=87_600)] = 0
    limit: Annotated[int, Field(ge=1, le=50)] = 25
    cursor: Annotated[str | None, Field(max_length=2000)] = None


def asked_for(track: Track, ask: QueueAsk, caller: Caller) -> bool:
    """Whether a waiting track belongs on this page; one's own never does."""
    codes = {reason.code for reason in (*track.reasons, *track.flags)}
    return (
        track.approval is None
        and track.verdict != "accept"
        and track.owner != caller.id
        and (ask.flag is None or ask.flag in codes)
        and (ask.hit is None or kind_of_hit(track) == ask.hit)
        and (ask.submitter is None or ask.submitter == track.owner)
    )


def case_of(track_id: str, deps: Deps) -> ReviewCase:
    """The track's case; a fresh one when nobody looked at it yet.

    Who is no reviewer any more holds nothing: their tracks are back in the queue at once.
    """
    case = deps.records.get(ReviewCase, track_id) or ReviewCase(track_id=track_id)
    held_by = holder(case, deps.clock())
    if held_by is not None and not still_may("review.claim", held_by, deps):
        return case.with_changes(claimed_by=None, claimed_until=None)
    return case


def summary(track: Track, policy: Policy, deps: Deps) -> Json:
    """One line of the queue."""
    case, now = case_of(track.track_id, deps), deps.clock()
    held_by = holder(case, now)
    return {
        "track_id": track.track_id,
        "title": track.metadata.title,
        "artist": track.metadata.artist_display_name,
        "submitter": track.owner,
        "submitted": track.submitted,
        "flagged": is_flagged(track),
        "hit": kind_of_hit(track),
        "reasons": [reason.model_dump() for reason in track.reasons],
        "needed": needed(track, policy),
        "claimed_by": held_by,
        "claimed_until": case.claimed_until if held_by else None,
        "waits_for_owner_since": case.asked,
        "open_for_s": round(open_for_s(track, case, now, policy)),
    }
