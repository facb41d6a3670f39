"""Gathering what a training run may be granted, and recording the grant.

Promise of :func:`record_grant`: a run is claimed first, its rows are written
under that claim in batches, and only a complete set of rows is opened. Each
batch demands that the claim still stands, so that two callers, or one that was
thought dead, can't mix their rows. Killed anywhere, it leaves a claim that
opens nothing and that the same job takes over by asking again.
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from vault_domain import runs
from vault_domain.bulk import ALL, BulkDecision, held_tracks, is_held
from vault_domain.canaries import withheld
from vault_domain.canonical import digest
from vault_domain.combining import Named, check_licences, use_of
from vault_domain.events import Actor, AuditEvent, Kind, make_event
from vault_domain.policy import Policy
from vault_domain.ports import Change, Delete, Put, R, Records, Require, every
from vault_domain.rights import RightsRecord
from vault_domain.tracks import Status, Track
from vault_domain.training import DataSpec, Entry, RunTrack, TrainingRun, check_grant, in_order, matches, select

from vault_edge.canaries import all_canaries
from vault_edge.deps import Deps
from vault_edge.pack_sources import Asked, asked_for, named

READERS = 4
READ_TOGETHER = 100
"""Records in one request."""
PAGE = 1000
BATCH = 90
"""Rows in one commit; a transaction of the store holds 100 items."""

Candidate = tuple[Track, RightsRecord | None]


def licensed_packs(deps: Deps, spec: DataSpec) -> tuple[Named, ...]:
    """The packs of a run as they are on record now. Raises ``LicenceRefused`` unless all may be used like that."""
    found = tuple(named(deps.records, ref, use_of(spec, ref)) for ref in spec.packs)
    check_licences(found, deps.clock())
    return found


def fresh_candidates(
    records: Records, spec: DataSpec, policy: Policy, asked: Asked
) -> tuple[list[Candidate], frozenset[str]]:
    """Tracks of the packs that match the spec, with their rights as they are now; and which tracks governance holds."""
    accepted, held = accepted_and_held(records, policy)
    known = {track.track_id for track in accepted}
    listed = tracks_by_id(records, (one for one in asked.frozen if one not in known))
    found = [one for one in [*accepted, *listed] if asked.holds(one.track_id)]
    return with_rights(records, [one for one in found if matches(one, spec.filters)]), held


def accepted_and_held(records: Records, policy: Policy) -> tuple[list[Track], frozenset[str]]:
    """Every accepted track, and the ids of those that wait for governance."""
    accepted = list(accepted_tracks(records))
    return accepted, held_tracks(accepted, bulk_decisions(records), policy)


def bulk_decisions(records: Records) -> dict[str, BulkDecision]:
    """What governance decided about accounts with many tracks."""
    made = every(lambda at: records.list(BulkDecision, ALL, limit=PAGE, cursor=at))
    return {one.account_id: one for one in made}


def granted_candidates(records: Records, rows: Iterable[RunTrack]) -> list[Candidate]:
    """The tracks that a run was granted, as they are now, with their rights."""
    return with_rights(records, tracks_by_id(records, (row.track_id for row in rows)))


def all_granted(records: Records, run_id: str) -> list[RunTrack]:
    """Every row of a run, read consistently."""
    return list(every(lambda at: records.list(RunTrack, run_id, limit=PAGE, cursor=at)))


def open_run(
    deps: Deps, present: TrainingRun | None, spec: DataSpec, packs: tuple[Named, ...], actor: Actor, life: timedelta
) -> tuple[TrainingRun, tuple[Entry, ...]]:
    """Select and record a fresh grant, or one whose claim by the same job died half-way."""
    if present is not None:
        runs.check_same_run(present, spec, actor.id)
    asked = asked_for(packs, spec.run_id, deps)
    candidates, held = fresh_candidates(deps.records, spec, deps.policy(), asked)
    candidates = without_canaries(deps.records, candidates, spec.run_id)
    entries, left = select(candidates, spec, held, asked.lists)
    check_grant(entries, left)
    claim = runs.claim_run(spec, actor.id, entries, left, deps.clock(), life)
    claim = claim.with_changes(pack_identities={one.ref: one.identity for one in packs})
    return record_grant(deps, present, claim, entries, actor), entries


def without_canaries(records: Records, candidates: list[Candidate], run_id: str) -> list[Candidate]:
    """Candidates without other runs' canaries; nothing says that they were passed over."""
    others = withheld(all_canaries(records), run_id)
    return [pair for pair in candidates if pair[0].track_id not in others]


