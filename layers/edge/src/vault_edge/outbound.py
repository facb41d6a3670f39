"""Everything that is asked of the outside world, within bounds.

Each call has time-outs, a bounded number of tries with growing pauses, and a
rate limit of our own. What could not be asked is never an answer: no key gives
the value ``NotChecked``, and a source that failed raises ``SourceUnavailable``.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import urlsplit

from vault_domain.errors import SourceUnavailable

T = TypeVar("T")

CONNECT_S, READ_S = 3.0, 8.0
TRIES = 3
PAUSE_S = 0.4
MAX_DOCUMENT = 256 * 1024
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class NotChecked:
    """A source was not asked, and why; it can never count as clean."""

    reason: str


class Transient(Exception):
    """A failure that may pass: try again."""


def repeated(
    call: Callable[[], T], *, tries: int = TRIES, pause: float = PAUSE_S, sleep: Callable[[float], None] = time.sleep
) -> T:
    """Call until it succeeds; raises the last ``Transient`` after ``tries``. Pauses double."""
    for attempt in range(tries - 1):
        try:
            return call()
        except Transient:
            sleep(pause * 2**attempt)
    return call()


class Pace:
    """At most one call every ``interval`` seconds, over all threads of this process."""

    def __init__(
        self,
        interval: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval, self._clock, self._sleep = interval, clock, sleep
        self._lock = Lock()
        self._next = float("-inf")

    def wait(self) -> None:
        """Take the next free slot, and wait until it comes."""
        with self._lock:
            now = self._clock()
            slot = max(now, self._next)
            self._next = slot + self._interval
        if slot > now:
            self._sleep(slot - now)


def fetch_json(url: str, *, limit: int = MAX_DOCUMENT) -> Any:
    """GET a JSON document over HTTPS (plain HTTP on loopback only), no redirects, at most ``limit`` bytes.

    Raises ``SourceUnavailable`` for whatever goes wrong.
    """
    host = _allowed(url)
    try:
        return repeated(lambda: _get(url, limit))
    except Transient as error:
        raise SourceUnavailable(f"{host} did not answer") from error


@dataclass(frozen=True)
class Answered:
    """What an address said: its status, and at most as many bytes as were asked for."""

    status: int
    body: bytes


def post_text(url: str, body: bytes, *, limit: int = MAX_DOCUMENT) -> Answered:
    """POST plain text once, over HTTPS (plain HTTP on loopback only), no redirects. Raises ``SourceUnavailable``."""
    import requests

    host = _allowed(url)
    headers = {"content-type": "text/plain; charset=utf-8"}
    try:
        with requests.post(
            url, data=body, headers=headers, timeout=(CONNECT_S, READ_S), allow_redirects=False, stream=True
        ) as response:
            data = response.raw.read(limit + 1, decode_content=True)
    except (requests.RequestException, OSError) as error:
        raise SourceUnavailable(f"{host} did not answer") from error
    if len(data) > limit:
        raise SourceUnavailable(f"{host} answered with more than expected")
    return Answered(response.status_code, data)


def _allowed(url: str) -> str:
    """The host of an address that may be asked. Raises ``SourceUnavailable``."""
    parts = urlsplit(url)
    secure = parts.scheme == "https" and bool(parts.hostname)
    if not secure and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise SourceUnavailable("Only HTTPS addresses are asked")
    return str(parts.hostname)


def _get(url: str, limit: int) -> Any:
    import requests

    try:
        with requests.get(url, timeout=(CONNECT_S, READ_S), allow_redirects=False, stream=True) as response:
            if response.status_code == 429 or response.status_code >= 500:
                raise Transient(f"status {response.status_code}")
            if response.status_code != 200:
                raise SourceUnavailable(f"The address answered with status {response.status_code}")
            data = response.raw.read(limit + 1, decode_content=True)
    except (requests.RequestException, OSError) as error:
        raise Transient(type(error).__name__) from error
    if len(data) > limit:
        raise SourceUnavailable("The document is larger than expected")
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SourceUnavailable("The document is not JSON") from error


# --- AcoustID ----------------------------------------------------------------------


@dataclass(frozen=True)
class Recording:
    """A recording that AcoustID knows: how well the fingerprint fits (0 to 1), and what it is."""

    score: float
    acoustid: str
    recording: str | None = None
    title: str | None = None
    artist: str | None = None


class AcoustId:
    """Whole-recording lookups at acoustid.org (free tier: non-commercial, 3 requests a second).

    pyacoustid posts plain HTTP unless told otherwise, which would show our key
    to everybody on the way.
    """

    BASE_URL = "https://api.acoustid.org/v2/"
    INTERVAL_S = 0.34
    MAX_SECONDS = 24 * 3600
    _FINAL = frozenset({2, 3, 4, 6})  # bad fingerprint, missing parameter, invalid key, invalid duration
    _lock = Lock()

    def __init__(
        self,
        key: str,
        *,
        base_url: str = BASE_URL,
        timeout: tuple[float, float] = (CONNECT_S, READ_S),
        pace: Pace | None = None,
        pause: float = PAUSE_S,
    ) -> None:
        self._key, self._base_url, self._timeout, self._pause = key, base_url, timeout, pause
        self._pace = pace or Pace(self.INTERVAL_S)

    def lookup(self, fingerprint: str, duration_s: float) -> tuple[Recording, ...]:
        """Recordings that fit this Chromaprint fingerprint, best first; empty when none is known.

        Raises ``SourceUnavailable`` when the service did not answer usefully.
        """
        if not fingerprint or not 0 < duration_s <= self.MAX_SECONDS:
            raise ValueError("a lookup needs a fingerprint and a duration")
        try:
            document = repeated(lambda: self._ask(fingerprint, round(duration_s)), pause=self._pause)
        except Transient as error:
            raise SourceUnavailable("AcoustID did not answer") from error
        return tuple(sorted(_recordings(document), key=lambda found: -found.score))

    def _ask(self, fingerprint: str, duration_s: int) -> Any:
        import acoustid

        self._pace.wait()
        with self._lock:  # pyacoustid keeps its address and its own pace in module variables
            acoustid.set_base_url(self._base_url)
            acoustid.REQUEST_INTERVAL = 0
            try:
                document = acoustid.lookup(
                    self._key, fingerprint, duration_s, meta=["recordings", "compress"], timeout=self._timeout
                )
            except (acoustid.AcoustidError, OSError) as error:
                raise Transient(type(error).__name__) from None  # its message holds the key
        if not isinstance(document, dict):
            raise Transient("not an object")
        if document.get("status") != "ok":
            fault = document.get("error")
            code = fault.get("code") if isinstance(fault, dict) else None
            if code in self._FINAL:
                raise SourceUnavailable(f"AcoustID refused the question (code {code})")
            raise Transient(f"code {code}")
        return document


def _recordings(document: Any) -> list[Recording]:
    """Read an answer of recorded shape; anything else raises ``SourceUnavailable``."""
    try:
        found: list[Recording] = []
        for result in document["results"]:
            score, name = min(1.0, max(0.0, float(result["score"]))), str(result["id"])
            known = result.get("recordings") or [{}]
            found.extend(_recording(score, name, entry) for entry in known)
        return found
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SourceUnavailable("AcoustID's answer is not of the documented form") from error


def _recording(score: float, name: str, entry: Any) -> Recording:
    artists = "".join(f"{artist['name']}{artist.get('joinphrase', '')}" for artist in entry.get("artists", ()))
    return Recording(score, name, entry.get("id"), entry.get("title"), artists or None)


def ask_acoustid(
    client: AcoustId | None, fingerprint: str | None, duration_s: float
) -> tuple[Recording, ...] | NotChecked:
    """Ask AcoustID, or say why it was not asked."""
    if client is None:
        return NotChecked("no AcoustID key is configured")
    if not fingerprint:
        return NotChecked("there is no Chromaprint fingerprint to ask with")
    return client.lookup(fingerprint, duration_s)
