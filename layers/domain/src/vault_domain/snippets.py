"""What a reviewer may hear of a track: short windows around what the checks found, and never most of it.

- A window is a matched span with a few seconds around it, ``LONGEST_S`` at most.
- All windows that one person heard of one track, laid together, stay under ``MOST_SHARE`` of it.
- A link is one person's, lives for two minutes and plays a few times.
- Nobody hears a track whose consent was given to a text that does not say so.
"""

from datetime import datetime, timedelta
from typing import ClassVar, Literal

from pydantic import Field

from vault_domain.errors import BadRequest, Conflict, Expired, NotFound, PolicyRefused, TooMany
from vault_domain.evidence import Hit, SourceReport
from vault_domain.ids import AccountId, SnippetId, TrackId
from vault_domain.records import Record, UtcTime, Value
from vault_domain.rights import RightsRecord
from vault_domain.tracks import Status, Track

AROUND_S = 3.0
LONGEST_S = 30.0
MOST_SHARE = 0.5
MOST_OPENED = 60
"""Links that one person may open to one track."""
LIFE = timedelta(minutes=2)
PLAYS = 8
OPEN_CASES = (Status.PENDING_REVIEW, Status.DISPUTE_PENDING, Status.UNDER_INVESTIGATION)

Window = tuple[float, float]
Side = Literal["query", "reference"]


class SnippetAsk(Value):
    """The body of POST /review/{track_id}/snippets: which matched span, as the evidence lists them."""

    source: str = Field(max_length=80)
    ref: str = Field(max_length=200)
    span: int = Field(default=0, ge=0, le=63)
    side: Side = "query"
    """``query``: the track under review; ``reference``: what it resembles, where the vault holds its sound."""
    offset_s: float = Field(default=0.0, ge=0, le=3600)
    """Where in a long span to begin."""


class Listening(Record):
    """What one person has heard of one track so far."""

    table: ClassVar[str] = "tracks"
    kind: ClassVar[str] = "listening"

    track_id: TrackId
    reviewer: AccountId
    windows: tuple[Window, ...] = Field(default=(), max_length=MOST_OPENED)
    """Disjoint, by time; seconds."""
    opened: int = Field(default=0, ge=0)

    def key(self) -> tuple[str, str]:
        return self.track_id, f"{self.kind}#{self.reviewer}"


class Snippet(Record):
    """One link: whose, to which seconds of which track, in which case, until when."""

    table: ClassVar[str] = "tracks"
    kind: ClassVar[str] = "snippet"

    snippet_id: SnippetId
    reviewer: AccountId
    case: TrackId
    track_id: TrackId
    start_s: float = Field(ge=0)
    end_s: float = Field(gt=0)
    expires: UtcTime
    plays: int = Field(default=0, ge=0)

    def key(self) -> tuple[str, str]:
        return self.snippet_id, self.kind

    def expires_at(self) -> datetime:
        return self.expires


def check_case(track: Track) -> None:
    """Raise ``Conflict`` unless people are deciding about this track."""
    if track.status not in OPEN_CASES:
        raise Conflict("nobody decides about this track at present, so there is nothing to listen to")


def find_hit(report: SourceReport | None, ask: SnippetAsk) -> Hit:
    """The hit that the evidence holds. Raises ``NotFound`` for a span that is not in it."""
    hits = report.hits if report is not None else ()
    hit = next((hit for hit in hits if hit.ref == ask.ref), None)
    if hit is None or ask.span >= len(hit.spans):
        raise NotFound("the evidence has no such span")
    return hit


def window(hit: Hit, ask: SnippetAsk, duration_s: float) -> Window:
    """The seconds to play: the span from its offset on, with ``AROUND_S`` on both sides, bounded.

    Raises ``BadRequest`` for an offset past the span, or a span past the track.
    """
    span = hit.spans[ask.span]
    begin, end = (span.query_start, span.query_end) if ask.side == "query" else (span.ref_start, span.ref_end)
    if ask.offset_s >= max(end - begin, 0.001):
        raise BadRequest("the offset lies past the end of the span")
    first = max(0.0, begin + ask.offset_s - AROUND_S)
    last = min(end + AROUND_S, duration_s, first + min(LONGEST_S, MOST_SHARE * duration_s))
    if last - first < 0.05:
        raise BadRequest("the span lies outside of the recording")
    return round(first, 3), round(last, 3)


def merged(windows: tuple[Window, ...]) -> tuple[Window, ...]:
    """The same seconds as disjoint windows, by time."""
    found: list[Window] = []
    for begin, end in sorted(windows):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return tuple(found)


def seconds(windows: tuple[Window, ...]) -> float:
    """How long they are together, each second counted once."""
    return sum(end - begin for begin, end in merged(windows))


def check_consent(rights: RightsRecord | None, listening_allowed: bool) -> RightsRecord:
    """Raise ``PolicyRefused`` unless the track's holders agreed that reviewers may hear spans of it."""
    if rights is None or rights.revoked or not listening_allowed:
        raise PolicyRefused("this track's consent does not let reviewers hear it; judge by the evidence")
    return rights


def listen(before: Listening, wanted: Window, duration_s: float) -> Listening:
    """What was heard, with one window more.

    Raises ``TooMany`` past ``MOST_OPENED`` links, ``PolicyRefused`` where it would come to most of the track.
    """
    if before.opened >= MOST_OPENED:
        raise TooMany(f"you opened {MOST_OPENED} spans of this track; let somebody else listen")
    windows = merged((*before.windows, wanted))
    if seconds(windows) > MOST_SHARE * duration_s + 0.01:
        raise PolicyRefused(f"you have heard as much of this track as one person may ({MOST_SHARE:.0%})")
    return before.with_changes(windows=windows, opened=before.opened + 1)


def playable(snippet: Snippet | None, caller: str, now: datetime) -> Snippet:
    """The snippet, if this is its owner and its time is not over. Raises ``NotFound``, ``Expired``."""
    if snippet is None or snippet.reviewer != caller:
        raise NotFound("no such span of yours")
    if now >= snippet.expires:
        raise Expired("this link is too old; open the span again")
    return snippet


def played(snippet: Snippet) -> Snippet:
    """One play more. Raises ``TooMany`` past ``PLAYS``."""
    if snippet.plays >= PLAYS:
        raise TooMany("this link was played often enough; open the span again")
    return snippet.with_changes(plays=snippet.plays + 1)
