"""Building a version of a pack: which tracks a query selects now, and the draft that comes of it.

The same vault gives the same pack, whatever order its tracks come in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from vault_domain.canonical import sha256_hex
from vault_domain.errors import Conflict
from vault_domain.packs import MAX_MEMBERS, Member, PackAsk, PackHead, PackQuery, PackVersion, canonical_members
from vault_domain.rights import RightsRecord
from vault_domain.tracks import Track
from vault_domain.training import Left, counted, matches, may_read


@dataclass(frozen=True)
class Selection:
    """What a query found: members by ascending track id, and how many were left out for which reason."""

    members: tuple[Member, ...]
    left_out: dict[str, int]
    seconds: float
    contributors: int

    def document(self) -> bytes:
        """The canonical bytes; their SHA-256 is the version's content address."""
        return canonical_members(self.members)


def collect(
    candidates: Iterable[tuple[Track, RightsRecord | None]], query: PackQuery, waiting: frozenset[str] = frozenset()
) -> Selection:
    """The members that a query selects now, without those that are ``waiting`` for governance.

    Candidates are looked at in the order of their submission, so that a limit
    leaves out the later ones and the same vault gives the same pack.
    """
    left: list[Left] = []
    taken: list[tuple[Track, Member]] = []
    held: dict[str, tuple[int, float]] = {}
    for track, rights in sorted(candidates, key=lambda pair: (pair[0].submitted, pair[0].track_id)):
        if not matches(track, query):
            continue
        count, seconds = held.get(track.owner, (0, 0.0))
        refusal = may_read(track, rights, query.purpose) or ("held" if track.track_id in waiting else None)
        refusal = refusal or _over(query, count, seconds + (track.duration_s or 0.0))
        if refusal or rights is None or track.stored_sha256 is None:
            left.append(Left(track.track_id, refusal or "gone"))
        elif query.max_tracks is not None and len(taken) >= query.max_tracks:
            left.append(Left(track.track_id, "over_max_tracks"))
        else:
            taken.append((track, _member(track, rights)))
            held[track.owner] = (count + 1, seconds + (track.duration_s or 0.0))
    return Selection(
        members=tuple(sorted((member for _, member in taken), key=lambda member: member.track_id)),
        left_out=counted(left),
        seconds=sum(track.duration_s or 0.0 for track, _ in taken),
        contributors=len(held),
    )


def _over(query: PackQuery, count: int, seconds: float) -> str | None:
    """Why a contributor's next track is one too many."""
    if query.max_per_contributor is not None and count >= query.max_per_contributor:
        return "contributor_limit"
    if query.max_seconds_per_contributor is not None and seconds > query.max_seconds_per_contributor:
        return "contributor_limit"
    return None


def _member(track: Track, rights: RightsRecord) -> Member:
    return Member(
        track_id=track.track_id,
        audio_sha256=track.stored_sha256 or "",
        consent_version=rights.consent_version,
        rights_sha256=rights.digest(),
    )


def check_size(found: Selection) -> None:
    """A version lists something, and not more than one manifest can grant. Raises ``Conflict``."""
    if not found.members:
        raise Conflict("no track matches this query and allows this purpose now", left_out=found.left_out)
    if len(found.members) > MAX_MEMBERS:
        raise Conflict(
            f"{len(found.members)} tracks match, and a pack holds {MAX_MEMBERS} at most: narrow the query",
            matching=len(found.members),
        )


def draft(
    ask: PackAsk, found: Selection, newest: PackVersion | None, head: PackHead | None, by: str, now: datetime
) -> PackVersion:
    """The next version; the newest one again when neither query nor content would differ."""
    sha256 = sha256_hex(found.document())
    if newest is not None and (newest.query, newest.members_sha256) == (ask.query, sha256):
        return newest
    return PackVersion(
        name=ask.name,
        number=head.newest + 1 if head else 1,
        query=ask.query,
        members_sha256=sha256,
        members=len(found.members),
        contributors=found.contributors,
        seconds=round(found.seconds, 3),
        left_out=found.left_out,
        built=now,
        built_by=by,
    )
