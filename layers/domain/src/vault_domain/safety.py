"""Output checks: the request, the stored record and the words for the user."""

from typing import ClassVar, Literal

from pydantic import Field

from vault_domain.decision import Clearance
from vault_domain.evidence import Hit, SourceReport
from vault_domain.ids import AccountId, OutputId, UploadId
from vault_domain.reasons import Reason
from vault_domain.records import Record, Sha256, UtcTime, Value, stamp

MAX_INLINE_BYTES = 4 * 2**20
MAX_OUTPUT_S = 600.0

MESSAGES = {
    "allow": "No similarity to known works was found.",
    "warn": "Parts of this output resemble existing works. For commercial use, consider generating it again.",
    "block": "This output is too close to an existing work and can't be released. Try another prompt or seed.",
    "not_cleared": "The checks could not all be made, so this output is not cleared. Try again later.",
}


class CheckAsk(Value):
    """The body of POST /safety/checks: exactly one of the two ways to give audio."""

    output_id: OutputId
    model_id: str = Field(min_length=1, max_length=120)
    audio_upload_token: UploadId | None = None
    audio_base64: str | None = Field(default=None, max_length=MAX_INLINE_BYTES * 4 // 3 + 4)
    user_ref: str | None = Field(default=None, max_length=120)


class OutputCheck(Record):
    """One made check of one output; a repeat of the same audio is the same check."""

    table: ClassVar[str] = "checks"
    kind: ClassVar[str] = "check"
    index_names: ClassVar[frozenset[str]] = frozenset({"by_model", "by_service"})

    output_id: OutputId
    check: int = Field(ge=1)
    service: AccountId
    model_id: str
    content_sha256: Sha256
    audio_sha256: Sha256
    duration_s: float = Field(ge=0)
    outcome: Literal["allow", "warn", "block", "not_cleared"]
    similarity_level: Literal["none", "warning", "blocked", "unknown"]
    sim_internal_max: float | None
    sim_external_max: float | None
    checked_against_internal: bool
    checked_against_external_catalogs: tuple[str, ...]
    missing: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    hits: tuple[Hit, ...] = Field(default=(), max_length=20)
    versions: dict[str, str]
    features: str | None = None
    at: UtcTime

    def key(self) -> tuple[str, str]:
        return self.output_id, f"check#{self.check:06d}"

    def indexes(self) -> dict[str, tuple[str, str]]:
        return {"by_model": (self.model_id, stamp(self.at)), "by_service": (self.service, stamp(self.at))}


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
    return any(r.side == "internal" and r.status == "checked" for r in reports)


def answer(check: OutputCheck, clearance: Clearance) -> dict[str, object]:
    """What the generation service gets."""
    return {
        "output_id": check.output_id,
        "outcome": check.outcome,
        "message": MESSAGES[check.outcome],
        "similarity_level": check.similarity_level,
        "sim_internal_max": check.sim_internal_max,
        "sim_external_max": check.sim_external_max,
        "checked_against_internal": check.checked_against_internal,
        "checked_against_external_catalogs": list(check.checked_against_external_catalogs),
        "missing": list(clearance.missing),
        "reasons": [reason.model_dump() for reason in check.reasons],
        "matches": [hit.model_dump() for hit in check.hits],
        "versions": check.versions,
        "checked_at": check.at.isoformat(),
    }
