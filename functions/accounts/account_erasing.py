"""Erasing an account: person and way in go in one commit; the function ``erase`` goes through the rest."""

from account_passwords import LOGIN_PER_EMAIL, LOGIN_SECONDS, matches
from vault_domain.accounts import Account, EmailClaim, IdentityClaim, RoleChange, normal_password
from vault_domain.canonical import Json
from vault_domain.erasure import ERASED, OPEN, Erasure, ErasureAsk, erased_account, wordless
from vault_domain.errors import Conflict, Forbidden, NotFound
from vault_domain.events import Kind, make_event
from vault_domain.ports import Change, Delete, Put
from vault_edge.app import Caller, Deps, Request
from vault_edge.auth import identity_hash, identity_of_request
from vault_edge.limiting import count


def erase(ask: ErasureAsk, caller: Caller, request: Request, deps: Deps) -> Json:
    """Close the way in and begin the rest.

    Raises ``Forbidden`` for a wrong password, ``TooMany`` for many of them, ``Conflict`` for a role that has to
    be given up first. Asked again, it says how far the first is; what was wished then stands.
    """
    account = deps.records.get(Account, caller.id)
    if account is None:
        raise NotFound()
    if account.erased is not None:
        return _told(account, deps)
    count(deps.records, f"erase#{caller.id}", LOGIN_SECONDS, LOGIN_PER_EMAIL, deps.clock())
    password = normal_password(ask.password) if ask.password else ""
    if account.password_hash is not None and not matches(account.password_hash, password):
        raise Forbidden("The password is not that of this account")
    now = deps.clock()
    gone = erased_account(account, now)
    event = make_event(deps.new_id("evt"), Kind.ACCOUNT_ERASED, caller.id, caller.actor, now, tracks=ask.tracks)
    row = Erasure(account_id=caller.id, tracks=ask.tracks, asked=now)
    changes: list[Change] = [Put(gone, account.version), Put(row, 0), *_ways_in(account, request, deps)]
    deps.records.commit([*changes, *_history(caller.id, deps)], [event])
    return _told(gone, deps)


def _ways_in(account: Account, request: Request, deps: Deps) -> list[Change]:
    """The claims by which the account is found; they are free for a new one then."""
    found: list[EmailClaim | IdentityClaim | None] = []
    if account.email is not None:
        found.append(deps.records.get(EmailClaim, f"email#{deps.salted(f'email:{account.email}')}"))
    if deps.token_rules.issuer is not None:
        found.append(deps.records.get(IdentityClaim, f"identity#{_identity(request, deps)}"))
    return [Delete(one, one.version) for one in found if one is not None and one.account_id == account.account_id]


def _identity(request: Request, deps: Deps) -> str:
    issuer, subject = identity_of_request(request.headers, deps)
    return identity_hash(issuer, subject)


def _history(account_id: str, deps: Deps) -> list[Change]:
    rows = deps.records.list(RoleChange, account_id, limit=80)
    if rows.cursor is not None:
        raise Conflict("this account's role changed too often to be erased in one step; ask an admin")
    return [Put(wordless(row), row.version) for row in rows.items if row.reason != ERASED]


def _told(account: Account, deps: Deps) -> Json:
    row = deps.records.get(Erasure, OPEN, f"{Erasure.kind}#{account.account_id}")
    return {"account_id": account.account_id, "erased": account.erased, "under_way": row is not None}
