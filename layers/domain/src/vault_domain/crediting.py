"""Who is credited with tracks that the vault holds, and what these are called, gathered in several turns.

A walk goes through all accepted tracks, some pages at a turn, and keeps where it is. What the last whole walk found
counts until the next one has ended, so no turn depends on how large the vault is. An artist who comes or goes while a
walk is under way is known after the next.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from vault_domain.canonical import Json, canonical
from vault_domain.names import KnownTitle, title_from, title_row

FORMAT = "lemm-credits/1"
MAX_ARTISTS = 40_000
MAX_TITLE_BYTES = 6 * 2**20
"""Of all titles with their artists together: with the names they fit into a snapshot, and twice into a walk."""
LONGEST = 100
"""Signs of a name or title that prompts are searched for; a longer credit is no name."""
MOST_ARTISTS = 3
"""Of one title."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a walk is, what it has found, and what the last whole one found."""

    cursor: str | None = None
    found: frozenset[str] = frozenset()
    left_out: int = 0
    """Credits and titles beyond the bounds that this walk met."""
    artists: frozenset[str] = field(default=frozenset())
    called: frozenset[KnownTitle] = frozenset()
    """Titles that this walk has found, and how long they are together."""
    called_bytes: int = 0
    titles: frozenset[KnownTitle] = frozenset()
    """Those that the last whole one found."""


def walked(walk: Walk, names: Iterable[str], cursor: str | None, titles: Iterable[KnownTitle] = ()) -> Walk:
    """The walk after a page of credits; at the end of the listing (no cursor) what was found becomes what counts."""
    found, left_out = set(walk.found), walk.left_out
    called, called_bytes, beyond = _called(walk, titles)
    left_out += beyond
    for name in names:
        if len(name) <= LONGEST and name not in found:
            if len(found) < MAX_ARTISTS:
                found.add(name)
            else:
                left_out += 1
    if cursor is None:
        return Walk(artists=frozenset(found), left_out=left_out, titles=called)
    return replace(
        walk, cursor=cursor, found=frozenset(found), left_out=left_out, called=called, called_bytes=called_bytes
    )


def _called(walk: Walk, more: Iterable[KnownTitle]) -> tuple[frozenset[KnownTitle], int, int]:
    """The titles with some more, as far as there is room; how long they are, and how many there was no room for."""
    made, left_out, room = set(walk.called), 0, MAX_TITLE_BYTES - walk.called_bytes
    for one in more:
        cut = KnownTitle(one.title, tuple(name for name in one.artists if len(name) <= LONGEST)[:MOST_ARTISTS])
        if len(cut.title) <= LONGEST and cut not in made:
            if _bytes(cut) > room:
                left_out += 1
                continue
            made.add(cut)
            room -= _bytes(cut)
    return frozenset(made), MAX_TITLE_BYTES - room, left_out


def _bytes(one: KnownTitle) -> int:
    return len(canonical(title_row(one))) + 1


def begun(walk: Walk) -> Walk:
    """The walk to go on with: a new one where the last has ended."""
    return walk if walk.cursor is not None else Walk(artists=walk.artists, titles=walk.titles)


def to_bytes(walk: Walk) -> bytes:
    """What is kept between turns; the same walk gives the same bytes."""
    return canonical(
        {
            "format": FORMAT, "cursor": walk.cursor, "found": sorted(walk.found), "left_out": walk.left_out,
            "artists": sorted(walk.artists), "called": _rows(walk.called), "titles": _rows(walk.titles),
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
        called, titles = (frozenset(map(title_from, kept.get(key, ()))) for key in ("called", "titles"))
        return Walk(cursor, found, int(kept["left_out"]), artists, called, sum(map(_bytes, called)), titles)
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError("no walk of ours") from error


def _rows(titles: Iterable[KnownTitle]) -> Json:
    return [title_row(one) for one in sorted(titles)]
