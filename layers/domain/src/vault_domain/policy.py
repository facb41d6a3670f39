"""The policy in force: every number that governance may change, versioned.

A decision names the version it was made under. Version 1 ships with the
software; later versions are records written by admins.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from vault_domain.records import Record, UtcTime, Value

HEAD = "head"
SourceName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.:-]{0,79}$")]

DetectorName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Thresholds(Value):
    """On the calibrated scale: 0.4 is a 1 %, 0.7 a 0.1 % false-positive rate."""

    weak: float = Field(default=0.4, ge=0, le=1)
    strong: float = Field(default=0.7, ge=0, le=1)
    strong_overlap_s: float = Field(default=15.0, ge=0, le=600)

    @model_validator(mode="after")
    def _ordered(self) -> "Thresholds":
        if self.weak > self.strong:
            raise ValueError("weak must not be above strong")
        return self


PromptAction = Literal["allow", "warn", "stricter", "reject"]


class PromptRules(Value):
    """What happens to a prompt by what it points at; ``stricter`` lets it pass and binds its output to ``stricter``."""

    clone: PromptAction = "reject"
    """A copy or cover of something named."""
    song: PromptAction = "stricter"
    artist: PromptAction = "stricter"
    """An artist who does not take part here."""
    participant: PromptAction = "warn"
    suspected: PromptAction = "warn"
    """What only the classifier suspects, and artists named as something to avoid."""
    token_s: int = Field(default=3600, ge=60, le=86_400)
    """How long the token of a prompt under stricter limits is good for."""


class Policy(Value):
    """The rules' numbers and switches."""

    thresholds: Thresholds = Thresholds()
    stricter: Thresholds = Thresholds(weak=0.3, strong=0.5)
    """For outputs of prompts that point at a work or an artist."""
    prompts: PromptRules = PromptRules()
    warn_only: tuple[DetectorName, ...] = Field(default=("melody",), max_length=20)
    """Detectors whose hits lead to a warning or a review, never by themselves to a block or a rejection: what they find
    need not be the same recording, and their false positives were measured less far down."""
    auto_accept: bool = True
    required_sources: tuple[SourceName, ...] = Field(default=("vault", "catalogue"), max_length=20)
    required_when_configured: tuple[SourceName, ...] = Field(default=("acoustid",), max_length=20)
    keep_fingerprints_after_revocation: bool = True
    """Where the contributor consented to it as well."""
    removed_audio_days: int = Field(default=30, ge=0, le=3650)
    rejected_audio_days: int = Field(default=90, ge=0, le=3650)
    stuck_after_s: int = Field(default=900, ge=30, le=86_400)
    max_open_uploads: int = Field(default=200, ge=1, le=10_000)
    grant_life_s: int = Field(default=6 * 3600, ge=60, le=7 * 86_400)
    read_link_s: int = Field(default=60, ge=1, le=60)
    training_open: bool = True
    """False stops every grant, lease and read at once."""
    lease_life_s: int = Field(default=900, ge=30, le=3600)
    """How long a worker may read before it must ask again."""
    run_max_leases: int = Field(default=32, ge=1, le=1000)
    lease_reads_per_minute: int = Field(default=1200, ge=1, le=100_000)
    job_reads_per_minute: int = Field(default=12_000, ge=1, le=1_000_000)
    """Of one service account, over all leases of all its runs."""
    run_passes_alarm: int = Field(default=100, ge=1, le=100_000)
    """How often a run may read all its tracks, by bytes, before an alarm event is written."""
    run_passes_max: int = Field(default=500, ge=1, le=100_000)
    """And before it may read no more."""
    approvals_unflagged: int = Field(default=1, ge=1, le=5)
    approvals_flagged: int = Field(default=2, ge=1, le=5)
    admin_decides_alone: bool = True
    """One admin's vote decides on a flagged track; an override with a written reason always does."""
    review_claim_s: int = Field(default=1800, ge=60, le=86_400)
    answer_days: int = Field(default=14, ge=1, le=365)
    """How long a question to the owner holds a review."""
    appeal_days: int = Field(default=60, ge=1, le=3650)
    """How long after a rejection its owner may appeal."""
    appeal_reminder_days: int = Field(default=7, ge=1, le=365)
    """How long before that time is over the owner is reminded of it."""
    second_admin: bool = False
    """A change of policy counts only once another admin has confirmed it."""
    own_catalogue_needs_review: bool = True
    """A match with a release that its owner has shown control of still waits for one reviewer."""
    bulk_tracks: int = Field(default=1000, ge=1, le=1_000_000)
    """Accepted tracks of one account from which on governance must approve before they are used for training."""
    bulk_share: float = Field(default=0.25, gt=0, le=1)
    """The same, as a share of all accepted tracks; it counts once the vault holds ``bulk_share_from`` of them."""
    bulk_share_from: int = Field(default=200, ge=1, le=1_000_000)
    claim_confirm_hours: int = Field(default=72, ge=1, le=720)
    """How long the author of a claim has to confirm it."""
    claim_screen_days: int = Field(default=3, ge=1, le=60)
    """Within which a confirmed claim is screened; past it, admins are told."""
    claim_decide_days: int = Field(default=14, ge=1, le=365)
    claim_negotiate_days: int = Field(default=30, ge=1, le=365)
    claims_per_source_day: int = Field(default=5, ge=1, le=1000)
    """Claims that one address of the network, or one e-mail address, may file in a day."""
    claim_locks_per_track: int = Field(default=3, ge=1, le=100)
    """How often claims lock one track by themselves within 30 days; further ones wait for a reviewer to do it."""
    blocked_told: int = Field(default=10, ge=1, le=100_000)
    """After so many blocked outputs of one service within an hour its owner, reviewers and admins are told."""
    blocked_told_user: int = Field(default=5, ge=1, le=100_000)
    """The same for one user of a service, as far as the service names its users,"""
    blocked_told_model: int = Field(default=10, ge=1, le=100_000)
    """for one model,"""
    blocked_told_prompt: int = Field(default=5, ge=1, le=100_000)
    """and for prompts that say the same, as far as the service tells what was asked."""
    export_check_days: int = Field(default=30, ge=1, le=365)
    """How old the last check of an output may be when it is exported."""
    flags_per_day: int = Field(default=10, ge=1, le=1000)
    """Tracks that one contributor may flag in a day."""
    invitations_per_day: int = Field(default=20, ge=1, le=1000)
    """Letters to other rights holders that one contributor may have sent in a day."""
    release_extraction_limit: float = Field(default=0.01, ge=0, le=1)
    """A model is released while at most this share of its outputs may be copies, at ``release_confidence``."""
    release_confidence: float = Field(default=0.95, ge=0.5, le=0.9999)
    release_least_outputs: int = Field(default=300, ge=1, le=3000)
    """Outputs that an audit of a model needs at least."""
    claim_data_days: int = Field(default=1095, ge=30, le=3650)
    """How long after its end a claim keeps the name, address and words of its author."""

    @model_validator(mode="after")
    def _alarm_first(self) -> "Policy":
        if self.run_passes_alarm > self.run_passes_max:
            raise ValueError("an alarm comes before the limit")
        return self

    @model_validator(mode="after")
    def _flags_weigh(self) -> "Policy":
        if self.approvals_flagged < self.approvals_unflagged:
            raise ValueError("a flagged track must not need fewer approvals than an unflagged one")
        return self


