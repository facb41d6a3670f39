"""State machines as AWS runs them, where MiniStack differs in ways that we would feel.

1. A function that fails while its task waits for a token fails the task at once,
   so that ``Retry`` and ``Catch`` apply; MiniStack drops the failure and waits
   for the token until the task times out.
2. ``SendTaskSuccess``, ``-Failure`` and ``-Heartbeat`` are authorised on the state
   machine that the token belongs to, as a policy with its ARN means; MiniStack
   asks for ``*``. A token therefore names its machine, so that one that was lost
   with its execution is still told from one that the caller may not answer.
"""

import json
import threading
from collections.abc import Callable
from typing import Any

_CALLBACK = ".waitForTaskToken"


def as_on_aws(states: Any, actions: Any) -> None:
    """Put both in place: ``states`` is MiniStack's Step Functions, ``actions`` its table of IAM actions."""
    here = threading.local()
    _name_tokens(states, here)
    _fail_at_once(states, here)
    actions.extract_resource_arn = _on_machine(actions.extract_resource_arn)


def _name_tokens(states: Any, here: threading.local) -> None:
    execute: Callable[..., Any] = states._execute_task
    new_id: Callable[[], str] = states.new_uuid

    def execute_task(state: dict[str, Any], data: Any, execution: Any, context: dict[str, Any]) -> Any:
        machine = str(context.get("StateMachine", {}).get("Id", "")).rsplit(":", 1)[-1]
        here.machine = machine if _CALLBACK in str(state.get("Resource", "")) else None
        return execute(state, data, execution, context)

    def new_uuid() -> str:
        machine, here.machine = getattr(here, "machine", None), None
        return f"{new_id()}.{machine}" if machine else new_id()

    states._execute_task = execute_task
    states.new_uuid = new_uuid


def _fail_at_once(states: Any, here: threading.local) -> None:
    invoke: Callable[..., Any] = states._invoke_with_callback
    call: Callable[..., Any] = states._call_lambda

    def invoke_with_callback(resource: str, data: Any, token: str, state: dict[str, Any]) -> Any:
        here.token = token
        try:
            return invoke(resource, data, token, state)
        finally:
            here.token = None

    def call_lambda(function: str, event: Any) -> Any:
        token, here.token = getattr(here, "token", None), None
        try:
            return call(function, event)
        except states._ExecutionError as failure:
            waiting = states._task_tokens.get(token) if token else None
            if waiting is not None and not waiting["event"].is_set():
                waiting["error"] = {"Error": failure.error, "Cause": failure.cause}
                waiting["event"].set()
            raise

    states._invoke_with_callback = invoke_with_callback
    states._call_lambda = call_lambda


def machine_of(body: bytes) -> str | None:
    """The name of the machine in a request's task token, if it carries one."""
    try:
        token = json.loads(body or b"{}").get("taskToken")
    except (ValueError, AttributeError):
        return None
    return token.partition(".")[2] or None if isinstance(token, str) else None


def _on_machine(inner: Callable[..., str]) -> Callable[..., str]:
    def extract(
        service: str, method: str, path: str, headers: Any, body: bytes, query: Any, region: str, account: str
    ) -> str:
        machine = machine_of(body) if service == "states" else None
        if machine is not None:
            return f"arn:aws:states:{region}:{account}:stateMachine:{machine}"
        return inner(service, method, path, headers, body, query, region, account)

    return extract
