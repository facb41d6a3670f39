"""What a certificate counts for: read it, check it, and say where its licence stands now.

Anybody may ask, so what is read hardly grows with how often an output was checked, and not with how often a file was
exported: one look for each check since the last that could be made.
"""

import json
from typing import Annotated, Any

from pydantic import BaseModel, Field, model_validator
from vault_domain.accounts import KEY_RING, PublicKey
from vault_domain.canonical import Json
from vault_domain.dsse import parse
from vault_domain.errors import NotFound, Unauthenticated
from vault_domain.exporting import (
    CERTIFICATE,
    CertificateEntry,
    FileEntry,
    Force,
    OutputExport,
    by_file,
    certificate_range,
    decides,
    export_range,
    force,
)  # fmt: skip
from vault_domain.records import Sha256
from vault_domain.suspensions import OUTPUT_SUSPENDED, OUTPUT_WITHDRAWN, RESEMBLES_UPHELD
from vault_edge.app import Deps
from vault_edge.output_history import latest_checks
from vault_edge.receipts import KEY_PURPOSE
from vault_edge.suspending import standing_of
from vault_store.dsse import open_sealed

DECIDED: dict[str, Force] = {OUTPUT_SUSPENDED: "suspended", OUTPUT_WITHDRAWN: "ended", RESEMBLES_UPHELD: "suspended"}
"""By people, about this output or another one with the very same sound; a model's suspension changes no licence."""
SAYS = {
    "in_force": "The licence is in force.",
    "suspended": "The licence is suspended: the output is under examination, or was found to resemble another work.",
    "ended": "The licence for this output ended: a complaint about it was upheld.",
}


class VerifyAsk(BaseModel):
    """A certificate, the SHA-256 of a file, or both. The file itself stays with whoever asks."""

    certificate: Annotated[dict[str, Any] | None, Field(description="The signed certificate, as JSON")] = None
    file_sha256: Sha256 | None = None

    @model_validator(mode="after")
    def _something(self) -> "VerifyAsk":
        if self.certificate is None and self.file_sha256 is None:
            raise ValueError("give a certificate, file_sha256, or both")
        return self


class Certificate(BaseModel):
    """A signed certificate and what it counts for now."""

    certificate_id: str
    certificate: Json = Field(description="The signed envelope; keep it with the file")
    document: Json = Field(description="What is signed")
    standing: Force
    says: str


class Verified(BaseModel):
    """Whether this is a certificate of this vault, or a file with one."""

    verified: bool
    code: str = Field(
        description="verified, signature (not signed by this vault), unknown (no such file here), or other_file"
    )
    says: str
    found: Certificate | None = None


def told(export: OutputExport, deps: Deps) -> Certificate:
    """An export's certificate and its standing."""
    envelope = json.loads(export.certificate)
    document = json.loads(parse(envelope).payload)
    sound = document["checked"]["audio_sha256"]
    decided = standing_of(document["model_id"], export.output_id, sound, deps)
    last = next((one for one in latest_checks(export.output_id, deps) if decides(one, export.check, sound)), None)
    stands = DECIDED.get(decided.code or "") or force(last)
    return Certificate(
        certificate_id=export.certificate_id, certificate=envelope, document=document, standing=stands,
        says=SAYS[stands],
    )  # fmt: skip


def of_certificate(certificate_id: str, deps: Deps) -> OutputExport:
    """The export behind a certificate. Raises ``NotFound``."""
    entry = deps.records.get(CertificateEntry, certificate_id, certificate_range(certificate_id))
    found = _export(entry, deps)
    if found is None:
        raise NotFound("there is no certificate of this number")
    return found


def verified(ask: VerifyAsk, deps: Deps) -> Verified:
    """1. The envelope is ours. 2. It is the one on record. 3. The file is the one it names. 4. Its standing."""
    if ask.certificate is None:
        return _of_file(ask.file_sha256 or "", deps)
    try:
        document = open_sealed(ask.certificate, CERTIFICATE, _keys(deps))  # 1
        found = told(of_certificate(str(document.get("certificate_id"))[:80], deps), deps)  # 2
    except (Unauthenticated, NotFound) as flaw:
        return Verified(verified=False, code="signature", says=f"Not a certificate of this vault: {flaw.detail}.")
    hashes = {document["exported"]["sha256"], document["checked"]["content_sha256"]}
    if ask.file_sha256 is not None and ask.file_sha256 not in hashes:  # 3
        return Verified(verified=False, code="other_file", says="The certificate is about another file.", found=found)
    return Verified(verified=True, code="verified", says=found.says, found=found)  # 4


def _of_file(sha256: str, deps: Deps) -> Verified:
    export = _export(deps.records.get(FileEntry, by_file(sha256)), deps)
    if export is None:
        said = "No export of this vault is exactly this file. An edited copy can't be recognised here."
        return Verified(verified=False, code="unknown", says=said)
    found = told(export, deps)
    return Verified(verified=True, code="verified", says=found.says, found=found)


def _export(entry: CertificateEntry | FileEntry | None, deps: Deps) -> OutputExport | None:
    return deps.records.get(OutputExport, entry.output_id, export_range(entry.number)) if entry else None


def _keys(deps: Deps) -> dict[str, bytes]:
    ring = deps.records.list(PublicKey, KEY_RING).items
    return {key.key_id: bytes.fromhex(key.public_hex) for key in ring if key.purpose == KEY_PURPOSE}
