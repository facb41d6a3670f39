"""sandbox: bounds hold, the group dies, nothing of our environment leaks in."""

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from vault_audio import sandbox


def run(work, code, **bounds):
    return sandbox.run([sys.executable, "-I", "-c", code], sandbox.Bounds(**bounds), work, work / "log")


def test_output_and_code_come_back(work):
    ended = run(work, "import sys; print('said'); sys.exit(7)")
    assert (ended.code, ended.log, ended.stopped_by_bound) == (7, "said\n", False)


def test_the_environment_is_ours_alone(work, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    ended = run(work, "import os, sys; print(sorted(os.environ), sys.stdin.read())")
    assert ended.log.strip() == str(sorted(sandbox.ENVIRONMENT))


@pytest.mark.parametrize(
    ("code", "bounds"),
    [("while True: pass", {"cpu_s": 1}), ("import time; time.sleep(60)", {"wall_s": 0.5}),
     ("open('x','wb').write(bytes(2_000_000))", {"file_bytes": 1_000_000})],
)  # fmt: skip
def test_bounds_stop_it(work, code, bounds):
    begun = time.monotonic()
    ended = run(work, "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL); " + code
                if "while" not in code else code, **bounds)  # fmt: skip
    assert ended.stopped_by_bound
    assert time.monotonic() - begun < 10


def test_memory_and_open_files_are_bounded(work):
    assert "MemoryError" in run(work, "bytes(1 << 30)", memory_bytes=256 << 20).log
    assert "Too many open files" in run(work, "f = [open('/dev/null') for _ in range(100)]", open_files=20).log


def test_it_has_one_of_our_cores(work):
    got = {run(work, "import os; print(*os.sched_getaffinity(0))").log.strip() for _ in range(3)}
    assert got <= {str(core) for core in os.sched_getaffinity(0)}


def test_children_die_with_the_group(work):
    code = "import os, time; pid = os.fork(); print(pid or '', end='', flush=True); time.sleep(60)"
    ended = run(work, code, wall_s=1.0)
    child = int(ended.log.strip())
    for _ in range(50):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            break
        with contextlib.suppress(OSError):
            if Path(f"/proc/{child}/stat").read_text().split()[2] == "Z":
                break
        time.sleep(0.1)
    else:
        os.kill(child, signal.SIGKILL)
        pytest.fail("a grandchild outlived its group")


@pytest.mark.parametrize("left", ["os.mkfifo('log')", "os.symlink('/etc/passwd', 'log')"])
def test_what_it_said_is_read_from_the_file_that_was_opened(work, left):
    ended = run(work, f"import os; print('said', flush=True); os.unlink('log'); {left}")
    assert (ended.code, ended.log) == (0, "said\n")


def test_a_long_log_is_cut(work):
    assert len(run(work, "print('x' * 1_000_000)").log) == sandbox.LOG_BYTES
