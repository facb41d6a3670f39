"""Lower this process's limits, keep to one core, become the given program. Run by :mod:`vault_audio.sandbox` alone.

Usage: python -I -S _launch.py CPU_S MEMORY_BYTES FILE_BYTES OPEN_FILES -- PROGRAM [ARGUMENT ...]
"""

import ctypes
import os
import resource
import sys

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38  # linux/prctl.h
SIGKILL = 9  # the module signal takes 5 ms to import, a third of all that a launch takes


def one_core() -> None:
    """Quicker, and no promise: where the host does not let us choose, any core will do."""
    try:
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[os.getpid() % len(cores)]})
    except OSError:
        pass


def main() -> None:
    cpu_s, memory, file_bytes, files = (int(value) for value in sys.argv[1:5])
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_CPU, cpu_s)
    lower(resource.RLIMIT_FSIZE, file_bytes)
    lower(resource.RLIMIT_NOFILE, files)
    lower(resource.RLIMIT_AS, memory)
    one_core()
    os.execv(sys.argv[6], sys.argv[6:])  # noqa: S606 - becoming that program is the point


def lower(kind: int, value: int) -> None:
    """Set soft and hard limit, never above the hard limit that is there (raising needs root)."""
    hard = resource.getrlimit(kind)[1]
    bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (bound, bound))


main()
