"""A run's tracks, read through the gateway.

Promises of :class:`VaultStream`:

1. The manifest is used only after its signature, its type, its run and its
   purpose were checked, with keys that were given or that the vault publishes.
2. Bytes are handed out only when their number and SHA-256 are those of the
   signed manifest.
3. A track whose consent was taken back is never handed out again: iteration
   leaves it out and names it in ``skipped``, :meth:`read` raises ``revoked``.
4. Links that expired and servers that stumbled are tried again, a few times,
   with growing pauses; a token that ran out is asked for again.
5. The run token goes to the vault alone, never to the store that a link names.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urljoin

import httpx
from vault_domain.errors import Unauthenticated
from vault_edge.tokens import unb64
from vault_store.dsse import open_sealed
from vault_store.signer import key_id_of

Json = dict[str, Any]
T = TypeVar("T")
MANIFEST = "training-manifest"
TRIES = 4
PAUSE_S = 0.3
SKIPPED = frozenset({"revoked", "policy", "not_found"})
"""Refusals of one track that do not end the run."""


class StreamProblem(Exception):
    """Why something could not be read: a stable ``code`` of the API, or one of ours (``unreachable``, ``corrupt``)."""

    def __init__(self, code: str, detail: str, status: int = 0) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail, self.status = code, detail, status


class VaultStream:
    """One run of one job.

    ``token`` is the service's access token, or a function that gives a fresh
    one. ``keys`` maps key ids to raw public keys that are trusted; without it
    the vault's published ones are, which protects against storage and transport
    but not against the vault's own server.
    """

    def __init__(
        self,
        url: str,
        token: str | Callable[[], str],
        *,
        run_id: str,
        model_id: str,
        model_type: str = "unspecified",
        purpose: str = "internal_experiment",
        packs: tuple[str, ...] | None = None,
        filters: Mapping[str, Any] | None = None,
        keys: Mapping[str, bytes] | None = None,
        seconds: float = 60.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url.rstrip("/") + "/"
        self._token = token if callable(token) else lambda: token
        self._spec: Json = {"run_id": run_id, "model_id": model_id, "model_type": model_type, "purpose": purpose}
        self._spec |= {"packs": list(packs)} if packs else {}
        self._spec |= {"filters": dict(filters)} if filters else {}
        self._keys = dict(keys) if keys is not None else None
        self._http = httpx.Client(timeout=seconds, trust_env=False, follow_redirects=False, transport=transport)
        self._sleep = sleep
        self._run_token = ""
        self._manifest: Json | None = None
        self.skipped: dict[str, str] = {}
        """Tracks that were left out, and the code of the refusal."""
        self._consumed: dict[str, None] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    # --- the manifest ---------------------------------------------------------

    @property
    def manifest(self) -> Json:
        """The verified manifest; asked for at first use."""
        return self._manifest if self._manifest is not None else self.open()

    def open(self) -> Json:
        """Ask for the run's manifest and token (again), and verify it."""
        answer = self._call("POST", "training/tokens", self._spec)
        try:
            manifest = open_sealed(answer["manifest"], MANIFEST, self._trusted())
        except Unauthenticated as error:
            raise StreamProblem("corrupt", f"the manifest can't be trusted: {error.detail}") from error
        asked = {name: manifest["spec"].get(name) for name in ("run_id", "model_id", "purpose")}
        if manifest["run_id"] != self._spec["run_id"] or any(self._spec[name] != asked[name] for name in asked):
            raise StreamProblem("corrupt", "the manifest is for another run than the one that was asked for")
        self._manifest, self._run_token = manifest, str(answer["token"])
        return manifest

    def entries(self) -> Iterator[Json]:
        """The manifest's tracks: ``track_id``, ``sha256``, ``bytes``, ``duration_s``, ``genres`` and rights."""
        yield from self.manifest["tracks"]

    def _trusted(self) -> Mapping[str, bytes]:
        if self._keys is None:
            published = self._call("GET", "accounts/keys?purpose=receipt")["keys"]
            raw = [unb64(key["x"]) for key in published]
            self._keys = {key_id_of(key): key for key in raw}
        return self._keys

    # --- audio ------------------------------------------------------------------

    def __iter__(self) -> Iterator[tuple[Json, bytes]]:
        """Every track that may be read now, with its audio (FLAC), in the manifest's order."""
        for entry in tuple(self.entries()):
            try:
                audio = self.read(entry["track_id"])
            except StreamProblem as problem:
                if problem.code not in SKIPPED:
                    raise
                self.skipped[entry["track_id"]] = problem.code
                continue
            yield entry, audio

    def read(self, track_id: str) -> bytes:
        """One track's audio, verified. Raises :class:`StreamProblem`."""
        entry = self._entry(track_id)
        audio = self._patiently(lambda: self._read_once(entry))
        self._consumed[entry["sha256"]] = None
        return audio

    def _entry(self, track_id: str) -> Json:
        found = next((entry for entry in self.entries() if entry["track_id"] == track_id), None)
        if found is None:
            raise StreamProblem("not_found", f"{track_id} is not in the run's manifest")
        return dict(found)

    def _read_once(self, entry: Json) -> bytes:
        answer = self._send("GET", f"training/objects/{entry['track_id']}", None, self._run_token)
        if answer.status_code in (401, 410) and _problem(answer).code in ("unauthenticated", "expired"):
            self.open()
            answer = self._send("GET", f"training/objects/{entry['track_id']}", None, self._run_token)
        if not answer.is_redirect:
            raise _problem(answer)
        return self._fetched(urljoin(str(answer.request.url), answer.headers["location"]), entry)

    def _fetched(self, link: str, entry: Json) -> bytes:
        """The object behind a link; no more of it is taken than the manifest announces."""
        digest, audio = hashlib.sha256(), bytearray()
        try:
            with self._http.stream("GET", link) as answer:
                if answer.status_code != 200:
                    raise StreamProblem("unreachable", f"the link gave {answer.status_code}", 503)
                for piece in answer.iter_bytes():
                    audio += piece
                    digest.update(piece)
                    if len(audio) > entry["bytes"]:
                        break
        except httpx.HTTPError as error:
            raise StreamProblem("unreachable", f"the link broke off: {type(error).__name__}", 503) from error
        if len(audio) != entry["bytes"] or digest.hexdigest() != entry["sha256"]:
            raise StreamProblem("corrupt", f"{entry['track_id']} is not what the manifest says", 503)
        return bytes(audio)

    # --- the end ------------------------------------------------------------------

    def complete(self, weights_sha256: str | None = None, outcome: str = "completed") -> Json:
        """End the run; says which audio was handed out here, in the order of its first reading."""
        body = {"outcome": outcome, "weights_sha256": weights_sha256, "consumed_sha256": list(self._consumed)}
        return self._call("POST", f"training/runs/{self._spec['run_id']}/complete", body)

    # --- plumbing -----------------------------------------------------------------

    def _call(self, method: str, path: str, body: Json | None = None) -> Json:
        def once() -> Json:
            answer = self._send(method, path, body, self._token())
            if answer.status_code >= 300:
                raise _problem(answer)
            return dict(answer.json())

        return self._patiently(once)

    def _send(self, method: str, path: str, body: Json | None, token: str) -> httpx.Response:
        try:
            return self._http.request(
                method, urljoin(self._url, path), json=body, headers={"Authorization": f"Bearer {token}"}
            )
        except httpx.HTTPError as error:
            raise StreamProblem("unreachable", f"no answer: {type(error).__name__}", 503) from error

    def _patiently(self, work: Callable[[], T]) -> T:
        for attempt in range(TRIES - 1):
            try:
                return work()
            except StreamProblem as problem:
                if problem.status < 500 and problem.status != 429 and problem.code != "lost_race":
                    raise
                self._sleep(PAUSE_S * 2**attempt)
        return work()


def _problem(answer: httpx.Response) -> StreamProblem:
    """A refusal as its code; anything else by its status."""
    try:
        document = answer.json()
        return StreamProblem(str(document["code"]), str(document["detail"]), answer.status_code)
    except (ValueError, KeyError, TypeError):
        return StreamProblem(f"http_{answer.status_code}", answer.reason_phrase, answer.status_code)
