"""Whether an output may be exported, what is recorded of it, and what its certificate says.

An export needs all of these, each with a code of its own: no suspension of the
output or its model (``output_suspended``), no release gate that keeps its model
back (``model_blocked``), a last check that said allow or warn
(``output_not_cleared``), not too long ago nor while its model was kept back
(``check_outdated``), the present licence accepted (``licence_not_accepted``),
and the very bytes that were checked (``digest_mismatch``).

From its first export on an output's id stands for the sound that was exported:
no other sound is checked under it (``output_exported``), so what is found or
decided about the id later is about what its certificates name.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from vault_domain.canonical import Json
from vault_domain.errors import (
    CheckOutdated,
    Conflict,
    DigestMismatch,
    LicenceNotAccepted,
    ModelBlocked,
    OutputExported,
    OutputNotCleared,
    OutputSuspended,
)
from vault_domain.ids import CertificateId, OutputId, UploadId
from vault_domain.output_licence import SLUG, Acceptance, Holder, UserRef
from vault_domain.policy import Policy
from vault_domain.ports import Put, Require
from vault_domain.reasons import Reason
from vault_domain.records import Record, Sha256, UtcTime, Value
from vault_domain.release_gate import Gate
from vault_domain.safety import MAX_INLINE_BYTES, OutputCheck, named
from vault_domain.safety_receipt import model_in
from vault_domain.safety_words import message_of
from vault_domain.suspensions import OUTPUT_SUSPENDED, OUTPUT_WITHDRAWN, Standing

CERTIFICATE = "export-certificate"
FORMAT = 1
CLEARED = ("allow", "warn")
LINK_LIFE = timedelta(minutes=10)
_ERRORS: dict[str, type[Conflict]] = {
    cls.code: cls for cls in (OutputSuspended, ModelBlocked, OutputNotCleared, CheckOutdated, LicenceNotAccepted)
}
Force = Literal["in_force", "suspended", "ended"]


class ExportAsk(Value):
    """The body of POST /outputs/{output_id}/export: the audio that was checked, in one of two ways."""

    audio_upload_token: UploadId | None = None
    audio_base64: str | None = Field(default=None, max_length=2 * MAX_INLINE_BYTES, repr=False)
    user_ref: UserRef | None = None
    """For services: the user named with the check, for whom this is."""

    @model_validator(mode="after")
    def _one_way(self) -> "ExportAsk":
        if (self.audio_upload_token is None) == (self.audio_base64 is None):
            raise ValueError("give audio_upload_token or audio_base64, and only one of them")
        return self


class Exported(Value):
    """The file that was handed out; ``credentials`` is ``c2pa``, or none with the reason why."""

    sha256: Sha256
    bytes: int = Field(ge=1)
    media_type: str = Field(max_length=60)
    credentials: Literal["c2pa", "none"]
    why_none: str | None = Field(default=None, max_length=300)


class OutputExport(Record):
    """One export of one output, with the signed certificate that was given for it."""

    table: ClassVar[str] = "checks"
    kind: ClassVar[str] = "export"

    output_id: OutputId
    number: int = Field(ge=1)
    certificate_id: CertificateId
    holder: Holder
    licence: int = Field(ge=1)
    check: int = Field(ge=1)
    file: Exported
    certificate: str = Field(max_length=60_000, repr=False)
    """The envelope's bytes, as text."""
    upload_id: UploadId | None = None
    at: UtcTime

    def key(self) -> tuple[str, str]:
        return self.output_id, export_range(self.number)


class ExportedSound(Record):
    """The sound that an output's id stands for since its first export."""

    table: ClassVar[str] = "checks"
    kind: ClassVar[str] = "exported_sound"

    output_id: OutputId
    audio_sha256: Sha256

    def key(self) -> tuple[str, str]:
        return self.output_id, self.kind


class CertificateEntry(Record):
    """Where the export of a certificate is found."""

    table: ClassVar[str] = "checks"
    kind: ClassVar[str] = "certificate"

    name: CertificateId
    output_id: OutputId
    number: int = Field(ge=1)

    def key(self) -> tuple[str, str]:
        return self.name, certificate_range(self.name)


class FileEntry(Record):
    """Where the last export of a file is found; several exports can be of the same bytes."""

    table: ClassVar[str] = "checks"
    kind: ClassVar[str] = "exported_file"

    sha256: Sha256
    output_id: OutputId
    number: int = Field(ge=1)

    def key(self) -> tuple[str, str]:
        return by_file(self.sha256), self.kind


def certificate_range(certificate_id: str) -> str:
    """The range key of a certificate's entry."""
    return f"{CertificateEntry.kind}#{certificate_id}"


def export_range(number: int) -> str:
    """The range key of an output's export of this number."""
    return f"{OutputExport.kind}#{number:06d}"


def by_file(sha256: str) -> str:
    """The name under which an exported file is found."""
    return f"file#{sha256}"


def entries(export: OutputExport, last_of_file: FileEntry | None) -> tuple[Put, ...]:
    """Both ways to find an export; ``last_of_file``: what stands at the file's name until now."""
    where = {"output_id": export.output_id, "number": export.number}
    file = FileEntry(sha256=export.file.sha256, **where)
    return (
        Put(CertificateEntry(name=export.certificate_id, **where), 0),
        Put(file, last_of_file.version if last_of_file else 0),
    )


