"""The time for an answer: told once, kept whatever the policy becomes, and nobody is reminded in vain."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from records import NOW, a_track, an_upload
from vault_domain.appeal_time import answer_until, ends, may_answer, reminder_due, told
from vault_domain.appeals import file, open_dispute
from vault_domain.appeals import is_overdue as unanswered_in_time
from vault_domain.errors import Conflict
from vault_domain.policy import Policy
from vault_domain.sweeping import PurgeUpload, RemindOwner, SeenUpload, plan_upload
from vault_domain.tracks import Status
from vault_domain.uploads import UploadState

policies = st.builds(
    lambda days, before, kept: Policy(appeal_days=days, appeal_reminder_days=before, rejected_audio_days=kept),
    st.integers(1, 400), st.integers(1, 365), st.integers(0, 400),
)  # fmt: skip
waits = st.timedeltas(timedelta(0), timedelta(days=420))
statuses = st.sampled_from([Status.REJECTED, Status.DISPUTE_PENDING])


def rejected(policy: Policy, status: Status = Status.REJECTED, **changes: object):
    return a_track(status=status, steps=3, appeal_until=answer_until(NOW, policy), **changes)


@given(policies, policies, waits)
def test_what_the_letter_said_holds_under_every_later_policy(then: Policy, now: Policy, waited: timedelta):
    track, at = rejected(then), NOW + waited
    assert ends(track, now) == NOW + timedelta(days=then.appeal_days)
    in_time = waited < timedelta(days=then.appeal_days)
    heard = an_upload(state=UploadState.VALIDATED)
    try:
        file(track, heard, (), _Ask, at, now)
    except Conflict:
        assert not in_time
    else:
        assert in_time
    assert unanswered_in_time(open_dispute(track, NOW), at, now) is not in_time


@given(st.timedeltas(timedelta(0), timedelta(days=30_000)).map(lambda passed: NOW + passed))
def test_whoever_answers_before_the_minute_that_was_told_is_in_time(until: datetime):
    read = datetime.strptime(told(until), "%d %B %Y, %H:%M UTC").replace(tzinfo=UTC)
    assert timedelta(0) <= until - read < timedelta(minutes=1)


@given(policies, waits, statuses, st.booleans(), st.booleans())
def test_a_reminder_comes_once_while_there_is_time_and_something_to_do(
    policy: Policy, waited: timedelta, status: Status, answered: bool, reminded: bool
):
    track = rejected(policy, status, appeal_reminded=NOW if reminded else None)
    now = NOW + waited
    if reminder_due(track, policy, now, answered=answered):
        assert not reminded
        assert may_answer(track, answered=answered)
        left = ends(track, policy) - now
        assert timedelta(0) < left <= timedelta(days=policy.appeal_reminder_days)
        assert policy.appeal_days > policy.appeal_reminder_days
    elif policy.appeal_days > policy.appeal_reminder_days and not reminded and may_answer(track, answered=answered):
        assert not timedelta(0) < ends(track, policy) - now <= timedelta(days=policy.appeal_reminder_days)


@given(policies, waits, st.booleans())
def test_the_recording_stays_as_long_as_it_can_be_appealed_for(policy: Policy, waited: timedelta, used: bool):
    track, now = rejected(policy, appeal_used=used), NOW + waited
    upload = an_upload(track_id=track.track_id, state=UploadState.VALIDATED)
    found = plan_upload(SeenUpload(upload, track, arrived=True), policy, now, timedelta(0))
    if isinstance(found, PurgeUpload):
        assert now >= ends(track, policy)
    if isinstance(found, RemindOwner):
        assert not used


def test_a_file_that_was_no_music_is_nothing_to_appeal_for():
    assert not may_answer(a_track(status=Status.REJECTED), answered=False)
    assert not may_answer(rejected(Policy(), Status.REJECTED_FINAL), answered=False)


class _Ask:
    reason = "I recorded it myself"
