"""Leases on record: opened, renewed with a look at what was taken back, ended with their run."""

from dataclasses import dataclass

from vault_domain import leases
from vault_domain.errors import PolicyRefused, Revoked
from vault_domain.events import Actor, AuditEvent, Kind, make_event
from vault_domain.leases import Dropped, Lease
from vault_domain.ports import Put, Records, Require, every
from vault_domain.records import UtcTime, stamp
from vault_domain.rights import allows
from vault_domain.tracks import Status, Track
from vault_domain.training import TrainingRun

from vault_edge.deps import Deps
from vault_edge.grants import all_granted, batches, tracks_by_id, with_rights
from vault_edge.racing import settled

PAGE = 200
GONE: dict[Status, str] = {Status.REMOVED: "revoked", Status.UNDER_INVESTIGATION: "policy"}


@dataclass(frozen=True)
class Renewed:
    """A lease, its run as it is now, and the granted tracks that may no longer be read."""

    run: TrainingRun
    lease: Lease
    dropped: tuple[Dropped, ...]


def held(deps: Deps, run: TrainingRun, worker: str, actor: Actor) -> Renewed:
    """The worker's lease if it is still fresh, else a renewed one."""
    present = deps.records.get(Lease, run.run_id, f"{Lease.kind}#{worker}")
    if present is not None and leases.still_good(present, deps.clock()):
        return Renewed(run, present, ())
    return renewed(deps, run.run_id, worker, actor)


def renewed(deps: Deps, run_id: str, worker: str, actor: Actor) -> Renewed:
    """Open or renew a lease. Raises ``Revoked`` when nothing of the run may be read any more."""
    return settled(lambda: _renew(deps, run_id, worker, actor))


def _renew(deps: Deps, run_id: str, worker: str, actor: Actor) -> Renewed:
    run = deps.records.get(TrainingRun, run_id)
    if run is None:
        raise RuntimeError("a lease is asked for a run that was read before")  # runs are never deleted
    policy, now = deps.policy(), deps.clock()
    leases.check_training_open(policy)
    known = {lease.worker: lease for lease in all_leases(deps.records, run_id)}
    present = known.get(worker)
    counted, lease = leases.renew(run, worker, present, known.values(), policy, now)
    dropped = dropped_since(deps.records, run)
    if len(dropped) >= run.tracks_granted:
        if all(one.code == "policy" for one in dropped):
            raise PolicyRefused("no track of this run may be used for its purpose any more")
        raise Revoked("consent for every track of this run was taken back")
    event = make_event(
        deps.new_id("evt"), Kind.RUN_LEASED, run_id, actor, now,
        worker=worker, expires=lease.expires.isoformat(), reads=lease.reads, bytes=lease.bytes, dropped=len(dropped),
    )  # fmt: skip
    same_run = Require(run, run.version) if counted == run else Put(counted, run.version)
    version = present.version if present else 0
    deps.records.commit([Put(lease, version), same_run], [event])
    after = counted.with_changes(version=run.version + (counted != run))
    return Renewed(after, lease.with_changes(version=version + 1), dropped)


def all_leases(records: Records, run_id: str) -> list[Lease]:
    """Every lease of a run, read consistently."""
    return list(every(lambda at: records.list(Lease, run_id, limit=PAGE, cursor=at)))


def dropped_since(records: Records, run: TrainingRun) -> tuple[Dropped, ...]:
    """Granted tracks that left since the run began, or whose consent does not cover its purpose any more.

    What changed is found through indexes, which may lag by a moment, so each read is judged all the same.
    """
    gone = {track: code for status, code in GONE.items() for track in _changed(records, status, run.opened)}
    asked_again = _consents_changed(records, run.opened) - set(gone)
    granted = {row.track_id for row in all_granted(records, run.run_id)} if gone or asked_again else set()
    narrowed = with_rights(records, tracks_by_id(records, sorted(asked_again & granted)))
    gone |= {
        track.track_id: "revoked" if rights and rights.revoked else "policy"
        for track, rights in narrowed
        if allows(rights, run.spec.purpose)
    }
    return tuple(
        Dropped.model_validate({"track_id": track_id, "code": gone[track_id]})
        for track_id in sorted(granted)
        if track_id in gone
    )


def _consents_changed(records: Records, since: UtcTime) -> set[str]:
    """Tracks whose rights holders changed what they allow."""
    kind, after = Kind.CONSENT_CHANGED.value, stamp(since)
    told = every(lambda at: records.find(AuditEvent, "by_event_kind", kind, since=after, limit=PAGE, cursor=at))
    return {event.subject for event in told}


def _changed(records: Records, status: Status, since: UtcTime) -> set[str]:
    after = stamp(since)
    tracks = every(lambda at: records.find(Track, "by_status", status.value, since=after, limit=PAGE, cursor=at))
    return {track.track_id for track in tracks}


def end_all(deps: Deps, claimed: TrainingRun) -> int:
    """End every lease of a run that is closing, so no read can be written any more; the bytes read under them."""
    found = all_leases(deps.records, claimed.run_id)
    alive = (Put(one.with_changes(ended=True), one.version) for one in found if not one.ended)
    for batch in batches(alive):
        deps.records.commit([Require(claimed, claimed.version), *batch])
    return sum(one.bytes for one in found)
