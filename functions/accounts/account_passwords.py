"""Passwords under argon2id, and the limits on guessing them.

Checking takes the same work whether the address is known or not. An attempt
is counted before the password is looked at, under the salted hashes of address
and sender, and taken back when it was right: guesses sent at the same moment
are counted one by one.
"""

from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from vault_domain.accounts import Window, attempt, forgive
from vault_domain.errors import LostRace, TooMany
from vault_domain.ports import Put, Records

LOGIN_SECONDS = 15 * 60
LOGIN_PER_EMAIL = 10
LOGIN_PER_SENDER = 100
OPEN_SECONDS = 3600
OPEN_PER_SENDER = 300
TRIES = 40
"""Of several senders at the same moment one is counted each round; more than this many is refused."""

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


def count(records: Records, name: str, seconds: int, limit: int, now: datetime) -> None:
    """Count one attempt under ``name``. Raises ``TooMany`` when ``limit`` is reached."""
    for _ in range(TRIES):
        found = records.get(Window, name)
        window = found or Window(name=name, opened=now, seconds=seconds)
        try:
            records.commit([Put(attempt(window, limit, now), window.version)])
        except LostRace:
            continue
        return
    raise TooMany("Too many attempts at the same moment; try again", retry_after=1)


def take_back(records: Records, name: str) -> None:
    """Take one attempt back; if rivals keep winning it stays counted, which errs on the safe side."""
    for _ in range(TRIES):
        found = records.get(Window, name)
        if found is None:
            return
        try:
            records.commit([Put(forgive(found), found.version)])
        except LostRace:
            continue
        return
