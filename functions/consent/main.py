"""consent: what rights holders allow, changed over time; each version stays, and the newest counts at the next read.

A change, the version it makes and its event are one commit on the rights as
they were read. Nothing else has to be told: every grant and every read asks the
rights record. Other holders are written to, and join by a token that is made
when their letter is, and stored nowhere.
"""

from datetime import datetime

from consent_answers import (
    ConsentChanged,
    Consents,
    HeldTrack,
    HeldTracks,
    InvitationState,
    InvitationView,
    changed,
    consents_of,
)  # fmt: skip
from pydantic import BaseModel, Field
from vault_domain.consents import (
    AcceptAsk,
    ConsentAsk,
    Holding,
    Invitation,
    InviteAsk,
    Invited,
    LookAsk,
    change_consent,
    held_by,
    invite,
    is_holder,
    is_same_letter,
    join,
    narrowed,
    opened,
    token_hash,
    token_name,
    widened,
)  # fmt: skip
from vault_domain.errors import Conflict, NotFound, Unavailable
from vault_domain.events import AuditEvent, Kind, make_event
from vault_domain.ids import TrackId
from vault_domain.letters import work
from vault_domain.messages import Message, Topic, message
from vault_domain.permissions import roles
from vault_domain.ports import Change, Delete, Put
from vault_domain.rights import Consent, RightsRecord
from vault_domain.tracks import Track
from vault_edge.app import App, Caller, Deps, Query
from vault_edge.limiting import count
from vault_edge.permitting import held, permitted
from vault_edge.racing import settled
from vault_edge.texts import contribution_terms

app = App("consent")
Moved = tuple[list[str], list[str]]
UNMOVED: Moved = ([], [])
DAY_S = 86_400
LETTERS_TO_ONE = 5
"""In a day, to one address, whoever asks."""


class Page(BaseModel):
    """Which part of a listing."""

    limit: int = Field(default=50, ge=1, le=100)
    cursor: str | None = Field(default=None, max_length=2000)


@app.get("/tracks/{track_id}/consents", role=roles("consent.read"))
def show(track_id: TrackId, caller: Caller, deps: Deps) -> Consents:
    """Who allows what for a track, and every version so far; for its rights holders and for reviewers."""
    track, rights = held("consent.read", track_id, caller, deps)
    return consents_of(track, rights, deps)


@app.post("/tracks/{track_id}/consent", role=roles("consent.change"))
def change(track_id: TrackId, ask: ConsentAsk, caller: Caller, deps: Deps) -> ConsentChanged:
    """Allow something else from now on. What you turn off ends at once; the same twice is the same as once."""
    rights, moved = settled(lambda: _change(track_id, ask, caller, deps))
    flags, terms, _ = held_by(rights, caller.id)
    return changed(rights, caller, flags, terms, moved, deps)


@app.post("/tracks/{track_id}/invitations", role=roles("consent.invite"), status=202, also=(429,))
def ask_holder(track_id: TrackId, ask: InviteAsk, caller: Caller, deps: Deps) -> InvitationState:
    """Ask a rights holder whom you named to consent: they get a letter with a link; a newer one replaces it."""
    if deps.optional("MAIL_CONFIGURED") != "true":
        raise Unavailable("mail is not set up here, so nobody can be invited; write to the operator")
    rights, invited = settled(lambda: _invite(track_id, ask, caller, deps))
    name = next(party.name for party in rights.parties if party.holder == ask.holder)
    return InvitationState(track_id=track_id, holder=ask.holder, name=name, invitations=invited.count, at=invited.at)


@app.post("/invitations/look", role="public", also=(404, 410))
def look(ask: LookAsk, deps: Deps) -> InvitationView:
    """What the letter's token is about, for whoever holds it: they may have no account yet. It changes nothing."""
    invitation, track, rights = _opened(ask.token, deps)
    named = next((party.name for party in rights.parties if party.holder == invitation.holder), "")
    return InvitationView(
        track_id=track.track_id, title=track.metadata.title, artist=track.metadata.artist_display_name, named=named,
        contributor_allows=rights.flags, expires=invitation.expires, terms_sha256=contribution_terms().sha256,
    )  # fmt: skip


@app.post("/invitations/accept", role=roles("consent.join"), also=(404, 410))
def accept(ask: AcceptAsk, caller: Caller, deps: Deps) -> ConsentChanged:
    """Consent as the rights holder whom the letter was sent to, with an account of your own."""
    rights = settled(lambda: _join(ask, caller, deps))
    flags, terms, _ = held_by(rights, caller.id)
    return changed(rights, caller, flags, terms, UNMOVED, deps)


@app.get("/contributors/me/consents", role=roles("consent.list"))
def mine(page: Query[Page], caller: Caller, deps: Deps) -> HeldTracks:
    """Tracks of others in which you hold rights."""
    found = deps.records.list(Holding, caller.id, limit=page.limit, cursor=page.cursor)
    held = [(one, deps.records.get(Track, one.track_id)) for one in found.items]
    tracks = [
        HeldTrack(
            track_id=one.track_id,
            title=track.metadata.title,
            artist=track.metadata.artist_display_name,
            status=track.status.value,
            since=one.since,
        )
        for one, track in held
        if track is not None
    ]
    return HeldTracks(tracks=tracks, cursor=found.cursor)


