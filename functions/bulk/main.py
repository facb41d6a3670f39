"""bulk: who holds how much of the vault, who seems to belong together, and what governance decided about it."""

from collections import Counter

from pydantic import BaseModel, Field
from vault_domain.accounts import Account
from vault_domain.bulk import ALL, BulkAsk, BulkDecision, EntityFacts, bulk_key, groups, limit_of
from vault_domain.errors import Forbidden, NotFound
from vault_domain.events import Kind, make_event
from vault_domain.ids import AccountId
from vault_domain.permissions import roles
from vault_domain.ports import Put
from vault_domain.records import UtcTime
from vault_domain.uploads import Upload
from vault_edge.app import App, Caller, Deps
from vault_edge.grants import accepted_tracks, bulk_decisions
from vault_edge.racing import settled

app = App("bulk")
MOST_ENTITIES = 200
FILES_LOOKED_AT = 100


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

    members: list[str]
    shared: list[str] = Field(description="payout_name, email_domain, upload_pattern")
    tracks: int
    share: float
    over_limit: bool = Field(description="Together they are past what one account may have without approval")


class Bulk(BaseModel):
    """The largest accounts and the groups among them."""

    accepted_tracks: int
    limit: int = Field(description="Tracks of one account that are used without approval, at this size of the vault")
    entities: list[Entity]
    groups: list[EntityGroup]


@app.get("/bulk", role=roles("bulk.read"))
def show(caller: Caller, deps: Deps) -> Bulk:
    """Who holds how much: the largest accounts first, with what waits for a decision."""
    policy, decisions = deps.policy(), bulk_decisions(deps.records)
    counts = Counter(track.owner for track in accepted_tracks(deps.records))
    total = sum(counts.values())
    facts = [_facts(owner, count, deps) for owner, count in counts.most_common(MOST_ENTITIES)]
    limit = limit_of("", total, {}, policy)
    return Bulk(
        accepted_tracks=total,
        limit=limit,
        entities=[_entity(one, total, limit_of(one.account_id, total, decisions, policy), decisions, deps)
                  for one in facts],
        groups=[
            EntityGroup(members=list(group.members), shared=list(group.shared), tracks=group.tracks,
                        share=_share(group.tracks, total), over_limit=group.tracks > limit)
            for group in groups(facts)
        ],
    )  # fmt: skip


@app.post("/bulk/{account_id}", role=roles("bulk.decide"))
def decide(account_id: AccountId, ask: BulkAsk, caller: Caller, deps: Deps) -> Decision:
    """Approve more tracks of an account for training, or hold all of them; it counts at the next read."""
    return settled(lambda: _decide(account_id, ask, caller, deps))


def _decide(account_id: str, ask: BulkAsk, caller: Caller, deps: Deps) -> Decision:
    if account_id == caller.id:
        raise Forbidden("another admin decides about your own account")
    if deps.records.get(Account, account_id) is None:
        raise NotFound("no such account")
    present = deps.records.get(BulkDecision, ALL, bulk_key(account_id))
    said = (ask.outcome, ask.up_to, ask.reason)
    if present is not None and (present.outcome, present.up_to, present.reason) == said:
        return _told(present)
    now = deps.clock()
    made = BulkDecision(account_id=account_id, **ask.model_dump(), by=caller.id, at=now)
    event = make_event(
        deps.new_id("evt"), Kind.BULK_DECIDED, account_id, caller.actor, now, outcome=ask.outcome, up_to=ask.up_to
    )
    deps.records.commit([Put(made, present.version if present else 0)], [event])
    return _told(made)


def _facts(owner: str, tracks: int, deps: Deps) -> EntityFacts:
    account = deps.records.get(Account, owner)
    files = deps.records.find(Upload, "by_owner", owner, newest_first=True, limit=FILES_LOOKED_AT).items
    return EntityFacts(
        account_id=owner, tracks=tracks, payout_name=account.payout_name if account else None,
        email=account.email if account else None, filenames=tuple(upload.filename for upload in files),
    )  # fmt: skip


def _entity(facts: EntityFacts, total: int, limit: int, decisions: dict[str, BulkDecision], deps: Deps) -> Entity:
    account, decision = deps.records.get(Account, facts.account_id), decisions.get(facts.account_id)
    return Entity(
        account_id=facts.account_id, display_name=account.display_name if account else "", tracks=facts.tracks,
        share=_share(facts.tracks, total), used_up_to=limit, waiting=max(0, facts.tracks - limit),
        decision=_told(decision) if decision else None,
    )  # fmt: skip


def _share(tracks: int, total: int) -> float:
    return round(tracks / total, 4) if total else 0.0


def _told(decision: BulkDecision) -> Decision:
    return Decision(
        outcome=decision.outcome, up_to=decision.up_to, reason=decision.reason, by=decision.by, at=decision.at
    )


handler, http = app.lambda_entry(), app.http_entry()
