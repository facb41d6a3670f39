"""The real gateway functions behind an HTTP transport, over a simulated vault."""

import httpx
from simulator import Simulator
from vault_domain.errors import VaultError
from wire import event

STEPS = {"/training/objects": "gateway-fetch", "/training/": "gateway-issue-token", "/accounts/": "accounts"}


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
        bearer = request.headers["authorization"].removeprefix("Bearer ")
        asked = event(
            request.method, request.url.path, body=request.content.decode() or None,
            query=request.url.query.decode(), bearer=bearer,
        )  # fmt: skip
        result = self.modules[step].handler(asked, None)
        return httpx.Response(result["statusCode"], headers=result["headers"], content=result["body"].encode())
