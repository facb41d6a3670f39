"""A small stack with one table, two buckets, four functions and a state machine."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from lemm.stack.up import Stack

TEMPLATE = Path(__file__).parent / "fixtures" / "template.yaml"


class Small:
    """A running small stack and how to reach its parts."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.table = stack.addresses.outputs["Table"]
        self.bucket = stack.addresses.outputs["Bucket"]
        self.plain = stack.addresses.resources["Plain"]

    def client(self, service: str, function: str | None = None) -> Any:
        """A client of the operator, or in the role of a function (logical name)."""
        if function is None:
            return self.stack.client(service)
        physical = self.stack.addresses.resources[function]
        return self.stack.client(service, self.stack.function_credentials(physical))

    def invoke(self, function: str, payload: object) -> tuple[str | None, Any]:
        """(kind of error, payload)."""
        name = self.stack.addresses.resources[function]
        answer = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(payload))
        return answer.get("FunctionError"), json.loads(answer["Payload"].read())

    def http(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, Any]:
        """(status, JSON or text, headers)."""
        request = urllib.request.Request(
            self.stack.addresses.url + path,
            method=method,
            data=body,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                status, raw, got = reply.status, reply.read(), reply.headers
        except urllib.error.HTTPError as refused:
            status, raw, got = refused.code, refused.read(), refused.headers
        is_json = "json" in (got.get("Content-Type") or "")
        return status, json.loads(raw) if is_json and raw else raw.decode(), got


def eventually(look: Callable[[], Any], seconds: float = 15.0) -> Any:
    """The first true answer of ``look``, or a failure."""
    deadline = monotonic() + seconds
    while not (found := look()):
        assert monotonic() < deadline, "it did not happen in time"
        sleep(0.05)
    return found


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    with Stack(tmp_path_factory.mktemp("small"), TEMPLATE, parameters={"Greeting": "hello"}) as stack:
        yield Small(stack)
