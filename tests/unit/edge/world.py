"""A small world for the edge's own tests: memory stores, a clock that stands still, and signed callers."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from vault_edge.app import Deps
from vault_edge.auth import TokenRules
from vault_edge.tokens import issue_token, publish_key
from vault_store.clock import FixedClock
from vault_store.ids import SeededIds
from vault_store.memory import MemoryRecords
from vault_store.secrets import MemorySecrets
from vault_store.signer import Ed25519Signer

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRETS = {"jwt": "a secret of the tests, nothing else", "salt": "salt of the tests, nothing else"}
SETTINGS = {"LEMM_SECRET_JWT": "jwt", "LEMM_SECRET_SALT": "salt"}
ACCOUNT = "acc_" + "0" * 26
SERVICE = "svc_" + "0" * 26


def make_deps(**given: Any) -> Deps:
    """Dependencies over memory; the token key is published."""
    found = Deps(
        {**SETTINGS, **given.pop("environ", {})},
        **{
            "clock": FixedClock(NOW),
            "new_id": SeededIds(1),
            "records": MemoryRecords(),
            "secrets": MemorySecrets(SECRETS),
            **given,
        },
    )
    publish_key(jwt_signer(), "jwt", found.records, NOW)
    return found


def jwt_signer() -> Ed25519Signer:
    """The key that accounts would sign with."""
    return Ed25519Signer.from_secret(SECRETS["jwt"], "jwt")


def token(role: str = "contributor", *scopes: str, subject: str | None = None, now: datetime = NOW) -> str:
    """A good token for this role."""
    who = subject or (SERVICE if role == "system" else ACCOUNT)
    return issue_token(jwt_signer(), subject=who, role=role, scopes=scopes, token_id="tok_1", now=now)


def event(
    method: str,
    path: str,
    *,
    body: bytes | str | Mapping[str, Any] | None = None,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    bearer: str | None = None,
    base64_body: bool = False,
) -> dict[str, Any]:
    """An API Gateway v2 event, in the shape of ``events/http_api_v2.json``."""
    found = {"content-type": "application/json", **(headers or {})}
    if bearer:
        found["authorization"] = f"Bearer {bearer}"
    raw = json.dumps(body) if isinstance(body, Mapping) else body
    if isinstance(raw, bytes) or base64_body:
        raw, base64_body = base64.b64encode(raw if isinstance(raw, bytes) else (raw or "").encode()).decode(), True
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": found,
        "requestContext": {
            "stage": "$default",
            "requestId": "req-1",
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.7"},
        },
        "body": raw,
        "isBase64Encoded": base64_body,
    }


def body_of(result: Mapping[str, Any]) -> Any:
    """The JSON of a v2 result."""
    return json.loads(result["body"])


__all__ = ["ACCOUNT", "NOW", "SERVICE", "TokenRules", "body_of", "event", "jwt_signer", "make_deps", "token"]
