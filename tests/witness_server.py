"""A small witness on loopback, written from https://c2sp.org/tlog-witness and tlog-cosignature alone.

It shares no code with the log: consistency is checked by recursion on the shape
of the tree (RFC 6962, section 2.1.2), signatures with ``cryptography``.
"""

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from second_log import sha, split_at


def roots_by_path(m: int, n: int, path: list[bytes], whole: bool, old: bytes) -> tuple[bytes, bytes]:
    """The roots of the first ``m`` and of all ``n`` leaves, as a consistency path says."""
    if m == n:
        if whole:
            assert not path
            return old, old
        (only,) = path
        return only, only
    k = split_at(n)
    if m <= k:
        first, second = roots_by_path(m, k, path[:-1], whole, old)
        return first, sha(b"\1" + second + path[-1])
    first, second = roots_by_path(m - k, n - k, path[:-1], False, old)
    return sha(b"\1" + path[-1] + first), sha(b"\1" + path[-1] + second)


class SmallWitness:
    """What it has signed last for one log, and how it misbehaves (``mood``: good, forging, broken)."""

    def __init__(self, name: str, log_key: str) -> None:
        self.name, self.mood = name, "good"
        self.origin, _, material = log_key.split("+", 2)
        self.log = Ed25519PublicKey.from_public_bytes(base64.b64decode(material)[1:])
        self.private = Ed25519PrivateKey.generate()
        self.size, self.root = 0, b""
        self.asked: list[int] = []
        self.lock = threading.Lock()
        self.port = 0

    @property
    def raw(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> bytes:
        return sha(self.name.encode() + b"\n\4" + self.raw)[:4]

    def configured(self) -> str:
        """Key and address, as the vault is told."""
        key = f"{self.name}+{self.key_id.hex()}+{base64.b64encode(bytes([4]) + self.raw).decode()}"
        return f"{key} http://127.0.0.1:{self.port}/w"

    def vkey(self) -> str:
        return self.configured().split(" ")[0]

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        """Status and body of an answer."""
        head, _, note = body.decode().partition("\n\n")
        first, *steps = head.split("\n")
        word, old = first.split(" ")
        assert word == "old"
        self.asked.append(int(old))
        text, _, signatures = note.rpartition("\n\n")
        origin, size, root = text.split("\n")
        if origin != self.origin:
            return 404, b""
        if not any(self._signed(line, f"{text}\n") for line in signatures.splitlines()):
            return 403, b""
        if int(old) > int(size):
            return 400, b""
        with self.lock:
            if int(old) != self.size or (self.size == int(size) and base64.b64decode(root) != self.root):
                return 409, f"{self.size}\n".encode()
            if not self._continues(int(size), base64.b64decode(root), [base64.b64decode(step) for step in steps]):
                return 422, b""
            self.size, self.root = int(size), base64.b64decode(root)
        return 200, self._line(f"{text}\n").encode()

    def _signed(self, line: str, text: str) -> bool:
        _, name, encoded = line.split(" ")
        try:
            self.log.verify(base64.b64decode(encoded)[4:], text.encode())
        except InvalidSignature:
            return False
        return name == self.origin

    def _continues(self, size: int, root: bytes, steps: list[bytes]) -> bool:
        if self.size in (0, size):
            return not steps
        try:
            return roots_by_path(self.size, size, steps, True, self.root) == (self.root, root)
        except (AssertionError, IndexError, ValueError):
            return False

    def _line(self, text: str) -> str:
        now = int(time.time())
        message = f"cosignature/v1\ntime {now}\n{text}".encode()
        signature = self.private.sign(message if self.mood != "forging" else b"something else")
        blob = self.key_id + now.to_bytes(8, "big") + signature
        return f"\u2014 {self.name} {base64.b64encode(blob).decode()}\n"


@contextmanager
def serving(witness: SmallWitness) -> Iterator[SmallWitness]:
    """The witness behind HTTP on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.path != "/w/add-checkpoint":
                status, answer = 404, b""
            elif witness.mood == "broken":
                status, answer = 500, b"\xff" * 40_000
            else:
                status, answer = witness.add_checkpoint(body)
            self.send_response(status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    witness.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield witness
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
