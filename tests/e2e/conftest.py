"""The real stack for end-to-end tests: one per module, on random ports, in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lemm.installation import Installation
from living import Vault

HERE = Path(__file__).resolve().parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The vault from ``template.yaml``, with its first admin."""
    with Installation(tmp_path_factory.mktemp("vault")) as running:
        yield running


@pytest.fixture(scope="module")
def vault(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Vault:
    """The same installation with an outside catalogue, so that the default policy accepts and clears."""
    running = Vault(installation)
    running.register_catalogue(tmp_path_factory.mktemp("catalogue"))
    return running
