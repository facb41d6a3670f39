"""Secrets by id: from Secrets Manager with a short memory, and a twin for tests.

A secret stays in memory for ``keep_seconds``; after that it is read again, so
a rotated secret takes effect. Values never appear in a ``repr`` or an error.
"""

import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from vault_domain.errors import Corrupt, NotFound, Unavailable

from vault_store.patience import Patience, Transient

_BUSY = frozenset({"InternalServiceError", "ThrottlingException", "RequestLimitExceeded", "ServiceUnavailable"})


class Secrets(Protocol):
    """Where secrets come from."""

    def get(self, secret_id: str) -> str:
        """The secret's text. Raises ``NotFound`` or ``Unavailable``."""


class SecretsClient(Protocol):
    """The one call of boto3's ``secretsmanager`` client that is used here."""

    def get_secret_value(self, **kwargs: Any) -> Any: ...


class SecretsManager:
    """Reads AWS Secrets Manager."""

    def __init__(
        self,
        client: SecretsClient,
        *,
        keep_seconds: float = 300,
        clock: Callable[[], float] = time.monotonic,
        patience: Patience | None = None,
    ) -> None:
        self._client = client
        self._keep = keep_seconds
        self._clock = clock
        self._patience = patience or Patience(attempts=4)
        self._held: dict[str, tuple[float, str]] = {}
        self._lock = Lock()

    def get(self, secret_id: str) -> str:
        """The secret's text, at most ``keep_seconds`` old."""
        with self._lock:
            read_at, value = self._held.get(secret_id, (float("-inf"), ""))
            if self._clock() - read_at < self._keep:
                return value
            value = self._patience.persist(lambda: self._read(secret_id), "the secret store")
            self._held[secret_id] = (self._clock(), value)
            return value

    def _read(self, secret_id: str) -> str:
        try:
            answer = self._client.get_secret_value(SecretId=secret_id)
        except ClientError as error:
            raise _judge(error, secret_id) from None
        except BotoCoreError as error:
            raise Transient(type(error).__name__) from None
        value = answer.get("SecretString")
        if not isinstance(value, str) or not value:
            raise Corrupt(f"secret {secret_id} holds no text")
        return value


class MemorySecrets:
    """The twin: a fixed set of secrets."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def get(self, secret_id: str) -> str:
        """The secret's text. Raises ``NotFound``."""
        if secret_id not in self._values:
            raise NotFound(f"no secret {secret_id}")
        return self._values[secret_id]


def _judge(error: ClientError, secret_id: str) -> Exception:
    code = error.response.get("Error", {}).get("Code", "")
    if code == "ResourceNotFoundException":
        return NotFound(f"no secret {secret_id}")
    if code in _BUSY or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        return Transient(code)
    return Unavailable(f"the secret store refused this function ({code})")
