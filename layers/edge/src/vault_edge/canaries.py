"""Canaries on record."""

from vault_domain.canaries import ALL, Canary
from vault_domain.ports import Records

PAGE = 200


def canary_key(track_id: str) -> str:
    """The range key of a track's reservation."""
    return f"{Canary.kind}#{track_id}"


def all_canaries(records: Records) -> tuple[Canary, ...]:
    """Every canary of every run, read consistently."""
    found: tuple[Canary, ...] = ()
    cursor: str | None = None
    while True:
        page = records.list(Canary, ALL, limit=PAGE, cursor=cursor)
        found += page.items
        cursor = page.cursor
        if cursor is None:
            return found
