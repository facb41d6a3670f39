"""The real stack for end-to-end tests: one per session, on random ports, in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lemm.installation import Installation

HERE = Path(__file__).resolve().parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The vault from ``template.yaml``, with its first admin."""
    with Installation(tmp_path_factory.mktemp("vault")) as running:
        yield running
