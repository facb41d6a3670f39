"""How fast a revocation is felt: by reads, leases, manifests, and what is said of models.

    python benchmarks/revocation.py [--tracks 20]

On the local stack, over HTTP. A worker reads one track without a pause while its owner takes it back. Measured: how
long the owner's call takes; from when on reads are refused, counted from the sending of that call; reads that were
allowed although they were *sent after* the owner had the answer (there must be none); then the next lease, the next
manifest and the model's staleness. A link that was given out before lives on for its own time: that is the longest any
byte can flow, and it is in the policy (``read_link_s``).
"""

import argparse
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from lemm.client import Api
from lemm.training import ServiceToken
from tables import percentile, show
from training_world import SPEC, fill, running

RUN = "run_bench_revocation"
PASSWORD = "a password of some length"


@dataclass
class Reader:
    """Reads one track again and again: when each read was sent, when it was answered, and whether it was allowed."""

    http: httpx.Client
    path: str
    token: str
    stop: threading.Event = field(default_factory=threading.Event)
    seen: list[tuple[float, float, int]] = field(default_factory=list)

    def run(self) -> None:
        while not self.stop.is_set():
            sent = time.perf_counter()
            status = self.http.get(self.path, headers={"Authorization": f"Bearer {self.token}"}).status_code
            self.seen.append((sent, time.perf_counter(), status))
            if status == 410:
                return


def one(http: httpx.Client, owner: Api, token: str, track_id: str) -> tuple[float, float, int]:
    """Seconds of the owner's call, seconds until reads were refused, and reads allowed that were sent too late."""
    reader = Reader(http, f"training/objects/{track_id}", token)
    thread = threading.Thread(target=reader.run)
    thread.start()
    time.sleep(0.5)
    asked = time.perf_counter()
    owner.revoke(track_id)
    answered = time.perf_counter()
    thread.join(30)
    reader.stop.set()
    refused = next(done for _, done, status in reader.seen if status == 410)
    late = sum(status == 302 and sent > answered for sent, _, status in reader.seen)
    return answered - asked, refused - asked, late


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tracks", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as stack:
        owner = Api(stack.vault.url)
        owner.register("owner@example.org", PASSWORD, "Owner")
        owner.login("owner@example.org", PASSWORD)
        account = owner.call("GET", "/accounts/me")["account_id"]
        tracks = fill(stack.records, stack.put, given.tracks + 1, b"not audio, but bytes", account)
        client = stack.vault.admin_api().create_service("bench", ["training"])
        access = ServiceToken(stack.vault.url, client["client_id"], client["client_secret"])
        with httpx.Client(base_url=stack.vault.url + "/", timeout=60, trust_env=False) as http:

            def job(method: str, path: str, body: object = None) -> Any:
                headers = {"Authorization": f"Bearer {access()}"}
                answer = http.request(method, path, json=body, headers=headers)
                assert answer.is_success, answer.text
                return answer.json()

            token = job("POST", "training/tokens", {**SPEC, "run_id": RUN})["token"]
            found = [one(http, owner, token, track_id) for track_id in tracks[:-1]]
            answered = time.perf_counter()
            dropped = len(job("POST", f"training/runs/{RUN}/leases", {"worker": "next"})["dropped"])
            lease_s = time.perf_counter() - answered
            began = time.perf_counter()
            left = job("POST", "training/tokens", {**SPEC, "run_id": RUN})["run"]["tracks_left_out"]
            manifest_s = time.perf_counter() - began
            weights = "a" * 64
            job("POST", f"training/runs/{RUN}/complete", {"outcome": "completed", "weights_sha256": weights})
            body = {"model_version": "1", "runs": [RUN], "weights_sha256": weights}
            began = time.perf_counter()
            stale = job("POST", f"models/{SPEC['model_id']}/versions", body)["revoked_since"]["summary"]
            stale_s = time.perf_counter() - began
    calls, refusals = [row[0] * 1e3 for row in found], [row[1] * 1e3 for row in found]
    rows = [
        ["the owner's call", f"{percentile(calls, 0.5):.0f} / {percentile(calls, 0.95):.0f} ms"],
        ["until a read is refused", f"{percentile(refusals, 0.5):.0f} / {percentile(refusals, 0.95):.0f} ms"],
        ["reads allowed that were sent after the owner's answer", str(sum(row[2] for row in found))],
        ["the next lease", f"{lease_s * 1e3:.0f} ms, {dropped} of {given.tracks} named"],
        ["the next manifest", f"{manifest_s * 1e3:.0f} ms, left out: {left}"],
        ["what is said of the model", f"{stale_s * 1e3:.0f} ms, {stale}"],
    ]
    show(f"{given.tracks} tracks taken back while they were read, local stack", ["", "p50 / p95"], rows)


if __name__ == "__main__":
    main()
