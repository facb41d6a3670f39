"""The state machine: placeholders only, every task retried and caught, every error name real."""

import re

import pytest
from template import machine, resources, tasks
from vault_domain.errors import all_errors

OURS = {cls.__name__ for cls in all_errors()}
TASKS = tasks(machine())


def test_placeholders_are_those_that_the_template_fills():
    text = str(machine())
    used = set(re.findall(r"\$\{(\w+)\}", text))
    (props,) = resources("AWS::Serverless::StateMachine").values()
    assert used == set(props["DefinitionSubstitutions"])
    assert "arn:aws:lambda" not in text


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_task_is_bounded_retried_and_caught(name):
    task = TASKS[name]
    assert task["TimeoutSeconds"] > 0
    assert task["Retry"]
    assert name == "Park" or task.get("caught_by_parallel") or task["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_named_error_exists(name):
    for rule in [*TASKS[name]["Retry"], *TASKS[name].get("Catch", [])]:
        for error in rule["ErrorEquals"]:
            assert error.startswith(("States.", "Lambda.")) or error in OURS, error


def test_every_path_ends_and_every_target_exists():
    states = machine()["States"]
    for name, state in states.items():
        targets = [state.get("Next"), state.get("Default")]
        targets += [rule["Next"] for rule in state.get("Catch", []) + state.get("Choices", [])]
        assert all(target in states for target in targets if target), name
        assert state["Type"] in ("Succeed", "Fail") or any(targets) or state.get("End"), name
