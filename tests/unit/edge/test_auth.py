"""Token checks, attacked step by step; every failure is the same refusal."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulator import Simulator
from vault_domain.accounts import KEY_RING, PublicKey
from vault_domain.errors import Unauthenticated
from vault_domain.ports import Put
from vault_edge.app import Caller
from vault_edge.auth import KEY_CACHE, MAX_TOKEN, authenticate
from vault_edge.tokens import AUDIENCE, ISSUER, publish_key
from vault_store.signer import Ed25519Signer
from wire import ACCOUNT, SERVICE, token


def b64(data: bytes | dict[str, Any]) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def forged(sim: Simulator, header: dict[str, Any] | None = None, claims: dict[str, Any] | None = None) -> str:
    """A token signed with the right key, whose header and claims are changed first; None removes one."""
    signer = sim.signer("jwt")
    publish_key(signer, "jwt", sim.store, sim.clock())
    now = int(sim.clock().timestamp())
    head = {"alg": "EdDSA", "kid": signer.key_id, "typ": "at+jwt", **(header or {})}
    good = {"iss": ISSUER, "aud": AUDIENCE, "sub": ACCOUNT, "role": "contributor", "scopes": [], "jti": "tok_1"}
    said = {**good, "iat": now, "exp": now + 900, **(claims or {})}
    parts = [b64({k: v for k, v in one.items() if v is not None}) for one in (head, said)]
    return f"{parts[0]}.{parts[1]}.{b64(signer.sign('.'.join(parts).encode()))}"


def check(sim: Simulator, bearer: str) -> Caller:
    return authenticate({"authorization": f"Bearer {bearer}"}, sim.deps)


def refused(sim: Simulator, bearer: str) -> None:
    with pytest.raises(Unauthenticated):
        check(sim, bearer)


def test_a_good_token_names_its_caller(sim: Simulator):
    assert check(sim, forged(sim)) == Caller(ACCOUNT, "contributor", frozenset())
    assert check(sim, token(sim, "system", "training")) == Caller(SERVICE, "system", frozenset({"training"}))


def test_the_bytes_of_a_token(sim: Simulator):
    """docs/formats/access-token.md; Ed25519 signatures are deterministic, so all of it is pinned."""
    made = token(sim, "system", "training", "safety")
    head, claims, _ = made.split(".")
    assert (
        base64.urlsafe_b64decode(head + "==")
        == b'{"alg":"EdDSA","kid":"%s","typ":"at+jwt"}' % sim.signer("jwt").key_id.encode()
    )
    assert base64.urlsafe_b64decode(claims + "==") == (
        b'{"aud":"urn:lemm:vault","exp":1772367300,"iat":1772366400,"iss":"urn:lemm:accounts","jti":"tok_1",'
        b'"role":"system","scopes":["safety","training"],"sub":"svc_00000000000000000000000000"}'
    )
    assert (
        hashlib.sha256(made.encode()).hexdigest() == "ea81db09ee13db0276252415c1c402d71f1d1d66c1cfcff9c0139051b716003d"
    )


# --- 1. form ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YTpi", "Token a.b.c", "Bearer a.b", "Bearer a.b.c.d"]
)
def test_not_a_bearer_token(sim: Simulator, header: str):
    with pytest.raises(Unauthenticated):
        authenticate({"authorization": header}, sim.deps)


def test_no_header_and_an_endless_one(sim: Simulator):
    with pytest.raises(Unauthenticated):
        authenticate({}, sim.deps)
    refused(sim, forged(sim) + "A" * MAX_TOKEN)


# --- 2. header ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"]},
        {"kid": None},
        {"kid": 7},
        {"kid": ""},
        {"kid": "../../keys/other"},
        {"kid": "keys' OR '1'='1"},
        {"kid": "x" * 200},
        {"kid": "/dev/null"},
        {"kid": "https://evil.example/key"},
        {"typ": "run+jwt"},
        {"typ": None},
    ],
)
def test_headers_that_are_not_ours(sim: Simulator, header: dict[str, Any]):
    refused(sim, forged(sim, header))


@pytest.mark.parametrize("part", [b"[]", b"null", b"{", b"\xff", b"[" * 5000])
def test_parts_that_are_no_objects(sim: Simulator, part: bytes):
    head, claims, signature = forged(sim).split(".")
    refused(sim, f"{b64(part)}.{claims}.{signature}")
    refused(sim, f"{head}.{b64(part)}.{signature}")


# --- 3. key -------------------------------------------------------------------------


def test_a_key_that_travels_in_the_token_is_not_believed(sim: Simulator):
    mine = Ed25519PrivateKey.generate()
    x = b64(mine.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": x}
    head, claims, _ = forged(
        sim, {"jwk": jwk, "jku": "https://evil.example/keys", "x5u": "https://evil.example"}
    ).split(".")
    refused(sim, f"{head}.{claims}.{b64(mine.sign(f'{head}.{claims}'.encode()))}")


def test_a_key_of_ours_for_another_purpose_signs_nobody_in(sim: Simulator):
    receipts = sim.signer("receipt")
    publish_key(receipts, "receipt", sim.store, sim.clock())
    head, claims, _ = forged(sim, {"kid": receipts.key_id}).split(".")
    refused(sim, f"{head}.{claims}.{b64(receipts.sign(f'{head}.{claims}'.encode()))}")


def test_an_unknown_key(sim: Simulator):
    other = Ed25519Signer.from_secret("some other secret entirely", "jwt")
    head, claims, _ = forged(sim, {"kid": other.key_id}).split(".")
    refused(sim, f"{head}.{claims}.{b64(other.sign(f'{head}.{claims}'.encode()))}")


def test_a_retired_key_stops_at_once_or_when_the_cache_is_old(sim: Simulator):
    good = forged(sim)
    check(sim, good)
    key = sim.store.get(PublicKey, KEY_RING, f"public_key#{sim.signer('jwt').key_id}")
    assert key is not None
    sim.store.commit([Put(key.with_changes(retired=sim.clock()), key.version)])
    with pytest.raises(Unauthenticated):
        authenticate({"authorization": f"Bearer {good}"}, sim.container())
    sim.clock.advance(seconds=KEY_CACHE.total_seconds() + 1)
    refused(sim, good)


# --- 4. signature -------------------------------------------------------------------


def test_alg_none(sim: Simulator):
    for alg in ("none", "None", "NONE", ""):
        head, claims, signature = forged(sim, {"alg": alg}).split(".")
        refused(sim, f"{head}.{claims}.")
        refused(sim, f"{head}.{claims}.{signature}")


def test_the_public_key_as_an_hmac_secret(sim: Simulator):
    """The classic confusion: the verifier's public key, taken for a shared secret."""
    public = sim.signer("jwt").public_key()
    head, claims, _ = forged(sim, {"alg": "HS256"}).split(".")
    for secret in (public, public.hex().encode(), b64(public).encode()):
        mac = hmac.digest(secret, f"{head}.{claims}".encode(), hashlib.sha256)
        refused(sim, f"{head}.{claims}.{b64(mac)}")


