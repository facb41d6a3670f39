"""Fixtures for every test: a simulated vault, and steps loaded from their folders into it."""

import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings
from simulator import Simulator
from vault_edge.loading import load_folder

settings.register_profile("vault", deadline=None)  # a busy machine is slow, not wrong
# What stands between a change and its landing must not hang on luck: there the examples are always the same ones.
settings.register_profile("landing", deadline=None, derandomize=True)
settings.load_profile("landing" if os.environ.get("CI") else "vault")

ROOT = Path(__file__).resolve().parent.parent
LoadStep = Callable[[str], ModuleType]


@pytest.fixture
def sim() -> Simulator:
    """A fresh vault in memory."""
    return Simulator()


@pytest.fixture
def load_step(sim: Simulator) -> LoadStep:
    """``load_step("submit")``: the folder's fresh ``main`` module, its app bound to ``sim``."""

    def load(step: str) -> ModuleType:
        module = load_folder(ROOT / "functions" / step)
        module.app.bind(sim.deps)
        return module

    return load
