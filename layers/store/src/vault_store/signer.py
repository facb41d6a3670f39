"""Ed25519 signatures whose keys are derived from one secret string per function.

``seed = HKDF-SHA256(secret, salt=none, info=purpose, 32 bytes)`` (RFC 5869), so
one secret gives unrelated keys for unrelated purposes, and the same secret
always gives the same key. A key id is the first 16 hexadecimal digits of the
SHA-256 of the raw public key.
"""

import hashlib
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MIN_SECRET_CHARACTERS = 16
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64


class Ed25519Signer:
    """Signs; its ``repr`` shows the key id and nothing else."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.key_id = key_id_of(self.public_key())

    @classmethod
    def from_secret(cls, secret: str, purpose: str) -> Self:
        """The key that belongs to this secret and purpose."""
        if len(secret) < MIN_SECRET_CHARACTERS:
            raise ValueError(f"a signing secret has at least {MIN_SECRET_CHARACTERS} characters")
        if not purpose:
            raise ValueError("a signing key needs a purpose")
        seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    def sign(self, message: bytes) -> bytes:
        """64 bytes; the same for the same message (RFC 8032 signatures are deterministic)."""
        return self._private.sign(message)

    def certify(self, certificate: x509.CertificateBuilder) -> x509.Certificate:
        """The certificate, signed with this key."""
        return certificate.sign(self._private, algorithm=None)

    def public_key(self) -> bytes:
        """The raw public key, 32 bytes."""
        return self._private.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        return f"Ed25519Signer({self.key_id})"


def key_id_of(public_key: bytes) -> str:
    """The id of a raw public key."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` is by the holder of ``public_key`` over ``message``; never raises."""
    if len(public_key) != PUBLIC_KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
