"""Tokens name their machine; a failure while waiting ends the wait."""

import contextlib
import json
import threading
from types import SimpleNamespace

import pytest
from lemm.stack.machines import as_on_aws, machine_of

CONTEXT = {"StateMachine": {"Id": "arn:aws:states:eu-central-1:000000000000:stateMachine:lemm-ingest"}}
ARGUMENTS = ("POST", "/", {}, b"", {}, "eu-central-1", "000000000000")


class Failed(Exception):
    def __init__(self, error, cause):
        super().__init__(error)
        self.error, self.cause = error, cause


def world():
    """A Step Functions module with MiniStack's names and its two faults."""
    states = SimpleNamespace(_ExecutionError=Failed, _task_tokens={}, new_uuid=lambda: "uuid")
    states.fails = None

    def call(function, event):
        if states.fails:
            raise states.fails

    def invoke(resource, data, token, state):
        waiting = states._task_tokens[token] = {"event": threading.Event(), "error": None}
        with contextlib.suppress(Failed):
            states._call_lambda("f", data)
        done = waiting["event"].wait(0.05)
        return (done, waiting["error"])

    def execute(state, data, execution, context):
        token = states.new_uuid()
        other = states.new_uuid()
        return token, other, states._invoke_with_callback("r", data, token, state)

    states._call_lambda, states._invoke_with_callback, states._execute_task = call, invoke, execute
    actions = SimpleNamespace(extract_resource_arn=lambda *_: "*")
    as_on_aws(states, actions)
    return states, actions


def run(states, resource="arn:aws:states:::lambda:invoke.waitForTaskToken"):
    return states._execute_task({"Resource": resource}, {}, {}, CONTEXT)


def test_a_token_names_its_machine_and_nothing_else_does():
    states, _ = world()
    assert run(states)[:2] == ("uuid.lemm-ingest", "uuid")
    assert run(states, "arn:aws:states:::lambda:invoke")[:2] == ("uuid", "uuid")


def test_a_failure_ends_the_wait():
    states, _ = world()
    assert run(states)[2] == (False, None)
    states.fails = Failed("LostRace", "why")
    assert run(states)[2] == (True, {"Error": "LostRace", "Cause": "why"})


def test_an_answer_that_came_first_stands():
    states, _ = world()
    call = states._call_lambda

    def answered(function, event):
        waiting = states._task_tokens["uuid.lemm-ingest"]
        waiting["event"].set()
        return call(function, event)

    states._call_lambda = answered
    states.fails = Failed("LostRace", "why")
    assert run(states)[2] == (True, None)


def test_an_answer_is_authorised_on_the_machine():
    _, actions = world()
    body = json.dumps({"taskToken": "uuid.lemm-ingest", "output": "{}"}).encode()
    method, path, headers, _, *rest = ARGUMENTS
    arn = "arn:aws:states:eu-central-1:000000000000:stateMachine:lemm-ingest"
    assert actions.extract_resource_arn("states", method, path, headers, body, *rest) == arn
    assert actions.extract_resource_arn("lambda", method, path, headers, body, *rest) == "*"
    assert actions.extract_resource_arn("states", *ARGUMENTS) == "*"


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"not json", b'{"taskToken": 1}', b'{"taskToken": "plain"}'])
def test_what_carries_no_machine(body):
    assert machine_of(body) is None
