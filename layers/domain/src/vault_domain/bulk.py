"""No single source fills the vault: how much of one account is used without governance, and who belongs together.

- Of each account the oldest tracks up to a limit are used; what goes beyond it waits until governance has approved
  more. The limit is a number of tracks and a share of the vault, whichever is smaller; the share counts once the vault
  is large enough for it to mean something.
- Governance may also hold an account altogether. That counts at the next read.
- Accounts that share a payout name, a mail domain of their own or a way of naming files are shown together. That is a
  hint for a person; nothing follows from it by itself.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from pydantic import Field, model_validator

from vault_domain.ids import AccountId
from vault_domain.policy import Policy
from vault_domain.records import Record, UtcTime, Value
from vault_domain.tracks import Track

ALL = "bulk"
PATTERN_FROM = 5
"""Files of one account that must be named alike before that says anything."""
SHARED_MAIL = frozenset({
    "aol.com", "bluewin.ch", "fastmail.com", "free.fr", "gmail.com", "gmx.at", "gmx.ch", "gmx.de", "gmx.net",
    "googlemail.com", "hey.com", "hotmail.com", "icloud.com", "libero.it", "live.com", "mac.com", "mail.com", "mail.ru",
    "mailbox.org", "me.com", "msn.com", "orange.fr", "outlook.com", "pm.me", "posteo.de", "proton.me", "protonmail.com",
    "qq.com", "seznam.cz", "t-online.de", "tutanota.com", "web.de", "yahoo.com", "yandex.ru", "ymail.com", "zoho.com",
})  # fmt: skip
"""Domains under which anybody has an address: sharing one says nothing."""


class BulkAsk(Value):
    """The body of POST /bulk/{account_id}."""

    outcome: Literal["approved", "held"]
    up_to: int | None = Field(default=None, ge=1, le=1_000_000)
    """With ``approved``: how many tracks of this account may be used."""
    reason: str = Field(min_length=10, max_length=1000)

    @model_validator(mode="after")
    def _complete(self) -> "BulkAsk":
        if (self.outcome == "approved") != (self.up_to is not None):
            raise ValueError("an approval says up to how many tracks; a hold is for all of them")
        return self


class BulkDecision(Record):
    """What governance decided about one account; the newest counts, the log has all of them."""

    table: ClassVar[str] = "policies"
    kind: ClassVar[str] = "bulk"

    account_id: AccountId
    outcome: Literal["approved", "held"]
    up_to: int | None = None
    reason: str = Field(max_length=1000)
    by: str
    at: UtcTime

    def key(self) -> tuple[str, str]:
        return ALL, bulk_key(self.account_id)


def bulk_key(account_id: str) -> str:
    """Range key of an account's decision."""
    return f"{BulkDecision.kind}#{account_id}"


def is_held(decision: BulkDecision | None) -> bool:
    """Whether governance keeps an account out of training altogether."""
    return decision is not None and decision.outcome == "held"


def limit_of(account_id: str, total: int, decisions: Mapping[str, BulkDecision], policy: Policy) -> int:
    """How many tracks of an account may be used while the vault holds ``total``."""
    decision = decisions.get(account_id)
    if decision is not None:
        return decision.up_to or 0 if decision.outcome == "approved" else 0
    if total < policy.bulk_share_from:
        return policy.bulk_tracks
    return min(policy.bulk_tracks, int(policy.bulk_share * total))


def held_tracks(accepted: Iterable[Track], decisions: Mapping[str, BulkDecision], policy: Policy) -> frozenset[str]:
    """Ids of accepted tracks that wait for governance: of each account, what goes beyond its limit, newest last."""
    by_owner: dict[str, list[Track]] = {}
    total = 0
    for track in accepted:
        by_owner.setdefault(track.owner, []).append(track)
        total += 1
    found: set[str] = set()
    for owner, tracks in by_owner.items():
        limit = limit_of(owner, total, decisions, policy)
        if len(tracks) > limit:
            tracks.sort(key=lambda track: (track.submitted, track.track_id))
            found |= {track.track_id for track in tracks[limit:]}
    return frozenset(found)


# --- who belongs together --------------------------------------------------------------


@dataclass(frozen=True)
class EntityFacts:
    """What is compared of one account."""

    account_id: str
    tracks: int
    payout_name: str | None = None
    email: str | None = None
    filenames: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Group:
    """Accounts that share something; ``shared`` names what: ``payout_name``, ``email_domain``, ``upload_pattern``."""

    members: tuple[str, ...]
    shared: tuple[str, ...]
    tracks: int


def pattern_of(filename: str) -> str | None:
    """How a file is named: digits as ``#``, lower case, without spaces; None where that says too little.

    >>> pattern_of("Zenith-Loop 0042.WAV")
    'zenith-loop#.wav'
    """
    found = re.sub(r"[\d\s]+", lambda run: "#" if run.group().strip() else "", filename.lower())
    stem, _, _ = found.rpartition(".")
    letters = sum(character.isalpha() for character in stem)
    return found if letters >= 4 and "#" in stem else None


def marks_of(facts: EntityFacts) -> frozenset[tuple[str, str]]:
    """What an account could share with another: (kind, value)."""
    found: set[tuple[str, str]] = set()
    if facts.payout_name:
        found.add(("payout_name", " ".join(facts.payout_name.casefold().split())))
    domain = (facts.email or "").rpartition("@")[2].lower()
    if domain and domain not in SHARED_MAIL:
        found.add(("email_domain", domain))
    patterns = Counter(pattern for name in facts.filenames if (pattern := pattern_of(name)) is not None)
    found |= {("upload_pattern", pattern) for pattern, count in patterns.items() if count >= PATTERN_FROM}
    return frozenset(found)


def groups(entities: Iterable[EntityFacts]) -> tuple[Group, ...]:
    """Accounts that share a mark, directly or through others; the largest group first. Single ones are left out."""
    known = {facts.account_id: facts for facts in entities}
    marks = {account: marks_of(facts) for account, facts in known.items()}
    holders: dict[tuple[str, str], list[str]] = {}
    for account, found in sorted(marks.items()):
        for mark in found:
            holders.setdefault(mark, []).append(account)
    root = {account: account for account in known}
    for together in holders.values():
        for other in together[1:]:
            _join(root, together[0], other)
    members: dict[str, list[str]] = {}
    for account in sorted(known):
        members.setdefault(_root(root, account), []).append(account)
    shared: dict[str, set[str]] = {}
    for mark, held in holders.items():
        if len(held) > 1:
            shared.setdefault(_root(root, held[0]), set()).add(mark[0])
    made = [
        Group(
            members=tuple(accounts),
            shared=tuple(sorted(shared[first])),
            tracks=sum(known[account].tracks for account in accounts),
        )
        for first, accounts in members.items()
        if len(accounts) > 1
    ]
    return tuple(sorted(made, key=lambda group: (-group.tracks, group.members)))


def _root(root: dict[str, str], account: str) -> str:
    while root[account] != account:
        root[account] = root[root[account]]
        account = root[account]
    return account


def _join(root: dict[str, str], one: str, other: str) -> None:
    first, second = sorted((_root(root, one), _root(root, other)))
    root[second] = first
