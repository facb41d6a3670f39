"""Short-lived tokens of our own beside sign-in: JWTs signed with the key that signs receipts.

Each kind has a header type, issuer and audience of its own, so that none passes for another, nor for a sign-in token.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from vault_domain.canonical import canonical
from vault_domain.errors import Unauthenticated
from vault_domain.ports import Signer

from vault_edge.auth import verified
from vault_edge.deps import Deps
from vault_edge.receipts import KEY_PURPOSE
from vault_edge.tokens import b64, unb64

_KID = re.compile(r"[0-9A-Za-z_-]{1,64}")


def sealed(signer: Signer, kind: str, issuer: str, claims: Mapping[str, Any]) -> str:
    """The token of these claims; the same claims and key give the same token."""
    header = {"alg": "EdDSA", "kid": signer.key_id, "typ": kind}
    signed = f"{b64(canonical(header))}.{b64(canonical({'iss': issuer, **claims}))}"
    return f"{signed}.{b64(signer.sign(signed.encode('ascii')))}"


def opened(token: str, kind: str, issuer: str, audience: str, deps: Deps) -> dict[str, Any]:
    """The claims of a token of this kind. Raises ``Unauthenticated`` for any fault in it.

    1. Form and type. 2. The key by its id, from our own ring and made for this use. 3. Signature, issuer, audience and
    times.
    """
    header = _header(token, kind)
    key = deps.token_rules.own_key(header["kid"], deps)
    now = deps.clock()
    if key is None or key.purpose != KEY_PURPOSE or (key.retired is not None and key.retired <= now):
        raise Unauthenticated()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.public_hex))
    return verified(token, header, public, "EdDSA", issuer, audience, now)


def _header(token: str, kind: str) -> dict[str, Any]:
    try:
        header = json.loads(unb64(token.split(".")[0]))
    except (ValueError, RecursionError) as error:
        raise Unauthenticated() from error
    if not isinstance(header, dict) or header.get("typ") != kind or "crit" in header:
        raise Unauthenticated()
    if not isinstance(header.get("kid"), str) or not _KID.fullmatch(header["kid"]):
        raise Unauthenticated()
    return header
