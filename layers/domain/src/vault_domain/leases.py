"""Leases: for how long, how fast and how much a worker of a run may read.

A run token is for one lease of one run and ends with it. Renewing looks again
at what was taken back. Each worker has a lease of its own, so that workers
don't wait for each other when a read is written down. Ending a run ends its
leases in the store, so a read that was judged before can't be written after.
What a service account may read in a minute, over all its leases, is one row that
leases draw shares from: a lease that has a share left does not touch the row.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from vault_domain.errors import Conflict, Expired, OverLimit, PolicyRefused
from vault_domain.ids import AccountId, RunId, TrackId
from vault_domain.policy import Policy
from vault_domain.records import Record, UtcTime, Value
from vault_domain.training import TrainingRun

WorkerName = Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9_-]{0,39}$")]
MAIN = "main"
MINUTE = timedelta(minutes=1)
Cause = Literal["rate", "job_rate", "volume"]
SHARES = 200
"""A minute of an account is given out in so many shares."""


class LeaseAsk(Value):
    """The body of POST /training/runs/{run_id}/leases."""

    worker: WorkerName = MAIN


class Lease(Record):
    """One worker's lease on one run, and what was read under it."""

    table: ClassVar[str] = "runs"
    kind: ClassVar[str] = "lease"

    run_id: RunId
    worker: WorkerName
    opened: UtcTime
    renewed: UtcTime
    expires: UtcTime
    ended: bool = False
    reads: int = Field(default=0, ge=0)
    bytes: int = Field(default=0, ge=0)
    counted: int = Field(default=0, ge=0)
    """Bytes of it that the run's own sum holds; the rest is added at the next renewal, or when the lease is over."""
    minute: UtcTime
    """When the present minute of reading began."""
    minute_reads: int = Field(default=0, ge=0)
    share: int = Field(default=0, ge=0)
    """Reads that are left of what was drawn from the account's minute."""
    share_minute: UtcTime | None = None
    """The account's minute that it was drawn from; it counts in no other."""
    alarms: tuple[Cause, ...] = ()

    def key(self) -> tuple[str, str]:
        return self.run_id, f"{self.kind}#{self.worker}"


class JobMeter(Record):
    """How much of a minute of one service account has been given out to its leases."""

    table: ClassVar[str] = "runs"
    kind: ClassVar[str] = "job_meter"

    job: AccountId
    minute: UtcTime
    """When this minute began."""
    given: int = Field(default=0, ge=0)

    def key(self) -> tuple[str, str]:
        return f"job#{self.job}", self.kind


class Dropped(Value):
    """A granted track that may no longer be read, with the code of the refusal."""

    track_id: TrackId
    code: Literal["revoked", "policy"]


def check_training_open(policy: Policy) -> None:
    """Raises ``PolicyRefused`` while governance has stopped all training."""
    if not policy.training_open:
        raise PolicyRefused("training is stopped by the policy in force")


def still_good(lease: Lease | None, now: datetime) -> bool:
    """Whether a lease has more than half of its life before it: asked for again, it is the same."""
    return lease is not None and not lease.ended and now - lease.renewed < (lease.expires - lease.renewed) / 2


def renew(
    run: TrainingRun, worker: str, present: Lease | None, others: Iterable[Lease], policy: Policy, now: datetime
) -> tuple[TrainingRun, Lease]:
    """A new lease, or the present one made longer; and the run with what was read under its leases.

    Of another worker that still reads, what its last renewal counted; of one that is over, everything, so that a run
    whose workers change their names reads no more than another. A lease never outlives its run's manifest.
    Raises ``Expired`` for a run that is not open or past its time, ``Conflict`` for one more worker than the policy
    allows.
    """
    if run.state != "open":
        raise Expired(f"this run is not open ({run.state})")
    if now >= run.expires:
        raise Expired("this run's time is over; ask for its manifest again")
    expires = min(run.expires, now + timedelta(seconds=policy.lease_life_s))
    rest = [one for one in others if one.worker != worker]
    alive = [one for one in rest if one.expires > now and not one.ended]
    own = present.bytes if present else 0
    read = own + sum(one.counted if one in alive else one.bytes for one in rest)
    counted = run.with_changes(bytes_read=max(run.bytes_read, read))
    if present is not None:
        return counted, present.with_changes(renewed=now, expires=expires, counted=own)
    if len(alive) >= policy.run_max_leases:
        raise Conflict(f"a run has {policy.run_max_leases} workers at most", limit=policy.run_max_leases)
    return counted, Lease(run_id=run.run_id, worker=worker, opened=now, renewed=now, expires=expires, minute=now)


def check_lease(lease: Lease | None, now: datetime) -> Lease:
    """The lease if it may be read under now. Raises ``Expired``."""
    if lease is None or lease.ended or now >= lease.expires:
        raise Expired("the lease is over; renew it")
    return lease


def meter(lease: Lease, run: TrainingRun, size: int, policy: Policy, now: datetime) -> tuple[Lease, Cause | None]:
    """The lease after one read of ``size`` bytes, and what is unusual about it for the first time.

    Raises ``OverLimit`` when the read is over the rate or the volume that the policy allows.
    """
    if now - lease.minute >= MINUTE or now < lease.minute:
        lease = lease.with_changes(minute=now, minute_reads=0)
    if lease.minute_reads >= policy.lease_reads_per_minute:
        raise OverLimit("too many reads in one minute; wait", cause="rate", retry_after=60)
    read = run.bytes_read + lease.bytes - lease.counted + size
    if read > policy.run_passes_max * run.bytes_granted:
        raise OverLimit(f"this run has read its tracks {policy.run_passes_max} times over", cause="volume")
    metered = lease.with_changes(reads=lease.reads + 1, bytes=lease.bytes + size, minute_reads=lease.minute_reads + 1)
    unusual = read > policy.run_passes_alarm * run.bytes_granted and "volume" not in lease.alarms
    return (metered.with_changes(alarms=(*lease.alarms, "volume")), "volume") if unusual else (metered, None)


def has_share(lease: Lease, now: datetime) -> bool:
    """Whether the lease may read one more track without drawing another share of the account's minute."""
    begun = lease.share_minute
    return lease.share > 0 and begun is not None and begun <= now < begun + MINUTE


def draw(lease: Lease, meter: JobMeter | None, job: str, policy: Policy, now: datetime) -> tuple[Lease, JobMeter]:
    """The lease with a share of the account's present minute, and the account's meter without it.

    Raises ``OverLimit`` when the minute is given out.
    """
    if meter is None or not meter.minute <= now < meter.minute + MINUTE:
        meter = (meter or JobMeter(job=job, minute=now)).with_changes(minute=now, given=0)
    share = min(max(1, policy.job_reads_per_minute // SHARES), policy.job_reads_per_minute - meter.given)
    if share <= 0:
        raise OverLimit("this account's jobs read too much in one minute; wait", cause="job_rate", retry_after=60)
    return (
        lease.with_changes(share=share, share_minute=meter.minute),
        meter.with_changes(given=meter.given + share),
    )


def spend(lease: Lease) -> Lease:
    """The lease after one read from its share."""
    return lease.with_changes(share=lease.share - 1)
