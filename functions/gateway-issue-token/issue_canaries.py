"""Planting canaries: checked, reserved and committed to in one transaction."""

from vault_domain.canaries import ALL, Canary, CanaryAsk, check_planting, commitment
from vault_domain.errors import Conflict
from vault_domain.events import Kind, make_event
from vault_domain.ports import Put, Require
from vault_domain.tracks import Track
from vault_domain.training import RunTrack, TrainingRun
from vault_edge.app import Caller, Deps, Json
from vault_edge.canaries import canary_key


def planted(ask: CanaryAsk, caller: Caller, deps: Deps) -> Json:
    """Raises what :func:`check_planting` does, and ``Conflict`` for a track that is another run's already."""
    tracks = [deps.records.get(Track, track_id) for track_id in ask.track_ids]
    check_planting(ask, caller.id, tracks, deps.records.get(TrainingRun, ask.run_id) is not None)
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
