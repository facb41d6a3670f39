"""An OpenID Connect provider's signing keys.

The key set is found through the provider's discovery document, kept for an
hour, and fetched again for a key id that is not in it, at most once a minute:
made-up key ids must not turn us into a hammer. A set that can't be renewed is
used for a day at most. Only asymmetric algorithms exist here, and each key is
used with the one algorithm that belongs to it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from vault_domain.errors import SourceUnavailable, Unauthenticated, Unavailable

from vault_edge.outbound import fetch_json

FRESH = timedelta(hours=1)
USABLE = timedelta(days=1)
REFETCH = timedelta(minutes=1)
MAX_KEYS = 50
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
_BY_CURVE = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA"}
_MIN_RSA_BITS = 2048


class Provider:
    """One issuer; safe to share between threads."""

    def __init__(self, issuer: str, fetch: Callable[[str], Any] = fetch_json) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._lock = Lock()
        self._keys: dict[str, tuple[Any, str]] = {}
        self._fetched: datetime | None = None
        self._tried: datetime | None = None

    def key(self, key_id: str, now: datetime) -> tuple[Any, str]:
        """The public key with this id, and its algorithm.

        Raises ``Unauthenticated`` for an id that the provider does not publish,
        ``Unavailable`` when there is no usable key set.
        """
        with self._lock:
            age = now - self._fetched if self._fetched else None
            if age is None or age >= FRESH or key_id not in self._keys:
                self._renew(now)
            if self._fetched is None or now - self._fetched >= USABLE:
                raise Unavailable("The identity provider can't be reached")
            found = self._keys.get(key_id)
        if found is None:
            raise Unauthenticated()
        return found

    def _renew(self, now: datetime) -> None:
        if self._tried is not None and now - self._tried < REFETCH:
            return
        self._tried = now
        try:
            keys = self._load()
        except SourceUnavailable:
            return  # what we have may still be usable; key() decides
        self._keys, self._fetched = keys, now

    def _load(self) -> dict[str, tuple[Any, str]]:
        about = self._fetch(self._issuer.rstrip("/") + "/.well-known/openid-configuration")
        if not isinstance(about, dict) or about.get("issuer") != self._issuer:
            raise SourceUnavailable("The discovery document names another issuer")
        document = self._fetch(str(about.get("jwks_uri", "")))
        entries = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(entries, list):
            raise SourceUnavailable("The key set is not of the documented form")
        read = [_read(entry) for entry in entries[:MAX_KEYS]]
        return {key_id: (key, algorithm) for key_id, key, algorithm in filter(None, read)}


def _read(entry: Any) -> tuple[str, Any, str] | None:
    """A published key that we can use, or None: providers also publish keys for other ends."""
    import jwt

    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig" or not isinstance(entry.get("kid"), str):
        return None
    algorithm = entry.get("alg") or ("RS256" if entry.get("kty") == "RSA" else _BY_CURVE.get(str(entry.get("crv"))))
    if algorithm not in ALGORITHMS:
        return None
    try:
        key = jwt.PyJWK(entry, algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        return None
    if getattr(key, "key_size", _MIN_RSA_BITS) < _MIN_RSA_BITS and entry.get("kty") == "RSA":
        return None
    return entry["kid"], key, str(algorithm)
