"""A service account's access token, fetched anew before it runs out."""

import time
from collections.abc import Callable
from urllib.parse import urljoin

import httpx
from lemm.training.problems import StreamProblem, patiently, problem_of

RENEW_AFTER_S = 600.0
"""Tokens live for fifteen minutes."""


class ServiceToken:
    """Called, it gives a token that is good for some minutes yet; what :class:`VaultStream` takes as ``token``.

    It holds no connection, so it may be copied to other processes, by fork or by pickle. Raises
    :class:`StreamProblem` when the vault refuses or can't be reached.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str,
        *,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = urljoin(url.rstrip("/") + "/", "accounts/token")
        self._body = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        self._transport, self._clock, self._sleep = transport, clock, sleep
        self._fetched, self._token = float("-inf"), ""

    def __call__(self) -> str:
        if self._clock() - self._fetched >= RENEW_AFTER_S:
            self._token = patiently(self._fetch, self._sleep)
            self._fetched = self._clock()
        return self._token

    def _fetch(self) -> str:
        try:
            with httpx.Client(timeout=60, trust_env=False, transport=self._transport) as http:
                answer = http.post(self._url, json=self._body)
        except httpx.HTTPError as error:
            raise StreamProblem("unreachable", f"no answer: {type(error).__name__}", 503) from error
        if answer.status_code >= 300:
            raise problem_of(answer)
        return str(answer.json()["access_token"])
