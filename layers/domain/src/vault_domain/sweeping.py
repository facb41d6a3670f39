"""What is stuck, overdue or past its retention, and what to do about it.

Plan, then do: the rules here turn what was seen into frozen instructions, and
touch nothing. The same rules are asked again just before an instruction is
carried out, so a plan that time has overtaken does no harm.

``patience`` is how long something may stand still before it counts as stuck;
zero after a crash, when no execution can be alive.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from vault_domain.admission import favoured, may_be_indexed
from vault_domain.appeal_time import ends, reminder_due
from vault_domain.policy import Policy
from vault_domain.revocation import keeps_fingerprints
from vault_domain.rights import RightsRecord
from vault_domain.tracks import Status, Track
from vault_domain.uploads import BIND_WITHIN, BOUND, Refusal, Upload, UploadState, is_overdue

STANDINGS = ("waiting", "validated", BOUND, "refused", "expired")
"""Everything under which an upload may need looking after."""

NEVER_ARRIVED = Refusal(code="never_arrived", detail="The file was not sent within the time that the form allows.")
MAX_DOUBLINGS = 6
REFUSED = (Status.REJECTED, Status.REJECTED_FINAL)
_IN_CHECKS = (Status.SUBMITTED, Status.PENDING_AUTOMATED_CHECKS)
_IN_VAULT = (Status.ACCEPTED, Status.UNDER_INVESTIGATION)


@dataclass(frozen=True)
class ExpireUpload:
    """Nobody named this upload in time."""

    upload_id: str


@dataclass(frozen=True)
class RefuseUpload:
    """A track waits for bytes that never came."""

    upload_id: str


@dataclass(frozen=True)
class StartPipeline:
    """Start the pipeline again, under a name that two sweeps share."""

    upload_id: str
    name: str
    why: str


@dataclass(frozen=True)
class ReleaseClaim:
    """A refused track lets go of its sound, so that somebody else may submit it."""

    upload_id: str


@dataclass(frozen=True)
class PurgeUpload:
    """Delete every object of this upload, all versions, and note it."""

    upload_id: str
    why: str


@dataclass(frozen=True)
class PurgeAudio:
    """Delete a removed track's audio from the vault, and its features unless they may stay."""

    track_id: str
    features_too: bool


@dataclass(frozen=True)
class PurgeFingerprints:
    """Delete what is left of a removed track's sound: its audio is gone, and its fingerprints may not stay."""

    track_id: str


@dataclass(frozen=True)
class HideTrack:
    """Take a removed track out of the index: the revocation was cut off before that."""

    track_id: str


@dataclass(frozen=True)
class LapseDispute:
    """A dispute that came with a rejection was not answered in time: the rejection is final."""

    track_id: str


@dataclass(frozen=True)
class RemindOwner:
    """The time to answer a rejection is nearly over."""

    upload_id: str


AboutTrack = PurgeAudio | PurgeFingerprints | HideTrack
Instruction = ExpireUpload | RefuseUpload | StartPipeline | ReleaseClaim | PurgeUpload | RemindOwner | AboutTrack


@dataclass(frozen=True)
class SeenUpload:
    """One upload as the sweep found it; ``arrived``: there is a source object; ``claims``: its track holds a sound;
    ``answered``: the dispute about its track has its owner's words."""

    upload: Upload
    track: Track | None
    arrived: bool
    claims: bool = False
    answered: bool = False


@dataclass(frozen=True)
class SeenRemoved:
    """One removed track; ``indexed``: a search would find it; ``fingerprinted``: its fingerprints are on record."""

    track: Track
    rights: RightsRecord | None
    indexed: bool
    fingerprinted: bool = False


def plan_upload(seen: SeenUpload, policy: Policy, now: datetime, patience: timedelta) -> Instruction | None:
    """At most one thing to do about an upload; None when it is where it should be."""
    upload = seen.upload
    if upload.purged is not None:
        return None
    if upload.state is UploadState.EXPIRED:
        return PurgeUpload(upload.upload_id, "expired")
    if upload.state is UploadState.REFUSED:
        if seen.track is not None and seen.track.status in _IN_CHECKS:
            return _start_if_due(seen, now, patience, "refusal not concluded")
        return PurgeUpload(upload.upload_id, "refused")
    if upload.track_id is None:
        return _plan_unbound(seen, now, patience)
    return _plan_bound(seen, seen.track, policy, now, patience) if seen.track is not None else None


