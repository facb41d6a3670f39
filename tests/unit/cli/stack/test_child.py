"""Children: told, ready, stopped with everything they started, and never outliving us."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lemm.stack.child import Child, StackError

BODY = """
import json, os, subprocess, sys, time
from lemm.stack.child import from_parent, say_ready, stop_with_parent
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
heard = from_parent()["word"]
stop_with_parent(lambda: os._exit(3))
say_ready(heard=heard, worker=worker.pid)
time.sleep(60)
"""


@pytest.fixture
def module(tmp_path):
    def write(body: str) -> dict[str, str]:
        (tmp_path / "stack_child_under_test.py").write_text(body)
        return {"PYTHONPATH": str(tmp_path)}

    return write


def start(tmp_path: Path, environment: dict[str, str]) -> Child:
    return Child("stack_child_under_test", [], environment, tmp_path / "child.log")


def gone(pid: int, seconds: float = 5.0) -> bool:
    """Whether the process has ended, or does so soon (a signal takes a moment to be delivered)."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_it_ends_with_everything_it_started(tmp_path, module, end):
    child = start(tmp_path, module(BODY))
    child.tell(word="hello")
    facts = child.ready(10)
    assert facts["heard"] == "hello"
    assert child.alive()
    getattr(child, end)()
    assert not child.alive()
    assert gone(facts["worker"])
    getattr(child, end)()


def test_one_that_will_not_stop_is_ended(tmp_path, module):
    body = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    child = start(tmp_path, module(f"{body}from lemm.stack.child import say_ready\nsay_ready()\ntime.sleep(60)\n"))
    child.ready(10)
    began = time.monotonic()
    child.stop(grace=0.2)
    assert time.monotonic() - began < 5
    assert not child.alive()


def test_a_child_that_fails_is_told_with_its_last_words(tmp_path, module):
    child = start(tmp_path, module("import sys\nsys.exit('the reason')\n"))
    with pytest.raises(StackError, match="the reason"):
        child.ready(10)
    child.stop()


def test_a_child_that_says_nothing_is_not_waited_for_forever(tmp_path, module):
    child = start(tmp_path, module("import time\ntime.sleep(60)\n"))
    with pytest.raises(StackError, match="did not start"):
        child.ready(0.2)
    child.stop()


def test_it_ends_when_its_parent_is_killed(tmp_path, module):
    environment = module(BODY)
    code = f"""
import sys, time
from pathlib import Path
from lemm.stack.child import Child
child = Child("stack_child_under_test", [], {environment!r}, Path({str(tmp_path / "child.log")!r}))
child.tell(word="x")
child.ready(10)
print(child.pid, flush=True)
time.sleep(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert gone(pid)


def test_a_taken_port_is_named(tmp_path, module):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        child = start(tmp_path, module(f"from lemm.stack.child import listen\nlisten({port})\n"))
        with pytest.raises(StackError, match=f"port {port} is not free"):
            child.ready(10)
        child.stop()


def test_only_named_variables_are_handed_on(tmp_path, module, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "mine")
    body = "import os\nfrom lemm.stack.child import say_ready\nsay_ready(names=sorted(os.environ))\n"
    child = start(tmp_path, module(body))
    assert "AWS_SECRET_ACCESS_KEY" not in child.ready(10)["names"]
    assert "PATH" in os.environ
    child.stop()
