"""The tokens that ``accounts`` issues: JWTs signed with Ed25519, 15 minutes at most.

Header: ``{"alg":"EdDSA","kid":...,"typ":"at+jwt"}`` (RFC 9068). Claims: ``iss``,
``aud``, ``sub`` (account or service), ``role``, ``scopes``, ``iat``, ``exp``,
``jti``, and for people ``auth_time``, when they gave their password (OpenID
Connect Core 1.0, 2): a token can be renewed for ``MAX_SIGN_IN`` from then on.
The private key stays in the signer, so the three parts are put
together here; auth.py checks them.
"""

import base64
import binascii
from collections.abc import Iterable
from datetime import datetime, timedelta

from vault_domain.accounts import KEY_RING, PublicKey
from vault_domain.canonical import canonical
from vault_domain.errors import LostRace
from vault_domain.ports import Put, Records, Signer

ISSUER = "urn:lemm:accounts"
AUDIENCE = "urn:lemm:vault"
TYPE = "at+jwt"
MAX_LIFE = timedelta(minutes=15)
MAX_SIGN_IN = timedelta(hours=12)


def issue_token(
    signer: Signer,
    *,
    subject: str,
    role: str,
    scopes: Iterable[str],
    token_id: str,
    now: datetime,
    signed_in: datetime | None = None,
) -> str:
    """A signed token for ``subject``, valid from ``now`` for ``MAX_LIFE``."""
    issued = int(now.timestamp())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": subject,
        "role": role,
        "scopes": sorted(scopes),
        "iat": issued,
        "exp": issued + int(MAX_LIFE.total_seconds()),
        "jti": token_id,
    }
    if signed_in is not None:
        claims["auth_time"] = int(signed_in.timestamp())
    header = {"alg": "EdDSA", "kid": signer.key_id, "typ": TYPE}
    signed = f"{b64(canonical(header))}.{b64(canonical(claims))}"
    return f"{signed}.{b64(signer.sign(signed.encode('ascii')))}"


def publish_key(signer: Signer, purpose: str, records: Records, now: datetime) -> PublicKey:
    """Write the public half of a key into table ``keys`` unless it is there. Safe to repeat."""
    wanted = PublicKey(key_id=signer.key_id, purpose=purpose, public_hex=signer.public_key().hex(), created=now)
    found = records.get(PublicKey, KEY_RING, f"{PublicKey.kind}#{signer.key_id}")
    if found is not None:
        return found
    try:
        records.commit([Put(wanted, 0)])
    except LostRace:  # another container was first with the same key
        return records.get(PublicKey, KEY_RING, f"{PublicKey.kind}#{signer.key_id}") or wanted
    return wanted


def b64(data: bytes) -> str:
    """base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64(text: str) -> bytes:
    """The bytes of base64url without padding. Raises ``ValueError``."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
