"""The gateway as one job's HTTP client: manifest, leases, reads, the end. Safe to use from several threads."""

import base64
import hashlib
import os
import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any
from urllib.parse import urljoin

import httpx
from lemm.training.envelope import Untrusted, key_id_of, opened
from lemm.training.problems import StreamProblem, patiently, problem_of

Json = dict[str, Any]
MANIFEST = "training-manifest"
MAX_FEATURES = 256 * 2**20
RENEWABLE = ("unauthenticated", "expired")


class Gateway:
    """One run's connection. ``spec`` is the data spec; ``token`` gives the service's access token."""

    def __init__(
        self,
        url: str,
        token: Callable[[], str],
        spec: Json,
        *,
        keys: Mapping[str, bytes] | None = None,
        seconds: float = 60.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url, self._token, self._spec = url.rstrip("/") + "/", token, spec
        self._keys = dict(keys) if keys is not None else None
        self._http = httpx.Client(timeout=seconds, trust_env=False, follow_redirects=False, transport=transport)
        self._sleep, self._process = sleep, os.getpid()
        self._leases: dict[str, str] = {}
        self._lock = Lock()
        self.dropped: dict[str, str] = {}
        """Tracks that the last renewal said to leave out, and the code of the refusal."""

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def manifest(self) -> Json:
        """Ask for the run's manifest (again) and verify it; every worker's lease is asked for anew after it."""
        answer = self._call("POST", "training/tokens", self._spec)
        try:
            manifest = opened(answer["manifest"], MANIFEST, self._trusted())
        except Untrusted as error:
            raise StreamProblem("corrupt", f"the manifest can't be trusted: {error}") from error
        asked = {name: manifest["spec"].get(name) for name in ("run_id", "model_id", "purpose")}
        if manifest["run_id"] != self._spec["run_id"] or any(self._spec[name] != asked[name] for name in asked):
            raise StreamProblem("corrupt", "the manifest is for another run than the one that was asked for")
        with self._lock:
            self._leases = {"main": str(answer["token"])}
        return manifest

    def read(self, entry: Json, worker: str) -> bytes:
        """One track's object under this worker's lease, verified. Raises :class:`StreamProblem`."""
        return patiently(lambda: self._read_once(entry, worker), self._sleep)

    def complete(self, body: Json) -> Json:
        """End the run."""
        return self._call("POST", f"training/runs/{self._spec['run_id']}/complete", body)

    def register(self, body: Json) -> Json:
        """Register a version of the run's model."""
        return self._call("POST", f"models/{self._spec['model_id']}/versions", body)

    # --- leases -------------------------------------------------------------------

    def _lease(self, worker: str, *, renew: str | None = None) -> str:
        """The worker's run token; ``renew`` is one that was refused, and is replaced unless somebody has done so."""
        with self._lock:
            known = self._leases.get(worker)
        if known is not None and known != renew:
            return known
        answer = self._call("POST", f"training/runs/{self._spec['run_id']}/leases", {"worker": worker})
        with self._lock:
            self._leases[worker] = str(answer["token"])
            self.dropped = {one["track_id"]: one["code"] for one in answer["dropped"]}
            return self._leases[worker]

    def _trusted(self) -> Mapping[str, bytes]:
        if self._keys is None:
            published = self._call("GET", "accounts/keys?purpose=receipt")["keys"]
            raw = [_public_key(key["x"]) for key in published]
            self._keys = {key_id_of(key): key for key in raw}
        return self._keys

    # --- one read -----------------------------------------------------------------

    def _read_once(self, entry: Json, worker: str) -> bytes:
        token = self._lease(worker)
        answer = self._ask(entry, token)
        if answer.status_code in (401, 410) and problem_of(answer).code in RENEWABLE:
            answer = self._ask(entry, self._again(worker, token))
        if not answer.is_redirect:
            raise problem_of(answer)
        link = urljoin(str(answer.request.url), answer.headers["location"])
        stated = answer.headers.get("content-digest-sha256")
        if self._spec.get("format") == "features":
            if stated is None:
                raise StreamProblem("corrupt", "the gateway did not say which features these are")
            return self._fetched(link, entry["track_id"], None, stated)
        return self._fetched(link, entry["track_id"], entry["bytes"], entry["sha256"])

    def _again(self, worker: str, token: str) -> str:
        """A fresh lease; where the run's own time is over, or its manifest was replaced, a fresh manifest first."""
        try:
            fresh = self._lease(worker, renew=token)
        except StreamProblem as problem:
            if problem.code != "expired":
                raise
            self.manifest()
            return self._lease(worker)
        return fresh

    def _ask(self, entry: Json, token: str) -> httpx.Response:
        return self._send("GET", f"training/objects/{entry['track_id']}", None, token)

    def _fetched(self, link: str, track_id: str, size: int | None, sha256: str) -> bytes:
        """The object behind a link; no more of it is taken than was announced."""
        digest, data, limit = hashlib.sha256(), bytearray(), MAX_FEATURES if size is None else size
        try:
            with self._http.stream("GET", link) as answer:
                if answer.status_code != 200:
                    raise StreamProblem("unreachable", f"the link gave {answer.status_code}", 503)
                for piece in answer.iter_bytes():
                    data += piece
                    digest.update(piece)
                    if len(data) > limit:
                        break
        except httpx.HTTPError as error:
            raise StreamProblem("unreachable", f"the link broke off: {type(error).__name__}", 503) from error
        if len(data) > limit or size not in (None, len(data)) or digest.hexdigest() != sha256:
            raise StreamProblem("corrupt", f"{track_id} is not what the vault says", 503)
        return bytes(data)

    # --- plumbing -----------------------------------------------------------------

    def _call(self, method: str, path: str, body: Json | None = None) -> Json:
        def once() -> Json:
            answer = self._send(method, path, body, self._token())
            if answer.status_code >= 300:
                raise problem_of(answer)
            return dict(answer.json())

        return patiently(once, self._sleep)

    def _send(self, method: str, path: str, body: Json | None, token: str) -> httpx.Response:
        if os.getpid() != self._process:  # two processes on one connection would read each other's answers
            raise RuntimeError("this stream was opened in another process; open one in each")
        try:
            return self._http.request(
                method, urljoin(self._url, path), json=body, headers={"Authorization": f"Bearer {token}"}
            )
        except httpx.HTTPError as error:
            raise StreamProblem("unreachable", f"no answer: {type(error).__name__}", 503) from error


def _public_key(text: str) -> bytes:
    """The raw key of a JWK's ``x`` (RFC 8037)."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
