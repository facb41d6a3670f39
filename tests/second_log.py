"""A second reader of the log, written from the specifications alone; it shares no code with the first.

Trees are computed whole, by the recursive definitions of RFC 6962 (section 2.1),
from entries that it reads out of bundles; proofs are checked by recursion on
the shape of the tree, not by the bit arithmetic of RFC 9162. Notes are checked
with ``cryptography`` directly.
"""

import base64
import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def split_at(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(entries: list[bytes]) -> bytes:
    if not entries:
        return sha(b"")
    if len(entries) == 1:
        return sha(b"\0" + entries[0])
    k = split_at(len(entries))
    return sha(b"\1" + mth(entries[:k]) + mth(entries[k:]))


def audit_path(m: int, entries: list[bytes]) -> list[bytes]:
    if len(entries) == 1:
        return []
    k = split_at(len(entries))
    if m < k:
        return [*audit_path(m, entries[:k]), mth(entries[k:])]
    return [*audit_path(m - k, entries[k:]), mth(entries[:k])]


def consistency(m: int, entries: list[bytes], whole: bool = True) -> list[bytes]:
    n = len(entries)
    if m == n:
        return [] if whole else [mth(entries)]
    k = split_at(n)
    if m <= k:
        return [*consistency(m, entries[:k], whole), mth(entries[k:])]
    return [*consistency(m - k, entries[k:], False), mth(entries[:k])]


def root_by_path(leaf: bytes, m: int, n: int, path: list[bytes]) -> bytes:
    """The root that an audit path leads to; the path must be used up exactly."""
    if n == 1:
        if path:
            raise ValueError("too long")
        return leaf
    if not path:
        raise ValueError("too short")
    k = split_at(n)
    if m < k:
        return sha(b"\1" + root_by_path(leaf, m, k, path[:-1]) + path[-1])
    return sha(b"\1" + path[-1] + root_by_path(leaf, m - k, n - k, path[:-1]))


class SecondReader:
    """Reads a whole log through ``get(path) -> bytes`` and refuses whatever does not add up."""

    def __init__(self, get: Callable[[str], bytes], vkey: str) -> None:
        self.get = get
        self.name, self.hash, material = vkey.split("+", 2)
        self.public = base64.b64decode(material)[1:]
        assert base64.b64decode(material)[0] == 1

    def head(self) -> tuple[int, bytes]:
        """Size and root of the signed checkpoint."""
        text, _, signatures = self.get("checkpoint").decode().rpartition("\n\n")
        (line,) = signatures.splitlines()
        dash, name, encoded = line.split(" ")
        blob = base64.b64decode(encoded, validate=True)
        wanted = sha(self.name.encode() + b"\n\1" + self.public)[:4]
        assert (dash, name, blob[:4]) == ("\u2014", self.name, wanted)
        assert wanted.hex() == self.hash
        assert signatures.endswith("\n")
        assert base64.b64encode(blob).decode() == encoded
        Ed25519PublicKey.from_public_bytes(self.public).verify(blob[4:], (text + "\n").encode())
        origin, size, root = text.split("\n")
        assert origin == self.name
        return int(size), base64.b64decode(root)

    def entries(self) -> list[bytes]:
        """Every entry, after bundles, tiles and root were found to agree."""
        size, root = self.head()
        found: list[bytes] = []
        for n in range(-(-size // 256)):
            width = min(256, size - n * 256)
            bundle = self._bundle(self.get(self._path("entries", n, width)))
            assert len(bundle) == width
            tile = self.get(self._path("0", n, width))
            assert tile == b"".join(sha(b"\0" + entry) for entry in bundle)
            found += bundle
        self._upper_levels(found)
        assert mth(found) == root
        return found

    def _upper_levels(self, entries: list[bytes]) -> None:
        level, span = 1, 256
        while len(entries) >= span:
            complete = len(entries) // span
            for n in range(-(-complete // 256)):
                width = min(256, complete - n * 256)
                wanted = [mth(entries[i * span : (i + 1) * span]) for i in range(n * 256, n * 256 + width)]
                assert self.get(self._path(str(level), n, width)) == b"".join(wanted)
            level, span = level + 1, span * 256

    @staticmethod
    def _path(level: str, n: int, width: int) -> str:
        digits = f"{n:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        path = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
        return f"tile/{level}/{path}" + (f".p/{width}" if width < 256 else "")

    @staticmethod
    def _bundle(data: bytes) -> list[bytes]:
        found = []
        while data:
            length = data[0] * 256 + data[1]
            found.append(data[2 : 2 + length])
            assert len(found[-1]) == length
            data = data[2 + length :]
        return found
