"""accounts: who people and services are, and the short-lived tokens that say so."""

from account_asks import (
    BootstrapAsk,
    ExternalAsk,
    FindAsk,
    KeysAsk,
    LoginAsk,
    PayoutAsk,
    PeopleAsk,
    RegisterAsk,
    RoleAsk,
    ServiceAsk,
    TokenAsk,
)
from account_erasing import erase
from account_opening import bootstrap_admin, open_account, open_external
from account_passwords import LOGIN_PER_EMAIL, LOGIN_PER_SENDER, LOGIN_SECONDS, OPEN_PER_SENDER, OPEN_SECONDS
from account_people import People, Person, RoleHistory, find_person, history_of, people_of, set_payee
from account_services import new_service, service_token
from account_signin import give_role, renew, sign_in
from vault_domain.accounts import AFFIRMATION, AFFIRMATION_VERSION, KEY_RING, Account, PublicKey, ServiceAccount
from vault_domain.erasure import ErasureAsk
from vault_domain.errors import Forbidden, NotFound
from vault_domain.ids import AccountId
from vault_edge.app import Answer, App, Caller, Deps, Json, Query, Request
from vault_edge.auth import identity_hash, identity_of_request
from vault_edge.limiting import count
from vault_edge.racing import settled
from vault_edge.tokens import b64, publish_key

app = App("accounts")


@app.post("/accounts", role="public", status=201, also=(403,))
def register(ask: RegisterAsk, request: Request, deps: Deps) -> Json:
    """Open a contributor's account with e-mail and password."""
    if deps.token_rules.issuer is not None:
        raise Forbidden("Accounts here belong to an identity provider; sign in there, then POST /accounts/external")
    count(deps.records, f"open#{request.ip_hash}", OPEN_SECONDS, OPEN_PER_SENDER, deps.clock())
    return shown(open_account(ask, deps))


@app.post("/accounts/external", role="public", status=201, also=(403,))
def register_external(ask: ExternalAsk, request: Request, deps: Deps) -> Json:
    """Open a contributor's account for the identity in the provider's bearer token."""
    issuer, subject = identity_of_request(request.headers, deps)
    return shown(open_external(ask, identity_hash(issuer, subject), deps))


@app.post("/accounts/login", role="public", also=(401, 403))
def login(ask: LoginAsk, request: Request, deps: Deps) -> Json:
    """Sign in; the answer is a bearer token for 15 minutes."""
    if deps.token_rules.issuer is not None:
        raise Forbidden("Sign in at the identity provider")
    now, email_hash = deps.clock(), deps.salted(f"email:{ask.email}")
    count(deps.records, f"login-from#{request.ip_hash}", LOGIN_SECONDS, LOGIN_PER_SENDER, now)
    count(deps.records, f"login#{email_hash}", LOGIN_SECONDS, LOGIN_PER_EMAIL, now)
    return sign_in(ask, email_hash, request.ip_hash, deps)


@app.post("/accounts/renew", role=("contributor", "reviewer", "admin"))
def prolong(caller: Caller, deps: Deps) -> Json:
    """A fresh token for whoever signed in with a password less than 12 hours ago, with their role as it is now."""
    return renew(caller, deps)


@app.get("/accounts/me", role=("contributor", "reviewer", "admin", "system"))
def me(caller: Caller, deps: Deps) -> Json:
    """Who the token names, with what is stored about them."""
    if caller.role == "system":
        service = deps.records.get(ServiceAccount, caller.id)
        if service is None:
            raise NotFound()
        return {
            "account_id": service.client_id,
            "role": "system",
            "display_name": service.name,
            "scopes": service.scopes,
        }
    account = deps.records.get(Account, caller.id)
    if account is None:
        raise NotFound()
    return shown(account)


@app.post("/accounts/me/payout", role=("contributor", "reviewer", "admin"))
def payout(ask: PayoutAsk, caller: Caller, deps: Deps) -> Json:
    """Say to whom payments would go, should there ever be any. Nothing is promised by it."""
    return shown(settled(lambda: set_payee(caller.id, ask, deps)))


@app.post("/accounts/me/erasure", role=("contributor", "reviewer", "admin"), status=202, also=(429,))
def leave_for_good(ask: ErasureAsk, caller: Caller, request: Request, deps: Deps) -> Json:
    """Erase your account: names, address, password and words, at once or within the hour; the log keeps its id.

    Your tracks are taken back, or go on under your consent without a name, as you choose. Can't be undone.
    """
    return settled(lambda: erase(ask, caller, request, deps))


@app.get("/accounts/affirmation", role="public")
def affirmation() -> Json:
    """The statement that registering affirms."""
    return {"version": AFFIRMATION_VERSION, "text": AFFIRMATION}


@app.post("/accounts/service", role="admin", status=201)
def create_service(ask: ServiceAsk, caller: Caller, deps: Deps) -> Json:
    """Create a service account; its secret is in this answer and nowhere else."""
    return new_service(ask, caller, deps)


@app.post("/accounts/token", role="public", form=True, also=(401,))
def token(ask: TokenAsk, request: Request, deps: Deps) -> Json:
    """A token for a service account (OAuth 2 client credentials)."""
    return service_token(ask, request, deps)


@app.post("/accounts/{account_id}/role", role="admin")
def change_role(account_id: AccountId, ask: RoleAsk, caller: Caller, deps: Deps) -> Json:
    """Promote or demote somebody, with a reason; there is always an admin left."""
    return shown(give_role(account_id, ask, caller, deps))


@app.get("/accounts/people", role="admin")
def people(ask: Query[PeopleAsk], caller: Caller, deps: Deps) -> People:
    """Who has a role."""
    return people_of(ask, deps)


@app.post("/accounts/find", role="admin", also=(404,))
def find(ask: FindAsk, caller: Caller, deps: Deps) -> Person:
    """Whose account an e-mail address belongs to; the address travels in the body, so that no log has it."""
    return find_person(ask, deps)


@app.get("/accounts/{account_id}/roles", role="admin")
def role_history(account_id: AccountId, caller: Caller, deps: Deps) -> RoleHistory:
    """How an account came to its role: by whom, when and why."""
    return history_of(account_id, deps)


@app.get("/accounts/keys", role="public")
def keys(ask: Query[KeysAsk], deps: Deps) -> Json:
    """Our public keys, as a JSON Web Key Set (RFC 7517, RFC 8037)."""
    ring = deps.records.list(PublicKey, KEY_RING).items
    found = [jwk(key) for key in ring if key.purpose == ask.purpose and key.retired is None]
    return Answer({"keys": found}, headers={"cache-control": "public, max-age=300"})


@app.step
def bootstrap(ask: BootstrapAsk, deps: Deps) -> Json:
    """Publish the signing key and make the first admin, where they are absent."""
    key = publish_key(deps.signer("jwt"), "jwt", deps.records, deps.clock())
    return {**bootstrap_admin(ask.bootstrap, deps), "key_id": key.key_id}


def shown(account: Account) -> Json:
    """What an account's owner, or an admin, sees of it."""
    return account.model_dump(mode="json", exclude={"password_hash", "version"})


def jwk(key: PublicKey) -> Json:
    """A public key as others read it."""
    about = {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": key.key_id}
    chain = {"x5c": [key.certificate]} if key.certificate else {}
    return {**about, "x": b64(bytes.fromhex(key.public_hex)), **chain}


handler, http = app.lambda_entry(), app.http_entry()