def renew(
    deps: Deps, run: TrainingRun, spec: DataSpec, actor: Actor, life: timedelta
) -> tuple[TrainingRun, tuple[Entry, ...]]:
    """Select what is still allowed of an open run's grant, and record its manifest if that is a new one."""
    runs.check_same_run(run, spec, actor.id)
    rows, decisions = all_granted(deps.records, run.run_id), bulk_decisions(deps.records)
    candidates = granted_candidates(deps.records, rows)
    held = frozenset(track.track_id for track, _ in candidates if is_held(decisions.get(track.owner)))
    entries, left = select(candidates, spec, held)
    entries = in_order(entries, {row.track_id: row.place for row in rows})
    renewed = runs.reissue(run, entries, left, deps.clock(), life)
    check_grant(entries, left)
    if renewed != run:
        deps.records.commit([Put(renewed, run.version)], [_batch_event(deps, renewed, len(entries), actor)])
    return renewed, entries


def record_grant(
    deps: Deps, present: TrainingRun | None, claim: TrainingRun, entries: tuple[Entry, ...], actor: Actor
) -> TrainingRun:
    """Claim, write rows, open; the open run. Raises ``LostRace`` when another call got in between."""
    expects = present.version if present else 0
    deps.records.commit([Put(claim, expects)])
    held = claim.with_changes(version=expects + 1)
    for batch in batches(_row_changes(all_granted(deps.records, held.run_id), runs.grants(held, entries))):
        deps.records.commit([Require(held, held.version), *batch])
    opened = held.with_changes(state="open")
    deps.records.commit([Put(opened, held.version)], _opening_events(deps, opened, actor))
    return opened


def accepted_tracks(records: Records) -> Iterator[Track]:
    """Every accepted track, through an index that may lag by a moment."""
    return every(lambda at: records.find(Track, "by_status", Status.ACCEPTED.value, limit=PAGE, cursor=at))


def tracks_by_id(records: Records, track_ids: Iterable[str]) -> list[Track]:
    """These tracks, as they are now."""
    return [track for track in many(records, Track, track_ids) if track is not None]


def with_rights(records: Records, tracks: list[Track]) -> list[Candidate]:
    """Each track with its rights as they are now."""
    return list(zip(tracks, many(records, RightsRecord, (track.track_id for track in tracks)), strict=True))


def many(records: Records, kind: type[R], hash_keys: Iterable[str]) -> list[R | None]:
    """The record of this kind under each key, in order; some requests at a time."""
    parts = batched([(key, kind.kind) for key in hash_keys])
    with ThreadPoolExecutor(READERS) as pool:
        return [one for part in pool.map(lambda keys: records.get_many(kind, keys), parts) for one in part]


def batched(keys: Sequence[tuple[str, str]], size: int = READ_TOGETHER) -> list[Sequence[tuple[str, str]]]:
    """The keys in runs of at most ``size``."""
    return [keys[first : first + size] for first in range(0, len(keys), size)]


def _row_changes(stored: Iterable[RunTrack], wanted: Iterable[RunTrack]) -> Iterator[Change]:
    """What turns the stored rows of a claim into the wanted ones."""
    held = {row.track_id: row for row in stored}
    for row in wanted:
        old = held.pop(row.track_id, None)
        if old is None or old.with_changes(version=0) != row:
            yield Put(row, old.version if old else 0)
    for row in held.values():
        yield Delete(row, row.version)


def batches(changes: Iterable[Change], size: int = BATCH) -> Iterator[list[Change]]:
    """The changes in lists of at most ``size``, in order."""
    batch: list[Change] = []
    for change in changes:
        batch.append(change)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _opening_events(deps: Deps, run: TrainingRun, actor: Actor) -> list[AuditEvent]:
    spec = run.spec.model_dump(mode="json")
    opened = make_event(
        deps.new_id("evt"), Kind.RUN_OPENED, run.run_id, actor, deps.clock(),
        job=run.job, model_id=run.spec.model_id, model_type=run.spec.model_type, purpose=run.spec.purpose,
        packs=list(run.spec.packs), pack_identities=dict(run.pack_identities), spec_sha256=digest(spec),
        expires=run.expires.isoformat(),
    )  # fmt: skip
    return [opened, _batch_event(deps, run, run.tracks_granted, actor)]


def _batch_event(deps: Deps, run: TrainingRun, tracks: int, actor: Actor) -> AuditEvent:
    """What was put into one manifest, by count and hash."""
    return make_event(
        deps.new_id("evt"), Kind.TRAINING_BATCH, run.run_id, actor, deps.clock(),
        model_id=run.spec.model_id, purpose=run.spec.purpose, packs=list(run.spec.packs), tracks=tracks,
        left_out=dict(run.tracks_left_out), manifest_sha256=run.manifest_sha256, expires=run.expires.isoformat(),
    )  # fmt: skip
