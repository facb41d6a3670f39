"""The door of the emulator: what MiniStack leaves open, closed.

MiniStack checks signatures and policies itself (``AUTH=true``). Three things it
does not guard, and we do:

1. ``/_ministack/*`` and its relatives reset or reconfigure everything without
   credentials: they answer 404 here, health excepted.
2. The credentials of a function are derived from its public name, so anybody on
   this machine could compute them. They are random instead (``RoleSessions``).
3. A browser may be lured into calling a loopback port under another name (DNS
   rebinding): only loopback names are answered.

``POST /_lemm/session?function=NAME`` hands the credentials of a function's role
to the process that serves it over HTTP, which proves itself with the control
token of the data folder.
"""

import hmac
import json
import secrets
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


class RoleSessions:
    """Random credentials per function and role; they live as long as the emulator does."""

    def __init__(self, register: Callable[[str, dict[str, str]], None]) -> None:
        self._register = register
        self._known: dict[tuple[str, str], dict[str, str]] = {}

    def credentials(self, config: dict[str, Any]) -> dict[str, str]:
        """The environment that makes a process the function's role (same role, same session)."""
        function, role = config.get("FunctionArn", ""), config.get("Role", "")
        known = self._known.get((function, role))
        if known is None:
            known = self._known[(function, role)] = self._open(config.get("FunctionName", "function"), role)
        return dict(known)

    def _open(self, function: str, role: str) -> dict[str, str]:
        account, name = role.split(":")[4], role.rsplit("/", 1)[-1]
        key, secret, token = "ASIA" + secrets.token_hex(8).upper(), secrets.token_urlsafe(30), secrets.token_urlsafe(48)
        session = {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{function[:64]}",
            "UserId": f"{name}:{function[:64]}",
            "SecretAccessKey": secret,
            "SessionToken": token,
        }
        self._register(key, session)
        return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}


def guarded(app: Asgi, control_token: str, session: Callable[[str], dict[str, str] | None]) -> Asgi:
    """Wrap MiniStack's application; ``session`` answers for a function name, or None if there is none."""

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await app(scope, receive, send)
        path, headers = scope["path"], {name: value.decode("latin-1") for name, value in scope["headers"]}
        if not _is_loopback(headers.get(b"host", "")):
            return await _refuse(scope, send, 403, "only loopback names are served")
        if path == SESSION_PATH:
            return await _session(scope, send, headers, control_token, session)
        if path.startswith(CLOSED) and path not in HEALTH:
            return await _refuse(scope, send, 404, "not served here")
        await app(scope, receive, send)

    return door


def _is_loopback(host: str) -> bool:
    name = host if host.endswith("]") else host.rsplit(":", 1)[0]
    return name in LOOPBACK or name.endswith(".localhost")


async def _session(
    scope: Scope, send: Send, headers: dict[bytes, str], token: str, session: Callable[[str], dict[str, str] | None]
) -> None:
    given = headers.get(b"authorization", "").removeprefix("Bearer ")
    if scope["type"] != "http" or scope["method"] != "POST" or not hmac.compare_digest(given.encode(), token.encode()):
        return await _refuse(scope, send, 403, "the control token is missing or wrong")
    function = parse_qs(scope["query_string"].decode()).get("function", [""])[0]
    found = session(function)
    if found is None:
        return await _refuse(scope, send, 404, "no such function")
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
