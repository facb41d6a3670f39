"""Secrets: read once in a while, and never shown."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from vault_domain.errors import Corrupt, NotFound, Unavailable
from vault_store.patience import Patience
from vault_store.secrets import MemorySecrets, SecretsManager


class Client:
    """Secrets Manager with one secret that may change, and scripted failures."""

    def __init__(self, *faults: Exception, **answer: Any) -> None:
        self.faults, self.answer, self.reads = list(faults), answer or {"SecretString": "first"}, 0

    def get_secret_value(self, **named: Any) -> Any:
        self.reads += 1
        if self.faults:
            raise self.faults.pop(0)
        assert named == {"SecretId": "jwt"}
        return self.answer


def fault(code: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "hush"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "GetSecretValue")


def manager(client: Client, now: list[float]) -> SecretsManager:
    patience = Patience(attempts=3, sleep=lambda seconds: None)
    return SecretsManager(client, keep_seconds=300, clock=lambda: now[0], patience=patience)


def test_a_secret_is_read_once_until_it_is_old():
    client, now = Client(), [0.0]
    secrets = manager(client, now)
    assert [secrets.get("jwt"), secrets.get("jwt")] == ["first", "first"]
    client.answer = {"SecretString": "rotated"}
    now[0] = 299.0
    assert (secrets.get("jwt"), client.reads) == ("first", 1)
    now[0] = 300.0
    assert (secrets.get("jwt"), client.reads) == ("rotated", 2)


@pytest.mark.parametrize("passing", [
    fault("ThrottlingException"), fault("X", 500), EndpointConnectionError(endpoint_url="https://x"),
])  # fmt: skip
def test_what_passes_is_waited_out_and_ends(passing):
    assert manager(Client(passing, passing), [0.0]).get("jwt") == "first"
    with pytest.raises(Unavailable):
        manager(Client(passing, passing, passing), [0.0]).get("jwt")


@pytest.mark.parametrize(("error", "means"), [
    (fault("ResourceNotFoundException"), NotFound), (fault("AccessDeniedException"), Unavailable),
])  # fmt: skip
def test_a_final_answer_is_not_asked_for_again(error, means):
    client = Client(error)
    with pytest.raises(means) as caught:
        manager(client, [0.0]).get("jwt")
    assert client.reads == 1
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("answer", [{"SecretString": ""}, {"SecretBinary": b"x"}, {"SecretString": None}])
def test_a_secret_without_text_is_corrupt(answer):
    with pytest.raises(Corrupt):
        manager(Client(**answer), [0.0]).get("jwt")


def test_the_twin():
    secrets = MemorySecrets({"jwt": "value"})
    assert secrets.get("jwt") == "value"
    with pytest.raises(NotFound):
        secrets.get("other")


def test_nothing_shows_a_secret():
    real, twin = manager(Client(SecretString="s3cr3t"), [0.0]), MemorySecrets({"jwt": "s3cr3t"})
    assert real.get("jwt") == twin.get("jwt") == "s3cr3t"
    assert "s3cr3t" not in f"{real!r} {twin!r}"
