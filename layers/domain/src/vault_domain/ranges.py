"""Everything that entered the log between two checkpoints, so that nothing of a kind can be missing.

The file holds every entry of the range and the peaks of the older tree. The
reader hashes the entries onto the peaks and must arrive at the newer root: so
the newer log continues the older one, and these are all its new entries, which
a consistency proof alone would not say. Format: docs/formats/proof.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vault_domain.bundles import canonical_object, media_type
from vault_domain.canonical import canonical
from vault_domain.checkpoints import Checkpoint, NoteKey, Verify, open_checkpoint
from vault_domain.events import Kind
from vault_domain.merkle import joined, leaf_hash, node_hash
from vault_domain.proofs import demand, event_of, from_text, path_of, to_text

POLICY = "policy-proof"
MAX_RANGE = 64 * 1024 * 1024
_FIELDS = {"checkpoint", "entries", "since", "type"}


@dataclass(frozen=True)
class Since:
    """An older signed checkpoint and the roots of the perfect trees that make up its tree, the largest first."""

    checkpoint: str
    peaks: tuple[bytes, ...]


@dataclass(frozen=True)
class Range:
    """All entries from ``since`` (None: the beginning) up to ``checkpoint``."""

    checkpoint: str
    entries: tuple[bytes, ...]
    since: Since | None = None

    def to_bytes(self) -> bytes:
        """The file."""
        since = self.since and {
            "checkpoint": self.since.checkpoint,
            "peaks": [to_text(peak) for peak in self.since.peaks],
        }
        entries = [to_text(entry) for entry in self.entries]
        return canonical(
            {"type": media_type(POLICY), "checkpoint": self.checkpoint, "since": since, "entries": entries}
        )


@dataclass(frozen=True)
class ProvenRange:
    """The whole of a range: its ends, and every policy change in it, in order."""

    older: Checkpoint | None
    newer: Checkpoint
    cosigned: dict[str, datetime]
    changes: tuple[dict[str, Any], ...]


def parse_range(data: bytes) -> Range:
    """Read a range in its one form. Raises ``ValueError``."""
    document = canonical_object(data, MAX_RANGE)
    if document.get("type") != media_type(POLICY) or set(document) != _FIELDS:
        raise ValueError("not a policy proof in its canonical form")
    entries = document["entries"]
    if not isinstance(document["checkpoint"], str) or not isinstance(entries, list):
        raise ValueError("a field has the wrong type")
    return Range(document["checkpoint"], tuple(from_text(entry) for entry in entries), _since(document["since"]))


def check_range(found: Range, key: NoteKey, verify: Verify, witnesses: Sequence[NoteKey] = ()) -> ProvenRange:
    """Check that the entries are all that lies between two signed states. Raises ``ValueError``.

    1. Both checkpoints are signed by the log; every witness that was asked for has signed the newer one.
    2. The peaks are the older tree. 3. The entries on top of them are the newer tree.
    """
    opened = open_checkpoint(found.checkpoint, key, verify, witnesses)  # 1
    demand(witnesses, opened.cosigned)
    newer, older = opened.checkpoint, None
    peaks: tuple[bytes, ...] = ()
    if found.since is not None:
        older, peaks = open_checkpoint(found.since.checkpoint, key, verify).checkpoint, found.since.peaks
        if len(peaks) != older.size.bit_count() or joined(peaks) != older.root:  # 2
            raise ValueError("the peaks are not those of the older checkpoint")
    begun = older.size if older else 0
    if begun + len(found.entries) != newer.size or grown(begun, peaks, found.entries) != newer.root:  # 3
        raise ValueError("the entries do not lead from the older state to the newer one")
    return ProvenRange(older, newer, opened.cosigned, _changes(found.entries))


def grown(size: int, peaks: Sequence[bytes], entries: Iterable[bytes]) -> bytes:
    """The root after appending entries to a tree of ``size`` with these peaks."""
    sizes = [1 << bit for bit in reversed(range(size.bit_length())) if size >> bit & 1]
    stack = list(zip(sizes, peaks, strict=True))
    for entry in entries:
        stack.append((1, leaf_hash(entry)))
        while len(stack) > 1 and stack[-1][0] == stack[-2][0]:
            (width, right), (_, left) = stack.pop(), stack.pop()
            stack.append((2 * width, node_hash(left, right)))
    return joined([root for _, root in stack])


def _changes(entries: Iterable[bytes]) -> tuple[dict[str, Any], ...]:
    """The policy changes among the entries, by number; the numbers must follow each other. Raises ``ValueError``."""
    found = tuple(one for one in map(event_of, entries) if one.get("event") == Kind.POLICY_CHANGE)
    numbers = [one.get("versions", {}).get("policy") for one in found]
    if any(not isinstance(number, str) or not number.isascii() or not number.isdigit() for number in numbers):
        raise ValueError("a policy change without a number")
    placed = sorted(int(number) for number in numbers)
    if placed != list(range(placed[0], placed[0] + len(placed)) if placed else []):
        raise ValueError("the numbers of the policy's versions do not follow each other")
    return tuple(sorted(found, key=lambda one: int(one["versions"]["policy"])))


def _since(value: object) -> Since | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != {"checkpoint", "peaks"} or not isinstance(value["checkpoint"], str):
        raise ValueError("the older state has another form")
    return Since(value["checkpoint"], path_of(value["peaks"]))
