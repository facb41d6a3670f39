"""Child processes that cannot outlive us, and that we stop by their own id.

A child gets a pipe as standard input and watches it: when the parent ends,
however it ends, the pipe closes and the child stops by itself. It says
``ready`` by one line of JSON on a second pipe. Nothing is ever stopped by name.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from select import select
from time import monotonic, sleep
from typing import Any

from vault_domain.errors import Unavailable

READY_FD = "LEMM_READY_FD"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "LEMM_STACK_LOG", "POWERTOOLS_LOG_LEVEL", *_THREADS)


class StackError(Unavailable):
    """The local stack did not come up, or a part of it ended."""

    code, title = "stack", "The local stack is not running"


class Child:
    """One process of the stack, in a process group of its own."""

    def __init__(self, module: str, arguments: list[str], environment: Mapping[str, str], log: Path) -> None:
        self.module = module
        self.log = log
        ready, told = os.pipe()
        base = {name: os.environ[name] for name in _KEPT if name in os.environ}
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**base, **environment, READY_FD: str(told), "PYTHONUNBUFFERED": "1"},
                pass_fds=(told,),
                process_group=0,
            )
        os.close(told)
        self._ready = ready

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return not self._ended()

    def ready(self, timeout: float) -> dict[str, Any]:
        """What the child says once it serves; ``StackError`` with its last lines if it does not."""
        deadline, said = monotonic() + timeout, b""
        try:
            while not said.endswith(b"\n"):
                readable, _, _ = select([self._ready], [], [], max(0.0, deadline - monotonic()))
                part = os.read(self._ready, 65536) if readable else b""
                if not part:
                    raise StackError(f"{self.module} did not start; its last lines:\n{self.last_lines()}")
                said += part
        finally:
            os.close(self._ready)
        return dict(json.loads(said))

    def tell(self, **facts: object) -> None:
        """Hand it one line of JSON, which it reads with ``from_parent``."""
        if self._process.stdin is not None:
            self._process.stdin.write(json.dumps(facts).encode() + b"\n")
            self._process.stdin.flush()

    def last_lines(self, count: int = 15) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])

    def stop(self, grace: float = 10.0) -> None:
        """Ask it to stop, wait, and end what is left of its process group."""
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        if self.alive():
            self._process.terminate()
            deadline = monotonic() + grace
            while not self._ended() and monotonic() < deadline:
                sleep(0.01)
        self.kill()

    def kill(self) -> None:
        """End it and its workers at once, as a power cut would."""
        if self._process.returncode is None:  # not collected yet: its number can't be anybody else's
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _ended(self) -> bool:
        """Whether it has ended, leaving it uncollected so that its number stays ours until ``kill``."""
        if self._process.returncode is not None:
            return True
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def listen(port: int) -> socket.socket:
    """In the child: a loopback socket; ends the process with a clear word if the port is taken."""
    try:
        return socket.create_server(("127.0.0.1", port), backlog=512)
    except OSError as taken:
        sys.exit(f"port {port} is not free ({taken.strerror}); choose another one, or 0 for any")


def say_ready(**facts: object) -> None:
    """In the child: tell the parent that we serve."""
    fd = int(os.environ.pop(READY_FD))
    os.write(fd, json.dumps(facts).encode() + b"\n")
    os.close(fd)


def from_parent() -> dict[str, Any]:
    """In the child: the line that the parent sent; ends the process if the parent has gone instead."""
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(0, 1)
        if not part:
            sys.exit("the parent ended before it said what to serve")
        line += part
    return dict(json.loads(line))


def stop_with_parent(stop: Callable[[], object]) -> None:
    """In the child: call ``stop`` when the parent has gone."""

    def watch() -> None:
        while os.read(0, 4096):
            pass
        stop()

    threading.Thread(target=watch, name="parent", daemon=True).start()
