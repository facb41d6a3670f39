"""The keys that somebody trusts, from the command line or a file.

Three forms are read: a log's or witness's verifier key (``name+hash+base64``), a
JSON Web Key Set as ``GET /accounts/keys`` gives it, and 64 hexadecimal digits.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vault_domain.checkpoints import COSIGNATURE, ED25519, NoteKey, parse_key
from vault_store.signer import PUBLIC_KEY_BYTES, key_id_of

MAX_KEY_FILE = 1024 * 1024
_HEX = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class Trusted:
    """A log's key, or keys of envelopes by their id; the other one is empty."""

    log: NoteKey | None = None
    envelopes: dict[str, bytes] = field(default_factory=dict)


def read_key(given: str) -> Trusted:
    """The key or keys that are meant. Raises ``ValueError``."""
    text = text_of(given)
    if text.startswith("{"):
        return Trusted(envelopes=_key_set(text))
    if _HEX.fullmatch(text):
        raw = bytes.fromhex(text)
        return Trusted(envelopes={key_id_of(raw): raw})
    key = parse_key(text)
    if key.kind != ED25519:
        raise ValueError("this is a witness's key, not a log's")
    return Trusted(log=key)


def read_witness(given: str) -> NoteKey:
    """A witness's key. Raises ``ValueError``."""
    key = parse_key(text_of(given))
    if key.kind != COSIGNATURE:
        raise ValueError("this is not the key of a witness")
    return key


def text_of(given: str) -> str:
    """The content of a file of this name, or the text itself."""
    try:
        path = Path(given)
        if not path.is_file():
            return given.strip()
        if path.stat().st_size > MAX_KEY_FILE:
            raise ValueError("too large for a key")
        return path.read_text("utf-8").strip()
    except OSError:
        return given.strip()


def _key_set(text: str) -> dict[str, bytes]:
    try:
        entries = json.loads(text)["keys"]
        found = [_raw(entry) for entry in entries]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError("not a JSON Web Key Set of Ed25519 keys") from None
    if not found:
        raise ValueError("the key set is empty")
    return {key_id_of(raw): raw for raw in found}


def _raw(entry: dict[str, Any]) -> bytes:
    if (entry["kty"], entry["crv"]) != ("OKP", "Ed25519"):
        raise ValueError("another kind of key")
    try:
        raw = base64.urlsafe_b64decode(entry["x"] + "=" * (-len(entry["x"]) % 4))
    except binascii.Error:
        raise ValueError("not base64url") from None
    if len(raw) != PUBLIC_KEY_BYTES:
        raise ValueError("not 32 bytes")
    return raw
