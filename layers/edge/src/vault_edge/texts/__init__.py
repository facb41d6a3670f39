"""Texts that people agree to, exactly as they read them.

Promise: a text is never edited after release; a change is a new file with the
next number, and the old one stays, because consents name it by its SHA-256
(over the file's bytes, UTF-8).
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from vault_domain.canonical import sha256_hex

PRESENT = 1


@dataclass(frozen=True)
class Terms:
    """One text: its number, its first heading and the hash that consents name."""

    number: int
    title: str
    text: str
    sha256: str


@cache
def contribution_terms(number: int = PRESENT) -> Terms:
    """The contribution terms; without a number, those in force."""
    data = files(__name__).joinpath(f"contribution-terms-v{number}.md").read_bytes()
    text = data.decode("utf-8")
    return Terms(number, text.splitlines()[0].removeprefix("# "), text, sha256_hex(data))


def title_of(sha256: str) -> str:
    """The title of the text with this hash, in force or not; empty for a text that is not ours."""
    known = (contribution_terms(number) for number in range(PRESENT, 0, -1))
    return next((terms.title for terms in known if terms.sha256 == sha256), "")
