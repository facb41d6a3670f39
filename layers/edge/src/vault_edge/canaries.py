"""Canaries on record."""

from vault_domain.canaries import ALL, Canary
from vault_domain.ports import Records, every

PAGE = 200


def canary_key(track_id: str) -> str:
    """The range key of a track's reservation."""
    return f"{Canary.kind}#{track_id}"


def all_canaries(records: Records) -> tuple[Canary, ...]:
    """Every canary of every run, read consistently."""
    return tuple(every(lambda at: records.list(Canary, ALL, limit=PAGE, cursor=at)))
