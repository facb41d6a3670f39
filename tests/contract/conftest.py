"""One suite, every store. ``AWS_ENDPOINT_URL`` points the e2e half at a running emulator."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from contract import worlds
from vault_domain.ports import Records

ENDPOINT = os.environ.get("AWS_ENDPOINT_URL")
STORES = ["memory", "moto", pytest.param("emulator", marks=pytest.mark.e2e)]


@pytest.fixture(scope="session", autouse=True)
def credentials() -> Iterator[None]:
    """Throw-away credentials, unless a running emulator was named along with its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AWS_ENDPOINT_URL", raising=False)  # moto must not be pointed elsewhere
        for name, value in worlds.CREDENTIALS.items():
            if not (ENDPOINT and os.environ.get(name)):
                patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory, credentials: None) -> Iterator[str]:
    """The emulator's address."""
    if ENDPOINT:
        yield ENDPOINT
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


@pytest.fixture
def records(record_world: worlds.RecordWorld) -> Iterator[Records]:
    """The store, emptied afterwards where it would grow slow."""
    yield record_world.records
    record_world.clear()


@pytest.fixture
def owner() -> str:
    """A hash key that no other test uses: tables are shared."""
    return f"owner-{uuid.uuid4().hex}"


@pytest.fixture(params=STORES, scope="module")
def object_world(request: pytest.FixtureRequest) -> Iterator[worlds.ObjectWorld]:
    yield from _world(request, "objects")
