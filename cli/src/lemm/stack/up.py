"""The whole local stack: emulator, deployment, HTTP functions; started and stopped as one.

``Stack`` promises:

1. ``start`` returns when everything answers, and finds again what an earlier
   start of the same data folder acknowledged; if a part fails, it stops the
   rest and raises ``StackError`` with the reason.
2. ``stop`` ends only processes that this object started, by their id.
3. Nothing listens outside loopback, and every secret of the folder is in
   ``secrets.json`` (0600).
"""

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import quote

import boto3
from botocore.config import Config
from lemm.stack import deploy as deployment
from lemm.stack import template as templates
from lemm.stack.child import Child, StackError
from lemm.stack.emulator import REGION
from lemm.stack.files import make_folder
from lemm.stack.guard import SESSION_PATH
from lemm.stack.keyring import Keyring
from lemm.stack.package import package

__all__ = ["Addresses", "Stack", "StackError"]


@dataclass(frozen=True)
class Addresses:
    """Where the running stack is, and how long each part took, in seconds."""

    url: str
    emulator: str
    outputs: dict[str, str]
    resources: dict[str, str]
    items: int
    seconds: dict[str, float] = field(default_factory=dict)


class Stack:
    """One data folder's stack. Use it as a context manager, or call ``start`` and ``stop``."""

    def __init__(
        self,
        data_dir: Path,
        template: Path,
        *,
        port: int = 0,
        emulator_port: int = 0,
        parameters: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        mounts: tuple[str, ...] = (),
        built_layers: bool = False,
    ) -> None:
        """``port`` 0 takes a free one; ``environment`` is added to what every function sees;
        ``mounts`` are ``path=module:maker`` (see ``http.mounts``)."""
        self.data_dir = data_dir.resolve()
        self.template = template.resolve()
        self.keyring = Keyring(self.data_dir)
        self._port = port
        self._emulator_port = emulator_port
        self._parameters = dict(parameters or {})
        self._environment = dict(environment or {})
        self._mounts = mounts
        self._built_layers = built_layers
        self._children: list[Child] = []
        self._session: Any = boto3.Session(region_name=REGION)
        self._endpoint = ""

    # --- life ----------------------------------------------------------------

    def start(self) -> Addresses:
        """Start everything; returns when it answers."""
        if self._children:
            raise StackError("this stack is running already")
        try:
            return self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> Addresses:
        began, logs = monotonic(), self.data_dir / "logs"
        make_folder(logs)
        emulator = self._child("emulator", [str(self.data_dir), str(self._emulator_port)], self._environment)
        loaded = templates.load(self.template)
        served = sorted({route.function for route in templates.http_routes(loaded)})
        web = self._web() if served else None
        facts = emulator.ready(30)
        seconds = {"emulator": monotonic() - began}
        self._endpoint = f"http://127.0.0.1:{facts['port']}"
        done = package(loaded, self.template.parent, deployment.ARTIFACTS, built_layers=self._built_layers)
        deployed = deployment.deploy(self.client, done, {**self._own_parameters(), **self._parameters})
        seconds["deployed"] = monotonic() - began
        url = ""
        if web is not None:
            web.tell(environments={name: self.function_environment(deployed.resources[name]) for name in served})
            url = f"http://127.0.0.1:{web.ready(60)['port']}"
        seconds["ready"] = monotonic() - began
        return Addresses(url, self._endpoint, deployed.outputs, deployed.resources, facts["items"], seconds)

    def _child(self, name: str, arguments: list[str], environment: Mapping[str, str]) -> Child:
        child = Child(f"lemm.stack.{name}", arguments, environment, self.data_dir / "logs" / f"{name}.log")
        self._children.append(child)
        return child

    def _web(self) -> Child:
        settings = {
            "port": self._port,
            "root": str(self.template.parent),
            "template": str(self.template),
            "mounts": self._mounts,
        }
        return self._child("http", [json.dumps(settings)], self._environment)

    def _own_parameters(self) -> dict[str, str]:
        """This folder's secrets, which must outlive a restart; a folder for mail; and no KMS, which MiniStack only
        pretends to apply."""
        return {
            "JwtSecret": self.keyring.token("jwt"),
            "ReceiptSecret": self.keyring.token("receipt"),
            "SaltSecret": self.keyring.token("salt"),
            "LogSecret": self.keyring.token("log"),
            "EncryptWithKms": "false",
            **({"PublicUrl": f"http://127.0.0.1:{self._port}"} if self._port else {}),
            "MailUrl": f"file://{quote(str(self.data_dir / 'outbox'))}",
        }

    def stop(self) -> None:
        """Stop what was started, the HTTP side first."""
        for child in reversed(self._children):
            child.stop()
        self._children.clear()

    def kill(self) -> None:
        """End every process at once, without a word, as a power cut would. For tests."""
        for child in self._children:
            child.kill()
        self._children.clear()

    def check(self) -> None:
        """Raise ``StackError`` if a part has ended by itself."""
        for child in self._children:
            if not child.alive():
                raise StackError(f"{child.module} has ended; its last lines:\n{child.last_lines()}")

    def __enter__(self) -> "Stack":
        self.addresses = self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # --- access --------------------------------------------------------------

    def client(self, service: str, credentials: Mapping[str, str] | None = None) -> Any:
        """A boto3 client: the stack's root, or whoever ``credentials`` (an environment) says."""
        if credentials is None:
            key, secret = self.keyring.root_key()
            credentials = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
        config = Config(signature_version="s3v4", s3={"addressing_style": "path"}) if service == "s3" else None
        return self._session.client(
            service,
            endpoint_url=self._endpoint,
            aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=credentials.get("AWS_SESSION_TOKEN"),
            config=config,
        )

    def function_environment(self, function: str) -> dict[str, str]:
        """What the Lambda worker of a function (physical name) would see: its variables and its role."""
        found = self.client("lambda").get_function_configuration(FunctionName=function)
        return {
            **self._environment,
            **found.get("Environment", {}).get("Variables", {}),
            **self.function_credentials(function),
            "AWS_LAMBDA_FUNCTION_NAME": function,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(found["MemorySize"]),
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self._endpoint,
        }

    def function_credentials(self, function: str) -> dict[str, str]:
        """The credentials of a function's role, as its worker has them."""
        request = urllib.request.Request(  # noqa: S310 - our own loopback address
            f"{self._endpoint}{SESSION_PATH}?function={quote(function)}",
            method="POST",
            headers={"Authorization": f"Bearer {self.keyring.token('control_token')}"},
        )
        with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310 - likewise
            return dict(json.load(reply))
