"""CI's script: the heavy rest may run out of time, and says so; a failure or a foreign kill is never forgiven."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "run"
STUBBORN = "trap '' INT; sleep 60 & sleep 60"
"""Goes on when told to stop: an ignored signal stays ignored in what it starts."""


def ci(folder: Path, heavy: str, spent: int) -> tuple[int, str]:
    """Exit status and output where ``make test-full`` is ``heavy`` and ``spent`` seconds have gone before."""
    make = f'#!/bin/bash\ntest "$1" = test-full || exit 0\n{heavy}\n'
    grace = '#!/bin/bash\nexec /usr/bin/timeout "$1" --kill-after=1 "${@:3}"\n'
    for name, text in (("make", make), ("timeout", grace)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    env = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "SECONDS": str(spent)}
    done = subprocess.run(["bash", str(SCRIPT)], env=env, capture_output=True, text=True, timeout=50, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("heavy", "spent", "code", "said"),
    [
        ("exit 0", 0, 0, None),
        ("exit 2", 0, 2, None),
        ("sleep 30", 3299, 0, "CUT SHORT"),
        (STUBBORN, 3299, 0, "CUT SHORT"),
        ("kill -9 $$", 3200, 137, None),
        ("exit 2", 3300, 0, "SKIPPED"),
    ],
)
def test_only_running_out_of_time_is_forgiven_and_is_said(
    tmp_path: Path, heavy: str, spent: int, code: int, said: str | None
):
    status, output = ci(tmp_path, heavy, spent)
    assert status == code, output
    assert ("THE HEAVY REST WAS" in output) is (said is not None)
    assert (said or "") in output