def plan_removed(seen: SeenRemoved, policy: Policy, now: datetime) -> tuple[Instruction, ...]:
    """What a track that was taken back still has to lose."""
    track, found = seen.track, list[Instruction]()
    if track.status is not Status.REMOVED:
        return ()
    kept = keeps_fingerprints(track, seen.rights, policy)
    if seen.indexed and may_be_indexed(track) and not kept:
        found.append(HideTrack(track.track_id))
    if track.stored is not None and now - track.changed >= timedelta(days=policy.removed_audio_days):
        return (*found, PurgeAudio(track.track_id, features_too=not kept))
    if track.stored is None and seen.fingerprinted and not kept:
        found.append(PurgeFingerprints(track.track_id))
    return tuple(found)


def _plan_unbound(seen: SeenUpload, now: datetime, patience: timedelta) -> Instruction | None:
    upload = seen.upload
    if is_overdue(upload, now):
        return ExpireUpload(upload.upload_id)
    if upload.purpose == "output":
        return None
    if upload.parked is not None:
        return _start_if_due(seen, now, patience, f"parked at {upload.parked.step}")
    if upload.state is UploadState.WAITING and seen.arrived:
        return _start_if_due(seen, now, patience, "arrived, not validated")
    if upload.state is UploadState.VALIDATED and not patience:
        return _start_if_due(seen, now, patience, "nobody waits for its submission")
    return None


def _plan_bound(
    seen: SeenUpload, track: Track, policy: Policy, now: datetime, patience: timedelta
) -> Instruction | None:
    upload, still = seen.upload, now - track.changed
    if track.status in _IN_VAULT:
        return PurgeUpload(upload.upload_id, "admitted")
    if track.status is Status.REMOVED:
        return PurgeUpload(upload.upload_id, "removed") if still >= _days(policy.removed_audio_days) else None
    if track.status in REFUSED:
        if seen.claims:
            return ReleaseClaim(upload.upload_id)
        if reminder_due(track, policy, now, answered=seen.answered):
            return RemindOwner(upload.upload_id)
        return PurgeUpload(upload.upload_id, "rejected") if _let_go(track, policy, now) else None
    if track.status is Status.DISPUTE_PENDING and reminder_due(track, policy, now, answered=seen.answered):
        return RemindOwner(upload.upload_id)
    if track.status in _IN_CHECKS and upload.state is UploadState.WAITING and not seen.arrived:
        return RefuseUpload(upload.upload_id) if now - upload.created > BIND_WITHIN else None
    if track.status in _IN_CHECKS:
        return _start_if_due(seen, now, patience, f"stuck in {track.status.value}")
    if track.status is Status.PENDING_REVIEW and favoured(track):
        return _start_if_due(seen, now, patience, "decided, not admitted")
    return None


def _let_go(track: Track, policy: Policy, now: datetime) -> bool:
    """Past its retention, and nobody can appeal any more: an appeal needs the recording."""
    appealable = track.status is Status.REJECTED and now < ends(track, policy)
    return now - track.changed >= _days(policy.rejected_audio_days) and not appealable


def _start_if_due(seen: SeenUpload, now: datetime, patience: timedelta, why: str) -> StartPipeline | None:
    """Start again when nothing moved for long enough; each failed start doubles what is long enough."""
    upload = seen.upload
    moved = max(upload.changed, seen.track.changed) if seen.track is not None else upload.changed
    if now - moved < patience * 2 ** min(upload.attempts, MAX_DOUBLINGS):
        return None
    return StartPipeline(upload.upload_id, f"{upload.upload_id}-{upload.attempts + 1}", why)


def _days(count: int) -> timedelta:
    return timedelta(days=count)
