"""Until when an owner may answer a rejection.

The moment is set when the track is rejected, told in the letter, and kept: a
policy that shortens the time afterwards takes nothing back. Until it is over
the recording stays, and some days before it is over the owner is told once more.
"""

from datetime import datetime, timedelta

from vault_domain.policy import Policy
from vault_domain.tracks import Status, Track


def answer_until(rejected: datetime, policy: Policy) -> datetime:
    """The moment from which on a rejection that is made now can't be answered any more."""
    return rejected + timedelta(days=policy.appeal_days)


def ends(track: Track, policy: Policy) -> datetime:
    """The same for a track that was rejected; one from before the moment was kept has the time of today's policy."""
    return track.appeal_until or answer_until(track.changed, policy)


def told(until: datetime) -> str:
    """As letters say it: in time is whoever answers before the minute that it names."""
    return f"{until:%d %B %Y, %H:%M} UTC"


def may_answer(track: Track, *, answered: bool) -> bool:
    """Whether the track is rejected in a way that its owner can still do something about; not whether in time.

    ``answered``: the dispute that came with the rejection has its owner's words.
    """
    if track.status is Status.REJECTED:
        return not track.appeal_used and track.appeal_until is not None
    return track.status is Status.DISPUTE_PENDING and not answered


def reminder_due(track: Track, policy: Policy, now: datetime, *, answered: bool) -> bool:
    """Whether the owner is to be told, once, that the time for an answer runs out.

    Nobody is reminded of a letter that came no longer ago than reminders come before the end.
    """
    if track.appeal_reminded is not None or not may_answer(track, answered=answered):
        return False
    until = ends(track, policy)
    begins = until - timedelta(days=policy.appeal_reminder_days)
    return track.changed < begins <= now < until
