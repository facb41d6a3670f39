"""A whole training run through the real functions over a simulated vault: granted, read, ended, registered, logged."""

from typing import Any

from granting import OWNER, a_track, numbered, stock
from ingesting import run as run_step
from simulator import Simulator
from vault_domain.checkpoints import NoteKey
from wire import body_of, event, token

WEIGHTS = "c" * 64
SPEC = {
    "run_id": "run_one", "model_id": "tiny", "model_type": "autoencoder", "purpose": "product",
    "code_version": "v1.2", "config_sha256": "d" * 64, "hyper_parameters": {"lr": 0.001, "epochs": 2},
}  # fmt: skip


class Training:
    """One vault with three tracks, and a job that trains on them."""

    def __init__(self, sim: Simulator, load_step: Any, tracks: int = 3) -> None:
        self.sim, self.load = sim, load_step
        stock(sim, *(a_track(number) for number in range(1, tracks + 1)))

    def call(self, step: str, method: str, path: str, body: Any = None, *, role: str = "system", **more: Any) -> Any:
        scopes = ("training", "safety") if role == "system" else ()
        subject = more.pop("subject", OWNER if role == "contributor" else None)
        bearer = token(self.sim, role, *scopes, subject=subject)
        return self.load(step).handler(event(method, path, body=body, bearer=bearer, **more), None)

    def open(self, **changes: Any) -> dict[str, Any]:
        answer = self.call("gateway-issue-token", "POST", "/training/tokens", SPEC | changes)
        assert answer["statusCode"] == 201, answer["body"]
        return body_of(answer)

    def read(self, run_token: str, number: int) -> int:
        path = f"/training/objects/{numbered('trk', number)}"
        return self.load("gateway-fetch").handler(event("GET", path, bearer=run_token), None)["statusCode"]

    def complete(self, run_id: str = "run_one", outcome: str = "completed", numbers: tuple[int, ...] = ()) -> Any:
        body = {
            "outcome": outcome,
            "weights_sha256": WEIGHTS if outcome == "completed" else None,
            "consumed_sha256": [a_track(number).stored_sha256 for number in numbers],
        }
        return self.call("gateway-issue-token", "POST", f"/training/runs/{run_id}/complete", body)

    def trained(self, run_id: str = "run_one", reads: tuple[int, ...] = (1, 1, 2), **changes: Any) -> None:
        """A run from its opening to its end; all but the last track are read and declared."""
        opened = self.open(run_id=run_id, **changes)
        for number in reads:
            assert self.read(opened["token"], number) == 302
        assert self.complete(run_id, numbers=tuple(sorted(set(reads))))["statusCode"] == 200

    def register(self, version: str = "1.0", runs: tuple[str, ...] = ("run_one",), **changes: Any) -> Any:
        body = {"model_version": version, "runs": list(runs), "weights_sha256": WEIGHTS, **changes}
        return self.call("model-registry", "POST", "/models/tiny/versions", body)

    def sequenced(self) -> NoteKey:
        """All events are in the log; its key."""
        run_step("audit-sequence", self.sim.container())
        return NoteKey(self.sim.environ["LOG_ORIGIN"], self.sim.signer("log").public_key())
