"""Lambda workers as AWS runs them, where MiniStack differs in ways that we would feel.

1. Credentials: MiniStack derives a role's keys from public names, so anybody on
   this machine could compute them. Here they are random (``RoleSessions``).
2. Errors: the class of what a handler raised becomes ``errorType``, as on AWS;
   state machines catch by it. MiniStack says ``Runtime.HandlerError`` for all.
3. A handler that raised keeps its warm worker, as on AWS; MiniStack ends it, so
   that each refusal would cost a cold start.
4. What a function writes goes to ``logs/functions/NAME.log`` as it is written;
   MiniStack keeps it in memory, and drops what comes late. A function that
   writes nothing is not waited for 50 ms, and one that writes for 1 ms, not 5.
5. A function runs in at most as many workers as there are cores, and the next
   call waits its turn; MiniStack starts a process for each, hundreds of them.
   A call that invokes its own function would wait for itself: after
   ``TURN_SECONDS`` it goes ahead. Workers run at a lower priority than the
   processes that answer people.
"""

import os
import secrets
import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

_REPORT = (
    '_real_stdout.write(json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()}) + "\\n")\n'
    "        _real_stdout.flush()"
)
_RAISED = (
    '_real_stdout.write(json.dumps({"status": "ok", "result": None, "raised": '
    '{"error": str(e), "type": type(e).__name__, "trace": traceback.format_exc()}}) + "\\n")\n'
    "        _real_stdout.flush()"
)
_LOG_LIMIT = 16 << 20
TURN_SECONDS = 120.0
_POLITELY = "import os\nos.nice(5)\n"


class RoleSessions:
    """Random credentials per function and role; they live as long as the emulator does."""

    def __init__(self, register: Callable[[str, dict[str, str]], None]) -> None:
        self._register = register
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], dict[str, str]] = {}

    def credentials(self, config: dict[str, Any]) -> dict[str, str]:
        """The environment that makes a process the function's role (same role, same session)."""
        key = (config.get("FunctionArn", ""), config.get("Role", ""))
        with self._lock:
            if key not in self._known:
                self._known[key] = self._open(config.get("FunctionName", "function")[:64], key[1])
            return dict(self._known[key])

    def _open(self, function: str, role: str) -> dict[str, str]:
        account, name = role.split(":")[4], role.rsplit("/", 1)[-1]
        key, secret, token = (
            "ASIA" + secrets.token_hex(8).upper(),
            secrets.token_urlsafe(30),
            secrets.token_urlsafe(48),
        )
        session = {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{function}",
            "UserId": f"{name}:{function}",
            "SecretAccessKey": secret,
            "SessionToken": token,
        }
        self._register(key, session)
        return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}


def install(runtime: Any, functions: Any, sessions: RoleSessions, logs: Path) -> None:
    """Put all of it in place, before the first function is created."""
    script: str = runtime._PYTHON_WORKER_SCRIPT
    if _REPORT not in script:
        raise RuntimeError("this MiniStack is not the one that we know; see docs/runbooks/local-stack.md")
    runtime.execution_credentials = sessions.credentials
    functions.execution_credentials = sessions.credentials
    runtime._PYTHON_WORKER_SCRIPT = _POLITELY + script.replace(_REPORT, _RAISED)
    runtime.Worker._drain_stderr_bounded.__defaults__ = (0.005, 0.001, 0.250)
    runtime.Worker.invoke = _keep_worker(runtime.Worker.invoke, logs)
    runtime.Worker._read_stderr = keep_output(logs)
    in_turn = take_turns(functions._execute_function_warm, max(2, os.cpu_count() or 2))
    functions._execute_function_warm = _tell(in_turn)


_last = threading.local()


def _keep_worker(inner: Callable[..., Any], logs: Path) -> Callable[..., Any]:
    """The worker reports what was raised as a result; here it becomes an error again, with its trace in the log."""

    def invoke(self: Any, *arguments: Any, **options: Any) -> dict[str, Any]:
        result: dict[str, Any] = inner(self, *arguments, **options)
        raised = result.pop("raised", None)
        _last.type = raised["type"] if raised else None
        if raised is None:
            return result
        append_log(logs / f"{self.func_name}.log", raised["trace"].rstrip())
        return {**result, **raised, "status": "error"}

    return invoke


def take_turns(inner: Callable[..., Any], workers: int, seconds: float = TURN_SECONDS) -> Callable[..., Any]:
    """Let at most so many calls of one function run at a time; the others wait."""
    turns: dict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(workers))

    def execute(function: dict[str, Any], event: Any, request_id: str) -> Any:
        turn = turns[_name(function)]
        mine = turn.acquire(timeout=seconds)
        try:
            return inner(function, event, request_id)
        finally:
            if mine:
                turn.release()

    return execute


def _name(function: dict[str, Any]) -> str:
    return str((function.get("config") or function).get("FunctionName", "function"))


def _tell(inner: Callable[..., Any]) -> Callable[..., Any]:
    """Name the error by its class."""

    def execute(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        _last.type = None
        result: dict[str, Any] = inner(function, event, request_id)
        if _last.type and result.get("error"):
            result["body"]["errorType"] = _last.type
        return result

    return execute


def keep_output(logs: Path) -> Callable[[Any], None]:
    """In place of MiniStack's reader of a worker's output: the log file gets each line, and so does its queue."""
    logs.mkdir(parents=True, exist_ok=True)

    def read(worker: Any) -> None:
        log = logs / f"{worker.func_name}.log"
        with suppress(OSError, ValueError):  # the worker was ended
            for line in worker._proc.stderr:
                append_log(log, line.rstrip("\n"))
                worker._stderr_queue.put(line.rstrip("\n"))

    return read


def append_log(path: Path, text: str) -> None:
    """Append, and start over with one older file kept once it is large."""
    if path.exists() and path.stat().st_size > _LOG_LIMIT:
        path.replace(path.with_suffix(".log.1"))
    with path.open("a") as file:
        file.write(text + "\n")
