"""The door: closed paths, loopback names, the control token, one root key."""

import asyncio
import json
from typing import ClassVar

import pytest
from lemm.stack import guard


def call(path="/", method="GET", host="127.0.0.1:80", token=None, kind="http", query=""):
    sent = []

    async def inner(scope, receive, send):
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    async def send(message):
        sent.append(message)

    sessions = {"keep": {"AWS_ACCESS_KEY_ID": "k"}}
    headers = [(b"host", host.encode())] + ([(b"authorization", f"Bearer {token}".encode())] if token else [])
    scope = {"type": kind, "path": path, "method": method, "headers": headers, "query_string": query.encode()}
    asyncio.run(guard.guarded(inner, "right", sessions.get)(scope, None, send))
    if sent[0]["type"] == "websocket.close":
        return "closed", None
    return sent[0]["status"], json.loads(sent[1]["body"])


@pytest.mark.parametrize("path", ["/", "/bucket/key", "/_ministack/health", "/_ministack/ready", "/_ministackx"])
def test_open(path):
    assert call(path)[0] == 299


@pytest.mark.parametrize("path", ["/_ministack/reset", "/_ministack/config", "/_localstack/x", "/_aws/x", "/_lemm/x"])
def test_closed(path):
    assert call(path, "POST")[0] == 404


@pytest.mark.parametrize("host", ["localhost", "localhost:4566", "[::1]:80", "bucket.localhost:80", "127.0.0.1"])
def test_loopback_names(host):
    assert call(host=host)[0] == 299


@pytest.mark.parametrize("host", ["", "evil.example", "127.0.0.1.evil.example:80", "localhost.evil", "10.0.0.1"])
def test_other_names_are_refused(host):
    assert call(host=host)[0] == 403


def test_a_session_needs_the_control_token():
    path = guard.SESSION_PATH
    assert call(path, "POST", token="right", query="function=keep") == (200, {"AWS_ACCESS_KEY_ID": "k"})
    assert call(path, "POST", token="right", query="function=other")[0] == 404
    assert call(path, "POST", token="right")[0] == 404
    for method, token in (("POST", "wrong"), ("POST", None), ("GET", "right"), ("POST", "righ"), ("POST", "é")):
        assert call(path, method, token=token, query="function=keep")[0] == 403


def test_a_web_socket_is_refused_as_one():
    assert call("/_ministack/x", kind="websocket") == ("closed", None)


def test_one_root_key():
    class Evaluator:
        pass

    class Sts:
        sessions: ClassVar[dict] = {}

        @classmethod
        def register_session(cls, key, session):
            cls.sessions[key] = session

    guard.only_root(Evaluator, Sts, "000000000000", ("KEY", "secret"))
    for key in ("test", "000000000000", "KEY"):
        assert not Evaluator.is_root_access_key(key)
    assert Evaluator.is_root_access_key("")
    assert Sts.sessions["KEY"]["SecretAccessKey"] == "secret"
    assert Sts.sessions["KEY"]["Arn"].endswith(":root")
