"""Outside addresses, asked over loopback: recorded answers, faults, and the bounds on asking."""

import json
import threading
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_domain.errors import SourceUnavailable
from vault_edge.outbound import AcoustId, NotChecked, Pace, Transient, ask_acoustid, fetch_json, repeated

FOUND = {
    "status": "ok",
    "results": [
        {"id": "9ff43b6a-4f16-427c-93c2-92307ca505e0", "score": 0.41},
        {
            "id": "0c2b4f54-9cf3-4c12-b7c9-7e2f0f7a0a11",
            "score": 0.98,
            "recordings": [
                {
                    "id": "cd2e7c47-16f5-46c6-a37c-a1eb7bf599ff",
                    "title": "Lower Your Eyelids",
                    "artists": [{"id": "a", "name": "One", "joinphrase": " & "}, {"id": "b", "name": "Two"}],
                    "duration": 639,
                }
            ],
        },
    ],
}
REFUSED_KEY = {"status": "error", "error": {"code": 4, "message": "invalid API key"}}
BUSY = {"status": "error", "error": {"code": 14, "message": "rate limit exceeded"}}


class Server:
    """Plays answers one after the other; the last one again and again. Keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.asked: list[dict[str, list[str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    data = zlib.decompress(data, 31)
                outer.asked.append(parse_qs(data.decode()))
                self._answer()

            def do_GET(self) -> None:
                outer.asked.append({"path": [self.path]})
                self._answer()

            def _answer(self) -> None:
                answer = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                status, body = answer if isinstance(answer, tuple) else (200, answer)
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("location", "http://127.0.0.1/elsewhere")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def server(running: Server) -> Server:
    running.answers, running.asked = [], []
    return running


def client(server: Server, **given: Any) -> AcoustId:
    return AcoustId("the-key", base_url=server.url, pace=Pace(0), **{"pause": 0.0, **given})


def test_a_recorded_answer_is_read_best_first(server: Server):
    server.answers = [FOUND]
    best, other = client(server).lookup("AQADtEmU", 639.4)
    assert (best.score, best.title, best.artist) == (0.98, "Lower Your Eyelids", "One & Two")
    assert (other.score, other.recording, other.title) == (0.41, None, None)
    (asked,) = server.asked
    assert asked["client"] == ["the-key"]
    assert (asked["fingerprint"], asked["duration"]) == (["AQADtEmU"], ["639"])


def test_an_empty_answer_is_an_answer(server: Server):
    server.answers = [{"status": "ok", "results": []}]
    assert client(server).lookup("AQAD", 30) == ()


def test_what_may_pass_is_tried_again(server: Server):
    server.answers = [(503, b"busy"), BUSY, FOUND]
    assert len(client(server).lookup("AQAD", 30)) == 2
    assert len(server.asked) == 3


def test_three_tries_and_then_it_was_not_asked(server: Server):
    server.answers = [BUSY]
    with pytest.raises(SourceUnavailable):
        client(server).lookup("AQAD", 30)
    assert len(server.asked) == 3


def test_a_refused_key_is_not_tried_again_and_not_told(server: Server):
    server.answers = [REFUSED_KEY]
    with pytest.raises(SourceUnavailable, match="code 4") as caught:
        client(server).lookup("AQAD", 30)
    assert len(server.asked) == 1
    assert "the-key" not in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        {"status": "ok"},
        {"status": "ok", "results": [{"score": 0.5}]},
        {"status": "ok", "results": [{"id": "a", "score": "high"}]},
        {"status": "ok", "results": [{"id": "a", "score": 0.5, "recordings": [{"artists": [{}]}]}]},
        {"status": "ok", "results": 5},
        [],
        None,
        b"<html>",
        b"",
    ],
)
def test_an_answer_of_another_form_is_no_answer(server: Server, body: Any):
    server.answers = [body]
    with pytest.raises(SourceUnavailable):
        client(server).lookup("AQAD", 30)


def test_nobody_there_is_no_answer():
    gone = AcoustId("k", base_url="http://127.0.0.1:9/", pace=Pace(0), pause=0)
    with pytest.raises(SourceUnavailable) as caught:
        gone.lookup("AQAD", 30)
    assert caught.value.__cause__.__cause__ is None  # pyacoustid's message would hold the key


def test_without_a_key_or_a_fingerprint_it_was_not_checked(server: Server):
    assert ask_acoustid(None, "AQAD", 30) == NotChecked("no AcoustID key is configured")
    assert isinstance(ask_acoustid(client(server), None, 30), NotChecked)
    assert server.asked == []


@pytest.mark.parametrize(("fingerprint", "duration"), [("", 30), ("AQAD", 0), ("AQAD", -1), ("AQAD", 10**6)])
def test_questions_that_make_no_sense_are_ours(server: Server, fingerprint: str, duration: float):
    with pytest.raises(ValueError, match="lookup"):
        client(server).lookup(fingerprint, duration)


def test_acoustid_is_asked_over_https_three_times_a_second_at_most():
    assert AcoustId.BASE_URL.startswith("https://")
    assert AcoustId.INTERVAL_S >= 1 / 3


@given(st.lists(st.floats(0, 3), min_size=2, max_size=30))
def test_no_two_calls_are_closer_than_the_pace(pauses: list[float]):
    now, starts = [0.0], []

    def sleep(seconds: float) -> None:
        now[0] += seconds

    pace = Pace(0.5, clock=lambda: now[0], sleep=sleep)
    for pause in pauses:
        now[0] += pause
        pace.wait()
        starts.append(now[0])
    assert all(later - earlier >= 0.5 - 1e-9 for earlier, later in pairwise(starts))


def failing(times: int) -> Callable[[], str]:
    left = [times]

    def call() -> str:
        if left[0]:
            left[0] -= 1
            raise Transient
        return "done"

    return call


def test_pauses_double_between_a_bounded_number_of_tries():
    pauses: list[float] = []
    assert repeated(failing(2), tries=3, pause=0.5, sleep=pauses.append) == "done"
    assert pauses == [0.5, 1.0]
    with pytest.raises(Transient):
        repeated(failing(3), tries=3, pause=0.5, sleep=pauses.append)


def test_fetching_json(server: Server):
    server.answers = [{"keys": []}]
    assert fetch_json(server.url + "keys") == {"keys": []}


@pytest.mark.parametrize(
    "answer", [(404, b"{}"), (302, b"{}"), (200, b"{"), (200, b"[" * 50_000), (200, b'"' + b"x" * 300_000 + b'"')]
)
def test_what_cannot_be_fetched(server: Server, answer: Any):
    server.answers = [answer]
    with pytest.raises(SourceUnavailable):
        fetch_json(server.url)
    assert [one["path"][0] for one in server.asked] == ["/"]  # neither repeated nor redirected


@pytest.mark.parametrize("url", ["http://id.example/keys", "file:///etc/passwd", "ftp://a/b", "", "//x", "https:/x"])
def test_only_https_is_asked(url: str):
    with pytest.raises(SourceUnavailable):
        fetch_json(url)
