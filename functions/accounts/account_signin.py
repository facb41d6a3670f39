"""Signing in, staying signed in, and changing roles."""

from datetime import datetime

from account_asks import LoginAsk, RoleAsk
from account_passwords import hashed, matches, needs_rehash
from vault_domain.accounts import ROSTER_KEY, Account, AdminRoster, EmailClaim, change_role, normal_password
from vault_domain.canonical import Json
from vault_domain.errors import BadCredentials, LostRace, NotFound, Unauthenticated
from vault_domain.events import Kind, make_event
from vault_domain.ports import Put
from vault_domain.sealing import word_hash
from vault_edge.app import Caller, Deps
from vault_edge.limiting import take_back
from vault_edge.permitting import enforce
from vault_edge.tokens import MAX_LIFE, MAX_SIGN_IN, issue_token, publish_key

NOBODY = "acc_" + "0" * 26
"""Read in the place of an account that is not there, so that both ways take the same steps."""


def sign_in(ask: LoginAsk, email_hash: str, sender: str, deps: Deps) -> Json:
    """A token, or ``BadCredentials``: the same answer, after the same work, for every reason."""
    claim = deps.records.get(EmailClaim, f"email#{email_hash}")
    account = deps.records.get(Account, claim.account_id if claim else NOBODY)
    password = normal_password(ask.password)
    if not matches(account.password_hash if account else None, password) or account is None:
        raise BadCredentials("E-mail and password do not match")
    take_back(deps.records, f"login#{email_hash}")
    take_back(deps.records, f"login-from#{sender}")
    _strengthen(account, password, deps)
    return {
        **bearer_for(account.account_id, account.role, (), deps, signed_in=deps.clock()),
        "account_id": account.account_id,
        "role": account.role,
    }


def renew(caller: Caller, deps: Deps) -> Json:
    """A fresh token with the role of this moment, until ``MAX_SIGN_IN`` after the password was given."""
    account = deps.records.get(Account, caller.id)
    if account is None or account.erased or caller.signed_in is None or deps.clock() - caller.signed_in >= MAX_SIGN_IN:
        raise Unauthenticated("Your sign-in has expired; sign in again")
    return {
        **bearer_for(account.account_id, account.role, (), deps, signed_in=caller.signed_in),
        "account_id": account.account_id,
        "role": account.role,
    }


def _strengthen(account: Account, password: str, deps: Deps) -> None:
    """Hash again when today's settings are stronger; losing a race over it does not matter."""
    if account.password_hash and needs_rehash(account.password_hash):
        try:
            deps.records.commit([Put(account.with_changes(password_hash=hashed(password)), account.version)])
        except LostRace:
            return


def bearer_for(
    subject: str, role: str, scopes: tuple[str, ...], deps: Deps, *, signed_in: datetime | None = None
) -> Json:
    """A token in the form of RFC 6749, 5.1. Its public key is published before the first use."""
    now, signer = deps.clock(), deps.signer("jwt")
    publish_key(signer, "jwt", deps.records, now)
    token = issue_token(
        signer, subject=subject, role=role, scopes=scopes, token_id=deps.new_id("tok"), now=now, signed_in=signed_in
    )
    return {"access_token": token, "token_type": "Bearer", "expires_in": int(MAX_LIFE.total_seconds())}


def give_role(account_id: str, ask: RoleAsk, caller: Caller, deps: Deps) -> Account:
    """Change a role with roster, history row and event in one commit."""
    enforce("account.role", caller, deps, own=account_id == caller.id, thing="account")
    now, salt = deps.clock(), deps.new_id("slt")
    account = deps.records.get(Account, account_id)
    if account is None:
        raise NotFound()
    roster = deps.records.get(AdminRoster, ROSTER_KEY) or AdminRoster()
    changed, members, history = change_role(account, roster, ask.role, caller.id, ask.reason, now, salt)
    event = make_event(
        deps.new_id("evt"),
        Kind.ROLE_CHANGED,
        account_id,
        caller.actor,
        now,
        before=account.role,
        after=ask.role,
        reason_hash=word_hash(salt, ask.reason),
    )
    changes = [Put(changed, account.version), Put(members, roster.version), Put(history, 0)]
    deps.records.commit(changes, [event])
    return changed
