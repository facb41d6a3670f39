"""Whatever is sent, the answer is an answer: never an exception, never ``internal``."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from simulator import Simulator
from vault_edge.app import App
from vault_edge.loading import load_folder
from wire import event, token

ACCOUNTS = Path(__file__).resolve().parents[3] / "functions" / "accounts"
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)
FIELDS = [
    "email",
    "password",
    "display_name",
    "affirms_authority",
    "grant_type",
    "client_id",
    "client_secret",
    "scopes",
]
BODIES = st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES).map(json.dumps) | JSON_VALUES.map(json.dumps) | st.text()
PATHS = [
    "/accounts",
    "/accounts/external",
    "/accounts/login",
    "/accounts/token",
    "/accounts/me",
    "/accounts/keys",
    "/x",
]
HEADERS = st.dictionaries(
    st.sampled_from(["authorization", "content-type", "content-length", "x-forwarded-for", "cookie"]),
    st.sampled_from(
        [
            "Bearer a.b.c",
            "Basic Og==",
            "Basic ====",
            "application/json",
            "application/x-www-form-urlencoded",
            "\x00",
            "",
        ]
    )
    | st.text(max_size=40),
)


@pytest.fixture(scope="module")
def accounts() -> App:
    app = load_folder(ACCOUNTS).app
    app.bind(Simulator().deps)
    return app


def answered(app: App, given: dict[str, Any]) -> None:
    result = app.answer(given)
    assert 200 <= result["statusCode"] < 500, result["body"]
    if result["statusCode"] >= 400 and given["requestContext"]["http"]["method"] != "HEAD":
        document = json.loads(result["body"])
        assert {"type", "title", "status", "detail", "code", "instance"} <= set(document)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "HEAD", "OPTIONS", "TRACE", "get"]),
    path=st.sampled_from(PATHS) | st.text(max_size=30).map(lambda tail: "/accounts/" + tail),
    query=st.text(max_size=60),
    body=BODIES | st.binary(max_size=60),
    headers=HEADERS,
)
def test_any_request_is_answered(accounts: App, method, path, query, body, headers):
    answered(accounts, event(method, path, query=query, body=body, headers=headers))


@settings(max_examples=50, deadline=None)
@given(header=JSON_VALUES, claims=JSON_VALUES, signature=st.binary(max_size=70))
def test_any_token_is_answered(accounts: App, header, claims, signature):
    parts = [json.dumps(header).encode(), json.dumps(claims).encode(), signature]
    bearer = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    result = accounts.answer(event("GET", "/accounts/me", bearer=bearer))
    assert result["statusCode"] == 401


@settings(max_examples=50, deadline=None)
@given(account=st.text(max_size=40), body=BODIES)
def test_any_path_part_is_answered(account: str, body: str):
    sim = Simulator()
    app = load_folder(ACCOUNTS).app
    app.bind(sim.deps)
    answered(app, event("POST", f"/accounts/{account}/role", body=body, bearer=token(sim, "admin")))
