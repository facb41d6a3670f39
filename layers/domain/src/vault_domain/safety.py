"""Output checks: the request, the stored record, and what the log says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from pydantic import Field, JsonValue, model_validator

from vault_domain.advice import Advice, advise
from vault_domain.axes import Axes, similarity_by_axis
from vault_domain.canonical import sha256_hex
from vault_domain.decision import Clearance, max_similarity
from vault_domain.events import AuditEvent
from vault_domain.evidence import WITHHELD, Hit, SourceReport, all_hits
from vault_domain.hearing import only_unheard
from vault_domain.ids import AccountId, EventId, ModelId, OutputId, UploadId, VersionName
from vault_domain.policy import Policy, strictly
from vault_domain.reasons import Reason
from vault_domain.records import Record, Sha256, UtcTime, Value, stamp
from vault_domain.tiles import entry_of

MAX_INLINE_BYTES = 4 * 2**20
MAX_OUTPUT_S = 600.0
MAX_HITS = 20


class CheckAsk(Value):
    """The body of POST /safety/checks: exactly one of the two ways to give audio."""

    output_id: OutputId
    model_id: ModelId
    model_version: VersionName | None = None
    """Which version of it, needed for a registered model: nothing is cleared of a version that is blocked."""
    audio_upload_token: UploadId | None = None
    audio_base64: str | None = Field(default=None, max_length=2 * MAX_INLINE_BYTES, repr=False)
    user_ref: str | None = Field(default=None, max_length=120)
    """The service's own reference to its user; kept with the check, never in the log."""
    prompt_pattern: str | None = Field(default=None, max_length=2000, repr=False)
    """What was asked of the model: only counted, under a salted hash, when outputs are blocked again and again."""

    prompt_token: str | None = Field(default=None, max_length=2000, repr=False)
    """From POST /prompts/checks, where the prompt's outcome was ``stricter``."""
    prompt_sha256: Sha256 | None = None
    """SHA-256 of the prompt's UTF-8 bytes, as that check gave it."""

    @model_validator(mode="after")
    def _one_way(self) -> "CheckAsk":
        if (self.audio_upload_token is None) == (self.audio_base64 is None):
            raise ValueError("give audio_upload_token or audio_base64, and only one of them")
        return self


class OutputCheck(Record):
    """One made check of one output; a repeat of the same audio is the same check."""

    table: ClassVar[str] = "checks"
    kind: ClassVar[str] = "check"
    index_names: ClassVar[frozenset[str]] = frozenset({"by_model", "by_service", "by_outcome"})

    output_id: OutputId
    check: int = Field(ge=1)
    service: AccountId
    model_id: str
    model_version: VersionName | None = None
    content_sha256: Sha256
    audio_sha256: Sha256
    duration_s: float = Field(ge=0)
    outcome: Literal["allow", "warn", "block", "not_cleared"]
    found: Literal["allow", "warn"] | None = None
    """What the comparison came to, where the release gate keeps the output back."""
    similarity_level: Literal["none", "warning", "blocked", "unknown"]
    sim_internal_max: float | None
    sim_external_max: float | None
    similarity: Axes = Field(default_factory=dict)
    """Side -> axis -> figure; see :mod:`vault_domain.axes`."""
    checked_against_internal: bool
    checked_against_external_catalogs: tuple[str, ...]
    missing: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    hits: tuple[Hit, ...] = Field(default=(), max_length=MAX_HITS)
    advice: tuple[Advice, ...] = Field(default=(), max_length=8)
    versions: dict[str, str]
    features: str | None = Field(default=None, max_length=300)
    """Bucket and key of the packed features, kept so that the output can be checked again; its audio is not."""
    chromaprint: str | None = Field(default=None, max_length=200_000)
    user_ref: str | None = Field(default=None, max_length=120)
    upload_id: UploadId | None = None
    event_id: EventId | None = None
    entry_sha256: Sha256 | None = None
    """Of the check's entry in the log, which its receipt names."""
    prompt_check: EventId | None = None
    """The check of its prompt, whose token asked for the stricter thresholds."""
    at: UtcTime

    @property
    def came_to(self) -> str:
        """What the comparison came to, whether or not the model may be released: what counts about the model."""
        return self.found or self.outcome

    def key(self) -> tuple[str, str]:
        return self.output_id, check_range(self.check)

    def indexes(self) -> dict[str, tuple[str, str]]:
        at = stamp(self.at)
        return {
            "by_model": (self.model_id, at),
            "by_service": (self.service, at),
            "by_outcome": (self.outcome, at),
        }


def check_range(number: int) -> str:
    """The range key of an output's check of this number."""
    return f"{OutputCheck.kind}#{number:06d}"


STRICTER = {"thresholds": "stricter"}
"""What the versions of a check say that was made by the stricter thresholds."""


def is_stricter(check: OutputCheck) -> bool:
    """Whether a check was made by the stricter thresholds; its output is judged by them from then on."""
    return STRICTER.items() <= check.versions.items()


def last_standing(made: Sequence[OutputCheck]) -> OutputCheck | None:
    """The last check of an output that came to an answer: one that cleared nothing takes back nothing that one did.

    An output that was judged by the stricter thresholds once is judged by them, whichever check stands.
    """
    stands = next((one for one in reversed(made) if one.outcome != "not_cleared"), None)
    if stands is None or not any(is_stricter(one) for one in made):
        return stands
    return stands.with_changes(versions=stands.versions | STRICTER)


