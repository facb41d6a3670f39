"""Leases: how long, how fast and how much; a limit is never passed, an alarm is told once."""

from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

import pytest
from granting import a_track, its_rights
from hypothesis import given
from hypothesis import strategies as st
from records import NOW
from vault_domain import runs
from vault_domain.errors import Conflict, Expired, OverLimit, PolicyRefused
from vault_domain.leases import check_lease, check_training_open, draw, has_share, meter, renew, spend, still_good
from vault_domain.policy import Policy
from vault_domain.training import DataSpec, select

SPEC = DataSpec(run_id="run_one", model_id="m", model_type="t", purpose="product")
POLICY = Policy(lease_reads_per_minute=5, run_passes_alarm=2, run_passes_max=4, run_max_leases=2, lease_life_s=600)
SIZE = 30


def a_run():
    entries, left = select([(a_track(1), its_rights(a_track(1)))], SPEC)
    run = runs.claim_run(SPEC, "svc_" + "0" * 26, entries, left, NOW, timedelta(hours=1))
    return run.with_changes(state="open")


def a_lease(run=None):
    return renew(run or a_run(), "main", None, (), POLICY, NOW)[1]


def test_a_lease_ends_before_its_run_does():
    run = a_run()
    assert a_lease().expires == NOW + timedelta(minutes=10)
    late = NOW + timedelta(minutes=55)
    assert renew(run, "main", a_lease(), (), POLICY, late)[1].expires == run.expires
    for other, now in ((run, run.expires), (run.with_changes(state="closing"), NOW)):
        with pytest.raises(Expired):
            renew(other, "main", None, (), POLICY, now)


def test_a_run_has_only_so_many_workers_at_once():
    run, first = a_run(), a_lease()
    second = first.with_changes(worker="w2")
    with pytest.raises(Conflict):
        renew(run, "w3", None, (first, second), POLICY, NOW)
    assert renew(run, "w3", None, (first, second), POLICY, first.expires)[1].worker == "w3"
    assert renew(run, "w3", None, (first, second.with_changes(ended=True)), POLICY, NOW)[1].worker == "w3"


def test_renewing_counts_what_was_read_once():
    run, lease = a_run(), a_lease().with_changes(bytes=70)
    counted, renewed = renew(run, "main", lease, (), POLICY, NOW)
    assert (counted.bytes_read, renewed.counted) == (70, 70)
    again, _ = renew(counted, "main", renewed, (), POLICY, NOW)
    assert again.bytes_read == 70


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 12)), min_size=1, max_size=40))
def test_workers_that_change_their_names_read_no_more_than_one(turns):
    """One after another, each as much as it may until its lease is over: the run's limit holds for all together."""
    policy = POLICY.model_copy(update={"lease_reads_per_minute": 100})
    run, now, total = a_run(), NOW, 0
    run = run.with_changes(expires=NOW + timedelta(days=9))
    known = {}
    for name, reads in turns:
        run, lease = renew(run, name, known.get(name), known.values(), policy, now)
        for _ in range(reads):
            with suppress(OverLimit):
                lease, _unusual = meter(lease, run, SIZE, policy, now)
                total += SIZE
        known[name] = lease
        now = lease.expires
    assert total <= policy.run_passes_max * run.bytes_granted
    assert total == sum(lease.bytes for lease in known.values())


def test_a_lease_that_is_over_opens_nothing_and_a_fresh_one_stays():
    lease = a_lease()
    assert check_lease(lease, NOW) is lease
    assert still_good(lease, NOW + timedelta(minutes=4))
    assert not still_good(lease, NOW + timedelta(minutes=5))
    assert not still_good(None, NOW)
    for broken, now in ((None, NOW), (lease, lease.expires), (lease.with_changes(ended=True), NOW)):
        with pytest.raises(Expired):
            check_lease(broken, now)


def test_governance_can_stop_all_training():
    check_training_open(Policy())
    with pytest.raises(PolicyRefused):
        check_training_open(Policy(training_open=False))


@given(st.lists(st.integers(0, 90), max_size=40))
def test_no_minute_and_no_run_reads_more_than_its_limit_and_each_alarm_is_told_once(pauses):
    run, lease, now = a_run(), a_lease(), NOW
    told, moments = [], []
    for pause in pauses:
        now += timedelta(seconds=pause)
        try:
            lease, unusual = meter(lease, run, SIZE, POLICY, now)
        except OverLimit:
            continue
        moments.append(now)
        told += [unusual] if unusual else []
    assert lease.bytes <= 4 * run.bytes_granted
    assert lease.reads == len(moments)
    assert told.count("volume") == (lease.bytes > 2 * run.bytes_granted)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40)), max_size=120), st.integers(1, 30))
def test_an_accounts_minute_is_never_given_out_twice(turns, limit):
    """Leases draw and spend in any order, some never spend what they drew: no minute reads more than its limit."""
    policy, now, meters, read = Policy(job_reads_per_minute=limit), NOW, None, {}
    leases = [a_lease().with_changes(worker=f"w{number}") for number in range(3)]
    for which, pause in turns:
        now += timedelta(seconds=pause)
        lease = leases[which]
        try:
            if not has_share(lease, now):
                lease, meters = draw(lease, meters, "svc_" + "0" * 26, policy, now)
        except OverLimit:
            continue
        leases[which] = spend(lease)
        read[lease.share_minute] = read.get(lease.share_minute, 0) + 1
        assert lease.share_minute <= now < lease.share_minute + timedelta(minutes=1)
    assert all(count <= limit for count in read.values())
    begun = sorted(read)
    assert all(later - earlier >= timedelta(minutes=1) for earlier, later in pairwise(begun))


def test_the_clock_may_step_back():
    lease, _ = meter(a_lease().with_changes(minute_reads=5), a_run(), SIZE, POLICY, NOW - timedelta(seconds=1))
    assert lease.minute_reads == 1


def test_bytes_of_other_workers_count_once_they_were_renewed():
    run = a_run().with_changes(bytes_read=4 * SIZE)
    with pytest.raises(OverLimit):
        meter(a_lease(), run, SIZE, POLICY, NOW)
