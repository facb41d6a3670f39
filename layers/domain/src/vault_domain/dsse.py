"""Signed envelopes, their bytes only: DSSE v1 in the one form that we write.

An envelope here has exactly one signature, standard base64 with padding, and
the canonical JSON of :mod:`vault_domain.canonical`. ``parse(e.to_bytes()) == e``,
and no other bytes parse to ``e``: a second spelling would be a second hash for
one statement. Signing and verifying belong to ``vault_store.dsse``.

Specification: https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md;
our profile: docs/formats/dsse.md.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vault_domain.canonical import canonical

IN_TOTO = "application/vnd.in-toto+json"
"""The type of in-toto statements, as every reader of them expects it (https://github.com/in-toto/attestation)."""
_NAME = re.compile("[a-z][a-z0-9-]{0,60}")


@dataclass(frozen=True)
class Envelope:
    """A payload, its type, and one signature over both."""

    payload: bytes
    payload_type: str
    key_id: str
    signature: bytes

    def document(self) -> dict[str, Any]:
        """The envelope as JSON."""
        return {
            "payload": base64.b64encode(self.payload).decode("ascii"),
            "payloadType": self.payload_type,
            "signatures": [{"keyid": self.key_id, "sig": base64.b64encode(self.signature).decode("ascii")}],
        }

    def to_bytes(self) -> bytes:
        """The envelope's one byte form."""
        return canonical(self.document())


def payload_type(name: str) -> str:
    """The media type of one of our documents.

    >>> payload_type("consent-receipt")
    'application/vnd.lemm.consent-receipt.v1+json'
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a document name: {name!r}")
    return f"application/vnd.lemm.{name}.v1+json"


def pae(kind: str, payload: bytes) -> bytes:
    """Pre-authentication encoding: what is signed.

    >>> pae("http://example.com/HelloWorld", b"hello world")
    b'DSSEv1 29 http://example.com/HelloWorld 11 hello world'
    """
    name = kind.encode("utf-8")
    return b"DSSEv1 %d %s %d %s" % (len(name), name, len(payload), payload)


def parse(envelope: bytes | str | Mapping[str, Any]) -> Envelope:
    """Read an envelope in its one form. Raises ``ValueError`` for anything else."""
    text = envelope.encode() if isinstance(envelope, str) else envelope
    document = _json(text) if isinstance(text, bytes) else dict(text)
    try:
        (signature,) = document["signatures"]
        found = Envelope(
            payload=_unbase64(document["payload"]),
            payload_type=_text(document["payloadType"]),
            key_id=_text(signature["keyid"]),
            signature=_unbase64(signature["sig"]),
        )
    except (KeyError, TypeError):
        raise ValueError("a field is missing or of the wrong type") from None
    # Equal documents leave no room for further fields, and equal bytes none for another spelling.
    if found.document() != document or (isinstance(text, bytes) and found.to_bytes() != text):
        raise ValueError("not in canonical form")
    return found


def _json(text: bytes) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    if not isinstance(document, dict):
        raise ValueError("not a JSON object")
    return document


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("not text")
    return value


def _unbase64(value: object) -> bytes:
    try:
        return base64.b64decode(_text(value), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("not base64") from None
