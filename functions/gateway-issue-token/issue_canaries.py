"""Canaries: offered by their owner without a word in the log; planted, reserved and committed to in one transaction."""

from vault_domain.accounts import Account, RoleChange
from vault_domain.canaries import (
    ALL,
    OFFERS,
    Canary,
    CanaryAsk,
    CanaryOffer,
    OfferAsk,
    check_contributor,
    check_offer,
    check_planting,
    commitment,
)
from vault_domain.errors import Conflict
from vault_domain.events import Kind, make_event
from vault_domain.ports import Put, Require
from vault_domain.tracks import Track
from vault_domain.training import RunTrack, TrainingRun
from vault_edge.app import Caller, Deps, Json
from vault_edge.canaries import canary_key


def offered(ask: OfferAsk, caller: Caller, deps: Deps) -> Json:
    """Raises what :func:`check_offer` and :func:`check_contributor` do. What was offered before stays as it is."""
    check_offer(ask, caller.id, [deps.records.get(Track, track_id) for track_id in ask.track_ids])
    _check_owner(caller.id, deps)
    now = deps.clock()
    made = [CanaryOffer(track_id=one, owner=caller.id, at=now) for one in ask.track_ids if _offer(one, deps) is None]
    if made:
        deps.records.commit([Put(one, 0) for one in made])
    return {"track_ids": list(ask.track_ids)}


def planted(ask: CanaryAsk, caller: Caller, deps: Deps) -> Json:
    """Raises what :func:`check_planting` does, and ``Conflict`` for a track that is another run's already."""
    tracks = [deps.records.get(Track, track_id) for track_id in ask.track_ids]
    offers = [_offer(track_id, deps) for track_id in ask.track_ids]
    check_planting(ask, tracks, offers, deps.records.get(TrainingRun, ask.run_id) is not None)
    for owner in {track.owner for track in tracks if track is not None}:
        _check_owner(owner, deps)
    if any(deps.records.find(RunTrack, "by_track", track_id, limit=1).items for track_id in ask.track_ids):
        raise Conflict("one of these tracks was granted to a run before; it would not name this one")
    if any(deps.records.get(Canary, ALL, canary_key(track_id)) for track_id in ask.track_ids):
        raise Conflict("one of these tracks is a canary already")
    now, nonce = deps.clock(), deps.new_id("rcp")
    found = [Canary(track_id=one, run_id=ask.run_id, planted_by=caller.id, at=now) for one in ask.track_ids]
    said = commitment(ask, nonce)
    event = make_event(deps.new_id("evt"), Kind.RUN_PREPARED, ask.run_id, caller.actor, now, commitment=said)
    unchanged = [Require(track, track.version) for track in tracks if track is not None]
    deps.records.commit([*(Put(one, 0) for one in found), *unchanged], [event])
    return {"run_id": ask.run_id, "track_ids": list(ask.track_ids), "nonce": nonce, "commitment": said}


def _offer(track_id: str, deps: Deps) -> CanaryOffer | None:
    return deps.records.get(CanaryOffer, OFFERS, f"{CanaryOffer.kind}#{track_id}")


def _check_owner(owner: str, deps: Deps) -> None:
    changed = deps.records.list(RoleChange, owner, limit=1).items
    check_contributor(deps.records.get(Account, owner), bool(changed))
