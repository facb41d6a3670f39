"""accounts: registering, signing in, services, roles, the first admin."""

import base64
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from argon2 import PasswordHasher
from simulator import Simulator, killed_everywhere
from vault_domain.accounts import Account, AdminRoster, RoleChange
from vault_domain.errors import Conflict
from vault_domain.events import AuditEvent, Kind
from vault_domain.sealing import word_hash
from vault_edge.loading import load_folder
from wire import body_of, event, token

EMAIL, PASSWORD = "ada@example.org", "correct horse battery"
FIRST = {"bootstrap": {"email": "admin@example.org", "password": "the very first admin"}}


@pytest.fixture
def accounts(load_step: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The step, with password hashing made cheap."""
    module = load_step("accounts")
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setitem(module.open_account.__globals__["hashed"].__globals__, "_HASHER", quick)
    return module


def call(module: ModuleType, method: str, path: str, body: Any = None, bearer: str | None = None, **more: Any) -> Any:
    result = module.handler(event(method, path, body=body, bearer=bearer, **more), None)
    return result["statusCode"], body_of(result) if result["body"] else None


def register(module: ModuleType, email: str = EMAIL, **changes: Any) -> Any:
    ask = {"email": email, "password": PASSWORD, "display_name": "Ada", "affirms_authority": True}
    return call(module, "POST", "/accounts", {**ask, **changes})


def login(module: ModuleType, email: str = EMAIL, password: str = PASSWORD) -> Any:
    return call(module, "POST", "/accounts/login", {"email": email, "password": password})


def admin(module: ModuleType) -> tuple[str, str]:
    """(account id, token) of the first admin."""
    found = module.handler(FIRST, None)
    _, answer = login(module, FIRST["bootstrap"]["email"], FIRST["bootstrap"]["password"])
    return found["account_id"], answer["access_token"]


def events(sim: Simulator, kind: Kind) -> list[AuditEvent]:
    return list(sim.store.find(AuditEvent, "by_event_kind", kind.value).items)


# --- people -------------------------------------------------------------------------


def test_registering_and_signing_in(accounts: ModuleType, sim: Simulator):
    status, account = register(accounts)
    assert (status, account["role"], account["email"]) == (201, "contributor", EMAIL)
    assert "password_hash" not in account
    status, answer = login(accounts)
    assert (status, answer["token_type"], answer["expires_in"], answer["role"]) == (200, "Bearer", 900, "contributor")
    assert call(accounts, "GET", "/accounts/me", bearer=answer["access_token"]) == (200, account)


def test_an_event_tells_of_it_and_holds_nothing_personal(accounts: ModuleType, sim: Simulator):
    _, account = register(accounts)
    (told,) = events(sim, Kind.ACCOUNT_CREATED)
    assert (told.subject, told.data) == (account["account_id"], {"role": "contributor"})
    for private in ("ada", "Ada", "example.org", PASSWORD):
        assert private not in told.model_dump_json()
    others = [table for name, table in sim.dump()["records"].items() if name != "accounts"]
    assert others
    assert "example.org" not in repr(others)


@pytest.mark.parametrize("email", [EMAIL, " ADA@Example.ORG ", "ａda@example.org"])
def test_an_address_has_one_account_however_it_is_spelt(accounts: ModuleType, email: str):
    register(accounts)
    status, answer = register(accounts, email)
    assert (status, answer["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "ada"},
        {"email": "ada@localhost"},
        {"email": "a b@example.org"},
        {"email": "ada@@example.org"},
        {"email": "x" * 65 + "@example.org"},
        {"password": "short"},
        {"password": "x" * 201},
        {"password": "aaaaaaaaaaaaaaaa"},
        {"password": "ADA@example.org"},
        {"display_name": ""},
        {"display_name": "x" * 81},
        {"display_name": "Ada\u202egpj"},
        {"affirms_authority": False},
        {"role": "admin"},
    ],
)
def test_what_is_refused_leaves_nothing(accounts: ModuleType, sim: Simulator, changes: dict[str, Any]):
    status, answer = register(accounts, **changes)
    assert (status, answer["code"]) == (422, "bad_request")
    assert events(sim, Kind.ACCOUNT_CREATED) == []
    assert login(accounts)[0] == 401


def test_the_answer_to_a_wrong_password_and_an_unknown_address_is_the_same(accounts: ModuleType):
    register(accounts)
    wrong, unknown = login(accounts, password="not the password"), login(accounts, "eve@example.org")
    assert wrong == unknown
    assert (wrong[0], wrong[1]["code"]) == (401, "bad_credentials")


def test_an_unknown_address_costs_a_hash_too(accounts: ModuleType, monkeypatch: pytest.MonkeyPatch):
    checked = []
    spaces = accounts.open_account.__globals__["hashed"].__globals__
    real = spaces["_HASHER"]

    class Counting:
        hash = staticmethod(real.hash)

        @staticmethod
        def verify(stored: str, password: str) -> bool:
            checked.append(password)
            return bool(real.verify(stored, password))

    monkeypatch.setitem(spaces, "_HASHER", Counting)
    login(accounts, "eve@example.org", "whatever it may be")
    assert checked == ["whatever it may be"]


def test_guessing_is_limited_per_address_and_good_attempts_are_free(accounts: ModuleType, sim: Simulator):
    register(accounts)
    assert all(login(accounts)[0] == 200 for _ in range(12))
    assert all(login(accounts, password="not the password")[0] == 401 for _ in range(10))
    result = accounts.handler(event("POST", "/accounts/login", body={"email": EMAIL, "password": PASSWORD}), None)
    assert (result["statusCode"], body_of(result)["code"]) == (429, "too_many_requests")
    assert 0 < int(result["headers"]["retry-after"]) <= 900
    sim.clock.advance(minutes=15)
    assert login(accounts)[0] == 200


def test_guessing_is_limited_per_sender(accounts: ModuleType):
    found = [login(accounts, f"nobody{n}@example.org", "not the password")[0] for n in range(101)]
    assert found == [401] * 100 + [429]


def test_with_an_identity_provider_passwords_are_not_taken(accounts: ModuleType, sim: Simulator):
    settings = {"AUTH_ISSUER": "https://id.example", "AUTH_AUDIENCE": "vault"}
    deps = sim.container()
    deps.environ = {**sim.environ, **settings}
    accounts.app.bind(deps)
    assert register(accounts)[0] == 403
    assert login(accounts)[0] == 403


# --- the first admin -------------------------------------------------------------------


def test_bootstrap_makes_one_admin_and_repeats_in_peace(accounts: ModuleType, sim: Simulator):
    first = accounts.handler(FIRST, None)
    before = sim.dump()
    again = accounts.handler(FIRST, None)
    other = accounts.handler({"bootstrap": {"email": "b@example.org", "password": "another first admin"}}, None)
    assert (first["created"], again["created"], other["created"]) == (True, False, False)
    assert first["account_id"] == again["account_id"] == other["account_id"]
    assert sim.dump() == before


def test_bootstrap_never_promotes_somebody_who_registered_first(accounts: ModuleType):
    register(accounts, FIRST["bootstrap"]["email"])
    with pytest.raises(Conflict):
        accounts.handler(FIRST, None)


def test_bootstrap_killed_anywhere_ends_the_same(accounts: ModuleType):
    def make() -> tuple[Simulator, Callable[[Any], Any]]:
        def step(deps: Any) -> Any:
            accounts.app.bind(deps)
            return accounts.handler(FIRST, None)

        return Simulator(), step

    for label, sim in killed_everywhere(make):
        roster = sim.store.get(AdminRoster, "admins")
        assert roster is not None, label
        assert len(roster.members) == 1, label
        assert len(events(sim, Kind.ACCOUNT_CREATED)) == 1, label


# --- roles ------------------------------------------------------------------------------


def test_an_admin_changes_a_role_and_history_keeps_why(accounts: ModuleType, sim: Simulator):
    admin_id, bearer = admin(accounts)
    _, account = register(accounts)
    path = f"/accounts/{account['account_id']}/role"
    status, changed = call(accounts, "POST", path, {"role": "reviewer", "reason": "knows the genre"}, bearer)
    assert (status, changed["role"]) == (200, "reviewer")
    (row,) = sim.store.list(RoleChange, account["account_id"]).items
    assert (row.before, row.after, row.by, row.reason) == ("contributor", "reviewer", admin_id, "knows the genre")
    (told,) = events(sim, Kind.ROLE_CHANGED)
    assert (told.data["before"], told.data["after"], told.actor.id) == ("contributor", "reviewer", admin_id)
    assert "genre" not in told.model_dump_json()
    assert told.data["reason_hash"] == word_hash(row.salt or "", "knows the genre")
    assert call(accounts, "POST", path, {"role": "reviewer", "reason": "again"}, bearer)[0] == 409


def test_an_admin_finds_people_by_role_and_address_with_their_history(accounts: ModuleType):
    _, ada = register(accounts)
    _, bearer = admin(accounts)
    role = {"role": "reviewer", "reason": "knows the music"}
    call(accounts, "POST", f"/accounts/{ada['account_id']}/role", role, bearer=bearer)
    status, found = call(accounts, "POST", "/accounts/find", {"email": EMAIL.upper()}, bearer=bearer)
    assert (status, found["account_id"], found["role"]) == (200, ada["account_id"], "reviewer")
    assert "password_hash" not in found
    _, listed = call(accounts, "GET", "/accounts/people", bearer=bearer, query="role=reviewer")
    assert [person["account_id"] for person in listed["people"]] == [ada["account_id"]]
    _, history = call(accounts, "GET", f"/accounts/{ada['account_id']}/roles", bearer=bearer)
    assert [(step["before"], step["after"], step["reason"]) for step in history["changes"]] == [
        ("contributor", "reviewer", "knows the music")
    ]
    assert call(accounts, "POST", "/accounts/find", {"email": "no@example.org"}, bearer=bearer)[0] == 404


def test_people_are_for_admins(accounts: ModuleType, sim: Simulator):
    _, ada = register(accounts)
    for role in ("contributor", "reviewer"):
        bearer = token(sim, role)
        for method, path, body in (
            ("GET", "/accounts/people", None),
            ("POST", "/accounts/find", {"email": EMAIL}),
            ("GET", f"/accounts/{ada['account_id']}/roles", None),
        ):
            assert call(accounts, method, path, body, bearer=bearer)[0] == 403


def test_only_admins_change_roles_and_nobody_their_own(accounts: ModuleType):
    admin_id, bearer = admin(accounts)
    _, account = register(accounts)
    mine = login(accounts)[1]["access_token"]
    ask = {"role": "admin", "reason": "because I can"}
    assert call(accounts, "POST", f"/accounts/{account['account_id']}/role", ask, mine)[0] == 403
    assert call(accounts, "POST", f"/accounts/{admin_id}/role", {**ask, "role": "reviewer"}, bearer)[0] == 403
    assert call(accounts, "POST", "/accounts/acc_" + "1" * 26 + "/role", ask, bearer)[0] == 404
    assert call(accounts, "POST", "/accounts/nobody/role", ask, bearer)[0] == 404


def test_two_admins_cannot_remove_each_other(accounts: ModuleType, sim: Simulator):
    admin_id, bearer = admin(accounts)
    _, account = register(accounts)
    other = account["account_id"]
    call(accounts, "POST", f"/accounts/{other}/role", {"role": "admin", "reason": "a second one"}, bearer)
    theirs = login(accounts)[1]["access_token"]
    ask = {"role": "contributor", "reason": "leaves the team"}
    assert call(accounts, "POST", f"/accounts/{admin_id}/role", ask, theirs)[0] == 200
    # The first admin's token still lives for some minutes; the role on record decides, not the token.
    status, answer = call(accounts, "POST", f"/accounts/{other}/role", ask, bearer)
    assert (status, answer["code"]) == (403, "forbidden")
    found = sim.store.get(Account, other)
    assert found is not None
    assert found.role == "admin"


# --- services ------------------------------------------------------------------------------


def service(accounts: ModuleType, *scopes: str) -> tuple[str, str]:
    _, bearer = admin(accounts)
    _, made = call(accounts, "POST", "/accounts/service", {"name": "Trainer", "scopes": scopes}, bearer)
    return made["client_id"], made["client_secret"]


def test_a_service_gets_tokens_for_its_secret_in_every_documented_way(accounts: ModuleType):
    client, secret = service(accounts, "training", "safety")
    grant = {"grant_type": "client_credentials"}
    form = {"content-type": "application/x-www-form-urlencoded"}
    basic = {"authorization": "Basic " + base64.b64encode(f"{client}:{secret}".encode()).decode()}
    as_form = f"grant_type=client_credentials&client_id={client}&client_secret={secret}"
    answers = [
        call(accounts, "POST", "/accounts/token", {**grant, "client_id": client, "client_secret": secret}),
        call(accounts, "POST", "/accounts/token", as_form, headers=form),
        call(accounts, "POST", "/accounts/token", "grant_type=client_credentials", headers={**form, **basic}),
    ]
    for status, answer in answers:
        assert (status, answer["token_type"], answer["scope"]) == (200, "Bearer", "safety training")
        _, me = call(accounts, "GET", "/accounts/me", bearer=answer["access_token"])
        assert (me["account_id"], me["role"], me["scopes"]) == (client, "system", ["safety", "training"])


def test_a_token_can_have_fewer_scopes_and_never_more(accounts: ModuleType):
    client, secret = service(accounts, "training", "safety")
    ask = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    assert call(accounts, "POST", "/accounts/token", {**ask, "scope": "safety"})[1]["scope"] == "safety"
    assert call(accounts, "POST", "/accounts/token", {**ask, "scope": "safety catalogue"})[0] == 422


def test_the_secret_is_kept_nowhere(accounts: ModuleType, sim: Simulator):
    _, secret = service(accounts, "training")
    assert secret not in repr(sim.dump())


@pytest.mark.parametrize(
    "changes",
    [
        {"client_secret": "wrong"},
        {"client_id": "svc_" + "1" * 26},
        {"client_id": "acc_" + "1" * 26},
        {"client_id": None},
    ],
)
def test_wrong_client_credentials(accounts: ModuleType, changes: dict[str, Any]):
    client, secret = service(accounts, "training")
    ask = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret, **changes}
    status, answer = call(accounts, "POST", "/accounts/token", ask)
    assert (status, answer["code"]) == (401, "bad_credentials")


def test_only_admins_make_services(accounts: ModuleType):
    register(accounts)
    bearer = login(accounts)[1]["access_token"]
    assert call(accounts, "POST", "/accounts/service", {"name": "T", "scopes": ["training"]}, bearer)[0] == 403
    assert call(accounts, "POST", "/accounts/service", {"name": "T", "scopes": ["training"]})[0] == 401


# --- keys ------------------------------------------------------------------------------------


def test_the_key_set_verifies_our_tokens_with_an_ordinary_library(accounts: ModuleType):
    import jwt

    _, bearer = admin(accounts)
    status, found = call(accounts, "GET", "/accounts/keys")
    (key,) = found["keys"]
    assert (status, key["kty"], key["crv"], key["alg"]) == (200, "OKP", "Ed25519", "EdDSA")
    said = jwt.decode(
        bearer,
        jwt.PyJWK(key).key,
        ["EdDSA"],
        audience="urn:lemm:vault",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert said["role"] == "admin"


def test_keys_of_another_purpose_are_asked_for_by_name(accounts: ModuleType):
    admin(accounts)
    assert call(accounts, "GET", "/accounts/keys", query="purpose=receipt")[1] == {"keys": []}


def test_the_affirmation_can_be_read(accounts: ModuleType):
    status, found = call(accounts, "GET", "/accounts/affirmation")
    assert (status, found["version"]) == (200, 1)
    assert "license" in found["text"]


def test_two_loads_of_the_folder_share_nothing():
    folder = Path(__file__).resolve().parents[4] / "functions" / "accounts"
    first, second = load_folder(folder), load_folder(folder)
    assert first.app is not second.app
    assert first.shown is not second.shown


# --- staying signed in -----------------------------------------------------------------------


def test_a_sign_in_is_renewed_for_twelve_hours_with_the_role_of_the_moment(accounts: ModuleType, sim: Simulator):
    _, account = register(accounts)
    bearer = login(accounts)[1]["access_token"]
    _, first = admin(accounts)
    path = f"/accounts/{account['account_id']}/role"
    assert call(accounts, "POST", path, {"role": "reviewer", "reason": "knows music"}, first)[0] == 200
    for _ in range(71):
        sim.clock.advance(minutes=10)
        status, fresh = call(accounts, "POST", "/accounts/renew", bearer=bearer)
        assert (status, fresh["role"]) == (200, "reviewer")
        bearer = fresh["access_token"]
    sim.clock.advance(minutes=10)
    status, refused = call(accounts, "POST", "/accounts/renew", bearer=bearer)
    assert (status, refused["code"]) == (401, "unauthenticated")


def test_a_token_without_a_password_behind_it_is_not_renewed(accounts: ModuleType, sim: Simulator):
    _, account = register(accounts)
    bearer = token(sim, "contributor", subject=account["account_id"])
    assert call(accounts, "POST", "/accounts/renew")[0] == 401
    assert call(accounts, "POST", "/accounts/renew", bearer=bearer)[0] == 401


def test_a_payee_is_named_and_taken_away_by_oneself(accounts: ModuleType):
    register(accounts)
    bearer = login(accounts)[1]["access_token"]
    assert call(accounts, "POST", "/accounts/me/payout", {"payout_name": "Ada Ltd"}, bearer=bearer)[0] == 200
    assert call(accounts, "GET", "/accounts/me", bearer=bearer)[1]["payout_name"] == "Ada Ltd"
    call(accounts, "POST", "/accounts/me/payout", {"payout_name": None}, bearer=bearer)
    assert call(accounts, "GET", "/accounts/me", bearer=bearer)[1]["payout_name"] is None