@pytest.mark.parametrize("alg", ["RS256", "ES256", "Ed25519", "eddsa", "HS512"])
def test_an_algorithm_that_is_not_the_key_s(sim: Simulator, alg: str):
    refused(sim, forged(sim, {"alg": alg}))


def test_a_changed_claim(sim: Simulator):
    head, _, signature = forged(sim).split(".")
    other = forged(sim, claims={"role": "admin"}).split(".")[1]
    refused(sim, f"{head}.{other}.{signature}")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_changed_character_passes(sim: Simulator, data: st.DataObject):
    good = forged(sim)
    at = data.draw(st.integers(0, len(good) - 2))  # the last character carries padding bits
    new = data.draw(st.sampled_from("ABCxyz019-_."))
    if good[at] == new:
        return
    refused(sim, good[:at] + new + good[at + 1 :])


# --- 5. issuer, audience, times --------------------------------------------------------


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "urn:evil"},
        {"iss": None},
        {"aud": "urn:lemm:gateway"},
        {"aud": ["urn:other"]},
        {"aud": None},
        {"exp": None},
        {"iat": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": 1e300},
        {"exp": float("nan")},
        {"iat": "1"},
        {"nbf": 99999999999},
    ],
)
def test_claims_that_are_not_ours(sim: Simulator, claims: dict[str, Any]):
    refused(sim, forged(sim, claims=claims))


def test_times_hold_with_half_a_minute_of_leeway(sim: Simulator):
    good = forged(sim)
    sim.clock.advance(minutes=15, seconds=29)
    check(sim, good)
    sim.clock.advance(seconds=1)
    refused(sim, good)


def test_a_token_from_the_future_and_one_that_lives_too_long(sim: Simulator):
    now = int(sim.clock().timestamp())
    refused(sim, forged(sim, claims={"iat": now + 60, "exp": now + 900}))
    refused(sim, forged(sim, claims={"exp": now + 901}))


# --- 6. subject -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "acc_1"},
        {"sub": None},
        {"sub": ["acc"]},
        {"role": "root"},
        {"role": None},
        {"role": "public"},
        {"role": "system"},
        {"sub": SERVICE},
        {"scopes": "training"},
    ],
)
def test_subjects_and_roles_that_do_not_fit(sim: Simulator, claims: dict[str, Any]):
    refused(sim, forged(sim, claims=claims))
