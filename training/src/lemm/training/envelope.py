"""The vault's signed envelopes (DSSE v1, one Ed25519 signature), checked with a public key, by no code of the vault.

Written from https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md; the profile is docs/formats/dsse.md.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Untrusted(Exception):
    """A document is not what was expected, or not by whom."""


def key_id_of(public_key: bytes) -> str:
    """The id of a raw public key: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def opened(envelope: Any, name: str, keys: Mapping[str, bytes]) -> dict[str, Any]:
    """The document inside; ``keys`` maps key ids to raw public keys. Raises :class:`Untrusted`.

    1. One signature, by a trusted key of that id. 2. The payload type is the expected one. 3. The signature holds over
    type and payload. 4. Only then is the payload read.
    """
    try:
        (signature,) = envelope["signatures"]
        key_id, kind = str(signature["keyid"]), str(envelope["payloadType"])
        payload, signed = _bytes(envelope["payload"]), _bytes(signature["sig"])
    except (KeyError, TypeError, ValueError) as error:
        raise Untrusted("not a signed envelope") from error
    key = keys.get(key_id)
    if key is None or key_id_of(key) != key_id:  # 1
        raise Untrusted("signed with a key that is not trusted here")
    if kind != f"application/vnd.lemm.{name}.v1+json":  # 2
        raise Untrusted(f"this is not a signed {name}")
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signed, _encoded(kind.encode(), payload))  # 3
        document = json.loads(payload)  # 4
    except (InvalidSignature, ValueError, RecursionError) as error:
        raise Untrusted("the signature does not hold") from error
    if not isinstance(document, dict):
        raise Untrusted("the signed payload is not an object")
    return document


def _encoded(kind: bytes, payload: bytes) -> bytes:
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def _bytes(text: Any) -> bytes:
    return base64.b64decode(text, validate=True)
