"""Embed and read content credentials without parsing a file in this process, and without a key in the other one.

The other process is bounded like every program that reads untrusted bytes
(:mod:`vault_audio.sandbox`). It gets one signature per file: a parser that was
taken over could have one statement signed, and nothing after it. What it leaves
is read only from regular files of bounded size that lie in the folder itself,
and this process is hidden from it: its memory and environment can't be opened
by another process of the same user without the right to trace any process.
"""

import ctypes
import json
import os
import select
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any, Final

from vault_audio.sandbox import Bounds, Ended, run

PROGRAM: Final = Path(__file__).with_name("_c2pa.py")
MEDIA: Final = {"wav": "audio/wav", "mp3": "audio/mpeg", "flac": "audio/flac", "mp4": "audio/mp4"}
"""Container (:mod:`vault_audio.containers`) -> media type, of those that can hold credentials."""
# The native library maps 53 MB of code and reserves far more address space than it touches.
BOUNDS: Final = Bounds(wall_s=60.0, cpu_s=40, memory_bytes=2 << 30, file_bytes=320 << 20)
MAX_ANSWER: Final = 4 << 20
MAX_TO_SIGN: Final = 1 << 20
PR_SET_DUMPABLE: Final = 4
"""prctl(2), linux/prctl.h: 0 gives this process's entries in /proc to root, and forbids to trace it."""
LOOK_MS: Final = 100


@dataclass(frozen=True)
class NoCredentials:
    """Why a file has none, or can't take any; ``code`` is ``absent`` where it merely has none."""

    code: str
    why: str


FAILED: Final = NoCredentials("failed", "the program for credentials ended without a usable answer")


@dataclass(frozen=True)
class Read:
    """What a file's credentials say. ``state``: ``Trusted``, ``Valid`` (by an unknown root) or ``Invalid``."""

    state: str
    manifest: dict[str, Any]
    failures: tuple[str, ...]

    def assertion(self, label: str) -> Any:
        """The data of the one assertion of this label, or None."""
        found = [one.get("data") for one in self.manifest.get("assertions", []) if one.get("label") == label]
        return found[0] if len(found) == 1 else None


def embed(
    source: bytes, media_type: str, manifest: Mapping[str, Any], chain: str, sign: Callable[[bytes], bytes]
) -> bytes | NoCredentials:
    """The file with credentials in it, signed by ``sign``, or why it takes none."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "source").write_bytes(source)
        ask = {"do": "embed", "media_type": media_type, "manifest": dict(manifest), "chain": chain}
        _hide()
        with _one_signature(folder, sign):
            answer = _asked(folder, ask)
        if isinstance(answer, NoCredentials):
            return answer
        signed = _left(folder / "signed", BOUNDS.file_bytes)
        return FAILED if signed is None else signed


def read(source: Path, media_type: str, anchor: str) -> Read | NoCredentials:
    """A file's credentials, judged under this root (PEM)."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "source").symlink_to(source.resolve())
        answer = _asked(folder, {"do": "read", "media_type": media_type, "anchor": anchor})
    if isinstance(answer, NoCredentials):
        return answer
    results = (answer.get("results") or {}).get("activeManifest") or {}
    failures = tuple(str(one.get("code")) for one in results.get("failure", []))
    return Read(str(answer.get("state")), answer.get("manifest") or {}, failures)


def _asked(folder: Path, ask: dict[str, Any]) -> dict[str, Any] | NoCredentials:
    paths = [path for path in sys.path if path]
    (folder / "ask.json").write_text(json.dumps({**ask, "paths": paths}))
    ended = run([sys.executable, "-I", str(PROGRAM)], BOUNDS, folder, folder / "log")
    return _answer(folder / "answer.json", ended)


def _answer(path: Path, ended: Ended) -> dict[str, Any] | NoCredentials:
    if ended.stopped_by_bound:
        return NoCredentials("limit", "reading this file takes more than we allow")
    data = _left(path, MAX_ANSWER)
    if data is None:
        return FAILED
    try:
        answer = json.loads(data)
        if "done" in answer:
            return dict(answer["done"])
        code, detail = str(answer["refused"]), str(answer["detail"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return FAILED
    return NoCredentials("absent" if code == "ManifestNotFound" else "refused", detail)


def _left(path: Path, limit: int) -> bytes | None:
    """What the other process left there; None unless that is a regular file, no link, of at most ``limit`` bytes."""
    try:
        # O_NONBLOCK: a pipe without a writer is opened at once, and refused below.
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    about = os.fstat(file)
    if not stat.S_ISREG(about.st_mode) or about.st_size > limit:
        os.close(file)
        return None
    with os.fdopen(file, "rb") as opened:
        return opened.read()


def _hide() -> None:
    """Keep other processes of this user from reading this one, which holds the key."""
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


@contextmanager
def _one_signature(folder: Path, sign: Callable[[bytes], bytes]) -> Iterator[None]:
    """Answer one question on the folder's pipes, from a thread of its own."""
    for name in ("tbs", "sig"):
        os.mkfifo(folder / name, 0o600)
    over = Event()
    thread = Thread(target=_answer_one, args=(folder, sign, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _answer_one(folder: Path, sign: Callable[[bytes], bytes], over: Event) -> None:
    # Opened for reading and writing, a pipe never waits for its other end (fifo(7)).
    asked, given = (os.open(folder / name, os.O_RDWR | os.O_NONBLOCK) for name in ("tbs", "sig"))
    try:
        data = _whole(asked, over)
        if data is not None:
            os.write(given, sign(data))
            over.wait()  # the pipe holds the signature as long as this end is open
    finally:
        os.close(asked)
        os.close(given)


def _whole(pipe: int, over: Event) -> bytes | None:
    """One message with its length before it; None when none came, or one that is too long."""
    watch, data = select.poll(), b""
    watch.register(pipe, select.POLLIN)
    while not over.is_set():
        if watch.poll(LOOK_MS):
            data += os.read(pipe, 1 << 16)
        if len(data) >= 4:
            size = int.from_bytes(data[:4], "big")
            if size > MAX_TO_SIGN:
                return None
            if len(data) >= 4 + size:
                return data[4 : 4 + size]
    return None
