"""What a contributor declares, and what in it asks for a reviewer's eyes.

Fields follow the submission form; bounds are stated once, here.
"""

import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from vault_domain.ids import UploadId
from vault_domain.reasons import Reason
from vault_domain.records import Value

FIRST_YEAR = 1860


_UNREADABLE = ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Bidirectional controls: they make a name read as another one."""


def _readable(text: str) -> str:
    if any(unicodedata.category(char) in _UNREADABLE or char in _TURNING for char in text):
        raise ValueError("control characters are not allowed")
    return unicodedata.normalize("NFC", text)


def _lower(text: object) -> object:
    """Before the pattern is looked at: pydantic's own folding comes after it."""
    return text.strip().lower() if isinstance(text, str) else text


Line = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True), AfterValidator(_readable)]
Tag = Annotated[str, BeforeValidator(_lower), StringConstraints(pattern=r"^[a-z0-9][a-z0-9 _&/+'-]{0,39}$")]
Language = Annotated[
    str,
    BeforeValidator(_lower),
    StringConstraints(pattern=r"^(instrumental|[a-z]{2,3}(-[a-z0-9]{2,8})*)$", max_length=60),
]
ReleaseStatus = Literal["unreleased", "released", "work_for_hire"]


class Metadata(Value):
    """What the track is."""

    title: Line
    artist_display_name: Line
    is_collaboration: bool = False
    collaborator_names: tuple[Line, ...] = Field(default=(), max_length=30)
    genre_tags: tuple[Tag, ...] = Field(min_length=1, max_length=10)
    mood_tags: tuple[Tag, ...] = Field(default=(), max_length=20)
    language: Language = "instrumental"
    release_status: ReleaseStatus = "unreleased"
    year: int | None = Field(default=None, ge=FIRST_YEAR, le=2200)
    bpm: float | None = Field(default=None, ge=20, le=400)


class RightsDeclaration(Value):
    """What the contributor declares about rights, and what they allow."""

    rights_holder_type: Literal["individual", "label", "publisher"]
    is_original: bool
    is_cover: bool
    has_third_party_samples: bool
    territorial_scope: Literal["worldwide"] = "worldwide"
    term: Literal["perpetual"] = "perpetual"
    training_allowed: bool
    """Needed to be taken; by itself it allows no use."""
    internal_experiment_ok: bool = False
    product_ok: bool = False
    evaluation_ok: bool = False
    internal_demo_ok: bool = False
    allow_per_artist_adapters: bool = False
    keep_fingerprints_after_revocation: bool = False
    """Fingerprints (never audio) may stay, for safety checks only, after a revocation."""


class SubmitAsk(Value):
    """The body of POST /tracks/submit."""

    audio_upload_token: UploadId
    metadata: Metadata
    rights: RightsDeclaration
    accepted_terms_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """SHA-256 of the terms text that the contributor read (GET /terms)."""


def review_reasons(metadata: Metadata, rights: RightsDeclaration, this_year: int) -> tuple[Reason, ...]:
    """Why a person should look at this submission, from its own words alone."""
    return (*_declared_reasons(rights), *metadata_reasons(metadata, rights.rights_holder_type, this_year))


def _declared_reasons(rights: RightsDeclaration) -> tuple[Reason, ...]:
    found: list[Reason] = []
    if rights.is_cover:
        found.append(Reason(code="cover", detail="Declared to be a cover of another work."))
    if rights.has_third_party_samples:
        found.append(Reason(code="third_party_samples", detail="Declared to contain samples of others."))
    if not rights.is_original:
        found.append(Reason(code="not_original", detail="Not declared to be an original work."))
    if rights.is_original and rights.is_cover:
        found.append(Reason(code="inconsistent_metadata", detail="Declared both an original work and a cover."))
    return tuple(found)


def metadata_reasons(metadata: Metadata, rights_holder_type: str, this_year: int) -> tuple[Reason, ...]:
    """What in the metadata contradicts itself; asked again when they are corrected."""
    found: list[str] = []
    if metadata.is_collaboration != bool(metadata.collaborator_names):
        found.append("The collaboration mark and the named collaborators disagree.")
    if metadata.year is not None and metadata.year > this_year:
        found.append("The year lies in the future.")
    if metadata.release_status == "unreleased" and metadata.year is not None and metadata.year < this_year - 1:
        found.append("Unreleased, yet with a year long past.")
    if len(set(metadata.genre_tags)) != len(metadata.genre_tags):
        found.append("A genre is named twice.")
    if rights_holder_type == "individual" and metadata.release_status == "work_for_hire":
        found.append("Work for hire, yet the rights holder is an individual.")
    return tuple(Reason(code="inconsistent_metadata", detail=detail) for detail in found)
