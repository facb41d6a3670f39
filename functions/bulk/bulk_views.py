"""What GET /bulk answers: a page of the accounts, the largest first, and what the whole of them have in common."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

from pydantic import BaseModel, Field
from vault_domain.accounts import Account
from vault_domain.bulk import PATTERN_FROM, BulkDecision, EntityFacts, Group, groups, limit_of
from vault_domain.policy import Policy
from vault_domain.records import UtcTime
from vault_domain.uploads import Upload
from vault_edge.app import Deps
from vault_edge.grants import READERS, accepted_tracks, bulk_decisions, many

FILES_LOOKED_AT = 100
"""Of one account, the newest."""
NAMES_COMPARED = 1000
"""Accounts whose files' names are read for one answer: the largest. Payees and mail domains are compared of all."""
MOST_GROUPS, MOST_MEMBERS = 200, 100

Ranked = list[tuple[str, int]]


class Page(BaseModel):
    """Which part of the accounts."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(pattern=r"^\d{1,9}~acc_[0-9a-z]{26}$")] = None


class Decision(BaseModel):
    """What governance decided about an account."""

    outcome: str = Field(description="approved, or held")
    up_to: int | None
    reason: str
    by: str
    at: UtcTime


class Entity(BaseModel):
    """One account with accepted tracks."""

    account_id: str
    display_name: str
    tracks: int
    share: float = Field(description="Of all accepted tracks, 0 to 1")
    used_up_to: int = Field(description="How many of them may be used for training at present")
    waiting: int = Field(description="Tracks that wait for governance")
    decision: Decision | None


class EntityGroup(BaseModel):
    """Accounts that share something: a hint for a person, nothing more."""

    accounts: int
    members: list[str] = Field(description="The first of them")
    shared: list[str] = Field(description="payout_name, email_domain, upload_pattern")
    tracks: int
    share: float
    over_limit: bool = Field(description="Together they are past what one account may have without approval")


class Groups(BaseModel):
    """Who seems to belong together, and among whom that was looked for."""

    found: int = Field(description="Groups there are; the ones with most tracks are shown")
    shown: list[EntityGroup]
    accounts_compared: int = Field(description="By payee and mail domain: every account with accepted tracks")
    names_compared: int = Field(description="Accounts whose files' names were compared too: the largest")


class Bulk(BaseModel):
    """The accounts, largest first, and on the first page the groups among all of them."""

    accepted_tracks: int
    accounts: int
    limit: int = Field(description="Tracks of one account that are used without approval, at this size of the vault")
    entities: list[Entity]
    groups: Groups | None = Field(description="null on later pages")
    cursor: str | None


def shown(page: Page, deps: Deps) -> Bulk:
    """One page; each account is counted anew, so that a page is about the vault as it is."""
    policy, decisions = deps.policy(), bulk_decisions(deps.records)
    counts = Counter(track.owner for track in accepted_tracks(deps.records))
    ranked = sorted(counts.items(), key=_rank)
    total, limit = sum(counts.values()), limit_of("", sum(counts.values()), {}, policy)
    rest = [one for one in ranked if page.cursor is None or _rank(one) > _place(page.cursor)]
    part = rest[: page.limit]
    return Bulk(
        accepted_tracks=total, accounts=len(ranked), limit=limit,
        entities=_entities(part, total, decisions, policy, deps),
        groups=_groups(ranked, total, limit, deps) if page.cursor is None else None,
        cursor=f"{part[-1][1]}~{part[-1][0]}" if len(rest) > len(part) else None,
    )  # fmt: skip


def told(decision: BulkDecision) -> Decision:
    """A decision as it is shown."""
    return Decision(
        outcome=decision.outcome, up_to=decision.up_to, reason=decision.reason, by=decision.by, at=decision.at
    )


def _rank(one: tuple[str, int]) -> tuple[int, str]:
    return -one[1], one[0]


def _place(cursor: str) -> tuple[int, str]:
    tracks, _, account_id = cursor.partition("~")
    return -int(tracks), account_id


def _entities(part: Ranked, total: int, decisions: dict[str, BulkDecision], policy: Policy, deps: Deps) -> list[Entity]:
    accounts = many(deps.records, Account, (account_id for account_id, _ in part))
    return [
        _entity(account_id, tracks, account, total, limit_of(account_id, total, decisions, policy),
                decisions.get(account_id))
        for (account_id, tracks), account in zip(part, accounts, strict=True)
    ]  # fmt: skip


def _entity(
    account_id: str, tracks: int, account: Account | None, total: int, limit: int, decision: BulkDecision | None
) -> Entity:
    return Entity(
        account_id=account_id, display_name=account.display_name if account else "", tracks=tracks,
        share=_share(tracks, total), used_up_to=limit, waiting=max(0, tracks - limit),
        decision=told(decision) if decision else None,
    )  # fmt: skip


def _groups(ranked: Ranked, total: int, limit: int, deps: Deps) -> Groups:
    """Names of files are read only of accounts that have enough of them to say something."""
    accounts = many(deps.records, Account, (account_id for account_id, _ in ranked))
    named = [account_id for account_id, tracks in ranked if tracks >= PATTERN_FROM][:NAMES_COMPARED]
    with ThreadPoolExecutor(READERS) as pool:
        files = dict(zip(named, pool.map(lambda owner: _filenames(owner, deps), named), strict=True))
    found = groups(
        EntityFacts(
            account_id=account_id, tracks=tracks, payout_name=account.payout_name if account else None,
            email=account.email if account else None, filenames=files.get(account_id, ()),
        )
        for (account_id, tracks), account in zip(ranked, accounts, strict=True)
    )  # fmt: skip
    return Groups(
        found=len(found), shown=[_group(one, total, limit) for one in found[:MOST_GROUPS]],
        accounts_compared=len(ranked), names_compared=len(named),
    )  # fmt: skip


def _group(group: Group, total: int, limit: int) -> EntityGroup:
    return EntityGroup(
        accounts=len(group.members), members=list(group.members[:MOST_MEMBERS]), shared=list(group.shared),
        tracks=group.tracks, share=_share(group.tracks, total), over_limit=group.tracks > limit,
    )  # fmt: skip


def _filenames(owner: str, deps: Deps) -> tuple[str, ...]:
    files = deps.records.find(Upload, "by_owner", owner, newest_first=True, limit=FILES_LOOKED_AT).items
    return tuple(upload.filename for upload in files)


def _share(tracks: int, total: int) -> float:
    return round(tracks / total, 4) if total else 0.0
