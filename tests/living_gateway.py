"""The real gateway functions behind an HTTP transport, or on a loopback port, over a simulated vault."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import quote, unquote

import httpx
from lemm.training import VaultSource
from simulator import Simulator
from vault_domain.errors import VaultError
from wire import event, token

STEPS = {
    "/training/objects": "gateway-fetch", "/training/": "gateway-issue-token", "/accounts/": "accounts",
    "/models/": "model-registry",
}  # fmt: skip
STORE = "/store/"


class World(httpx.BaseTransport):
    """Routes requests to the functions and to the simulated store; ``trouble`` may spoil an answer."""

    def __init__(self, sim: Simulator, load_step) -> None:
        self.sim, self.trouble, self.seen = sim, None, []
        self.modules = {name: load_step(name) for name in STEPS.values()}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        spoiled = self.trouble(request) if self.trouble else None
        if spoiled is not None:
            return spoiled
        if request.url.host != "vault.example":
            try:
                return httpx.Response(200, content=self.sim.buckets.fetch(str(request.url)))
            except VaultError:
                return httpx.Response(403)
        step = next(step for prefix, step in STEPS.items() if request.url.path.startswith(prefix))
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        asked = event(
            request.method, request.url.path, body=request.content.decode() or None,
            query=request.url.query.decode(), bearer=bearer,
        )  # fmt: skip
        result = self.modules[step].handler(asked, None)
        return httpx.Response(result["statusCode"], headers=result["headers"], content=result["body"].encode())

    def source(self, url: str, **options: Any) -> VaultSource:
        """How processes of one job open streams of this vault, where it is served."""
        admin = event("POST", "/accounts/service", body=SERVICE, bearer=token(self.sim, "admin"))
        made = json.loads(self.modules["accounts"].handler(admin, None)["body"])
        return VaultSource(url, made["client_id"], made["client_secret"], options)


SERVICE = {"name": "job", "scopes": ["training"]}


@contextmanager
def served(world: World) -> Iterator[str]:
    """The world on a loopback port, for clients in other processes; links of its store lead there too."""
    one_at_a_time = Lock()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            stored = self.path.startswith(STORE)
            url = unquote(self.path.removeprefix(STORE)) if stored else f"https://vault.example{self.path}"
            asked = httpx.Request(self.command, url, content=body, headers=dict(self.headers) | {"host": "vault"})
            with one_at_a_time:
                answer = world.handle_request(asked)
            self.send_response(answer.status_code)
            for name, value in answer.headers.items():
                if name != "content-length":
                    self.send_header(name, STORE + quote(value, safe="") if name == "location" else value)
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
