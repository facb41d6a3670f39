"""Proof files over several events: all under one signed checkpoint, and what they are about.

Like a proof of one event (:mod:`vault_domain.proofs`), a bundle is canonical
JSON and nothing else. Opening one shows that its events are in the log; what
they prove together is judged by :mod:`vault_domain.claims`. Format: docs/formats/proof.md.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vault_domain.canonical import canonical
from vault_domain.checkpoints import Checkpoint, NoteKey, Verify, open_checkpoint
from vault_domain.merkle import is_included, leaf_hash
from vault_domain.proofs import demand, event_of, from_text, path_of, to_text

MODEL, RUN_TRACK, OUTPUT = "model-proof", "run-track-proof", "output-proof"
KINDS = (MODEL, RUN_TRACK, OUTPUT)
MAX_BUNDLE = 8 * 1024 * 1024
MAX_EVENTS = 5_000
_FIELDS = {"about", "checkpoint", "events", "type"}


@dataclass(frozen=True)
class Placed:
    """An entry of the log, its place and its audit path."""

    entry: bytes
    index: int
    inclusion: tuple[bytes, ...]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        path = [to_text(step) for step in self.inclusion]
        return {"entry": to_text(self.entry), "index": self.index, "inclusion": path}


@dataclass(frozen=True)
class Bundle:
    """Events under one checkpoint; ``about`` holds what the kind needs beside them."""

    kind: str
    checkpoint: str
    events: tuple[Placed, ...]
    about: Mapping[str, Any] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """The file."""
        return canonical(
            {
                "type": media_type(self.kind),
                "checkpoint": self.checkpoint,
                "events": [event.document() for event in self.events],
                "about": dict(self.about),
            }
        )


@dataclass(frozen=True)
class OpenedBundle:
    """Events that are in the log, in the order of the file."""

    kind: str
    checkpoint: Checkpoint
    cosigned: dict[str, datetime]
    events: tuple[dict[str, Any], ...]
    about: Mapping[str, Any]


def media_type(kind: str) -> str:
    """The value of ``type``.

    >>> media_type("model-proof")
    'application/vnd.lemm.model-proof.v1+json'
    """
    return f"application/vnd.lemm.{kind}.v1+json"


def parse_bundle(data: bytes) -> Bundle:
    """Read a bundle in its one form. Raises ``ValueError``."""
    document = canonical_object(data, MAX_BUNDLE)
    kind = next((kind for kind in KINDS if document.get("type") == media_type(kind)), None)
    if kind is None or set(document) != _FIELDS:
        raise ValueError("not a proof of a known type in its canonical form")
    events, about = document["events"], document["about"]
    if not isinstance(events, list) or len(events) > MAX_EVENTS or not isinstance(about, dict):
        raise ValueError("a field has the wrong type")
    if not isinstance(document["checkpoint"], str):
        raise ValueError("a field has the wrong type")
    return Bundle(kind, document["checkpoint"], tuple(_placed(one) for one in events), about)


def open_bundle(bundle: Bundle, key: NoteKey, verify: Verify, witnesses: Sequence[NoteKey] = ()) -> OpenedBundle:
    """Check that every event is in the log; ``witnesses`` must all have signed. Raises ``ValueError``."""
    opened = open_checkpoint(bundle.checkpoint, key, verify, witnesses)
    demand(witnesses, opened.cosigned)
    tree = opened.checkpoint
    for one in bundle.events:
        if not is_included(leaf_hash(one.entry), one.index, tree.size, one.inclusion, tree.root):
            raise ValueError(f"entry {one.index} is not at this place under the signed root")
    if len({one.index for one in bundle.events}) != len(bundle.events):
        raise ValueError("an entry is given twice")
    events = tuple(event_of(one.entry) for one in bundle.events)
    return OpenedBundle(bundle.kind, tree, opened.cosigned, events, bundle.about)


def canonical_object(data: bytes, limit: int) -> dict[str, Any]:
    """A JSON object in its canonical bytes. Raises ``ValueError``."""
    if len(data) > limit:
        raise ValueError("too large for a proof")
    try:
        document = json.loads(data)
        same = isinstance(document, dict) and canonical(document) == data
    except (ValueError, RecursionError):
        raise ValueError("not a JSON document") from None
    if not same:
        raise ValueError("not a proof in its canonical form")
    return dict(document)


def _placed(value: object) -> Placed:
    if not isinstance(value, dict) or set(value) != {"entry", "index", "inclusion"} or type(value["index"]) is not int:
        raise ValueError("an event has another form")
    return Placed(from_text(value["entry"]), value["index"], path_of(value["inclusion"]))
