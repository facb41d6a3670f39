"""Who is credited with tracks that the vault holds: gathered from a listing that may take several turns.

A walk goes through all accepted tracks, some pages at a turn, and keeps where it is. What the last whole walk found
counts until the next one has ended, so no turn depends on how large the vault is. An artist who comes or goes while a
walk is under way is known after the next.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from vault_domain.canonical import canonical

FORMAT = "lemm-credits/1"
MAX_ARTISTS = 40_000
LONGEST = 100
"""Signs of a name that prompts are searched for; a longer credit is no name."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a walk is, what it has found, and what the last whole one found."""

    cursor: str | None = None
    found: frozenset[str] = frozenset()
    left_out: int = 0
    """Credits beyond ``MAX_ARTISTS`` that this walk met."""
    artists: frozenset[str] = field(default=frozenset())


def walked(walk: Walk, names: Iterable[str], cursor: str | None) -> Walk:
    """The walk after a page of credits; at the end of the listing (no cursor) what was found becomes what counts."""
    found, left_out = set(walk.found), walk.left_out
    for name in names:
        if len(name) <= LONGEST and name not in found:
            if len(found) < MAX_ARTISTS:
                found.add(name)
            else:
                left_out += 1
    if cursor is None:
        return Walk(artists=frozenset(found), left_out=left_out)
    return replace(walk, cursor=cursor, found=frozenset(found), left_out=left_out)


def begun(walk: Walk) -> Walk:
    """The walk to go on with: a new one where the last has ended."""
    return walk if walk.cursor is not None else Walk(artists=walk.artists)


def to_bytes(walk: Walk) -> bytes:
    """What is kept between turns; the same walk gives the same bytes."""
    return canonical(
        {
            "format": FORMAT, "cursor": walk.cursor, "found": sorted(walk.found), "left_out": walk.left_out,
            "artists": sorted(walk.artists),
        }
    )  # fmt: skip


def from_bytes(data: bytes) -> Walk:
    """A walk that was kept. Raises ``ValueError`` for anything but one of ours."""
    try:
        kept = json.loads(data)
        if kept["format"] != FORMAT:
            raise ValueError("no walk of ours")
        cursor = None if kept["cursor"] is None else str(kept["cursor"])
        found, artists = (frozenset(map(str, kept[key])) for key in ("found", "artists"))
        return Walk(cursor, found, int(kept["left_out"]), artists)
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("no walk of ours") from error
