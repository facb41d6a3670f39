"""What a file proves, or why it proves nothing. Reads the file and the keys, and nothing else.

The file must be in its one byte form (a single newline at the end is let pass),
so whoever changes any bit of it is found out.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from lemm.verify.keys import Trusted
from vault_audio.containers import identify
from vault_domain.bundles import KINDS, OUTPUT, media_type, open_bundle, parse_bundle
from vault_domain.checkpoints import Checkpoint, NoteKey
from vault_domain.claims import judge
from vault_domain.dsse import IN_TOTO, parse
from vault_domain.errors import Unauthenticated
from vault_domain.exporting import CERTIFICATE, read_certificate
from vault_domain.proofs import Proven, check_proof, parse_proof
from vault_domain.ranges import POLICY, ProvenRange, check_range, parse_range
from vault_domain.safety_receipt import SAFETY_RECEIPT, check_entry, read_receipt
from vault_store.dsse import open_sealed, open_statement
from vault_store.signer import verify

MAX_FILE = 64 * 2**20
_TYPE = re.compile(r"application/vnd\.lemm\.([a-z][a-z0-9-]{0,60})\.v1\+json")


class Refused(Exception):
    """The file does not prove anything; the message says why."""


@dataclass(frozen=True)
class Verdict:
    """What was found to be true: in a sentence, and as data."""

    kind: str
    says: str
    facts: dict[str, Any]


def verify_file(path: Path, trusted: Trusted, witnesses: Sequence[NoteKey] = ()) -> Verdict:
    """Check one file. Raises ``Refused``."""
    if path.stat().st_size > MAX_FILE:
        raise Refused("too large for a proof or receipt")
    data = path.read_bytes().removesuffix(b"\n")
    document = _document(data)
    if "payloadType" in document:
        if witnesses:
            raise Refused("a witness signs checkpoints of the log, and this file has none; leave --witness out")
        return _envelope(data, trusted)
    if trusted.log is None:
        raise Refused("a log proof is checked with the log's key (name+hash+base64), not with this one")
    try:
        return _proof(document.get("type"), data, trusted.log, witnesses)
    except ValueError as flaw:
        raise Refused(str(flaw)) from None


def is_audio(path: Path) -> bool:
    """Whether this is a sound file; everything that the vault signs is JSON."""
    with path.open("rb") as file:
        return file.read(1) != b"{" and identify(path) is not None


def verify_with_proof(
    receipt: Path, trusted: Trusted, proof: Path, log: NoteKey, witnesses: Sequence[NoteKey] = ()
) -> Verdict:
    """Check the receipt of an output check, and that the proof is of the very entry that it names. Raises ``Refused``.

    1. The receipt's signature holds. 2. The proof is of one entry, under a checkpoint of this log. 3. The entry's
    hash is the one in the receipt.
    """
    signed = verify_file(receipt, trusted)  # 1
    if signed.kind != SAFETY_RECEIPT:
        raise Refused(f"a proof goes with a {SAFETY_RECEIPT}, and this is a {signed.kind}")
    shown = verify_file(proof, Trusted(log=log), witnesses)  # 2
    try:
        check_entry(read_receipt(signed.facts), _only_entry(proof.read_bytes().removesuffix(b"\n")))  # 3
    except ValueError as flaw:
        raise Refused(str(flaw)) from None
    tree = {name: shown.facts[name] for name in ("origin", "size", "root")}
    says = f"{signed.says}; in the log {tree['origin']} of {tree['size']} entries"
    return Verdict(signed.kind, says, {**signed.facts, "proven": tree})


def _only_entry(data: bytes) -> bytes:
    """The entry of a proof that was verified. Raises ``ValueError`` for a proof of several."""
    if _document(data).get("type") == media_type(OUTPUT):
        (placed,) = parse_bundle(data).events
        return placed.entry
    return parse_proof(data).entry


def _document(data: bytes) -> dict[str, Any]:
    """Only chooses whose refusal is given; each form is checked strictly after."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise Refused("not a JSON document") from None
    return document if isinstance(document, dict) else {}


def _proof(kind: object, data: bytes, key: NoteKey, witnesses: Sequence[NoteKey]) -> Verdict:
    """A proof of whichever kind. Raises ``ValueError``."""
    if kind == media_type(POLICY):
        return _range(check_range(parse_range(data), key, verify, witnesses))
    if kind in [media_type(name) for name in KINDS]:
        opened = open_bundle(parse_bundle(data), key, verify, witnesses)
        claim = judge(opened)
        return Verdict(opened.kind, claim.says + _seen(opened.cosigned), {**claim.facts, **_tree(opened.checkpoint)})
    return _told(check_proof(parse_proof(data), key, verify, witnesses))


def _range(proven: ProvenRange) -> Verdict:
    since = f"entry {proven.older.size}" if proven.older else "the beginning"
    says = f"{len(proven.changes)} policy change(s) from {since} to entry {proven.newer.size}, and no other"
    facts = {"since": proven.older.size if proven.older else 0, "changes": list(proven.changes)}
    return Verdict(POLICY, says + _seen(proven.cosigned), {**facts, **_tree(proven.newer)})


def _tree(tree: Checkpoint) -> dict[str, Any]:
    return {"origin": tree.origin, "size": tree.size, "root": tree.root.hex()}


def _seen(cosigned: dict[str, datetime]) -> str:
    return f"; seen by {', '.join(sorted(cosigned))}" if cosigned else ""


def _envelope(data: bytes, trusted: Trusted) -> Verdict:
    if not trusted.envelopes:
        raise Refused("a signed envelope is checked with a key set or 64 hexadecimal digits, not with a log's key")
    try:
        kind = parse(data).payload_type
    except ValueError as flaw:
        raise Refused(f"not a signed envelope: {flaw}") from None
    name = _TYPE.fullmatch(kind)
    if name is None and kind != IN_TOTO:
        raise Refused(f"a document of an unknown type: {kind[:100]}")
    try:
        if name is None:
            statement = open_statement(data, trusted.envelopes)
            return Verdict("in-toto", "an in-toto statement, signed with the key that you gave", statement)
        document = open_sealed(data, name[1], trusted.envelopes)
    except Unauthenticated as flaw:
        raise Refused(flaw.detail) from None
    return Verdict(name[1], _says(name[1], document), document)


def _says(name: str, document: dict[str, Any]) -> str:
    """Raises ``Refused`` for a receipt that was signed but is none."""
    signed = f"a {name}, signed with the key that you gave"
    try:
        if name == CERTIFICATE:
            return f"{signed}: {read_certificate(document)}"
        return f"{signed}: {read_receipt(document).says}" if name == SAFETY_RECEIPT else signed
    except ValueError as flaw:
        raise Refused(str(flaw)) from None


def _told(proven: Proven) -> Verdict:
    tree, event = proven.checkpoint, proven.event
    says = f"entry {proven.index} of {tree.size} in the log {tree.origin}: {event.get('event', 'an event by its hash')}"
    if proven.older is not None:
        says += f"; the log of {proven.older.size} entries is the beginning of this one"
    says += _seen(proven.cosigned)
    facts = {
        "index": proven.index,
        "size": tree.size,
        "origin": tree.origin,
        "root": tree.root.hex(),
        "older_size": proven.older.size if proven.older else None,
        "cosigned": {name: moment.isoformat() for name, moment in sorted(proven.cosigned.items())},
        "event": event,
    }
    return Verdict("log-proof", says, facts)
