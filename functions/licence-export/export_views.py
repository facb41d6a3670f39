"""What licence-export answers with."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field
from vault_domain.canonical import Json
from vault_domain.exporting import CLEARED, Exported
from vault_domain.output_licence import Acceptance, UserRef
from vault_domain.reasons import Reason
from vault_domain.records import UtcTime
from vault_domain.safety import OutputCheck
from vault_domain.safety_words import message_of
from vault_edge.texts import LICENCE, Terms


class UserAsk(BaseModel):
    """Of services: which of their users is meant."""

    user_ref: UserRef | None = None


class PageAsk(BaseModel):
    """Which part of a list."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Annotated[str | None, Field(max_length=2000)] = None


class LicenceText(BaseModel):
    """One version of the licence for generated outputs."""

    number: int
    present: bool = Field(description="Whether this is the version that is accepted now")
    title: str
    sha256: str = Field(description="Over the bytes of `text` (UTF-8); acceptances name it")
    summary: list[str] = Field(description="In plain words; the text is what counts")
    changes: list[str] = Field(description="What differs from the version before")
    text: str


class Accepted(BaseModel):
    """Whether the present licence is accepted, and when."""

    present: int = Field(description="The version that is accepted now")
    accepted: bool
    accepted_at: UtcTime | None = None
    holder: str = Field(description="The pseudonym under which it stands in the log and on certificates")


class Code(BaseModel):
    """A code to hand to the user of an output; it is in this answer and nowhere else."""

    output_id: str
    code: str
    expires: UtcTime
    link: str | None = Field(description="Where the user shows it, if this installation has pages")


class Output(BaseModel):
    """Where an output stands."""

    output_id: str
    model_id: str
    check: int
    checked_at: UtcTime
    outcome: Literal["allow", "warn", "block", "not_cleared"]
    message: str
    reasons: list[Reason] = Field(description="What the check found")
    suggestions: list[str] = Field(description="What the check says may help")
    duration_s: float
    content_sha256: str = Field(description="Of the file that was checked, the only one that can be exported")
    regenerate_url: str | None = Field(description="Where the service lets you have another one made, if it said so")
    licence: Accepted
    obstacles: list[Reason] = Field(description="What stands in the way of an export now; empty for nothing")


class Outputs(BaseModel):
    """Outputs that you hold, by when you claimed them."""

    outputs: list[Output]
    cursor: str | None = None


class ExportResult(BaseModel):
    """An exported output: where to fetch the file, and the certificate that goes with it."""

    output_id: str
    certificate_id: str
    url: str = Field(description="GET it within `expires`, without a token; the file is kept for a day")
    expires: UtcTime
    filename: str
    file: Exported
    certificate: Json = Field(description="The signed certificate (docs/formats/export-certificate.md)")
    pdf: str = Field(description="GET it for the printed certificate")


def licence_text(text: Terms) -> LicenceText:
    """A version as it is told."""
    return LicenceText(
        number=text.number, present=text.number == LICENCE, title=text.title, sha256=text.sha256,
        summary=list(text.summary), changes=list(text.changes), text=text.text,
    )  # fmt: skip


def accepted(found: Acceptance | None, holder: str) -> Accepted:
    """An acceptance as it is told."""
    return Accepted(present=LICENCE, accepted=found is not None, accepted_at=found.at if found else None, holder=holder)


def output(check: OutputCheck, licence: Accepted, again: str | None, stands: tuple[Reason, ...]) -> Output:
    """An output as its holder sees it. What it resembles is told as reasons, without the works' names.

    That the release gate keeps it back is no finding about it, and stands among the obstacles for as long as it does.
    """
    reasons = [] if check.came_to in CLEARED else [_nameless(reason) for reason in check.reasons]
    return Output(
        output_id=check.output_id, model_id=check.model_id, check=check.check, checked_at=check.at,
        outcome=check.outcome, message=message_of(check), reasons=reasons,
        suggestions=[one.text for one in check.advice], duration_s=check.duration_s,
        content_sha256=check.content_sha256, regenerate_url=again, licence=licence, obstacles=list(stands),
    )  # fmt: skip


def _nameless(reason: Reason) -> Reason:
    """The reason without which work it was: that is between its owner and the vault."""
    detail = reason.detail
    for ref in sorted(reason.refs, key=len, reverse=True):
        detail = detail.replace(ref, "a known work")
    return Reason(code=reason.code, detail=detail)
