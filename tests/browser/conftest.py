"""One vault and one Chromium for all browser tests. Without Chromium they fail: skipping would look like passing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import FLAGS, People, account, chromium
from lemm.client import Api
from lemm.installation import Installation
from living import Vault

HERE = Path(__file__).resolve().parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("browsed")


@pytest.fixture(scope="session")
def vault(folder: Path) -> Iterator[Vault]:
    """The real stack with an outside catalogue, so that the default policy can accept."""
    with Installation(folder / "vault") as place:
        running = Vault(place)
        running.register_catalogue(folder)
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    path = chromium()
    assert path is not None, "chromium is not installed: apt-get install chromium"
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def people(browser: Any, vault: Vault) -> People:
    return People(browser, vault.place.url)


@pytest.fixture(scope="session")
def cast(vault: Vault) -> dict[str, tuple[Api, str]]:
    """Everybody who takes part: name -> (signed-in API, e-mail)."""
    url, admin = vault.place.url, vault.admin
    contributors, reviewers = ("nova", "ray", "gwen", "lena"), ("anna", "ben")  # Lena never gives a track
    parts = dict.fromkeys(contributors, "contributor") | dict.fromkeys(reviewers, "reviewer")
    return {name: account(url, admin, name, role) for name, role in parts.items()}