def _change(track_id: str, ask: ConsentAsk, caller: Caller, deps: Deps) -> tuple[RightsRecord, Moved]:
    _, rights = held("consent.change", track_id, caller, deps)
    before, _, _ = held_by(rights, caller.id)
    made = change_consent(rights, caller.id, ask, contribution_terms().sha256, deps.clock())
    if made is None:
        return rights, UNMOVED
    after, consent = made
    moved = (list(narrowed(before, ask.flags)), list(widened(before, ask.flags)))
    event = _event(Kind.CONSENT_CHANGED, consent, caller, deps, narrowed=moved[0], widened=moved[1])
    also = [Put(_told(after, Topic.NARROWED, consent, deps), 0)] if moved[0] and caller.id != rights.contributor else []
    deps.records.commit([Put(after, rights.version), Put(consent, 0), *also], [event])
    return after, moved


def _invite(track_id: str, ask: InviteAsk, caller: Caller, deps: Deps) -> tuple[RightsRecord, Invited]:
    track, rights = permitted("consent.invite", track_id, caller, deps), deps.records.get(RightsRecord, track_id)
    if rights is None:
        raise NotFound("no such track of yours")
    before = deps.records.get(Invited, track_id, f"{Invited.kind}#{ask.holder}")
    address, now = deps.salted(f"email:{ask.email}"), deps.clock()
    if before is not None and is_same_letter(before, address, now):
        return rights, before
    invitation_id = deps.new_id("inv")
    token = deps.salted(token_name(invitation_id))
    invitation, invited = invite(rights, before, ask, invitation_id, token, address, now)
    count(deps.records, f"invites#{caller.id}", DAY_S, deps.policy().invitations_per_day, now)
    count(deps.records, f"invited#{address}", DAY_S, LETTERS_TO_ONE, now)
    changes: list[Change] = [Put(invitation, 0), Put(invited, before.version if before else 0)]
    changes.append(Put(_letter(invitation, track, now), 0))
    replaced = deps.records.get(Invitation, f"invitation#{before.token_sha256}") if before else None
    changes += [Delete(replaced, replaced.version)] if replaced else []
    event = make_event(
        deps.new_id("evt"), Kind.HOLDER_INVITED, track_id, caller.actor, now, holder=ask.holder, letter=invited.count
    )
    deps.records.commit(changes, [event])
    return rights, invited


def _join(ask: AcceptAsk, caller: Caller, deps: Deps) -> RightsRecord:
    invitation, _, rights = _opened(ask.token, deps)
    if any(party.holder == invitation.holder for party in rights.parties):
        after, consent = join(rights, invitation.holder, caller.id, ask, contribution_terms().sha256, deps.clock())
        holding = Holding(account_id=caller.id, track_id=rights.track_id, since=consent.given)
        event = _event(Kind.HOLDER_JOINED, consent, caller, deps, place=invitation.holder)
        used = Put(invitation.with_changes(email=None), invitation.version)
        told = Put(_told(after, Topic.JOINED, consent, deps), 0)
        deps.records.commit([Put(after, rights.version), Put(consent, 0), Put(holding, 0), used, told], [event])
        return after
    if not is_holder(rights, caller.id):
        raise Conflict("this invitation was accepted before")
    return rights


def _opened(token: str, deps: Deps) -> tuple[Invitation, Track, RightsRecord]:
    found = deps.records.get(Invitation, f"invitation#{token_hash(token)}")
    track_id = found.track_id if found else ""
    invited = deps.records.get(Invited, track_id, f"{Invited.kind}#{found.holder}") if found else None
    rights = deps.records.get(RightsRecord, track_id) if found else None
    invitation, present = opened(found, invited, rights, deps.clock())
    track = deps.records.get(Track, track_id)
    if track is None:
        raise NotFound("no such invitation")
    return invitation, track, present


def _letter(invitation: Invitation, track: Track, now: datetime) -> Message:
    said = track.metadata
    return message(
        invitation.invitation_id, Topic.INVITED, track.track_id, now, secret=token_name(invitation.invitation_id),
        work=work(said.title, said.artist_display_name), until=f"{invitation.expires:%d %B %Y}",
    )  # fmt: skip


def _told(rights: RightsRecord, topic: Topic, consent: Consent, deps: Deps) -> Message:
    """To the contributor, who is told what changed and not by whom: GET /tracks/{track_id}/consents says that."""
    track = deps.records.get(Track, rights.track_id)
    left = sum(not party.consented for party in rights.parties)
    return message(
        rights.contributor, topic, rights.track_id, consent.given, consent.consent_version,
        title=track.metadata.title if track else "", rest=f"{left} more to come." if left else "All have answered now.",
    )  # fmt: skip


def _event(kind: Kind, consent: Consent, caller: Caller, deps: Deps, **said: object) -> AuditEvent:
    versions = {"terms_sha256": consent.terms_sha256, "consent": str(consent.consent_version)}
    return make_event(
        deps.new_id("evt"), kind, consent.track_id, caller.actor, consent.given, versions,
        **consent.flags.model_dump(), **said,  # type: ignore[arg-type]
    )  # fmt: skip


handler, http = app.lambda_entry(), app.http_entry()
