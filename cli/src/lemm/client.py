"""The HTTP API as Python calls. Everything the command line does goes through here.

A refusal of the API (an RFC 9457 problem document) becomes :class:`ApiProblem`
with its stable code; a server that can't be reached becomes the code
``unreachable``. Nothing is retried except what is safe to repeat. Calls may be
made from several threads: a token that ran out is renewed by one of them.
"""

import base64
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Self

import httpx

Json = dict[str, Any]
MAX_INLINE = 3 * 2**20
"""Outputs up to this size travel inline; larger ones through an upload form."""
UNDER_WAY = {"submitted", "pending_automated_checks"}
CONTENT_TYPES = {
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/opus",
    ".m4a": "audio/mp4",
    ".mp4": "audio/mp4",
    ".aac": "audio/aac",
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
}


class ApiProblem(Exception):
    """The API said no: ``status``, stable ``code`` and a sentence."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail


class Api:
    """A connection to one vault, with at most one token."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        seconds: float = 60.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.token = token
        self._renew: Callable[[], Json] | None = None
        self._renewing = RLock()
        # No proxy from the environment: a vault is named by its address.
        self._http = httpx.Client(timeout=seconds, trust_env=False, transport=transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    # --- plumbing -----------------------------------------------------------

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Json:
        """One request; the JSON answer, or :class:`ApiProblem`. A token that ran out is renewed once."""
        used = self.token
        try:
            return self._send(method, path, body, query)
        except ApiProblem as problem:
            if problem.status != 401 or not self._renewed(used):
                raise
            return self._send(method, path, body, query)

    def _renewed(self, used: str | None) -> bool:
        """Whether there is another token now than the one that was refused: another thread's, or a new one."""
        with self._renewing:
            if self.token != used:
                return True
            renew, self._renew = self._renew, None  # signing in is a call too, and never renews itself
            if renew is None:
                return False
            try:
                renew()
            finally:
                self._renew = renew
            return True

    def _send(self, method: str, path: str, body: Any, query: dict[str, Any]) -> Json:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        try:
            answer = self._http.request(method, self.url + path, json=body, params=query or None, headers=headers)
        except httpx.HTTPError as error:
            raise ApiProblem(0, "unreachable", f"No answer from {self.url}: {error}. Is `lemm up` running?") from error
        return _read(answer)

    # --- people and services ------------------------------------------------

    def register(self, email: str, password: str, name: str) -> Json:
        """Create an account; the caller affirms authority to license."""
        return self.call(
            "POST",
            "/accounts",
            {"email": email, "password": password, "display_name": name, "affirms_authority": True},
        )

    def login(self, email: str, password: str) -> Json:
        """Sign in; later calls carry the token."""
        answer = self.call("POST", "/accounts/login", {"email": email, "password": password})
        self.token = answer["access_token"]
        self._renew = lambda: self.login(email, password)
        return answer

    def service_login(self, client_id: str, client_secret: str) -> Json:
        """Client-credentials token of a service account; later calls carry it."""
        body = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        answer = self.call("POST", "/accounts/token", body)
        self.token = answer["access_token"]
        self._renew = lambda: self.service_login(client_id, client_secret)
        return answer

    def create_service(self, name: str, scopes: list[str]) -> Json:
        """A service account (admin); the secret is in this answer and never again."""
        return self.call("POST", "/accounts/service", {"name": name, "scopes": scopes})

    def terms(self) -> Json:
        """The contribution terms in force, with the hash that a submission must name."""
        return self.call("GET", "/terms")

    # --- contributors ---------------------------------------------------------

    def upload(self, path: Path, purpose: str = "track", progress: Callable[[int], None] | None = None) -> str:
        """Send a file through a presigned form; returns the upload id."""
        size = path.stat().st_size
        content_type = CONTENT_TYPES.get(path.suffix.lower(), "application/octet-stream")
        opened = self.call(
            "POST",
            "/uploads",
            {"filename": path.name, "bytes": size, "content_type": content_type, "purpose": purpose},
        )
        self.post_form(opened["form"], path, content_type)
        if progress:
            progress(size)
        return str(opened["upload_id"])

    def post_form(self, form: Json, path: Path, content_type: str) -> None:
        """Send ``path`` with a presigned form."""
        with path.open("rb") as stream:
            try:
                answer = self._http.post(
                    form["url"], data=form["fields"], files={"file": (path.name, stream, content_type)}, timeout=600
                )
            except httpx.HTTPError as error:
                raise ApiProblem(0, "unreachable", f"The upload broke off: {error}") from error
        if answer.status_code >= 300:
            raise ApiProblem(answer.status_code, "upload_failed", f"The store refused the file ({answer.status_code}).")

    def submit(self, upload_id: str, metadata: Json, rights: Json, terms_sha256: str) -> Json:
        """Submit an upload as a track."""
        body = {
            "audio_upload_token": upload_id,
            "metadata": metadata,
            "rights": rights,
            "accepted_terms_sha256": terms_sha256,
        }
        return self.call("POST", "/tracks/submit", body)

    def upload_state(self, upload_id: str) -> Json:
        """What became of an upload."""
        return self.call("GET", f"/uploads/{upload_id}")

    def status(self, track_id: str) -> Json:
        """A track's status with the reasons and history."""
        return self.call("GET", f"/tracks/{track_id}/status")

    def track(self, track_id: str) -> Json:
        """A track's metadata, status and, for reviewers and its owner, what the checks found."""
        return self.call("GET", f"/tracks/{track_id}")

    def mine(self) -> Iterator[Json]:
        """All of the caller's tracks, newest first."""
        cursor = None
        while True:
            page = self.call("GET", "/contributors/me/tracks", **({"cursor": cursor} if cursor else {}))
            yield from page["tracks"]
            cursor = page.get("cursor")
            if not cursor:
                return

    def revoke(self, track_id: str, reason: str = "") -> Json:
        """Take consent back."""
        return self.call("POST", f"/tracks/{track_id}/revoke", {"reason": reason, "scope": "all_future_use"})

    def wait_decided(self, track_id: str, seconds: float = 300.0, pause: float = 0.25) -> Json:
        """Poll until a decision stands. Raises ``ApiProblem('timeout')`` past ``seconds``."""
        until = time.monotonic() + seconds
        while True:
            state = self.track(track_id)
            if is_decided(state):
                return state
            if time.monotonic() > until:
                raise ApiProblem(0, "timeout", f"{track_id} is still {state['status']} after {seconds:.0f} s.")
            time.sleep(pause)

    # --- services ---------------------------------------------------------------

    def check(
        self, path: Path, output_id: str, model: str, prompt: Json | None = None, user_ref: str | None = None
    ) -> Json:
        """Ask whether an output may leave; inline when small, else by upload. ``prompt``: its prompt's check.

        ``model``: its id, with ``@`` and the version behind it for a registered one.
        """
        model_id, _, version = model.partition("@")
        said = {"model_version": version, "user_ref": user_ref}
        body: Json = {"output_id": output_id, "model_id": model_id, **{name: one for name, one in said.items() if one}}
        if path.stat().st_size <= MAX_INLINE:
            body["audio_base64"] = base64.b64encode(path.read_bytes()).decode("ascii")
        else:
            body["audio_upload_token"] = self.upload(path, purpose="output")
        if prompt is not None and prompt["prompt_token"]:
            body |= {"prompt_token": prompt["prompt_token"], "prompt_sha256": prompt["prompt_sha256"]}
        return self.call("POST", "/safety/checks", body)


def is_decided(track: Json) -> bool:
    """Whether a track (GET /tracks/{id}) waits for nothing but people."""
    favoured = track["verdict"] in ("none", "accept") or track.get("approval")
    entering = track["status"] == "pending_review" and favoured
    return track["status"] not in UNDER_WAY and not entering


def _read(answer: httpx.Response) -> Json:
    """The JSON of a good answer; a problem raised for a bad one."""
    try:
        document = answer.json() if answer.content else {}
    except ValueError:
        document = {}
    if answer.status_code < 300 and isinstance(document, dict):
        return document
    code = str(document.get("code", f"http_{answer.status_code}")) if isinstance(document, dict) else "bad_answer"
    detail = str(document.get("detail", answer.reason_phrase)) if isinstance(document, dict) else ""
    raise ApiProblem(answer.status_code, code, detail)
