"""Proof files: that an entry is in the log, checkable offline with the log's public key alone.

A proof is canonical JSON and nothing else: every other spelling is refused, so
a change of any bit is. Format: docs/formats/proof.md.
"""

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vault_domain.canonical import canonical
from vault_domain.checkpoints import Checkpoint, NoteKey, Verify, open_checkpoint
from vault_domain.merkle import HASH_BYTES, is_consistent, is_included, leaf_hash

TYPE = "application/vnd.lemm.log-proof.v1+json"
MAX_PROOF = 1024 * 1024
_FIELDS = {"checkpoint", "entry", "inclusion", "index", "type"}


@dataclass(frozen=True)
class Older:
    """An earlier signed checkpoint, and the path that shows it to be a prefix."""

    checkpoint: str
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class Proof:
    """An entry, its place, and why that place is under the signed root."""

    entry: bytes
    index: int
    inclusion: tuple[bytes, ...]
    checkpoint: str
    older: Older | None = None

    def document(self) -> dict[str, Any]:
        """As JSON."""
        found: dict[str, Any] = {
            "type": TYPE,
            "entry": to_text(self.entry),
            "index": self.index,
            "inclusion": [to_text(step) for step in self.inclusion],
            "checkpoint": self.checkpoint,
        }
        if self.older is not None:
            path = [to_text(step) for step in self.older.path]
            found["consistency"] = {"checkpoint": self.older.checkpoint, "path": path}
        return found

    def to_bytes(self) -> bytes:
        """The file."""
        return canonical(self.document())


@dataclass(frozen=True)
class Proven:
    """What a proof has shown."""

    event: dict[str, Any]
    index: int
    checkpoint: Checkpoint
    older: Checkpoint | None
    cosigned: dict[str, datetime]


def parse_proof(data: bytes) -> Proof:
    """Read a proof file in its one form. Raises ``ValueError``."""
    if len(data) > MAX_PROOF:
        raise ValueError("too large for a proof")
    try:
        document = json.loads(data)
        same = isinstance(document, dict) and canonical(document) == data
    except (ValueError, RecursionError):
        raise ValueError("not a JSON document") from None
    if not same or document.get("type") != TYPE or set(document) - {"consistency"} != _FIELDS:
        raise ValueError("not a log proof in its canonical form")
    index = document["index"]
    if type(index) is not int or not isinstance(document["checkpoint"], str):
        raise ValueError("a field has the wrong type")
    return Proof(
        entry=from_text(document["entry"]),
        index=index,
        inclusion=path_of(document["inclusion"]),
        checkpoint=document["checkpoint"],
        older=_older(document["consistency"]) if "consistency" in document else None,
    )


def check_proof(proof: Proof, key: NoteKey, verify: Verify, witnesses: Sequence[NoteKey] = ()) -> Proven:
    """Check every part of a proof; ``witnesses`` must all have signed. Raises ``ValueError`` with the reason."""
    opened = open_checkpoint(proof.checkpoint, key, verify, witnesses)
    demand(witnesses, opened.cosigned)
    tree = opened.checkpoint
    if not is_included(leaf_hash(proof.entry), proof.index, tree.size, proof.inclusion, tree.root):
        raise ValueError("the entry is not at this place under the signed root")
    older = None
    if proof.older is not None:
        older = open_checkpoint(proof.older.checkpoint, key, verify).checkpoint
        if not is_consistent(older.size, older.root, tree.size, tree.root, proof.older.path):
            raise ValueError("the older checkpoint is not a prefix of the newer one: the log was rewritten")
    return Proven(event_of(proof.entry), proof.index, tree, older, opened.cosigned)


def demand(witnesses: Iterable[NoteKey], cosigned: dict[str, datetime]) -> None:
    """Every witness that was asked for has signed. Raises ``ValueError``."""
    for witness in witnesses:
        if witness.name not in cosigned:
            raise ValueError(f"witness {witness.name} has not signed this checkpoint")


def event_of(entry: bytes) -> dict[str, Any]:
    """The entry as JSON: it is in the log, whatever it is; ours are JSON objects."""
    try:
        found = json.loads(entry)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ValueError("the entry is no audit event")
    return found


def _older(value: object) -> Older:
    if not isinstance(value, dict) or set(value) != {"checkpoint", "path"} or not isinstance(value["checkpoint"], str):
        raise ValueError("the consistency proof has another form")
    return Older(value["checkpoint"], path_of(value["path"]))


def path_of(value: object) -> tuple[bytes, ...]:
    """A path from its JSON. Raises ``ValueError``."""
    if not isinstance(value, list) or len(value) > 128:
        raise ValueError("a path is a short list of hashes")
    path = tuple(from_text(step) for step in value)
    if any(len(step) != HASH_BYTES for step in path):
        raise ValueError("a path is a list of hashes")
    return path


def to_text(data: bytes) -> str:
    """Bytes in standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def from_text(value: object) -> bytes:
    """The bytes of standard base64 in its one spelling. Raises ``ValueError``."""
    if not isinstance(value, str):
        raise ValueError("not base64")
    try:
        data = base64.b64decode(value.encode("ascii"), validate=True)
    except ValueError:
        raise ValueError("not base64") from None
    if to_text(data) != value:
        raise ValueError("not base64 in its one spelling")
    return data
