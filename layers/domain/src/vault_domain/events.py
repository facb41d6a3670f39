"""The audit event: one envelope for everything that happened.

An event is written in the same transaction as the change it tells of, and
never changed. ``sequence_key`` orders events of one subject; the global order
is given later by the log's sequencer. ``data`` holds facts, never personal
data: an address or a name appears only as a salted hash.
The bytes that are hashed into the log are described in docs/formats/audit-event.md.
"""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field, JsonValue

from vault_domain.canonical import canonical
from vault_domain.ids import EventId
from vault_domain.records import Record, UtcTime, Value, stamp

ENVELOPE = 1


class Kind(StrEnum):
    """Every kind of event; the names are part of the public format."""

    ACCOUNT_CREATED = "account.created"
    ACCOUNT_ERASED = "account.erased"
    ROLE_CHANGED = "account.role_changed"
    SERVICE_CREATED = "account.service_created"
    UPLOAD_OPENED = "upload.opened"
    UPLOAD_VALIDATED = "upload.validated"
    UPLOAD_REFUSED = "upload.refused"
    UPLOAD_EXPIRED = "upload.expired"
    TRACK_SUBMITTED = "track.submitted"
    TRACK_CORRECTED = "track.corrected"
    TRACK_CHANGED = "track.status_changed"
    CONSENT_GIVEN = "rights.consent_given"
    CONSENT_CHANGED = "rights.consent_changed"
    HOLDER_INVITED = "rights.holder_invited"
    HOLDER_JOINED = "rights.holder_joined"
    TRACK_REVOKED = "track.revoked"
    AUDIO_PURGED = "audio.purged"
    EVIDENCE_RECORDED = "evidence.recorded"
    SUBMISSION_DECISION = "submission_decision"
    INDEX_CHANGED = "index.changed"
    REVIEW_CLAIMED = "review.claimed"
    REVIEW_VOTED = "review.voted"
    REVIEW_LISTENED = "review.listened"
    REVIEW_DECIDED = "review.decided"
    REVIEW_ASKED = "review.asked"
    REVIEW_ANSWERED = "review.answered"
    REVIEW_NOTED = "review.noted"
    DISPUTE_OPENED = "dispute.opened"
    DISPUTE_LAPSED = "dispute.lapsed"
    APPEAL_FILED = "appeal.filed"
    APPEAL_DECIDED = "appeal.decided"
    TRACK_FLAGGED = "track.flagged"
    FLAGS_SETTLED = "track.flags_settled"
    CLAIM_FILED = "claim.filed"
    CLAIM_CONFIRMED = "claim.confirmed"
    CLAIM_ATTACHED = "claim.attached"
    CLAIM_ANSWERED = "claim.answered"
    CLAIM_SCREENED = "claim.screened"
    CLAIM_DECIDED = "claim.decided"
    CLAIM_EXPIRED = "claim.expired"
    CONTROL_OPENED = "control.opened"
    CONTROL_RECORDED = "control.recorded"
    POLICY_CHANGE = "policy_change"
    POLICY_PROPOSED = "policy.proposed"
    POLICY_DECLINED = "policy.declined"
    BULK_DECIDED = "bulk.decided"
    PACK_REGISTERED = "pack.registered"
    PACK_BUILT = "pack.built"
    PACK_FROZEN = "pack.frozen"
    TRAINING_BATCH = "training_batch"
    RUN_OPENED = "training_run.opened"
    RUN_PREPARED = "training_run.prepared"
    RUN_LEASED = "training_run.leased"
    RUN_ALARM = "training_run.alarm"
    RUN_CLOSED = "training_run.closed"
    MODEL_REGISTERED = "model.registered"
    MODEL_AUDITED = "model.audited"
    VAULT_ACCESS = "vault_access"
    OUTPUT_CHECK = "output_similarity_check"
    OUTPUTS_RECHECKED = "outputs.rechecked"
    LICENCE_ACCEPTED = "licence.accepted"
    OUTPUT_CLAIMED = "output.claimed"
    OUTPUT_EXPORTED = "output.exported"
    RELEASE_SUSPENDED = "release.suspended"
    RELEASE_RESUMED = "release.resumed"
    RELEASE_WITHDRAWN = "release.withdrawn"
    PROMPT_CHECK = "prompt_check"
    NAMES_CHANGED = "names.changed"


class Actor(Value):
    """Who did it: an account, or the function that acted by itself."""

    id: str = Field(min_length=1, max_length=80)
    role: str = Field(pattern="^(contributor|reviewer|admin|system|public)$")


class AuditEvent(Record):
    """The canonical envelope."""

    table: ClassVar[str] = "events"
    kind: ClassVar[str] = "event"
    index_names: ClassVar[frozenset[str]] = frozenset(
        {"by_subject", "by_event_kind", "by_actor", "by_run", "unsequenced"}
    )

    event_id: EventId
    envelope: int = ENVELOPE
    event: Kind
    subject: str = Field(min_length=1, max_length=120)
    actor: Actor
    at: UtcTime
    sequence_key: str = Field(min_length=1, max_length=200)
    versions: dict[str, str] = Field(default_factory=dict)
    data: dict[str, JsonValue] = Field(default_factory=dict)
    sequence: int | None = Field(default=None, ge=0)

    def key(self) -> tuple[str, str]:
        return self.event_id, self.kind

    def indexes(self) -> dict[str, tuple[str, str]]:
        found = {
            "by_subject": (self.subject, self.sequence_key),
            "by_event_kind": (self.event.value, self.sequence_key),
            "by_actor": (self.actor.id, self.sequence_key),
        }
        run = self.data.get("run_id", self.subject)
        if isinstance(run, str) and run.startswith("run_"):
            found["by_run"] = (run, self.sequence_key)
        if self.sequence is None:
            found["unsequenced"] = (self.event_id[-1], self.sequence_key)
        return found

    def leaf(self) -> bytes:
        """The bytes that enter the log: the envelope without store bookkeeping."""
        return canonical(self.model_dump(mode="json", exclude={"version", "sequence"}))


def make_event(
    event_id: str,
    event: Kind,
    subject: str,
    actor: Actor,
    at: UtcTime,
    versions: dict[str, str] | None = None,
    **data: JsonValue,
) -> AuditEvent:
    """Build an event; its sequence key is its time, then its id."""
    return AuditEvent(
        event_id=event_id,
        event=event,
        subject=subject,
        actor=actor,
        at=at,
        sequence_key=f"{stamp(at)}#{event_id}",
        versions=versions or {},
        data=data,
    )
