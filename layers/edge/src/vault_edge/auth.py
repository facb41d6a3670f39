"""Who sent a request: the numbered steps of a token check.

1. One bearer token, of bounded size, in three parts.
2. A header we can read; nothing critical in it; a key id of plain characters.
   Our own tokens also say their type, so that no other token of ours passes.
3. The key by its id: a record in table ``keys`` for our own tokens, the
   provider's published set for OIDC tokens. Keys are never read from the token.
4. The signature, with the algorithm that belongs to the key. What the token
   says about its algorithm is compared with that, and never used.
5. Issuer, audience and times; our own tokens live 15 minutes at most.
6. The subject: an account or service of ours, with a role that we know.

Every failure is the same ``Unauthenticated``, whatever the step. With an OIDC
provider configured, people come from there and only services use our tokens.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from vault_domain.accounts import KEY_RING, Account, IdentityClaim, PublicKey
from vault_domain.canonical import sha256_hex
from vault_domain.errors import Forbidden, Unauthenticated

from vault_edge.caller import INCLUDES, Caller
from vault_edge.tokens import AUDIENCE, ISSUER, MAX_LIFE, TYPE, unb64

if TYPE_CHECKING:
    from jwt.types import Options

    from vault_edge.deps import Deps
    from vault_edge.oidc import Provider

MAX_TOKEN = 8192
LEEWAY = timedelta(seconds=30)
KEY_CACHE = timedelta(minutes=5)
_KID = re.compile(r"[0-9A-Za-z_.:-]{1,128}")
_OWN_KID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_SUBJECT = re.compile(r"(acc|svc)_[0-9a-hjkmnp-tv-z]{26}")


@dataclass(frozen=True)
class TokenRules:
    """Which tokens are accepted, and the keys seen so far."""

    issuer: str | None = None
    audience: str | None = None
    _keys: dict[str, tuple[PublicKey, datetime]] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @classmethod
    def from_settings(cls, issuer: str | None, audience: str | None) -> "TokenRules":
        """OIDC needs an audience: without one, a token made for anybody would do."""
        if issuer and not audience:
            raise ValueError("AUTH_AUDIENCE must be set together with AUTH_ISSUER")
        return cls(issuer, audience)

    @cached_property
    def provider(self) -> "Provider":
        from vault_edge.oidc import Provider

        if self.issuer is None:
            raise ValueError("no identity provider is configured")
        return Provider(self.issuer)

    def own_key(self, key_id: str, deps: "Deps") -> PublicKey | None:
        """One of our public keys, cached for a few minutes so that a retired one stops being used."""
        now = deps.clock()
        with self._lock:
            known = self._keys.get(key_id)
        if known and timedelta(0) <= now - known[1] < KEY_CACHE:
            return known[0]
        found = deps.records.get(PublicKey, KEY_RING, f"{PublicKey.kind}#{key_id}")
        if found is not None:
            with self._lock:
                self._keys[key_id] = (found, now)
        return found


def authenticate(headers: Mapping[str, str], deps: "Deps") -> Caller:
    """The caller whom the request's bearer token names. Raises ``Unauthenticated``."""
    token = bearer(headers)
    header, claims = _unverified(token)
    if deps.token_rules.issuer is None:
        return _own(token, header, deps)
    if claims.get("iss") == ISSUER:  # verified below; a person's token of our own is not accepted here
        caller = _own(token, header, deps)
        if caller.role != "system":
            raise Unauthenticated()
        return caller
    return _external(token, header, deps)


def bearer(headers: Mapping[str, str]) -> str:
    """Step 1."""
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not 0 < len(token) <= MAX_TOKEN or token.count(".") != 2:
        raise Unauthenticated()
    return token


