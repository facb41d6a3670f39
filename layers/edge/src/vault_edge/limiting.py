"""Counting attempts under a name, so that rates are bounded however many functions run at once."""

from datetime import datetime

from vault_domain.accounts import Window, attempt, forgive
from vault_domain.errors import LostRace, TooMany
from vault_domain.ports import Put, Records

TRIES = 40
"""Of several senders at the same moment one is counted each round; more than this many is refused."""


def count(records: Records, name: str, seconds: int, limit: int, now: datetime) -> Window:
    """Count one attempt under ``name``; the window with it. Raises ``TooMany`` when ``limit`` is reached."""
    for _ in range(TRIES):
        found = records.get(Window, name)
        window = found or Window(name=name, opened=now, seconds=seconds)
        counted = attempt(window, limit, now)
        try:
            records.commit([Put(counted, window.version)])
        except LostRace:
            continue
        return counted
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
