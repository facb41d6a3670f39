"""Run one untrusted-input program with bounds on time, memory, output and file handles.

Promise: :func:`run` returns within ``wall_s`` (plus a second), with the whole
process group dead, whatever the program does; its memory, CPU seconds, each
file it writes and its open files are bounded by the kernel, its environment is
:data:`ENVIRONMENT` alone, and it has no standard input. It dies with the
thread that started it, so nothing keeps decoding for a killed worker. It keeps to one
core: ffmpeg's threads hand each other every frame, and waking each other across
cores costs more than they gain.

The limits are set by a launcher (``_launch.py``) between fork and exec.
``preexec_fn`` runs Python in a forked copy of a threaded process and can
deadlock (CPython's own documentation warns of it); ``resource.prlimit`` from
the parent leaves the child unbounded for its first moments; the ``prlimit``
program is missing in Lambda's image. The launcher costs about 15 ms, and works
as root and as Lambda's unprivileged user alike, since limits are only lowered.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LAUNCHER: Final = Path(__file__).with_name("_launch.py")

# glibc reserves 64 MiB of address space per thread and arena; one arena keeps RLIMIT_AS meaningful.
ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/nonexistent", "MALLOC_ARENA_MAX": "1"}

LOG_BYTES: Final = 65_536


@dataclass(frozen=True)
class Bounds:
    """What a program may use; ``file_bytes`` bounds each file it writes."""

    wall_s: float = 180.0
    cpu_s: int = 120
    memory_bytes: int = 768 << 20
    file_bytes: int = 600 << 20
    open_files: int = 32


@dataclass(frozen=True)
class Ended:
    """How it ended: ``code`` as of subprocess (negative: the signal), ``log`` what it said, cut to 64 KiB."""

    code: int
    log: str
    timed_out: bool = False
    cut: bool = False
    """It said more than that."""

    @property
    def stopped_by_bound(self) -> bool:
        """The kernel or the clock stopped it; SIGKILL is what an exhausted container sends."""
        return self.timed_out or -self.code in (signal.SIGXCPU, signal.SIGXFSZ, signal.SIGKILL)


def run(command: Sequence[str], bounds: Bounds, folder: Path, log: Path) -> Ended:
    """Run ``command`` in ``folder``; what it prints goes to the file ``log`` (bounded like any other)."""
    limits = [str(value) for value in (bounds.cpu_s, bounds.memory_bytes, bounds.file_bytes, bounds.open_files)]
    # -I and -S: no user site, no environment, no site-packages; the launcher needs the standard library alone.
    argv = [sys.executable, "-I", "-S", str(LAUNCHER), *limits, "--", *command]
    with log.open("w+b") as sink:
        process = subprocess.Popen(  # noqa: S603 - a fixed program; the untrusted part is the file it reads
            argv,
            cwd=folder,
            env=ENVIRONMENT,
            start_new_session=True,
            close_fds=True,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
        try:
            in_time = _ended(process, bounds.wall_s)
            code = process.wait() if in_time else -signal.SIGKILL
        finally:
            _kill_group(process)
        # From the file that was opened before: by now its name can lead to another one, or to a pipe that never ends.
        said = os.pread(sink.fileno(), LOG_BYTES, 0).decode("utf-8", "replace")
        cut = os.fstat(sink.fileno()).st_size > LOG_BYTES
    return Ended(code, said, timed_out=not in_time, cut=cut)


def _ended(process: "subprocess.Popen[bytes]", seconds: float) -> bool:
    """Whether it ended in time, told at once: ``Popen.wait`` naps up to 50 ms between looks."""
    ends = os.pidfd_open(process.pid)
    try:
        watch = select.poll()
        watch.register(ends, select.POLLIN)
        return bool(watch.poll(seconds * 1000))
    finally:
        os.close(ends)


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    """The session's process group has the child's id; it may be gone already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