def _unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Step 2: header and claims as the token gives them; nothing of it is believed yet."""
    try:
        header, claims = (json.loads(unb64(part)) for part in token.split(".")[:2])
    except (ValueError, RecursionError) as error:
        raise Unauthenticated() from error
    if not isinstance(header, dict) or not isinstance(claims, dict) or "crit" in header:
        raise Unauthenticated()
    if not isinstance(header.get("kid"), str) or not _KID.fullmatch(header["kid"]):
        raise Unauthenticated()
    return header, claims


def _own(token: str, header: Mapping[str, Any], deps: "Deps") -> Caller:
    """Steps 3 to 6 for a token that we issued."""
    now = deps.clock()
    if header.get("typ") != TYPE or not _OWN_KID.fullmatch(header["kid"]):  # 3
        raise Unauthenticated()
    key = deps.token_rules.own_key(header["kid"], deps)
    if key is None or key.purpose != "jwt" or (key.retired is not None and key.retired <= now):
        raise Unauthenticated()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.public_hex))
    claims = verified(token, header, public, "EdDSA", ISSUER, AUDIENCE, now)  # 4, 5
    issued, expires = moment(claims, "iat"), moment(claims, "exp")
    if expires - issued > MAX_LIFE:
        raise Unauthenticated()
    subject, role, scopes = claims.get("sub"), claims.get("role"), claims.get("scopes", [])  # 6
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject) or role not in INCLUDES:
        raise Unauthenticated()
    if subject.startswith("svc_") != (role == "system") or not isinstance(scopes, list):
        raise Unauthenticated()
    signed_in = moment(claims, "auth_time") if "auth_time" in claims else None
    return Caller(subject, role, frozenset(str(scope) for scope in scopes), signed_in=signed_in)


def _external(token: str, header: Mapping[str, Any], deps: "Deps") -> Caller:
    """Step 6 for a provider's token: the account that its issuer and subject belong to, with its role now."""
    issuer, subject = external_identity(token, header, deps)
    claim = deps.records.get(IdentityClaim, f"identity#{identity_hash(issuer, subject)}")
    account = deps.records.get(Account, claim.account_id) if claim else None
    if account is None:
        raise Forbidden("You are signed in and have no account here yet; register first")
    return Caller(account.account_id, account.role, frozenset(), account.display_name)


def external_identity(token: str, header: Mapping[str, Any], deps: "Deps") -> tuple[str, str]:
    """Steps 3 to 5 for a provider's token: its verified issuer and subject."""
    rules = deps.token_rules
    key, algorithm = rules.provider.key(header["kid"], deps.clock())  # 3
    claims = verified(token, header, key, algorithm, rules.issuer or "", rules.audience or "", deps.clock())  # 4, 5
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise Unauthenticated()
    return rules.issuer or "", subject


def identity_of_request(headers: Mapping[str, str], deps: "Deps") -> tuple[str, str]:
    """Issuer and subject of a provider's token, for somebody who has no account yet."""
    if deps.token_rules.issuer is None:
        raise Forbidden("No identity provider is configured here; register with e-mail and password")
    token = bearer(headers)
    return external_identity(token, _unverified(token)[0], deps)


def identity_hash(issuer: str, subject: str) -> str:
    """The key of an identity claim; the length keeps (a, bc) and (ab, c) apart."""
    return sha256_hex(f"{len(issuer)}:{issuer}{subject}".encode())


def verified(
    token: str, header: Mapping[str, Any], key: Any, algorithm: str, issuer: str, audience: str, now: datetime
) -> dict[str, Any]:
    """Steps 4 and 5: the claims of a token whose signature, issuer, audience and times hold at ``now``."""
    import jwt

    if header.get("alg") != algorithm:
        raise Unauthenticated()
    asked: Options = {
        "require": ["iss", "aud", "sub", "iat", "exp"],
        "verify_exp": False,  # PyJWT reads the system's clock; times are checked below, against ours
        "verify_iat": False,
        "verify_nbf": False,
    }
    try:
        claims: dict[str, Any] = jwt.decode(
            token, key, algorithms=[algorithm], issuer=issuer, audience=audience, options=asked
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise Unauthenticated() from error
    if now >= moment(claims, "exp") + LEEWAY or moment(claims, "iat") > now + LEEWAY:
        raise Unauthenticated("Your sign-in has expired; sign in again")
    if "nbf" in claims and moment(claims, "nbf") > now + LEEWAY:
        raise Unauthenticated()
    return claims


def moment(claims: Mapping[str, Any], name: str) -> datetime:
    """A claim that is a time (seconds since 1970). Raises ``Unauthenticated`` for anything else."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unauthenticated()
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Unauthenticated() from error
