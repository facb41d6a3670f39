"""The same route gives the same answer behind API Gateway and behind functions-framework."""

import base64
import threading
from collections.abc import Mapping
from typing import Any

import flask
import pytest
from pydantic import BaseModel
from simulator import Simulator
from vault_edge.app import Answer, App, Caller, Json, Query, Request, redirect
from wire import event, token


class Ask(BaseModel):
    name: str


class Window(BaseModel):
    limit: int = 3
    tag: list[str] = []


@pytest.fixture
def app(sim: Simulator) -> App:
    found = App("things")

    @found.post("/things/{thing_id}", role="contributor", status=201)
    def make(thing_id: str, ask: Ask, window: Query[Window], caller: Caller) -> Json:
        return {"id": thing_id, "name": ask.name, "window": window, "by": caller.id}

    @found.post("/raw", role="public", max_body=2000)
    def raw(request: Request) -> Json:
        return Answer(request.body, 200, {"x-kind": request.content_type}, "audio/flac", ("a=1; Path=/", "b=2"))

    @found.get("/elsewhere", role="public")
    def elsewhere() -> Json:
        return redirect("https://objects.example/one?sig=a%2Fb")

    @found.delete("/nothing", role="public")
    def nothing() -> None: ...

    @found.get("/slow/{name}", role="public")
    def slow(name: str, request: Request) -> Json:
        threading.Event().wait(0.002)
        return {"name": name, "asked": request.path}

    found.bind(sim.deps)
    return found


def served(app: App) -> flask.Flask:
    server = flask.Flask("test")
    http = app.http_entry()

    @server.route("/", defaults={"path": ""}, methods=["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD"])
    @server.route("/<path:path>", methods=["GET", "POST", "DELETE", "PUT", "PATCH", "HEAD"])
    def everything(path: str) -> flask.Response:
        return http(flask.request)

    return server


def as_seen(result: Mapping[str, Any]) -> tuple[int, dict[str, str], list[str], bytes]:
    body = base64.b64decode(result["body"]) if result["isBase64Encoded"] else result["body"].encode()
    headers = dict(result["headers"])
    return result["statusCode"], headers, list(result.get("cookies", ())), body


CALLS = [
    ("POST", "/things/t 1", "limit=2&tag=a&tag=%C3%A9", b'{"name":"\xc3\xa9"}', {"content-type": "application/json"}),
    ("POST", "/things/t1", "limit=x", b'{"name":"a"}', {"content-type": "application/json"}),
    ("POST", "/things/t1", "", b"not json", {"content-type": "application/json"}),
    ("POST", "/things/t1", "", b"", {"content-type": "application/json"}),
    ("POST", "/raw", "", bytes(range(256)), {"content-type": "audio/flac; x=1"}),
    ("POST", "/raw", "", b"x" * 2001, {"content-type": "audio/flac"}),
    ("GET", "/elsewhere", "", b"", {}),
    ("HEAD", "/elsewhere", "", b"", {}),
    ("DELETE", "/nothing", "", b"", {}),
    ("PATCH", "/nothing", "", b"", {}),
    ("GET", "/nowhere/%2e%2e/x", "", b"", {}),
]


@pytest.mark.parametrize(("method", "path", "query", "body", "headers"), CALLS, ids=[f"{c[0]} {c[1]}" for c in CALLS])
def test_both_ways_give_the_same_answer(app: App, sim: Simulator, method, path, query, body, headers):
    bearer = token(sim)
    given = event(method, path.replace("%2e", "."), query=query, body=body, headers=headers, bearer=bearer)
    status, sent, cookies, data = as_seen(app.lambda_entry()(given, None))
    everything = {**headers, "authorization": f"Bearer {bearer}"}
    answer = served(app).test_client().open(path, method=method, query_string=query, data=body, headers=everything)
    seen = {name.lower(): value for name, value in answer.headers.items() if name.lower() in sent}
    assert (answer.status_code, seen, answer.headers.getlist("set-cookie")) == (status, sent, cookies)
    if answer.content_type == "application/problem+json":
        assert {**answer.json, "instance": ""} == {**flask.json.loads(data), "instance": ""}
    else:
        assert answer.data == data


def test_the_entry_is_a_plain_function(app: App):
    assert type(app.http_entry()).__name__ == "function"


def test_a_body_over_every_bound_is_a_problem(app: App):
    answer = served(app).test_client().post("/raw", data=b"x" * (10 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")


def test_threads_do_not_see_each_other(app: App):
    server, wrong = served(app), []

    def ask(name: str) -> None:
        client = server.test_client()
        for n in range(20):
            found = client.get(f"/slow/{name}{n}").json
            if found != {"name": f"{name}{n}", "asked": f"/slow/{name}{n}"}:
                wrong.append(found)

    threads = [threading.Thread(target=ask, args=(name,)) for name in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
