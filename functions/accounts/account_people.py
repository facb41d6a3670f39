"""People as an admin sees them: who has which role, since when and why."""

from account_asks import FindAsk, PayoutAsk, PeopleAsk
from pydantic import BaseModel, Field
from vault_domain.accounts import Account, EmailClaim, PersonRole, RoleChange, name_payee
from vault_domain.errors import NotFound
from vault_domain.ports import Put
from vault_domain.records import UtcTime
from vault_edge.app import Deps


class Person(BaseModel):
    """One account."""

    account_id: str
    display_name: str
    email: str | None = Field(description="Null where the person signs in at an identity provider")
    role: PersonRole
    created: UtcTime
    changed: UtcTime


class People(BaseModel):
    """Accounts of one role."""

    people: list[Person]
    cursor: str | None


class RoleStep(BaseModel):
    """One change of role."""

    before: PersonRole
    after: PersonRole
    by: str
    reason: str
    at: UtcTime


class RoleHistory(BaseModel):
    """How an account came to its role, oldest first."""

    account_id: str
    role: PersonRole
    changes: list[RoleStep]


def people_of(ask: PeopleAsk, deps: Deps) -> People:
    """Accounts of a role, through an index that may lag by a moment."""
    found = deps.records.find(Account, "by_role", ask.role, limit=ask.limit, cursor=ask.cursor)
    return People(people=[person(account) for account in found.items], cursor=found.cursor)


def find_person(ask: FindAsk, deps: Deps) -> Person:
    """The account of an address. Raises ``NotFound``."""
    claim = deps.records.get(EmailClaim, f"email#{deps.salted(f'email:{ask.email}')}")
    account = deps.records.get(Account, claim.account_id) if claim else None
    if account is None:
        raise NotFound("no account has this address")
    return person(account)


def history_of(account_id: str, deps: Deps) -> RoleHistory:
    """Every change of an account's role. Raises ``NotFound``."""
    account = deps.records.get(Account, account_id)
    if account is None:
        raise NotFound("no such account")
    rows = deps.records.list(RoleChange, account_id).items
    steps = [RoleStep(before=row.before, after=row.after, by=row.by, reason=row.reason, at=row.at) for row in rows]
    return RoleHistory(account_id=account_id, role=account.role, changes=steps)


def set_payee(account_id: str, ask: PayoutAsk, deps: Deps) -> Account:
    """The account with its payee. Raises ``NotFound``, and ``Conflict`` for one that was erased."""
    account = deps.records.get(Account, account_id)
    if account is None:
        raise NotFound()
    changed = name_payee(account, ask.payout_name, deps.clock())
    if changed is not account:
        deps.records.commit([Put(changed, account.version)])
    return changed


def person(account: Account) -> Person:
    """What an admin sees of an account."""
    return Person(
        account_id=account.account_id, display_name=account.display_name, email=account.email, role=account.role,
        created=account.created, changed=account.changed,
    )  # fmt: skip
