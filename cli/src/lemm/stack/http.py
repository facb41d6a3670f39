"""The HTTP functions on one port: functions-framework, the template's routes, each function its own role.

``python -m lemm.stack.http SETTINGS`` is the child that ``up`` starts, at the
same time as the emulator, since importing the functions takes a while:

1. import ``main.py`` of every function that has an HTTP event, through
   functions-framework, each under a module name of its own;
2. read one line from the parent: the environment of each function, with its own
   role's credentials, as its Lambda worker would get it;
3. ``app.bind(environment)`` for each, serve, say ``ready``;
4. on SIGTERM, or when the parent has gone, finish what is running and stop.

One process serves all of them in threads: a process for each would take the
memory of numpy and the index times the number of functions. What keeps them
apart is that each has its own ``App``, bound to its own environment. A role's
credentials are valid as long as the emulator that gave them, so there is
nothing to refresh.
"""

import json
import os
import signal
import sys
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import Any

from lemm.stack import template as templates
from lemm.stack.child import from_parent, listen, say_ready, stop_with_parent
from lemm.stack.router import Router, Wsgi
from lemm.stack.static import static

MAX_BODY = 8 << 20
THREADS = 12


class Functions:
    """The loaded functions: a WSGI application and the module of each."""

    def __init__(self, template: templates.Template, root: Path) -> None:
        self.routes = templates.http_routes(template)
        self.served: dict[str, Wsgi] = {}
        self.modules: dict[str, Any] = {}
        for name in dict.fromkeys(route.function for route in self.routes):
            self._load(name, templates.code_folder(template, root, name) / "main.py")

    def _load(self, name: str, source: Path) -> None:
        """functions-framework calls every module by its file's name; they are all ``main``.

        It also puts the folder on ``sys.path``, where modules beside ``main.py`` are found.
        """
        framework: Any = import_module("functions_framework")
        self.served[name] = framework.create_app(target="http", source=str(source), signature_type="http")
        module: Any = sys.modules.pop("main")
        sys.modules[f"lemm_function_{name}"] = self.modules[name] = module

    def bind(self, environments: Mapping[str, Mapping[str, str]]) -> None:
        """Give each function its environment."""
        for name, module in self.modules.items():
            module.app.bind(dict(environments[name]))


def mounts(named: Iterable[str], functions: Functions) -> dict[str, Wsgi]:
    """Extra routes from ``path=module:maker``; the maker gets the functions' modules by name."""
    found: dict[str, Wsgi] = {}
    for entry in named:
        path, _, target = entry.partition("=")
        module, _, maker = target.partition(":")
        found[path] = getattr(import_module(module), maker)(functions.modules)
    return found


def serve(settings: dict[str, Any]) -> None:
    """The child's whole life."""
    began = monotonic()
    listener = listen(int(settings["port"]))
    root = Path(settings["root"])
    functions = Functions(templates.load(Path(settings["template"])), root)
    imported = monotonic() - began
    environments = from_parent()["environments"]
    functions.bind(environments)
    stores = sorted({environment["AWS_ENDPOINT_URL"] for environment in environments.values()})
    router = Router(
        functions.routes,
        functions.served,
        extra_routes=mounts(settings.get("mounts", ()), functions),
        otherwise=static(root / "web" / "site", stores),
    )
    waitress: Any = import_module("waitress")
    server = waitress.create_server(
        router,
        sockets=[listener],
        threads=THREADS,
        max_request_body_size=MAX_BODY,
        max_request_header_size=64 << 10,
        channel_timeout=120,
        ident=None,
        clear_untrusted_proxy_headers=True,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    stop_with_parent(lambda: os.kill(os.getpid(), signal.SIGTERM))
    say_ready(port=listener.getsockname()[1], seconds=monotonic() - began, imported=imported)
    try:
        server.run()
    finally:
        server.task_dispatcher.shutdown(cancel_pending=True, timeout=5)


def _stop(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough; what is running may finish
    raise SystemExit(0)


if __name__ == "__main__":
    serve(json.loads(sys.argv[1]))
