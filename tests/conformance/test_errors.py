"""Error names: one class, one code, one line in the documentation."""

from template import ROOT
from vault_domain.errors import VaultError, all_errors

ERRORS = [cls for cls in all_errors() if cls.__module__.startswith("vault_")]  # tests define errors of their own


def test_codes_are_unique_and_every_class_says_when_it_is_raised():
    codes = [cls.code for cls in ERRORS]
    assert len(codes) == len(set(codes))
    for cls in ERRORS:
        assert cls.__doc__
        assert 400 <= cls.status < 600
        assert issubclass(cls, VaultError)


def test_every_code_is_documented():
    text = (ROOT / "docs" / "formats" / "errors.md").read_text()
    assert [cls.code for cls in ERRORS if f"`{cls.code}`" not in text] == []
