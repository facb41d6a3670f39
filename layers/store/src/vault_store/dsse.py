"""Seal documents into signed envelopes, and open them again.

``open_sealed(seal(name, document, signer), name, keys)`` gives back the
canonical form of ``document``. Opening takes these steps, and any failure is
``Unauthenticated``:

1. the envelope is in its one byte form (:mod:`vault_domain.dsse`);
2. its payload type is the expected one;
3. its key id is among the trusted keys, and is that key's id;
4. the signature holds over the pre-authentication encoding;
5. the payload is a canonical JSON object.

Step 1 leaves nothing unsigned to vary, so a flip of any bit is refused.
"""

import json
from collections.abc import Mapping
from typing import Any

from vault_domain.canonical import canonical
from vault_domain.dsse import IN_TOTO, Envelope, pae, parse, payload_type
from vault_domain.errors import Unauthenticated
from vault_domain.ports import Signer

from vault_store.signer import key_id_of, verify


def seal(name: str, document: Mapping[str, Any], signer: Signer) -> Envelope:
    """Sign a document of kind ``name`` (``application/vnd.lemm.<name>.v1+json``)."""
    return _sealed(payload_type(name), document, signer)


def seal_statement(statement: Mapping[str, Any], signer: Signer) -> Envelope:
    """Sign an in-toto statement under in-toto's own payload type."""
    return _sealed(IN_TOTO, statement, signer)


def _sealed(kind: str, document: Mapping[str, Any], signer: Signer) -> Envelope:
    payload = canonical(dict(document))
    return Envelope(payload, kind, signer.key_id, signer.sign(pae(kind, payload)))


def open_sealed(envelope: bytes | str | Mapping[str, Any], name: str, keys: Mapping[str, bytes]) -> dict[str, Any]:
    """The document inside; ``keys`` maps key ids to raw public keys. Raises ``Unauthenticated``."""
    return _opened(envelope, payload_type(name), name, keys)


def open_statement(envelope: bytes | str | Mapping[str, Any], keys: Mapping[str, bytes]) -> dict[str, Any]:
    """The in-toto statement inside. Raises ``Unauthenticated``."""
    return _opened(envelope, IN_TOTO, "in-toto statement", keys)


def _opened(
    envelope: bytes | str | Mapping[str, Any], kind: str, name: str, keys: Mapping[str, bytes]
) -> dict[str, Any]:
    try:
        found = parse(envelope)  # 1
    except ValueError as error:
        raise Unauthenticated(f"not a signed envelope: {error}") from None
    if found.payload_type != kind:  # 2
        raise Unauthenticated(f"this is not a signed {name}")
    public_key = keys.get(found.key_id)  # 3
    if public_key is None or key_id_of(public_key) != found.key_id:
        raise Unauthenticated("signed with a key that is not trusted here")
    if not verify(public_key, pae(found.payload_type, found.payload), found.signature):  # 4
        raise Unauthenticated("the signature does not hold")
    return _document(found.payload)  # 5


def _document(payload: bytes) -> dict[str, Any]:
    try:
        document = json.loads(payload)
        sound = isinstance(document, dict) and canonical(document) == payload
    except (ValueError, RecursionError):
        sound = False
    if not sound:
        raise Unauthenticated("the signed payload is not a canonical JSON object")
    return dict(document)
