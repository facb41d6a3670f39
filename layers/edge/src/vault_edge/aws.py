"""boto3 clients with time-outs and bounded retries, and what the edge does with them.

Credentials come from the given environment when it holds some, so that one
process can serve functions with different roles; else from boto3's own chain.
"""

import json
from collections.abc import Mapping
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic_core import to_json
from vault_domain.errors import Conflict, Unavailable, VaultError

from vault_edge.problems import error_from_name

if TYPE_CHECKING:
    from pynamodb.connection import Connection

CONNECT_S = 3
READ_S = 20
INVOKE_READ_S = 900
NUDGE_READ_S = 5
MAX_CAUSE = 2000

_GONE = {"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}


class RemoteFailure(Exception):
    """Another function failed with something that is not one of our refusals."""


class Cloud:
    """Clients by service, made once each."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._lock = RLock()
        self._clients: dict[str, Any] = {}

    def client(self, service: str, *, read_timeout: int = READ_S, attempts: int = 4) -> Any:
        """The client for ``service`` with these bounds; ``attempts`` counts the first try too."""
        with self._lock:
            key = f"{service}/{read_timeout}/{attempts}"
            if key not in self._clients:
                self._clients[key] = self._make(service, read_timeout, attempts)
            return self._clients[key]

    def _make(self, service: str, read_timeout: int, attempts: int) -> Any:
        endpoint = self._environ.get("AWS_ENDPOINT_URL") or None
        extra: dict[str, Any] = {}
        if service == "s3":
            extra = {"signature_version": "s3v4", "s3": {"addressing_style": "path" if endpoint else "virtual"}}
        config = Config(
            connect_timeout=CONNECT_S,
            read_timeout=read_timeout,
            retries={"total_max_attempts": attempts, "mode": "standard"},
            max_pool_connections=32,
            **extra,
        )
        session: Any = self._session  # its overloads want the service's name as a literal
        return session.client(service, endpoint_url=endpoint, config=config)

    def dynamo_connection(self) -> "Connection":
        """A pynamodb connection; it makes one try, since the record store repeats by itself."""
        from pynamodb.connection import Connection

        given = self._environ
        return Connection(
            region=self.region,
            host=given.get("AWS_ENDPOINT_URL") or None,
            connect_timeout_seconds=CONNECT_S,
            read_timeout_seconds=READ_S,
            max_retry_attempts=0,
            max_pool_connections=32,
            aws_access_key_id=given.get("AWS_ACCESS_KEY_ID") or None,
            aws_secret_access_key=given.get("AWS_SECRET_ACCESS_KEY") or None,
            aws_session_token=given.get("AWS_SESSION_TOKEN") or None,
        )

    @property
    def region(self) -> str | None:
        """The region that the environment names."""
        return self._environ.get("AWS_REGION") or self._environ.get("AWS_DEFAULT_REGION") or None

    @cached_property
    def _session(self) -> boto3.Session:
        given = self._environ
        return boto3.Session(
            aws_access_key_id=given.get("AWS_ACCESS_KEY_ID") or None,
            aws_secret_access_key=given.get("AWS_SECRET_ACCESS_KEY") or None,
            aws_session_token=given.get("AWS_SESSION_TOKEN") or None,
            region_name=self.region,
        )

    def invoke(self, function: str, payload: Any) -> Any:
        """Invoke a Lambda function and wait.

        Never repeated here: the caller knows whether that is safe. Raises the
        refusal that the function raised, ``Unavailable`` when it did not
        answer, ``RemoteFailure`` for anything else it died of.
        """
        client = self.client("lambda", read_timeout=INVOKE_READ_S, attempts=1)
        try:
            answer = client.invoke(FunctionName=function, Payload=to_json(payload))
            document = json.loads(answer["Payload"].read() or b"null")
        except (ClientError, BotoCoreError, ValueError) as error:
            raise Unavailable("A part of the service did not answer") from error
        if not answer.get("FunctionError"):
            return document
        raise _remote_error(document if isinstance(document, dict) else {})

    def nudge(self, function: str, payload: Any) -> None:
        """Have a Lambda function run soon, and don't wait. Raises ``Unavailable`` when that can't even be asked for."""
        client = self.client("lambda", read_timeout=NUDGE_READ_S, attempts=1)
        try:
            client.invoke(FunctionName=function, InvocationType="Event", Payload=to_json(payload))
        except (ClientError, BotoCoreError) as error:
            raise Unavailable("A part of the service can't be reached") from error


def _remote_error(document: Mapping[str, Any]) -> Exception:
    name, message = str(document.get("errorType", "")), str(document.get("errorMessage", ""))
    known: VaultError | None = error_from_name(name, message)
    if known is not None:
        return known
    if not name or name.startswith(("Sandbox.", "Runtime.")):
        return Unavailable("A part of the service ran out of time or memory")
    return RemoteFailure(f"{name}: {message[:500]}")


class StepTasks:
    """Executions and task tokens; every call may be repeated."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def start(self, machine: str, name: str, document: Any) -> str:
        """Start an execution under a name that makes it unique; its ARN. Raises ``Conflict`` if it was started."""
        try:
            answer = self._client.start_execution(stateMachineArn=machine, name=name, input=to_json(document).decode())
        except ClientError as error:
            if _code(error) == "ExecutionAlreadyExists":
                raise Conflict("This execution was started already") from error
            raise Unavailable("The state machine can't be reached") from error
        except BotoCoreError as error:
            raise Unavailable("The state machine can't be reached") from error
        return str(answer["executionArn"])

    def succeed(self, token: str, output: Any) -> bool:
        """Answer a waiting task; False when nobody waits any more."""
        return self._answer("send_task_success", taskToken=token, output=to_json(output).decode())

    def fail(self, token: str, error: str, cause: str) -> bool:
        """Fail a waiting task by error name; False when nobody waits any more."""
        return self._answer("send_task_failure", taskToken=token, error=error[:256], cause=cause[:MAX_CAUSE])

    def _answer(self, call: str, **arguments: str) -> bool:
        try:
            getattr(self._client, call)(**arguments)
        except ClientError as error:
            if _code(error) in _GONE:
                return False
            raise Unavailable("The state machine can't be reached") from error
        except BotoCoreError as error:
            raise Unavailable("The state machine can't be reached") from error
        return True


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
