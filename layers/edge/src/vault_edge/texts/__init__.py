"""Texts that people agree to, exactly as they read them.

Promise: a text is never edited after release; a change is a new file with the
next number, and the old one stays, because consents name it by its SHA-256
(over the file's bytes, UTF-8). Beside each text lies its summary in a few plain
sentences, with what it changed; the summary is a help, the text is what counts.
"""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from vault_domain.canonical import sha256_hex

PRESENT = 3
LISTENING_SINCE = 2
"""The first text that says that reviewers may hear short spans."""


LICENCE = 1
"""The licence for generated outputs that is accepted at present."""


@dataclass(frozen=True)
class Terms:
    """One text: its number, first heading, hash that consents name, summary, and what it changed."""

    number: int
    title: str
    text: str
    sha256: str
    summary: tuple[str, ...]
    changes: tuple[str, ...]


def contribution_terms(number: int = PRESENT) -> Terms:
    """The contribution terms; without a number, those in force. Raises ``FileNotFoundError`` for none of ours."""
    return _read("contribution-terms", number)


def output_licence(number: int = LICENCE) -> Terms:
    """The licence for generated outputs; without a number, the one that is accepted at present."""
    return _read("output-licence", number)


@cache
def _read(name: str, number: int) -> Terms:
    folder = files(__name__)
    data = folder.joinpath(f"{name}-v{number}.md").read_bytes()
    text = data.decode("utf-8")
    short = folder.joinpath(f"{name}-v{number}.summary.md").read_text("utf-8")
    summary, _, changes = short.partition("## What changed\n")
    return Terms(
        number, text.splitlines()[0].removeprefix("# "), text, sha256_hex(data), _points(summary), _points(changes)
    )


def number_of(sha256: str) -> int | None:
    """The number of the text with this hash; None for a text that is not ours."""
    known = (contribution_terms(number) for number in range(PRESENT, 0, -1))
    return next((terms.number for terms in known if terms.sha256 == sha256), None)


def title_of(sha256: str) -> str:
    """The title of the text with this hash, in force or not; empty for a text that is not ours."""
    number = number_of(sha256)
    return contribution_terms(number).title if number else ""


def allows_listening(sha256: str) -> bool:
    """Whether the text that was accepted lets reviewers hear short spans of the track."""
    return (number_of(sha256) or 0) >= LISTENING_SINCE


def _points(text: str) -> tuple[str, ...]:
    """The list items of a page, each on one line."""
    items = (" ".join(item.split()) for item in f"\n{text}".split("\n- ")[1:])
    return tuple(item.replace("**", "") for item in items)