def limits_of(policy: Policy, stricter: bool = False) -> Thresholds:
    """The thresholds for an output; the stricter ones are never above the ordinary ones."""
    usual, strict = policy.thresholds, policy.stricter
    if not stricter:
        return usual
    return Thresholds(
        weak=min(usual.weak, strict.weak),
        strong=min(usual.strong, strict.strong),
        strong_overlap_s=min(usual.strong_overlap_s, strict.strong_overlap_s),
    )


def strictly(policy: Policy) -> Policy:
    """The policy for outputs of prompts that point at a work or an artist."""
    return policy.model_copy(update={"thresholds": limits_of(policy, stricter=True)})


class PolicyVersion(Record):
    """One version of the policy, written once; the row with range key ``head`` is the one in force."""

    table: ClassVar[str] = "policies"
    kind: ClassVar[str] = "policy"

    number: int = Field(ge=1)
    policy: Policy
    author: str
    reason: str = Field(min_length=1, max_length=1000)
    at: UtcTime
    confirmed_by: str | None = None
    """The second admin, where the policy before demanded one."""
    is_head: bool = False

    def key(self) -> tuple[str, str]:
        return "policy", f"policy#{HEAD}" if self.is_head else f"policy#{self.number:06d}"


class CatalogueEntry(Record):
    """An outside catalogue that checks may consult; its snapshot lies in the snapshots bucket."""

    table: ClassVar[str] = "policies"
    kind: ClassVar[str] = "catalogue"

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,59}$")
    title: str = Field(max_length=200)
    licence: str = Field(max_length=200)
    pack: str | None = None
    """The registered dataset whose licences let checks compare with it; without one, they don't."""
    snapshot: str
    tracks: int = Field(ge=0)
    registered_by: str
    at: UtcTime
    active: bool = True

    def key(self) -> tuple[str, str]:
        return "catalogues", f"catalogue#{self.name}"


SHIPPED = Policy()
SHIPPED_NUMBER = 1
HEAD_OF_POLICY = (PolicyVersion, "policy", f"policy#{HEAD}")
"""Where the policy in force is."""


def in_force(head: PolicyVersion | None) -> tuple[int, Policy]:
    """The policy in force and its number: what ships with the software until an admin changes it."""
    return (head.number, head.policy) if head else (SHIPPED_NUMBER, SHIPPED)
