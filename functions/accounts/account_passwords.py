"""Passwords under argon2id, and the limits on guessing them.

Checking takes the same work whether the address is known or not. An attempt
is counted before the password is looked at, under the salted hashes of address
and sender, and taken back when it was right: guesses sent at the same moment
are counted one by one.
"""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LOGIN_SECONDS = 15 * 60
LOGIN_PER_EMAIL = 10
LOGIN_PER_SENDER = 100
OPEN_SECONDS = 3600
OPEN_PER_SENDER = 300
_HASHER = PasswordHasher()  # argon2-cffi's defaults: RFC 9106, low-memory profile


@cache
def _nobody() -> str:
    """A hash that no password has, to spend the same time on an unknown address."""
    return _HASHER.hash("the password of nobody at all")


def hashed(password: str) -> str:
    """The argon2id hash that is stored."""
    return _HASHER.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether the password is the stored one; without a stored one it never is."""
    try:
        _HASHER.verify(stored or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def needs_rehash(stored: str) -> bool:
    """Whether the hash was made with weaker settings than today's."""
    return _HASHER.check_needs_rehash(stored)