def judged_by(check: OutputCheck, policy: Policy) -> Policy:
    """The policy as this output is judged by it: with its stricter thresholds, where the check was made by these."""
    return strictly(policy) if is_stricter(check) else policy


LEVELS: dict[str, Literal["none", "warning", "blocked", "unknown"]] = {
    "allow": "none",
    "warn": "warning",
    "block": "blocked",
    "not_cleared": "unknown",
}


def catalogues_reached(reports: tuple[SourceReport, ...]) -> tuple[str, ...]:
    """Names of the external sources whose check was made."""
    return tuple(sorted(r.source for r in reports if r.side == "external" and r.status == "checked"))


def vault_reached(reports: tuple[SourceReport, ...]) -> bool:
    """Whether the vault's own index was searched."""
    return any(r.side == "internal" and r.source != WITHHELD and r.status == "checked" for r in reports)


def withheld_reached(versions: Mapping[str, str], missing: Sequence[str]) -> bool:
    """Whether a check under these versions was made against what is kept back; none before ADR 0033 was."""
    return f"snapshot:{WITHHELD}" in versions and WITHHELD not in missing


@dataclass(frozen=True)
class Heard:
    """What a check knows of the audio it was given."""

    content_sha256: str
    audio_sha256: str
    duration_s: float
    chromaprint: str
    features: str
    upload_id: str | None = None


def same_check(earlier: OutputCheck, ask: CheckAsk, audio_sha256: str, versions: dict[str, str]) -> bool:
    """Whether this audio, said to be made by this model, was decided under these versions already.

    A check that something was missing from may be tried again; one that only the release gate keeps back was made.
    """
    made_by = earlier.model_id, earlier.model_version
    same = (earlier.audio_sha256, earlier.versions, made_by) == (
        audio_sha256,
        versions,
        (ask.model_id, ask.model_version),
    )
    return same and earlier.came_to != "not_cleared"


def make_check(
    ask: CheckAsk,
    number: int,
    service: str,
    heard: Heard,
    reports: tuple[SourceReport, ...],
    clearance: Clearance,
    weak: float,
    versions: dict[str, str],
    now: datetime,
) -> OutputCheck:
    """The record of one check. ``weak``: the policy's threshold from which a hit counts."""
    hits = all_hits(reports)[:MAX_HITS]
    quiet = only_unheard(reason.code for reason in clearance.reasons)
    return OutputCheck(
        output_id=ask.output_id,
        check=number,
        service=service,
        model_id=ask.model_id,
        model_version=ask.model_version,
        content_sha256=heard.content_sha256,
        audio_sha256=heard.audio_sha256,
        duration_s=heard.duration_s,
        outcome=clearance.outcome,
        similarity_level="none" if quiet else LEVELS[clearance.outcome],
        sim_internal_max=max_similarity(reports, "internal"),
        sim_external_max=max_similarity(reports, "external"),
        similarity=similarity_by_axis(reports),
        checked_against_internal=vault_reached(reports),
        checked_against_external_catalogs=catalogues_reached(reports),
        missing=clearance.missing,
        reasons=clearance.reasons[:MAX_HITS],
        hits=hits,
        advice=advise(
            clearance.outcome,
            hits,
            duration_s=heard.duration_s,
            weak=weak,
            missing=clearance.missing,
            unheard=quiet,
            most_hits=MAX_HITS,
        ),
        versions=versions,
        features=heard.features,
        chromaprint=heard.chromaprint,
        user_ref=ask.user_ref,
        upload_id=heard.upload_id,
        at=now,
    )


def on_record(check: OutputCheck, event: AuditEvent) -> OutputCheck:
    """The check with its place in the log: the event that tells of it."""
    return check.with_changes(event_id=event.event_id, entry_sha256=sha256_hex(entry_of(event)))


def next_check(last: OutputCheck, now: datetime, **changes: object) -> OutputCheck:
    """The next check of an output, made of its last one without its audio: what is not changed stands as it was.

    It has no place in the log yet.
    """
    made = last.with_changes(
        **changes, found=None, version=0, check=last.check + 1, at=now, event_id=None, entry_sha256=None
    )
    return made.with_changes(similarity_level=LEVELS[made.outcome])


def event_facts(check: OutputCheck) -> dict[str, JsonValue]:
    """What the audit event says of a check: scores and references, nothing personal."""
    facts: dict[str, JsonValue] = check.model_dump(
        mode="json",
        include={
            "model_id", "check", "outcome", "similarity_level", "sim_internal_max", "sim_external_max", "similarity",
            "checked_against_internal", "checked_against_external_catalogs", "missing", "audio_sha256",
            "content_sha256", "prompt_check",
        },
    )  # fmt: skip
    return {**facts, **named(check), "matched": [hit.ref for hit in check.hits]}


def named(check: OutputCheck) -> dict[str, JsonValue]:
    """What the log and everything signed say where it is so, and leave out otherwise: the version of the model that was
    named, and what was found where the release gate keeps the output back.
    """
    said = {"model_version": check.model_version, "found": check.found}
    return {name: value for name, value in said.items() if value is not None}
