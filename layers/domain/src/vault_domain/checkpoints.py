"""Signed checkpoints: a tree's size and root in a note that anyone can check.

Formats: C2SP signed-note (https://c2sp.org/signed-note), tlog-checkpoint
(https://c2sp.org/tlog-checkpoint) and, for witnesses, the Ed25519 kind of
tlog-cosignature (https://c2sp.org/tlog-cosignature). Signatures themselves are
made and checked by functions that the caller hands in.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from vault_domain.merkle import HASH_BYTES

ED25519 = 0x01
COSIGNATURE = 0x04
MAX_NOTE = 64 * 1024
MAX_SIGNATURES = 64
_DASH = "\u2014 "
_NAME = re.compile(r"[^\s+]+")
_SIZE = re.compile("0|[1-9][0-9]{0,18}")
_VKEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)")

Verify = Callable[[bytes, bytes, bytes], bool]
"""(public key, message, signature) -> whether it holds; never raises."""
Sign = Callable[[bytes], bytes]


@dataclass(frozen=True)
class NoteKey:
    """A name and a public key that notes may be signed with; ``kind`` is the signature type."""

    name: str
    public_key: bytes
    kind: int = ED25519

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.public_key) != HASH_BYTES:
            raise ValueError("not a key's name and 32 bytes of a public key")

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public_key).digest()[:4]

    def text(self) -> str:
        """The verifier key: what somebody who wants to check notes is given."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([self.kind]) + self.public_key)}"


@dataclass(frozen=True)
class Checkpoint:
    """The state of a log that was signed."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"


@dataclass(frozen=True)
class Opened:
    """A checkpoint whose signature was checked, and when each known witness had seen it."""

    checkpoint: Checkpoint
    cosigned: dict[str, datetime]


def parse_key(text: str) -> NoteKey:
    """A verifier key from its text. Raises ``ValueError``."""
    found = _VKEY.fullmatch(text.strip())
    if found is None:
        raise ValueError("a log's key looks like name+hash+base64")
    material = _unbase64(found[3])
    if len(material) != 1 + HASH_BYTES or material[0] not in (ED25519, COSIGNATURE):
        raise ValueError("not an Ed25519 key")
    key = NoteKey(found[1], material[1:], material[0])
    if key.key_id.hex() != found[2]:
        raise ValueError("the key does not belong to its name and hash")
    return key


def sign_checkpoint(checkpoint: Checkpoint, key: NoteKey, sign: Sign) -> str:
    """The signed note."""
    if not checkpoint.origin or set(checkpoint.origin) & set("\n\r"):
        raise ValueError("an origin is one line")
    body = checkpoint.body()
    return f"{body}\n{_DASH}{key.name} {_base64(key.key_id + sign(body.encode()))}\n"


def cosign(note: str, key: NoteKey, sign: Sign, moment: datetime) -> str:
    """The note with a witness's signature added, as a witness would."""
    body, _ = _split(note)
    seconds = int(moment.timestamp())
    signature = seconds.to_bytes(8, "big") + sign(_witnessed(body, seconds))
    return f"{note}{_DASH}{key.name} {_base64(key.key_id + signature)}\n"


def open_checkpoint(note: str, key: NoteKey, verify: Verify, witnesses: Iterable[NoteKey] = ()) -> Opened:
    """Check a signed checkpoint of the log that ``key`` belongs to. Raises ``ValueError``.

    Signatures of unknown keys are ignored, as the specification demands; one of
    a known key that does not hold refuses the whole.
    """
    body, lines = _split(note)
    found, cosigned, known = False, dict[str, datetime](), tuple(witnesses)
    for name, signature in lines:
        if (name, signature[:4]) == (key.name, key.key_id):
            if not verify(key.public_key, body.encode(), signature[4:]):
                raise ValueError("the log's signature does not hold")
            found = True
        for witness in known:
            if (name, signature[:4]) == (witness.name, witness.key_id):
                cosigned[name] = _cosigned(body, witness, signature[4:], verify)
    if not found:
        raise ValueError("not signed by this log")
    checkpoint = _parse_body(body)
    if checkpoint.origin != key.name:
        raise ValueError("signed for another log")
    return Opened(checkpoint, cosigned)


def _cosigned(body: str, witness: NoteKey, signature: bytes, verify: Verify) -> datetime:
    seconds = int.from_bytes(signature[:8], "big")
    if witness.kind != COSIGNATURE or not verify(witness.public_key, _witnessed(body, seconds), signature[8:]):
        raise ValueError(f"the signature of witness {witness.name} does not hold")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        raise ValueError(f"the time of witness {witness.name} is none") from None


def _witnessed(body: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{body}".encode()


def _parse_body(body: str) -> Checkpoint:
    """Origin, size, root; extension lines are signed and not read."""
    origin, size, root, *extensions = body.split("\n")[:-1]
    if not origin or not _SIZE.fullmatch(size) or not all(extensions):
        raise ValueError("not a checkpoint")
    hashed = _unbase64(root)
    if len(hashed) != HASH_BYTES:
        raise ValueError("the root is not a SHA-256")
    return Checkpoint(origin, int(size), hashed)


def _split(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Text and signatures of a note. Raises ``ValueError``."""
    if len(note) > MAX_NOTE or any(ord(letter) < 32 and letter != "\n" for letter in note):
        raise ValueError("not a note: too long, or with control characters")
    text, gap, tail = note.rpartition("\n\n")
    lines = tail.split("\n")
    if not gap or lines.pop() or not 0 < len(lines) <= MAX_SIGNATURES or text.count("\n") < 2:
        raise ValueError("not a signed checkpoint")
    return f"{text}\n", [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes]:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    data = _unbase64(encoded)
    if not line.startswith(_DASH) or not _NAME.fullmatch(name) or len(data) < 5:
        raise ValueError("not a signature line")
    return name, data


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _unbase64(text: str) -> bytes:
    """Strict: no other spelling of the same bytes."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise ValueError("not base64") from None
    if _base64(data) != text:
        raise ValueError("not base64 in its one spelling")
    return data
