"""The `lemm` command as a person's terminal runs it: a process of its own, with a home of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-m", "lemm.main"]


class Shell:
    """A person's terminal: a home of their own, and the vault's address."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "OMP_NUM_THREADS": "1",
            **environment,
        }
        self.home = home

    def run(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *map(str, arguments)],
            env={**self.environment, **environment},
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def lines(self, *arguments: object, code: int = 0, **environment: str) -> list[dict]:
        """What a command prints with --json; everything on standard output is JSON."""
        done = self.run(*arguments, "--json", **environment)
        assert done.returncode == code, done.stderr + done.stdout
        return [json.loads(line) for line in done.stdout.splitlines()]

    def refusal_of_programs(self, *arguments: object) -> str:
        (said,) = self.lines(*arguments, code=1)
        return str(said["error"]["code"])

    def refusal(self, *arguments: object, **environment: str) -> str:
        """The code that a refused command prints, the same for people and for programs."""
        (said,) = self.lines(*arguments, code=1, **environment)
        plain = self.run(*arguments, **environment)
        assert plain.returncode == 1
        assert said["error"]["code"] in plain.stderr
        assert "Traceback" not in plain.stderr
        return str(said["error"]["code"])
