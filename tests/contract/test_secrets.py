"""Secrets Manager as the emulator plays it, and its twin."""

import uuid

import boto3
import pytest
from contract.worlds import REGION
from vault_domain.errors import NotFound
from vault_store.secrets import MemorySecrets, Secrets, SecretsManager


@pytest.fixture(params=["memory", pytest.param("emulator", marks=pytest.mark.e2e)])
def secrets(request: pytest.FixtureRequest) -> tuple[Secrets, str]:
    name = f"lemm/test-{uuid.uuid4().hex[:8]}"
    if request.param == "memory":
        return MemorySecrets({name: "the value"}), name
    client = boto3.client("secretsmanager", region_name=REGION, endpoint_url=request.getfixturevalue("emulator"))
    client.create_secret(Name=name, SecretString="the value")
    return SecretsManager(client), name


def test_a_secret_is_what_was_stored(secrets):
    store, name = secrets
    assert store.get(name) == store.get(name) == "the value"


def test_a_secret_that_is_not_there(secrets):
    store, name = secrets
    with pytest.raises(NotFound):
        store.get(f"{name}-other")
