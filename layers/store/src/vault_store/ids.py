"""Ids: random ones, and repeatable ones for tests."""

import hashlib
import secrets
from threading import Lock

from vault_domain.ids import make_id


class RandomIds:
    """128 bits from the operating system in every id."""

    def __call__(self, prefix: str) -> str:
        return make_id(prefix, secrets.token_bytes(16))


class SeededIds:
    """The same ids in the same order for the same seed; safe to share between threads."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._made = 0
        self._lock = Lock()

    def __call__(self, prefix: str) -> str:
        with self._lock:
            self._made += 1
            made = self._made
        return make_id(prefix, hashlib.sha256(f"{self._seed}/{made}".encode()).digest()[:16])
