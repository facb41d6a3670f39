"""web/check.sh never passes for a check that it did not make: it says so, and where CI is set it fails."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from template import ROOT

TOOLS = ("bash", "dirname", "mktemp", "rm", "tail", "grep", "cat")
BROKEN = "echo cannot reach the registry >&2; exit 1"
OTHER = "echo Version 1.0.0"
ERRS = (
    '[[ "$*" == *--version ]] && { echo npm warns >&2; echo Version 5.9.3; exit 0; }; '
    'echo "site/js/app.js(1,1): error TS2304"; exit 2'
)
VENDORED = ERRS.replace("site/js/app.js", "site/vendor/preact.js")
NOTHING = ERRS.replace("site/js/app.js(1,1): ", "")
DIES = ERRS.replace("exit 2", "exit 134").replace('echo "site', 'true "site')
FINE = ERRS.replace("exit 2", "exit 0").replace('echo "site', 'true "site')


def checked(tmp_path: Path, npm: str | None, **environment: str) -> subprocess.CompletedProcess[str]:
    """The script, run with an npm of the test's own."""
    web, tools = tmp_path / "web", tmp_path / "tools"
    (web / "types").mkdir(parents=True)
    tools.mkdir()
    shutil.copy(ROOT / "web" / "check.sh", web)
    (web / "api_types.py").write_text("")
    for name in TOOLS:
        (tools / name).symlink_to(shutil.which(name) or "")
    if npm is not None:
        (tools / "npm").write_text(f"#!/usr/bin/env bash\n{npm}\n")
        (tools / "npm").chmod(0o755)
        (tools / "env").symlink_to("/usr/bin/env")
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run(
        ["bash", str(web / "check.sh")], capture_output=True, text=True, check=False, timeout=30,
        env={**kept, "PATH": str(tools), "PYTHON": sys.executable, **environment},
    )  # fmt: skip


@pytest.mark.parametrize("npm", [None, BROKEN, OTHER], ids=["no npm", "no TypeScript", "another one"])
def test_what_was_not_checked_is_said_and_fails_in_ci(tmp_path: Path, npm: str | None):
    done = checked(tmp_path / "here", npm)
    assert (done.returncode, "NOT CHECKED" in done.stderr) == (0, True)
    assert checked(tmp_path / "ci", npm, CI="true").returncode == 1


@pytest.mark.parametrize(
    ("npm", "code"),
    [(FINE, 0), (VENDORED, 0), (ERRS, 1), (NOTHING, 1), (DIES, 1)],
    ids=["fine", "only vendored", "an error", "no input", "it died"],
)
def test_what_was_found_counts(tmp_path: Path, npm: str, code: int):
    done = checked(tmp_path, npm)
    assert done.returncode == code, done.stdout + done.stderr
    assert "NOT CHECKED" not in done.stderr
    assert (code == 0) == ("fit the API's description" in done.stdout)
