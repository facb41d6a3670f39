"""The client: refusals by their codes, tokens renewed once, forms sent as the store wants them."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lemm.client import MAX_INLINE, Api, ApiProblem, is_decided

URL = "http://vault.test"


def api(answer, token=None) -> Api:
    return Api(URL, token, transport=httpx.MockTransport(answer))


def problem(status, code="conflict"):
    return httpx.Response(status, json={"code": code, "detail": "why"})


def test_a_problem_document_becomes_its_code():
    with pytest.raises(ApiProblem) as refused:
        api(lambda _: problem(409)).call("GET", "/x")
    assert (refused.value.status, refused.value.code, refused.value.detail) == (409, "conflict", "why")


@given(st.integers(300, 599), st.binary(max_size=200))
def test_any_other_bad_answer_is_still_a_problem(status, body):
    with pytest.raises(ApiProblem) as refused:
        api(lambda _: httpx.Response(status, content=body)).call("GET", "/x")
    assert refused.value.status == status
    assert refused.value.code


@pytest.mark.parametrize("body", [b"[1]", b"3", b'"x"'])
def test_a_good_answer_must_be_an_object(body):
    with pytest.raises(ApiProblem) as refused:
        api(lambda _: httpx.Response(200, content=body)).call("GET", "/x")
    assert refused.value.code == "bad_answer"


def test_a_server_out_of_reach():
    def refuse(_):
        raise httpx.ConnectError("no route")

    with pytest.raises(ApiProblem) as refused:
        api(refuse).call("GET", "/x")
    assert (refused.value.status, refused.value.code) == (0, "unreachable")


class Server:
    """Gives tokens 1, 2, ...; takes only the one named by ``good``."""

    def __init__(self) -> None:
        self.given, self.good, self.calls = 0, "1", []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request.url.path)
        if request.url.path.startswith("/accounts"):
            self.given += 1
            return httpx.Response(200, json={"access_token": str(self.given)})
        if request.headers.get("Authorization") != f"Bearer {self.good}":
            return problem(401, "unauthenticated")
        return httpx.Response(200, json={"ok": True})


@pytest.mark.parametrize("sign_in", ["login", "service_login"])
def test_a_token_that_ran_out_is_renewed_once_and_again_later(sign_in):
    server = Server()
    client = api(server)
    getattr(client, sign_in)("who", "secret")
    for number in ("1", "2", "3"):
        server.good = number
        assert client.call("GET", "/x") == {"ok": True}
    assert server.given == 3


def test_of_threads_whose_token_ran_out_one_renews_and_all_go_on():
    server, together = Server(), Barrier(4, timeout=20)

    def answer(request):
        if request.url.path == "/x" and request.headers["Authorization"] == "Bearer 1":
            together.wait()
        return server(request)

    client = api(answer)
    client.login("who", "secret")
    server.good = "2"
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda _: client.call("GET", "/x"), range(4))) == [{"ok": True}] * 4
    assert server.given == 2


def test_a_renewal_that_fails_is_tried_again_by_the_next_call():
    server, down = Server(), []
    client = api(lambda request: problem(503) if down and "login" in request.url.path else server(request))
    client.login("who", "secret")
    server.good = "2"
    down.append(True)
    with pytest.raises(ApiProblem, match="conflict"):
        client.call("GET", "/x")
    down.clear()
    assert client.call("GET", "/x") == {"ok": True}


def test_a_token_that_stays_refused_is_not_renewed_for_ever():
    server = Server()
    client = api(server)
    client.login("who", "secret")
    server.good = "never"
    with pytest.raises(ApiProblem, match="unauthenticated"):
        client.call("GET", "/x")
    assert server.calls == ["/accounts/login", "/x", "/accounts/login", "/x"]


def test_no_token_is_sent_where_there_is_none_and_none_is_made_up():
    seen = []
    client = api(lambda request: seen.append(request.headers.get("Authorization")) or problem(401, "unauthenticated"))
    with pytest.raises(ApiProblem):
        client.call("GET", "/x")
    assert seen == [None]


def test_an_upload_sends_the_form_fields_first_and_no_token_to_the_store(tmp_path):
    path, seen = tmp_path / "a.flac", {}
    path.write_bytes(b"fLaC and more")

    def answer(request):
        if request.url.path == "/uploads":
            seen["ask"] = json.loads(request.content)
            form = {"url": "http://store.test/bucket", "fields": {"key": "uploads/1/source", "policy": "p"}}
            return httpx.Response(201, json={"upload_id": "upl_1", "form": form})
        seen["body"], seen["token"] = request.read(), request.headers.get("Authorization")
        return httpx.Response(204)

    sizes = []
    assert api(answer, "token").upload(path, progress=sizes.append) == "upl_1"
    assert seen["ask"] == {"filename": "a.flac", "bytes": 13, "content_type": "audio/flac", "purpose": "track"}
    assert seen["body"].index(b'name="key"') < seen["body"].index(b'name="file"')
    assert (seen["token"], sizes) == (None, [13])


def test_a_store_that_refuses_the_file(tmp_path):
    path = tmp_path / "a.flac"
    path.write_bytes(b"x")
    with pytest.raises(ApiProblem) as refused:
        api(lambda _: httpx.Response(403)).post_form({"url": f"{URL}/bucket", "fields": {}}, path, "audio/flac")
    assert (refused.value.status, refused.value.code) == (403, "upload_failed")


@pytest.mark.parametrize(("size", "inline"), [(10, True), (MAX_INLINE + 1, False)])
def test_small_outputs_travel_inline_and_large_ones_by_form(tmp_path, size, inline):
    path, asked = tmp_path / "out.wav", []
    path.write_bytes(bytes(size))

    def answer(request):
        if request.url.path == "/uploads":
            return httpx.Response(201, json={"upload_id": "upl_1", "form": {"url": f"{URL}/b", "fields": {}}})
        if request.url.path == "/b":
            return httpx.Response(204)
        asked.append(json.loads(request.content))
        return httpx.Response(200, json={"outcome": "allow"})

    api(answer).check(path, "out_1", "m")
    assert ("audio_base64" in asked[0]) == inline
    assert ("audio_upload_token" in asked[0]) != inline


def test_all_pages_of_ones_tracks():
    pages = {None: {"tracks": [{"n": 1}], "cursor": "b"}, "b": {"tracks": [{"n": 2}], "cursor": None}}
    client = api(lambda request: httpx.Response(200, json=pages[request.url.params.get("cursor")]))
    assert [track["n"] for track in client.mine()] == [1, 2]


@pytest.mark.parametrize(
    ("status", "verdict", "decided"),
    [
        ("submitted", "none", False),
        ("pending_automated_checks", "none", False),
        ("pending_review", "none", False),
        ("pending_review", "accept", False),
        ("pending_review", "review", True),
        ("accepted", "accept", True),
        ("rejected", "reject", True),
        ("removed", "none", True),
    ],
)
def test_what_waits_for_nothing_but_people(status, verdict, decided):
    assert is_decided({"status": status, "verdict": verdict}) == decided


def test_waiting_has_an_end():
    client = api(lambda _: httpx.Response(200, json={"status": "submitted", "verdict": "none"}))
    with pytest.raises(ApiProblem) as refused:
        client.wait_decided("trk_1", seconds=0.01, pause=0.001)
    assert refused.value.code == "timeout"
