"""Exported outputs: a certificate with its file, and a file by the credentials in it. Asks nobody.

A certificate is checked in these steps: 1. its envelope is signed with a trusted key; 2. where a file is given, its
SHA-256 is the one of the exported or of the checked file.

A file, in these: 1. the root's certificate belongs to a trusted key; 2. the credentials are intact, signed, in date,
and end in that root; 3. they say that a trained model made it; 4. the safety receipt in them is signed with a trusted
key, and cleared the output; 5. the file's decoded samples are the receipt's.
"""

import base64
import binascii
import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lemm.verify.files import Refused, Verdict, verify_file
from lemm.verify.keys import Trusted, text_of
from vault_audio.containers import identify
from vault_audio.decode import decode
from vault_credentials.chain import pem, public_key_of
from vault_credentials.manifest import LICENCE, RECEIPT, TRAINED, source_type
from vault_credentials.sandboxed import MEDIA, NoCredentials, Read, read
from vault_domain.canonical import canonical
from vault_domain.errors import AudioRefused, Unauthenticated
from vault_domain.exporting import CERTIFICATE, CLEARED
from vault_domain.safety_receipt import SAFETY_RECEIPT, read_receipt
from vault_domain.uploads import MAX_OUTPUT_BYTES
from vault_store.dsse import open_sealed
from vault_store.signer import key_id_of

KIND = "exported-file"
MAX_FILE = MAX_OUTPUT_BYTES + 2**20


def verify_certificate(path: Path, trusted: Trusted, file: Path) -> Verdict:
    """Check a certificate, and that it is about this file. Raises ``Refused``."""
    signed = verify_file(path, trusted)  # 1
    if signed.kind != CERTIFICATE:
        raise Refused(f"a file goes with an {CERTIFICATE}, and this is a {signed.kind}")
    digest = _sha256(file)
    names = {signed.facts["exported"]["sha256"]: "exported", signed.facts["checked"]["content_sha256"]: "checked"}
    if digest not in names:  # 2
        raise Refused("the certificate is about another file: the SHA-256 is neither the exported nor the checked one")
    return Verdict(signed.kind, f"{signed.says}; the file is the {names[digest]} one", signed.facts)


def verify_media(path: Path, trusted: Trusted, root: bytes) -> Verdict:
    """Check a file by its content credentials. Raises ``Refused``."""
    media_type = _media_type(path)
    found = read(path, media_type, pem(root))
    if isinstance(found, NoCredentials):
        raise Refused(f"no content credentials that can be read: {found.why}")
    if found.state != "Trusted":  # 2
        raise Refused(f"the content credentials do not hold: {', '.join(found.failures) or found.state}")
    if source_type(found.manifest) != TRAINED:  # 3
        raise Refused("the content credentials do not say that a trained model made this")
    receipt = _receipt(found, trusted)  # 4
    if _samples(path) != receipt["audio_sha256"]:  # 5
        raise Refused("the receipt in the file is about another sound")
    facts = {"receipt": receipt, "licence": found.assertion(LICENCE), "media_type": media_type}
    return Verdict(KIND, f"an exported file with content credentials: {read_receipt(receipt).says}", facts)


def read_root(given: str) -> bytes:
    """The root's certificate (DER) from a key set with ``x5c``. Raises ``ValueError``."""
    try:
        entries = [entry for entry in json.loads(text_of(given))["keys"] if "x5c" in entry]
        (entry,) = entries
        root = base64.b64decode(entry["x5c"][0], validate=True)
        raw = base64.urlsafe_b64decode(entry["x"] + "=" * (-len(entry["x"]) % 4))
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        raise ValueError("not a key set with one root certificate (GET /accounts/keys?purpose=credential)") from None
    if public_key_of(root) != raw or entry.get("kid") != key_id_of(raw):  # 1
        raise ValueError("the certificate is of another key than the one beside it")
    return root


def _media_type(path: Path) -> str:
    if path.stat().st_size > MAX_FILE:
        raise Refused("too large for an exported output")
    container = identify(path)
    if container is None or container.name not in MEDIA:
        raise Refused("files of this format hold no content credentials; check the certificate with --file instead")
    return MEDIA[container.name]


def _receipt(found: Read, trusted: Trusted) -> dict[str, Any]:
    envelope = found.assertion(RECEIPT)
    if not isinstance(envelope, dict):
        raise Refused("the content credentials hold no safety receipt")
    try:
        receipt = open_sealed(canonical(envelope), SAFETY_RECEIPT, trusted.envelopes)
        read_receipt(receipt)
    except (Unauthenticated, ValueError) as flaw:
        raise Refused(f"the receipt in the file: {flaw}") from None
    if receipt["outcome"] not in CLEARED:
        raise Refused(f"the receipt in the file says {receipt['outcome']}")
    return receipt


def _samples(path: Path) -> str:
    with TemporaryDirectory() as folder:
        try:
            return decode(path, Path(folder), keep=False).audio_sha256
        except AudioRefused as flaw:
            raise Refused(f"the file can't be decoded: {flaw.detail}") from None


def _sha256(path: Path) -> str:
    if path.stat().st_size > MAX_FILE:
        raise Refused("too large for an exported output")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
