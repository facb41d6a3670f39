"""One suite, every store. ``AWS_ENDPOINT_URL`` points the e2e half at a running emulator."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from contract import worlds

STORES = ["memory", "moto", pytest.param("emulator", marks=pytest.mark.e2e)]


@pytest.fixture(scope="session", autouse=True)
def credentials() -> Iterator[None]:
    """Throw-away credentials, so that no real ones are ever used or needed."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in worlds.CREDENTIALS.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory, credentials: None) -> Iterator[str]:
    """The emulator's address."""
    given = os.environ.get("AWS_ENDPOINT_URL")
    if given:
        yield given
        return
    folder: Path = tmp_path_factory.mktemp("emulator")
    with worlds.throwaway_emulator(folder) as endpoint:
        yield endpoint


def _world(request: pytest.FixtureRequest, kind: str) -> Iterator[Any]:
    make: Callable[..., Iterator[Any]] = getattr(worlds, f"{request.param}_{kind}")
    given = [request.getfixturevalue("emulator")] if request.param == "emulator" else []
    yield from make(*given)


@pytest.fixture(params=STORES, scope="module")
def record_world(request: pytest.FixtureRequest) -> Iterator[worlds.RecordWorld]:
    yield from _world(request, "records")


@pytest.fixture(params=STORES, scope="module")
def object_world(request: pytest.FixtureRequest) -> Iterator[worlds.ObjectWorld]:
    yield from _world(request, "objects")
