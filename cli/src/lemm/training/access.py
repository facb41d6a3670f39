"""A service account's access token, fetched anew before it runs out."""

import time
from collections.abc import Callable

from lemm.client import Api

RENEW_AFTER_S = 600.0
"""Tokens live for fifteen minutes."""


def service_token(
    api: Api, client_id: str, client_secret: str, clock: Callable[[], float] = time.monotonic
) -> Callable[[], str]:
    """A function that gives a token that is good for some minutes yet; what :class:`VaultStream` takes as ``token``."""
    fetched = float("-inf")

    def token() -> str:
        nonlocal fetched
        if clock() - fetched >= RENEW_AFTER_S:
            api.service_login(client_id, client_secret)
            fetched = clock()
        return api.token or ""

    return token
