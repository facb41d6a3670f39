"""HTTP as tests speak it: API Gateway v2 events, answers, and tokens for a simulated vault."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from simulator import Simulator
from vault_edge.tokens import issue_token, publish_key

ACCOUNT = "acc_" + "0" * 26
SERVICE = "svc_" + "0" * 26


def token(
    sim: Simulator, role: str = "contributor", *scopes: str, subject: str | None = None, now: datetime | None = None
) -> str:
    """A good token, as ``accounts`` would issue it; its public key is published."""
    signer = sim.signer("jwt")
    publish_key(signer, "jwt", sim.store, sim.clock())
    who = subject or (SERVICE if role == "system" else ACCOUNT)
    return issue_token(signer, subject=who, role=role, scopes=scopes, token_id="tok_1", now=now or sim.clock())


def event(
    method: str,
    path: str,
    *,
    body: bytes | str | Mapping[str, Any] | None = None,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    bearer: str | None = None,
) -> dict[str, Any]:
    """An event like the recorded ones in ``unit/edge/events``; bytes travel as base64."""
    found = {"content-type": "application/json", **(headers or {})}
    if bearer:
        found["authorization"] = f"Bearer {bearer}"
    binary = isinstance(body, bytes)
    raw = json.dumps(body) if isinstance(body, Mapping) else body
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
        "body": base64.b64encode(body).decode("ascii") if isinstance(body, bytes) else raw,
        "isBase64Encoded": binary,
    }


def body_of(result: Mapping[str, Any]) -> Any:
    """The JSON of an answer."""
    return json.loads(result["body"])
