"""The door of the emulator: what MiniStack leaves open, closed.

MiniStack checks signatures and policies itself (``AUTH=true``). Three things it
does not guard, and we do:

1. ``/_ministack/*`` and its relatives reset or reconfigure everything without
   credentials: they answer 404 here, health excepted.
2. Its root keys (the configured one, ``test``, any account number) are taken at
   their word: no signature is checked. ``only_root`` leaves one root key, whose
   signature is checked like any other.
3. A browser may be lured into calling a loopback port under another name (DNS
   rebinding): only loopback names are answered.

``POST /_lemm/session?function=NAME`` hands the credentials of a function's role
to the process that serves it over HTTP, which proves itself with the control
token of the data folder.
"""

import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

HEALTH = ("/_ministack/health", "/_ministack/ready")
CLOSED = ("/_ministack/", "/_localstack/", "/_aws/", "/_lemm/")
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
SESSION_PATH = "/_lemm/session"


def only_root(evaluator: Any, sts: Any, account: str, key: tuple[str, str]) -> None:
    """One root key, with a secret that has to be known. An unsigned request stays what it was: anonymous."""
    identity, secret = key
    evaluator.is_root_access_key = sts.is_root_access_key = lambda access_key: not access_key
    session = {
        "Arn": f"arn:aws:iam::{account}:root",
        "UserId": account,
        "SecretAccessKey": secret,
        "AccountId": account,
    }
    sts.register_session(identity, session)


def guarded(app: Asgi, control_token: str, session: Callable[[str], dict[str, str] | None]) -> Asgi:
    """Wrap MiniStack's application; ``session`` answers for a function name, or None if there is none."""

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
            return
        path, headers = scope["path"], {name: value.decode("latin-1") for name, value in scope["headers"]}
        if not is_loopback(headers.get(b"host", "")):
            await _refuse(scope, send, 403, "only loopback names are served")
        elif path == SESSION_PATH:
            await _session(scope, send, headers, control_token, session)
        elif path.startswith(CLOSED) and path not in HEALTH:
            await _refuse(scope, send, 404, "not served here")
        else:
            await app(scope, receive, send)

    return door


def is_loopback(host: str) -> bool:
    """Whether a Host header names this machine only."""
    name = host if host.endswith("]") else host.rsplit(":", 1)[0]
    return name in LOOPBACK or name.endswith(".localhost")


async def _session(
    scope: Scope,
    send: Send,
    headers: dict[bytes, str],
    token: str,
    session: Callable[[str], dict[str, str] | None],
) -> None:
    given = headers.get(b"authorization", "").removeprefix("Bearer ")
    if scope["type"] != "http" or scope["method"] != "POST" or not hmac.compare_digest(given.encode(), token.encode()):
        await _refuse(scope, send, 403, "the control token is missing or wrong")
        return
    function = parse_qs(scope["query_string"].decode()).get("function", [""])[0]
    found = session(function)
    if found is None:
        await _refuse(scope, send, 404, "no such function")
    else:
        await _reply(send, 200, found)


async def _refuse(scope: Scope, send: Send, status: int, why: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
    else:
        await _reply(send, status, {"message": why})


async def _reply(send: Send, status: int, body: dict[str, str]) -> None:
    data = json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": data})
