"""claims: anybody may report an infringement; the track is locked at once, and people decide how it ends.

Contributors see what is listed and may flag it, which changes nothing by itself.
Without an account: file, confirm with the mailed token, follow. Its author is
never named to the track's owner. Owners read what is claimed and answer it.
Reviewers screen and decide; nobody decides about a track or claim of their own.
"""

from claims_filing import confirmed, filed, followed
from claims_flags import FlagPage, FlagsSettled, FlagView, Listing, ListingAsk, PageAsk, flag, flagged, listed, settle
from claims_judging import attached, decided, screened
from claims_views import (
    Answered,
    Attached,
    ClaimDetail,
    ClaimPage,
    ClaimReceipt,
    ClaimStatus,
    OutputClaims,
    QueueAsk,
    TokenAsk,
    TrackAsk,
    TrackClaims,
    WordsAsk,
    detail,
    summary,
    to_owner,
)  # fmt: skip
from vault_domain.errors import NotFound
from vault_domain.events import Kind
from vault_domain.flags import FlagAsk, FlagsAsk
from vault_domain.ids import ClaimId, OutputId, TrackId
from vault_domain.infringement import Claim, ClaimAsk, ScreenAsk, SettleAsk, reply
from vault_domain.permissions import roles
from vault_domain.ports import Put
from vault_edge.app import App, Caller, Deps, Query, Request
from vault_edge.complaining import ClaimedOutput, claimed_output, note
from vault_edge.journey import Journey
from vault_edge.permitting import belonging, permitted
from vault_edge.racing import settled

app = App("claims")


@app.get("/listing", role=roles("listing.read"))
def listing(ask: Query[ListingAsk], deps: Deps) -> Listing:
    """What is in the vault, newest first: titles, artists and genres, no owner and no sound."""
    return listed(ask, deps)


@app.post("/tracks/{track_id}/flags", role=roles("flag.file"), status=201, also=(429,))
def raise_flag(track_id: TrackId, ask: FlagAsk, caller: Caller, deps: Deps) -> FlagView:
    """Ask that somebody look at a listed track that is not yours; once per track."""
    return flag(track_id, ask, caller, deps)


@app.get("/flags", role=roles("flag.queue"))
def flags(ask: Query[PageAsk], caller: Caller, deps: Deps) -> FlagPage:
    """Flags that wait to be settled, oldest first."""
    return flagged(ask, caller, deps)


@app.post("/tracks/{track_id}/flags/decision", role=roles("flag.settle"))
def settle_flags(track_id: TrackId, ask: FlagsAsk, caller: Caller, deps: Deps) -> FlagsSettled:
    """Settle all flags on a track: dismiss them, or open a claim, which locks it and which somebody else decides."""
    return settle(track_id, ask, caller, deps)


@app.post("/claims", role="public", status=202)
def file(ask: ClaimAsk, request: Request, deps: Deps) -> ClaimReceipt:
    """Report that a track of the vault, or a generated output, infringes your rights. A link to confirm the claim
    is mailed to you.

    The answer is the same whether the track exists or not. Nothing happens to a track before you confirm.
    """
    return filed(ask, request.ip_hash, deps)


@app.post("/claims/{claim_id}/confirmation", role="public", also=(410,))
def confirm(claim_id: ClaimId, ask: TokenAsk, deps: Deps) -> ClaimStatus:
    """Confirm your claim with the token of the link. A complete claim locks its track at once. Twice is once."""
    return confirmed(claim_id, ask.token, deps)


@app.post("/claims/{claim_id}/status", role="public")
def status(claim_id: ClaimId, ask: TokenAsk, deps: Deps) -> ClaimStatus:
    """Where your claim stands, for whoever has the token of the link."""
    return followed(claim_id, ask.token, deps)


@app.get("/claims", role=roles("claim.queue"))
def queue(ask: Query[QueueAsk], deps: Deps) -> ClaimPage:
    """Claims in one state, those that are due first."""
    page = deps.records.find(Claim, "by_state", ask.state.value, limit=ask.limit, cursor=ask.cursor)
    return ClaimPage(claims=tuple(summary(claim, deps) for claim in page.items), cursor=page.cursor)


@app.get("/claims/{claim_id}", role=roles("claim.read"))
def show(claim_id: ClaimId, caller: Caller, deps: Deps) -> ClaimDetail:
    """A claim with its author, the owner's answer, and what the detectors say of the track now."""
    return detail(claim_id, caller, deps)


