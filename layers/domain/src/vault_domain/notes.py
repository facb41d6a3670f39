"""Reviewers' notes on a track, without a vote: what one found out and the next should know.

Only reviewers and admins without a stake in the track read and write them, at
any stage of its life. A note is never changed; there is a bounded number.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from pydantic import Field

from vault_domain.errors import Conflict
from vault_domain.ids import AccountId, TrackId
from vault_domain.records import Record, UtcTime, Value
from vault_domain.review import MAX_NOTE

MOST_NOTES = 100


class NoteAsk(Value):
    """The body of POST /review/{track_id}/notes."""

    note: str = Field(min_length=3, max_length=MAX_NOTE)


class ReviewNote(Record):
    """One note."""

    table: ClassVar[str] = "tracks"
    kind: ClassVar[str] = "review_note"

    track_id: TrackId
    number: int = Field(ge=1, le=MOST_NOTES)
    by: AccountId
    note: str = Field(min_length=3, max_length=MAX_NOTE)
    at: UtcTime

    def key(self) -> tuple[str, str]:
        return self.track_id, f"{self.kind}#{self.number:04d}"


def write(track_id: str, present: Sequence[ReviewNote], by: str, ask: NoteAsk, now: datetime) -> ReviewNote | None:
    """The next note; None when the newest one is this very note, sent again.

    Raises ``Conflict`` past ``MOST_NOTES``.
    """
    if present and (present[-1].by, present[-1].note) == (by, ask.note):
        return None
    if len(present) >= MOST_NOTES:
        raise Conflict(f"a track has {MOST_NOTES} notes at most")
    return ReviewNote(track_id=track_id, number=len(present) + 1, by=by, note=ask.note, at=now)
