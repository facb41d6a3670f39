"""What the owner of a track is told when its status changes; what they did themselves is no news."""

from datetime import datetime

from vault_domain.appeal_time import told
from vault_domain.messages import Message, Topic, message
from vault_domain.tracks import Track, Trigger

TOLD: dict[Trigger, Topic] = {
    Trigger.CHECKS_FINISHED: Topic.IN_REVIEW,
    Trigger.ADMITTED: Topic.ACCEPTED,
    Trigger.REJECTED: Topic.REJECTED,
    Trigger.UPLOAD_FAILED: Topic.UNUSABLE,
    Trigger.DISPUTE_OPENED: Topic.DISPUTE_OPENED,
    Trigger.DISPUTE_LAPSED: Topic.DISPUTE_LAPSED,
    Trigger.APPEAL_UPHELD: Topic.APPEAL_UPHELD,
    Trigger.APPEAL_DISMISSED: Topic.APPEAL_DISMISSED,
    Trigger.CLAIM_CONFIRMED: Topic.LOCKED,
    Trigger.CLAIM_DISMISSED: Topic.UNLOCKED,
    Trigger.CLAIM_UPHELD: Topic.REMOVED,
}
ANSWERABLE = (Topic.REJECTED, Topic.DISPUTE_OPENED)
"""What a letter names a last moment for."""


def news(track: Track, trigger: Trigger, now: datetime) -> Message | None:
    """The message to the owner of a track that has just taken this step; None where there is nothing to tell.

    The end of the checks is told only when the track then waits for a person:
    an acceptance or rejection follows at once and tells itself.
    """
    topic = TOLD.get(trigger)
    if topic is None or (trigger is Trigger.CHECKS_FINISHED and track.verdict != "review"):
        return None
    why = " ".join(reason.detail for reason in track.reasons if reason.detail)
    by = {"until": told(track.appeal_until)} if topic in ANSWERABLE and track.appeal_until else {}
    return message(track.owner, topic, track.track_id, now, track.steps, title=track.metadata.title, why=why, **by)
