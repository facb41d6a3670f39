"""The client stands alone: none of the vault's code, and nothing that it does not declare."""

import ast
import sys
import tomllib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[3] / "training"
SOURCES = sorted((PACKAGE / "src" / "lemm" / "training").glob("*.py"))
DECLARED = {"httpx", "numpy", "soundfile", "cryptography"}
FOR_TORCH = {"torch_data.py", "example.py"}


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_it_imports_itself_and_what_it_declares(path: Path) -> None:
    outside = {name for name in imported(path) if name.split(".")[0] not in sys.stdlib_module_names}
    allowed = DECLARED | ({"torch"} if path.name in FOR_TORCH else set())
    strangers = {name for name in outside if not name.startswith("lemm.training") and name.split(".")[0] not in allowed}
    assert strangers == set()


def test_it_declares_what_it_imports() -> None:
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {one.split(">=")[0] for one in project["dependencies"]} == DECLARED
    assert [one.split(">=")[0] for one in project["optional-dependencies"]["torch"]] == ["torch"]


def test_the_namespace_has_no_module_of_its_own() -> None:
    """Two installed packages share the name ``lemm``; an ``__init__`` in either would hide the other."""
    root = PACKAGE.parent
    assert not [one for one in ("training", "cli") if (root / one / "src" / "lemm" / "__init__.py").exists()]
