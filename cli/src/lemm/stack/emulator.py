"""The emulator: MiniStack in a process of ours, on loopback, with signatures checked and writes kept.

``python -m lemm.stack.emulator DATA PORT`` is the child that ``up`` starts; port
0 takes a free one. In order:

1. take the data folder's lock, so that two stacks never share one folder;
2. bind 127.0.0.1, set MiniStack's settings, which it reads when imported;
3. finish interrupted object writes, recover the journal;
4. import MiniStack, put the recorders and the door in place;
5. serve, say ``ready``, and stop on SIGTERM or when the parent has gone.

The folder: ``secrets.json`` (0600), ``journal/``, ``s3/``,
``logs/``, ``run/`` (wiped at each start), ``lock``.
"""

import asyncio
import fcntl
import logging
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from lemm.stack import machines, workers
from lemm.stack.child import listen, say_ready, stop_with_parent
from lemm.stack.events import name_versions
from lemm.stack.files import make_folder
from lemm.stack.guard import Asgi, guarded, only_root
from lemm.stack.journal import Journal
from lemm.stack.keyring import Keyring
from lemm.stack.objects import DurableObjects, finish_pairs
from lemm.stack.provisioning import as_on_aws
from lemm.stack.tables import TableRecorder
from vault_domain.errors import Corrupt

REGION = "eu-central-1"
ACCOUNT = "000000000000"
SERVICES = (
    "s3,dynamodb,lambda,states,events,iam,sts,cloudformation,logs,secretsmanager,ssm,kms,sqs,sns,scheduler,monitoring"
)


def settings(data: Path, port: int) -> dict[str, str]:
    """The environment that MiniStack and, through it, the Lambda workers see. It holds no secret."""
    return {
        "AUTH": "true",
        "AWS_DEFAULT_REGION": REGION,
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_HOST": "localhost",
        "GATEWAY_PORT": str(port),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(data / "s3"),
        "PERSIST_STATE": "0",
        "SERVICES": SERVICES,
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",  # it would listen on every address
        "DOCKER_HOST": f"unix://{data}/no-docker",
        "LOG_LEVEL": os.environ.get("LEMM_STACK_LOG", "WARNING"),
        "POWERTOOLS_LOG_LEVEL": os.environ.get(
            "POWERTOOLS_LOG_LEVEL", "INFO"
        ),  # else LOG_LEVEL would hold for functions
        "TMPDIR": str(data / "run"),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),
        "OPENBLAS_NUM_THREADS": os.environ.get("OPENBLAS_NUM_THREADS", "1"),
    }


def lock(data: Path, patience: float = 5.0) -> int:
    """Hold the folder for the life of this process; a stack that is just ending gets a moment to do so."""
    fd = os.open(data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = monotonic() + patience
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return fd
        except BlockingIOError:
            if monotonic() > deadline:
                sys.exit(f"{data} is in use by another running stack; stop it, or choose another data folder")
            sleep(0.05)


def wrap(data: Path, journal: Journal) -> tuple[Asgi, TableRecorder, DurableObjects]:
    """MiniStack's application with its state made durable and its door closed."""
    kept = journal.recover()
    app: Any = import_module("ministack.app")
    objects = DurableObjects(app._get_module("s3"))
    objects.install()
    tables = TableRecorder(app._get_module("dynamodb"), journal, kept)
    tables.install()
    as_on_aws(import_module("ministack.services.cloudformation.provisioners"))
    name_versions(app._get_module("s3"), app._get_module("eventbridge"))
    machines.as_on_aws(app._get_module("stepfunctions"), import_module("ministack.core.iam_actions"))
    keyring = Keyring(data)
    sts = app._get_module("sts")
    only_root(import_module("ministack.core.iam_evaluator"), sts, ACCOUNT, keyring.root_key())
    sessions = workers.RoleSessions(sts.register_session)
    functions = app._get_module("lambda_svc")
    workers.install(import_module("ministack.core.lambda_runtime"), functions, sessions, data / "logs" / "functions")
    return guarded(app.app, keyring.token("control_token"), _session_of(functions, sessions)), tables, objects


def _session_of(functions: Any, sessions: workers.RoleSessions) -> Callable[[str], dict[str, str] | None]:
    """The role credentials of a function, for whoever serves it over HTTP."""

    def for_function(name: str) -> dict[str, str] | None:
        record = functions._functions.get_scoped(ACCOUNT, REGION, name)
        return None if record is None else sessions.credentials(record["config"])

    return for_function


async def serve(application: Asgi, listener: socket.socket, **facts: object) -> None:
    """Serve until SIGTERM, SIGINT or the parent's end."""
    config_module: Any = import_module("hypercorn.config")
    hypercorn: Any = import_module("hypercorn.asyncio")
    config = config_module.Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    config.graceful_timeout = 3
    config.shutdown_timeout = 5
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    stop_with_parent(lambda: loop.call_soon_threadsafe(stopping.set))
    say_ready(**facts)
    await hypercorn.serve(application, config, shutdown_trigger=stopping.wait)


def run(data: Path, port: int) -> None:
    """The child's whole life."""
    began = monotonic()
    make_folder(data)
    held = lock(data)
    listener = listen(port)
    port = listener.getsockname()[1]
    shutil.rmtree(data / "run", ignore_errors=True)
    make_folder(data / "run")
    os.environ.update(settings(data, port))
    logging.basicConfig(level=os.environ["LOG_LEVEL"], format="%(asctime)s %(levelname)s %(name)s %(message)s")
    finished = finish_pairs(data / "s3")
    journal = Journal(data / "journal")
    application, tables, _ = wrap(data, journal)
    facts = {"port": port, "seconds": monotonic() - began, "items": len(tables.kept), "finished": finished}
    try:
        asyncio.run(serve(application, listener, **facts))
    finally:
        journal.close()
        os.close(held)


if __name__ == "__main__":
    try:
        run(Path(sys.argv[1]).resolve(), int(sys.argv[2]))
    except Corrupt as damage:
        sys.exit(str(damage))