@app.post("/claims/{claim_id}/track", role=roles("claim.attach"))
def attach(claim_id: ClaimId, ask: TrackAsk, caller: Caller, deps: Deps) -> Attached:
    """Name the track that a claim is about, or lock a track that its claim did not lock by itself."""
    return attached(claim_id, ask.track_id, caller, deps)


@app.post("/claims/{claim_id}/screening", role=roles("claim.screen"))
def screen(claim_id: ClaimId, ask: ScreenAsk, caller: Caller, deps: Deps) -> Attached:
    """Screen a confirmed claim: ``unfounded`` ends it and unlocks the track in this one call."""
    return screened(claim_id, ask, caller, deps)


@app.post("/claims/{claim_id}/decision", role=roles("claim.decide"))
def decide(claim_id: ClaimId, ask: SettleAsk, caller: Caller, deps: Deps) -> Attached:
    """Decide a screened claim on findings that you name, or give both sides time to negotiate."""
    return decided(claim_id, ask, caller, deps)


@app.get("/tracks/{track_id}/claims", role=roles("claim.about"))
def about(track_id: TrackId, caller: Caller, deps: Deps) -> TrackClaims:
    """The confirmed claims about a track, newest first: what is claimed and how it ended, never by whom."""
    permitted("claim.about", track_id, caller, deps)
    page = deps.records.find(Claim, "by_track", track_id, newest_first=True, limit=100)
    shown = tuple(to_owner(claim) for claim in page.items if claim.confirmed is not None)
    return TrackClaims(track_id=track_id, claims=shown)


@app.post("/tracks/{track_id}/claims/{claim_id}/answer", role=roles("claim.answer"))
def answer(track_id: TrackId, claim_id: ClaimId, ask: WordsAsk, caller: Caller, deps: Deps) -> Answered:
    """Answer a claim about your track; until it is decided you may put it better."""
    return settled(lambda: _answer(track_id, claim_id, ask.answer, caller, deps))


@app.get("/outputs/{output_id}/claims", role=roles("claim.about_output"))
def about_output(output_id: OutputId, caller: Caller, deps: Deps) -> OutputClaims:
    """The confirmed claims about an output, newest first, for the account behind its service and for reviewers."""
    _reachable_output("claim.about_output", output_id, caller, deps)
    page = deps.records.find(Claim, "by_track", output_id, newest_first=True, limit=100)
    shown = tuple(to_owner(claim) for claim in page.items if claim.confirmed is not None)
    return OutputClaims(output_id=output_id, claims=shown)


@app.post("/outputs/{output_id}/claims/{claim_id}/answer", role=roles("claim.answer_output"))
def answer_output(output_id: OutputId, claim_id: ClaimId, ask: WordsAsk, caller: Caller, deps: Deps) -> Answered:
    """Answer a claim about an output of your service; until it is decided you may put it better."""
    return settled(lambda: _answer_output(output_id, claim_id, ask.answer, caller, deps))


def _reachable_output(what: str, output_id: str, caller: Caller, deps: Deps) -> ClaimedOutput:
    output = claimed_output(output_id, deps)
    return belonging(what, output, output.owner if output else None, caller, deps, thing="output")


def _answer_output(output_id: str, claim_id: str, words: str, caller: Caller, deps: Deps) -> Answered:
    output = _reachable_output("claim.answer_output", output_id, caller, deps)
    claim = deps.records.get(Claim, claim_id)
    if claim is None or claim.output_id != output_id or claim.confirmed is None:
        raise NotFound("no such claim about this output")
    if claim.answer != words:
        claim = reply(claim, words, deps.clock())
        note(claim, output, caller.actor, Kind.CLAIM_ANSWERED, deps)
    return Answered(claim_id=claim_id, answer=claim.answer or "", answered=claim.answered)


def _answer(track_id: str, claim_id: str, words: str, caller: Caller, deps: Deps) -> Answered:
    track = permitted("claim.answer", track_id, caller, deps)
    claim = deps.records.get(Claim, claim_id)
    if claim is None or claim.track_id != track_id or claim.confirmed is None:
        raise NotFound("no such claim about this track")
    if claim.answer != words:
        journey = Journey(deps, track, caller.actor)
        claim = reply(claim, words, journey.now)
        journey.tell(Kind.CLAIM_ANSWERED, claim_id=claim_id)
        journey.note(Put(claim, claim.version))
    return Answered(claim_id=claim_id, answer=claim.answer or "", answered=claim.answered)


handler, http = app.lambda_entry(), app.http_entry()
