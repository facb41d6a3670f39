"""The file that leaves: with content credentials where its format takes them, else as it was checked, and why."""

import base64
from pathlib import Path
from tempfile import TemporaryDirectory

from vault_audio.containers import identify
from vault_domain.accounts import PublicKey
from vault_domain.canonical import sha256_hex
from vault_domain.errors import LostRace, Unavailable
from vault_domain.exporting import Exported
from vault_domain.output_licence import SLUG, Acceptance
from vault_domain.ports import Put
from vault_domain.safety import OutputCheck
from vault_domain.safety_receipt import SAFETY_RECEIPT, safety_receipt
from vault_edge.app import Deps
from vault_edge.receipts import signed_receipt

ROOT, SIGNING = "credential", "credential-signing"
UNDONE = ("limit", "failed")
"""The program for credentials was stopped or died: that says nothing of the file, so it does not leave without them."""
OTHERS = {"ogg": "audio/ogg", "aiff": "audio/aiff", "aac": "audio/aac"}


def exported_file(audio: bytes, check: OutputCheck, accepted: Acceptance, deps: Deps) -> tuple[bytes, Exported]:
    """The bytes to hand out, and what the certificate says of them. Raises ``Unavailable``."""
    from vault_credentials.manifest import manifest  # a layer that only an export pays for
    from vault_credentials.sandboxed import MEDIA, NoCredentials, embed

    container = _container(audio)
    media_type = MEDIA.get(container)
    if media_type is None:
        why = f"{container or 'this'} files take no content credentials"
        return audio, _as_checked(audio, OTHERS.get(container, "application/octet-stream"), why)
    licence = {"name": SLUG, "version": accepted.licence, "text_sha256": accepted.text_sha256}
    receipt = signed_receipt(SAFETY_RECEIPT, safety_receipt(check), deps)
    said = manifest(check.output_id, receipt, licence)
    signed = embed(audio, media_type, said, chain_of(deps), deps.signer("receipt", SIGNING).sign)
    if isinstance(signed, NoCredentials) and signed.code in UNDONE:
        raise Unavailable(f"the credentials could not be made ({signed.code}: {signed.why}); nothing was exported")
    if isinstance(signed, NoCredentials):
        return audio, _as_checked(audio, media_type, f"{signed.code}: {signed.why}")
    return signed, Exported(sha256=sha256_hex(signed), bytes=len(signed), media_type=media_type, credentials="c2pa")


def chain_of(deps: Deps) -> str:
    """The signing certificate and its root, PEM; the root is published before anything is signed under it."""
    from vault_credentials.chain import make_root, make_signing, pem

    root_key, key = deps.signer("receipt", ROOT), deps.signer("receipt", SIGNING)
    wanted = PublicKey(
        key_id=root_key.key_id, purpose=ROOT, public_hex=root_key.public_key().hex(), created=deps.clock(),
        certificate=base64.b64encode(make_root(root_key, deps.clock())).decode("ascii"),
    )  # fmt: skip
    found = _published(wanted, deps)
    root = base64.b64decode(found.certificate or "")
    return pem(make_signing(root, root_key, key), root)


def _published(wanted: PublicKey, deps: Deps) -> PublicKey:
    where = (PublicKey, *wanted.key())
    found = deps.records.get(*where)
    if found is not None:
        return found
    try:
        deps.records.commit([Put(wanted, 0)])
    except LostRace:  # another container was first: its root counts
        return deps.records.get(*where) or wanted
    return wanted


def _container(audio: bytes) -> str:
    with TemporaryDirectory() as folder:
        path = Path(folder, "source")
        path.write_bytes(audio)
        found = identify(path)
    return found.name if found else ""


def _as_checked(audio: bytes, media_type: str, why: str) -> Exported:
    return Exported(
        sha256=sha256_hex(audio), bytes=len(audio), media_type=media_type, credentials="none", why_none=why[:300]
    )
