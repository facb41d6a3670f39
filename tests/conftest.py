"""Fixtures for every test: steps loaded from their folders, in a world that is simulated."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from vault_edge.loading import load_folder

ROOT = Path(__file__).resolve().parent.parent
LoadStep = Callable[[str], ModuleType]


@pytest.fixture
def load_step(request: pytest.FixtureRequest) -> LoadStep:
    """``load_step("submit")``: the folder's fresh ``main`` module, its app bound to the test's simulator."""

    def load(step: str) -> ModuleType:
        module = load_folder(ROOT / "functions" / step)
        module.app.bind(request.getfixturevalue("deps"))
        return module

    return load
