"""Opening accounts: one claim per address or identity, in the same commit as the account."""

from account_asks import Bootstrap, ExternalAsk, RegisterAsk
from account_passwords import hashed
from vault_domain.accounts import (
    ROSTER_KEY,
    Account,
    AdminRoster,
    EmailClaim,
    IdentityClaim,
    register,
    usable_password,
)
from vault_domain.canonical import Json
from vault_domain.errors import BadRequest, Conflict, LostRace
from vault_domain.events import Actor, AuditEvent, Kind, make_event
from vault_domain.ports import Change, Put
from vault_edge.deps import Deps


def open_account(ask: RegisterAsk, deps: Deps) -> Account:
    """Raises ``Conflict`` for an address that has an account."""
    now, email_hash = deps.clock(), deps.salted(f"email:{ask.email}")
    password = usable_password(ask.password, ask.email)
    if not ask.affirms_authority:
        raise BadRequest("Affirm that you have authority to license what you submit")
    if deps.records.get(EmailClaim, f"email#{email_hash}") is not None:
        raise Conflict("This address has an account already; sign in instead")
    account = register(
        deps.new_id("acc"),
        now,
        display_name=ask.display_name,
        affirmed=True,
        email=ask.email,
        password_hash=hashed(password),
    )
    _store(account, EmailClaim(email_hash=email_hash, account_id=account.account_id), deps)
    return account


def open_external(ask: ExternalAsk, identity: str, deps: Deps) -> Account:
    """Raises ``Conflict`` for an identity that has an account."""
    account = register(deps.new_id("acc"), deps.clock(), display_name=ask.display_name, affirmed=ask.affirms_authority)
    _store(account, IdentityClaim(identity_hash=identity, account_id=account.account_id), deps)
    return account


def _store(account: Account, claim: EmailClaim | IdentityClaim, deps: Deps) -> None:
    try:
        deps.records.commit([Put(account, 0), Put(claim, 0)], [_created(account, account.account_id, deps)])
    except LostRace as error:
        raise Conflict("This address or identity has an account already; sign in instead") from error


def _created(account: Account, by: str, deps: Deps) -> AuditEvent:
    actor = Actor(id=by, role="system" if by == "accounts" else "public")
    affirmed = account.affirmation
    versions = {"affirmation": str(affirmed.version)} if affirmed else {}
    return make_event(
        deps.new_id("evt"),
        Kind.ACCOUNT_CREATED,
        account.account_id,
        actor,
        account.created,
        versions,
        role=account.role,
    )


def bootstrap_admin(ask: Bootstrap, deps: Deps) -> Json:
    """Make the first admin unless there is one; repeating it changes nothing, not even the password."""
    roster = deps.records.get(AdminRoster, ROSTER_KEY) or AdminRoster()
    if roster.members:
        return {"account_id": roster.members[0], "created": False}
    now, email_hash = deps.clock(), deps.salted(f"email:{ask.email}")
    if deps.records.get(EmailClaim, f"email#{email_hash}") is not None:
        raise Conflict("This address has an account that is no admin; use another one for the first admin")
    account = Account(
        account_id=deps.new_id("acc"),
        email=ask.email,
        display_name="First admin",
        role="admin",
        password_hash=hashed(usable_password(ask.password, ask.email)),
        created=now,
        changed=now,
    )
    changes: list[Change] = [
        Put(account, 0),
        Put(EmailClaim(email_hash=email_hash, account_id=account.account_id), 0),
        Put(roster.with_changes(members=(account.account_id,)), roster.version),
    ]
    try:
        deps.records.commit(changes, [_created(account, "accounts", deps)])
    except LostRace:
        return bootstrap_admin(ask, deps)  # another call was first; it made the admin that we now find
    return {"account_id": account.account_id, "created": True}