def obstacles(
    check: OutputCheck, stands: Standing, gate: Gate, accepted: Acceptance | None, policy: Policy, now: datetime
) -> tuple[Reason, ...]:
    """What stands in the way of an export now, apart from the audio itself; nothing for none.

    ``stands``: the suspensions of the output, its sound and its model; ``gate``: whether that may be released.
    """
    suspended = [Reason(code=OutputSuspended.code, detail=reason.detail) for reason in stands.reasons]
    found = [*suspended, *gate.reasons]
    if check.came_to not in CLEARED and not suspended:
        found.append(Reason(code=OutputNotCleared.code, detail=message_of(check)))
    if said := _outdated(check, gate, policy, now):
        found.append(Reason(code=CheckOutdated.code, detail=said))
    if accepted is None:
        found.append(Reason(code=LicenceNotAccepted.code, detail=LicenceNotAccepted.title + "."))
    return tuple(found)


def _outdated(check: OutputCheck, gate: Gate, policy: Policy, now: datetime) -> str | None:
    """Why only a new check can clear this output, if that is so."""
    if check.found is not None and gate.why is None:
        return "The model may be released now, and could not be when this was checked: have the output checked again."
    if now - check.at > timedelta(days=policy.export_check_days):
        return f"The last check is older than {policy.export_check_days} days: have the output checked again."
    return None


def require(found: tuple[Reason, ...]) -> None:
    """Raise the refusal that goes with the first obstacle, if there is one."""
    if found:
        raise _ERRORS[found[0].code](found[0].detail)


def same_bytes(check: OutputCheck, sha256: str) -> None:
    """Raise ``DigestMismatch`` unless these are the bytes that were checked."""
    if sha256 != check.content_sha256:
        raise DigestMismatch("This file is not the one that was checked; send exactly the same file")


def same_sound(exported: ExportedSound | None, output_id: str, audio_sha256: str) -> Require:
    """What a check of this sound demands of the exports when it is recorded.

    Raises ``OutputExported`` if the output was exported with another sound.
    """
    if exported is None:
        return Require(ExportedSound(output_id=output_id, audio_sha256=audio_sha256), 0)
    if exported.audio_sha256 != audio_sha256:
        raise OutputExported("This output was exported with another sound; check this one under an id of its own")
    return Require(exported, exported.version)


def known_export(made: tuple[OutputExport, ...], holder: str, licence: int, check: int) -> OutputExport | None:
    """The last export to this holder under this licence after this very check."""
    same = (one for one in reversed(made) if (one.holder, one.licence, one.check) == (holder, licence, check))
    return next(same, None)


def certificate(
    certificate_id: str,
    check: OutputCheck,
    accepted: Acceptance,
    title: str,
    file: Exported,
    now: datetime,
) -> Json:
    """What is signed: who may do what with which sound, after which checks. docs/formats/export-certificate.md."""
    return {
        "format": FORMAT,
        "certificate_id": certificate_id,
        "output_id": check.output_id,
        "model_id": check.model_id,
        **named(check),
        "holder": accepted.holder,
        "licence": {
            "name": SLUG, "version": accepted.licence, "title": title, "text_sha256": accepted.text_sha256,
            "accepted_at": accepted.at.isoformat(),
        },
        "checked": {"content_sha256": check.content_sha256, "audio_sha256": check.audio_sha256,
                    "duration_s": check.duration_s},
        "exported": file.model_dump(mode="json", exclude_none=True),
        "check": {
            "number": check.check, "at": check.at.isoformat(), "outcome": check.outcome,
            "similarity_level": check.similarity_level, "sim_internal_max": check.sim_internal_max,
            "sim_external_max": check.sim_external_max, "checked_against_internal": check.checked_against_internal,
            "checked_against_external_catalogs": list(check.checked_against_external_catalogs),
            "versions": check.versions,
        },
        "issued_at": now.isoformat(),
    }  # fmt: skip


def read_certificate(document: Mapping[str, Any]) -> str:
    """What a certificate says, in a sentence. Raises ``ValueError`` for another form."""
    try:
        if document["format"] != FORMAT:
            raise ValueError("a certificate of another format")
        licence, check = document["licence"], document["check"]
        for digest in (document["exported"]["sha256"], document["checked"]["content_sha256"]):
            if not isinstance(digest, str) or len(digest) != 64:
                raise ValueError("a digest is missing")
        return (
            f"{document['output_id']} of {model_in(document)} under {licence['name']} version {licence['version']}, "
            f"accepted {licence['accepted_at']}; check {check['number']}: {check['outcome']}"
        )
    except (KeyError, TypeError):
        raise ValueError("a field is missing or of the wrong type") from None


def decides(check: OutputCheck, number: int, audio_sha256: str) -> bool:
    """Whether a check says anything of a certificate that names the check ``number`` and this sound.

    A check of this very sound does, and so does what was decided about the output itself, whatever sound was checked.
    A check that could not be made takes nothing back, and neither does one from before. The check that the certificate
    names always does.
    """
    if check.check <= number:
        return True
    return check.outcome != "not_cleared" and (check.audio_sha256 == audio_sha256 or _held(check))


def force(last: OutputCheck | None) -> Force:
    """What a certificate counts for now, from the last check that decides about it."""
    if last is None or last.outcome in CLEARED:
        return "in_force"
    return "ended" if any(reason.code == OUTPUT_WITHDRAWN for reason in last.reasons) else "suspended"


def _held(check: OutputCheck) -> bool:
    return any(reason.code in (OUTPUT_SUSPENDED, OUTPUT_WITHDRAWN) for reason in check.reasons)
