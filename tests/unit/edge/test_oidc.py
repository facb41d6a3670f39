"""Tokens of an identity provider: its keys, its outages, and the account that an identity belongs to."""

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from simulator import Simulator
from vault_domain.accounts import Account, IdentityClaim
from vault_domain.errors import Forbidden, SourceUnavailable, Unauthenticated, Unavailable
from vault_domain.ports import Put
from vault_edge.app import Caller
from vault_edge.auth import TokenRules, authenticate, identity_hash
from vault_edge.oidc import Provider
from wire import ACCOUNT, SERVICE, token


def b64(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def check(sim: Simulator, bearer: str) -> Caller:
    return authenticate({"authorization": f"Bearer {bearer}"}, sim.deps)


def refused(sim: Simulator, bearer: str) -> None:
    with pytest.raises(Unauthenticated):
        check(sim, bearer)


class OidcWorld:
    """A provider with RSA, EC and Ed25519 keys, whose documents are asked for in memory."""

    issuer = "https://id.example"

    def __init__(self) -> None:
        self.private = {
            "rsa": rsa.generate_private_key(65537, 2048),
            "ec": ec.generate_private_key(ec.SECP256R1()),
            "ed": Ed25519PrivateKey.generate(),
        }
        self.algorithms = {"rsa": "RS256", "ec": "ES256", "ed": "EdDSA"}
        self.asked: list[str] = []
        self.down = False

    def fetch(self, url: str) -> Any:
        self.asked.append(url)
        if self.down:
            raise SourceUnavailable("down")
        if url.endswith("openid-configuration"):
            return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"}
        made = {
            "rsa": jwt.algorithms.RSAAlgorithm.to_jwk,
            "ec": jwt.algorithms.ECAlgorithm.to_jwk,
            "ed": jwt.algorithms.OKPAlgorithm.to_jwk,
        }
        keys = [{**json.loads(made[name](key.public_key())), "kid": name} for name, key in self.private.items()]
        odd = [
            {"kid": "sym", "kty": "oct", "k": "c2VjcmV0", "alg": "HS256"},
            {"kty": "RSA"},
            "junk",
            {"kid": "e", "use": "enc"},
        ]
        return {"keys": [*keys, *odd]}

    def sign(self, sim: Simulator, name: str = "rsa", **changes: Any) -> str:
        now = int(sim.clock().timestamp())
        claims = {"iss": self.issuer, "aud": "vault", "sub": "user-1", "iat": now, "exp": now + 3600, **changes}
        return jwt.encode(claims, self.private[name], self.algorithms[name], headers={"kid": name})


@pytest.fixture(scope="module")
def provider_keys() -> OidcWorld:
    return OidcWorld()


@pytest.fixture
def oidc(provider_keys: OidcWorld) -> OidcWorld:
    found = OidcWorld.__new__(OidcWorld)
    found.__dict__ |= provider_keys.__dict__ | {"asked": [], "down": False}
    return found


@pytest.fixture
def outside(sim: Simulator, oidc: OidcWorld) -> Simulator:
    """The simulator with the provider configured, and an account for user-1."""
    rules = TokenRules(oidc.issuer, "vault")
    rules.__dict__["provider"] = Provider(oidc.issuer, oidc.fetch)
    sim.deps = sim.container(token_rules=rules)
    now = sim.clock()
    account = Account(account_id=ACCOUNT, display_name="User One", role="reviewer", created=now, changed=now)
    claim = IdentityClaim(identity_hash=identity_hash(oidc.issuer, "user-1"), account_id=ACCOUNT)
    sim.store.commit([Put(account, 0), Put(claim, 0)])
    return sim


@pytest.mark.parametrize("name", ["rsa", "ec", "ed"])
def test_a_provider_s_token_gives_the_role_that_the_account_has_now(outside: Simulator, oidc: OidcWorld, name: str):
    assert check(outside, oidc.sign(outside, name)) == Caller(ACCOUNT, "reviewer", frozenset(), "User One")


@pytest.mark.parametrize(
    "changes",
    [{"aud": "other"}, {"iss": "https://id.example/"}, {"exp": 1}, {"sub": ""}, {"sub": None}, {"iat": 2**40}],
)
def test_a_provider_s_token_that_is_not_for_us(outside: Simulator, oidc: OidcWorld, changes: dict[str, Any]):
    refused(outside, oidc.sign(outside, **changes))


def test_a_symmetric_key_of_the_set_is_never_used(outside: Simulator, oidc: OidcWorld):
    now = int(outside.clock().timestamp())
    claims = {"iss": oidc.issuer, "aud": "vault", "sub": "user-1", "iat": now, "exp": now + 60}
    secret = b"secret-secret-secret-secret-secret"
    refused(outside, jwt.encode(claims, secret, "HS256", headers={"kid": "sym"}))
    refused(outside, jwt.encode(claims, secret, "HS256", headers={"kid": "rsa"}))


def test_somebody_without_an_account_is_told_to_register(outside: Simulator, oidc: OidcWorld):
    with pytest.raises(Forbidden, match="register"):
        check(outside, oidc.sign(outside, sub="user-2"))


def test_people_s_own_tokens_stop_and_services_go_on(outside: Simulator):
    refused(outside, token(outside))
    assert check(outside, token(outside, "system", "safety")).id == SERVICE


def test_made_up_key_ids_do_not_make_us_a_hammer(outside: Simulator, oidc: OidcWorld):
    check(outside, oidc.sign(outside))
    outside.clock.advance(minutes=2)
    for n in range(20):
        head = b64({"alg": "RS256", "kid": f"made-up-{n}"})
        refused(outside, f"{head}.{oidc.sign(outside).split('.', 1)[1]}")
    assert len(oidc.asked) == 4  # discovery and keys, once at first and once for the first unknown id


def test_a_provider_that_is_down_is_trusted_for_a_day(outside: Simulator, oidc: OidcWorld):
    check(outside, oidc.sign(outside))
    oidc.down = True
    outside.clock.advance(hours=23)
    check(outside, oidc.sign(outside))
    outside.clock.advance(hours=2)
    with pytest.raises(Unavailable):
        check(outside, oidc.sign(outside))


def test_an_issuer_without_an_audience_is_a_mistake(sim: Simulator):
    with pytest.raises(ValueError, match="AUTH_AUDIENCE"):
        TokenRules.from_settings("https://id.example", None)
