"""Asking witnesses: the log's side of C2SP tlog-witness (https://c2sp.org/tlog-witness), as bytes.

A witness remembers the newest checkpoint of ours that it has signed. It is shown
a newer one with the proof that the old one is its beginning, and answers with a
line for the note. Nothing here is believed: a line counts once it was checked
with the witness's own key.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from vault_domain.checkpoints import COSIGNATURE, NoteKey, Verify, open_checkpoint, parse_key
from vault_domain.proofs import to_text

MOST_WITNESSES = 16
MAX_PATH = 63
_SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\n?")
_GAP = "\n\n"


@dataclass(frozen=True)
class Witness:
    """Who is asked, and where: ``url`` is the submission prefix."""

    key: NoteKey
    url: str

    @property
    def address(self) -> str:
        """Where a checkpoint is sent."""
        return f"{self.url.rstrip('/')}/add-checkpoint"


def parse_witnesses(text: str) -> tuple[Witness, ...]:
    """``KEY URL, KEY URL, ...`` as it is configured. Raises ``ValueError``."""
    found = []
    for one in filter(None, (part.strip() for part in text.split(","))):
        key, _, url = one.partition(" ")
        witness = Witness(parse_key(key), url.strip())
        if witness.key.kind != COSIGNATURE:
            raise ValueError(f"{witness.key.name} is no witness's key")
        if urlsplit(witness.url).scheme not in ("https", "http") or not urlsplit(witness.url).hostname:
            raise ValueError(f"{witness.key.name} has no address")
        found.append(witness)
    if len(found) > MOST_WITNESSES or len({one.key.name for one in found}) != len(found):
        raise ValueError(f"{MOST_WITNESSES} witnesses at most, each named once")
    return tuple(found)


def size_of(note: str) -> int:
    """The size that a note of ours is about."""
    return int(note.split("\n", 2)[1])


def submission(old: int, path: Sequence[bytes], note: str) -> bytes:
    """The body of ``add-checkpoint``: the size that the witness knows, the proof from there, the checkpoint."""
    if len(path) > MAX_PATH or (old == 0 and path):
        raise ValueError("a path of this length is never sent")
    lines = [f"old {old}", *(to_text(step) for step in path), "", note]
    return "\n".join(lines).encode()


def known_size(answer: bytes) -> int:
    """The size that a witness names when it refuses another one (status 409). Raises ``ValueError``."""
    found = _SIZE.fullmatch(answer[:32].decode("ascii", "replace"))
    if found is None:
        raise ValueError("not a size")
    return int(found[1])


def line_of(answer: bytes, note: str, log: NoteKey, witness: NoteKey, verify: Verify) -> str:
    """The witness's own line out of its answer, once it holds for this checkpoint. Raises ``ValueError``."""
    bare = f"{note.rpartition(_GAP)[0]}{_GAP}{_own_line(note, log)}\n"
    for line in answer.decode("utf-8", "replace").split("\n"):
        if line.startswith(f"\u2014 {witness.name} "):
            opened = open_checkpoint(f"{bare}{line}\n", log, verify, [witness])
            if witness.name in opened.cosigned:
                return line
    raise ValueError(f"{witness.name} has signed nothing with the key that is known")


def with_lines(note: str, lines: Iterable[str]) -> str:
    """The note with these lines, each once, after its own."""
    own = note.rpartition(_GAP)[2].splitlines()
    return note + "".join(f"{line}\n" for line in dict.fromkeys(lines) if line not in own)


def lines_of(note: str) -> tuple[str, ...]:
    """A note's signature lines but for the first, which is the log's own."""
    return tuple(note.rpartition(_GAP)[2].splitlines()[1:])


def same_tree(one: str, other: str) -> bool:
    """Whether two notes sign the same text."""
    return one.rpartition(_GAP)[0] == other.rpartition(_GAP)[0]


def _own_line(note: str, log: NoteKey) -> str:
    lines = note.rpartition(_GAP)[2].splitlines()
    return next((line for line in lines if line.startswith(f"\u2014 {log.name} ")), "")
