"""What is listed, flags on it, and what reviewers make of them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field
from vault_domain.errors import Conflict, NotFound
from vault_domain.events import Kind
from vault_domain.flags import OPEN, About, Flag, FlagAsk, FlagsAsk, claim_from, settled
from vault_domain.ids import AccountId, ClaimId, TrackId
from vault_domain.infringement import token_name
from vault_domain.messages import Topic, message
from vault_domain.ports import Put, Require
from vault_domain.tracks import Status, Track, artist_key
from vault_edge import racing
from vault_edge.app import Caller, Deps
from vault_edge.claiming import take_hold
from vault_edge.journey import Journey
from vault_edge.limiting import count
from vault_edge.permitting import permitted
from vault_edge.reviewing import run_again

DAY_S = 86_400
MOST = 80
"""Flags that are settled in one commit."""
SHOWN = ("track_id", "by", "about", "words", "at", "outcome", "reason", "claim_id")


class PageAsk(BaseModel):
    """Which part."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: Annotated[str | None, Field(max_length=2000)] = None


class ListingAsk(PageAsk):
    """Which tracks; a page holds what is in the vault among ``limit`` tracks."""

    artist: Annotated[str | None, Field(max_length=200, description="exact name, whatever its case")] = None


class ListingEntry(BaseModel):
    """One track that is in the vault."""

    track_id: TrackId
    title: str
    artist: str
    genres: tuple[str, ...]
    submitted: datetime


class Listing(BaseModel):
    """A page of the listing."""

    tracks: tuple[ListingEntry, ...]
    cursor: str | None


class FlagView(BaseModel):
    """One flag."""

    track_id: TrackId
    title: str
    artist: str
    by: AccountId
    about: About
    words: str
    at: datetime
    outcome: str | None
    reason: str | None
    claim_id: ClaimId | None


class FlagPage(BaseModel):
    """A page of flags."""

    flags: tuple[FlagView, ...]
    cursor: str | None


class FlagsSettled(BaseModel):
    """What became of the flags on a track."""

    track_id: TrackId
    settled: int
    outcome: str
    claim_id: ClaimId | None
    track_status: str


def listed(ask: ListingAsk, deps: Deps) -> Listing:
    """By status, or by artist."""
    where = ("by_artist", artist_key(ask.artist)) if ask.artist else ("by_status", Status.ACCEPTED.value)
    page = deps.records.find(Track, *where, newest_first=True, limit=ask.limit, cursor=ask.cursor)
    shown = tuple(_entry(track) for track in page.items if track.status is Status.ACCEPTED)
    return Listing(tracks=shown, cursor=page.cursor)


def flag(track_id: str, ask: FlagAsk, caller: Caller, deps: Deps) -> FlagView:
    """1. Only what is listed can be flagged. 2. One flag per person and track. 3. Rate. 4. Flag, event, message."""
    track = deps.records.get(Track, track_id)
    if track is None or track.status is not Status.ACCEPTED:  # 1
        raise NotFound("no such track is listed")
    track = permitted("flag.file", track_id, caller, deps)
    present = deps.records.get(Flag, track_id, f"{Flag.kind}#{caller.id}")
    if present is not None:  # 2
        if (present.about, present.words) != (ask.about, ask.words):
            raise Conflict("you have flagged this track already")
        return _view(present, track)
    count(deps.records, f"flags#{caller.id}", DAY_S, deps.policy().flags_per_day, deps.clock())  # 3
    journey = Journey(deps, track, caller.actor)  # 4
    made = Flag(track_id=track_id, by=caller.id, about=ask.about, words=ask.words, at=journey.now)
    journey.tell(Kind.TRACK_FLAGGED, about=ask.about)
    told = message("reviewers", Topic.FLAGGED, track_id, journey.now, caller.id, why=ask.about)
    journey.note(Put(made, 0), Put(told, 0))
    return _view(made, track)


def flagged(ask: PageAsk, caller: Caller, deps: Deps) -> FlagPage:
    """Those on tracks of others; words on one's own track are not for its owner."""
    page = deps.records.find(Flag, "by_state", OPEN, limit=ask.limit, cursor=ask.cursor)
    found = [(one, deps.records.get(Track, one.track_id)) for one in page.items]
    shown = tuple(_view(one, track) for one, track in found if track is not None and track.owner != caller.id)
    return FlagPage(flags=shown, cursor=page.cursor)


def settle(track_id: str, ask: FlagsAsk, caller: Caller, deps: Deps) -> FlagsSettled:
    """All open flags at once; the same decision again finds none and says what was decided."""
    answer = racing.settled(lambda: _settle(track_id, ask, caller, deps))
    if answer.claim_id is not None:
        run_again(permitted("flag.settle", track_id, caller, deps), answer.claim_id, deps)
    return answer


def _settle(track_id: str, ask: FlagsAsk, caller: Caller, deps: Deps) -> FlagsSettled:
    track = permitted("flag.settle", track_id, caller, deps)
    flags = deps.records.list(Flag, track_id, limit=MOST).items
    waiting = [one for one in flags if one.outcome is None]
    if not waiting:
        return _settled_before(track, flags, ask, caller)
    journey = Journey(deps, track, caller.actor)
    claim_id = deps.new_id("clm") if ask.outcome == "claim_opened" else None
    journey.tell(Kind.FLAGS_SETTLED, outcome=ask.outcome, flags=len(waiting), claim_id=claim_id)
    ended = [Put(settled(one, ask, caller.id, journey.now, claim_id), one.version) for one in waiting]
    if claim_id is None:
        journey.note(*ended, Require(track, track.version))
    else:
        source, token = deps.salted(f"account:{caller.id}"), deps.salted(token_name(claim_id))
        claim = claim_from(track, ask, claim_id, caller.id, source, token, journey.now, deps.policy())
        track = take_hold(claim, track, caller.actor, Kind.FLAGS_SETTLED, deps, by_itself=False, also=ended)
    return _answer(track, len(waiting), ask.outcome, claim_id)


def _settled_before(track: Track, flags: tuple[Flag, ...], ask: FlagsAsk, caller: Caller) -> FlagsSettled:
    mine = [one for one in flags if (one.settled_by, one.outcome, one.reason) == (caller.id, ask.outcome, ask.reason)]
    if not mine:
        raise Conflict("no flag on this track waits to be settled")
    return _answer(track, len(mine), ask.outcome, mine[-1].claim_id)


def _answer(track: Track, settled: int, outcome: str, claim_id: str | None) -> FlagsSettled:
    status = track.status.value
    return FlagsSettled(
        track_id=track.track_id, settled=settled, outcome=outcome, claim_id=claim_id, track_status=status
    )


def _view(one: Flag, track: Track) -> FlagView:
    said = track.metadata
    shown = {name: getattr(one, name) for name in SHOWN}
    return FlagView(**shown, title=said.title, artist=said.artist_display_name)


def _entry(track: Track) -> ListingEntry:
    said = track.metadata
    return ListingEntry(
        track_id=track.track_id, title=said.title, artist=said.artist_display_name, genres=said.genre_tags,
        submitted=track.submitted,
    )  # fmt: skip
