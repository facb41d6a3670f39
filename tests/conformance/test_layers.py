"""Built layers: a function with its layers stays under Lambda's limit of 250 MB unzipped."""

import pytest
from template import FUNCTIONS, ROOT, functions

BUILT = ROOT / "build" / "layers"
LIMIT = 250_000_000


def _size(folder):
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@pytest.mark.slow
@pytest.mark.parametrize("folder", sorted(functions()))
def test_a_function_with_its_layers_fits(folder):
    names = [layer["Ref"].removesuffix("Layer").lower() for layer in functions()[folder]["Layers"]]
    total = _size(FUNCTIONS / folder) + sum(_size(BUILT / name / "python") for name in names)
    assert 0 < total < LIMIT


@pytest.mark.slow
def test_layers_hold_no_editable_links():
    assert BUILT.exists(), "run `make layers` first"
    assert not list(BUILT.rglob("*.pth"))
    for package in ("vault_domain", "vault_store", "vault_edge"):
        assert (BUILT / "core" / "python" / package / "__init__.py").exists()
