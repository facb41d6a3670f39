"""State machines: placeholders only, every task retried and caught, every error name real."""

import re

import pytest
from template import machine, machines, tasks
from vault_domain.errors import all_errors

OURS = {cls.__name__ for cls in all_errors()}
TASKS = [(which, name, task) for which in machines() for name, task in tasks(machine(which)).items()]
NAMED = [f"{which}-{name}" for which, name, _ in TASKS]


@pytest.mark.parametrize("which", machines())
def test_placeholders_are_those_that_the_template_fills(which):
    text = str(machine(which))
    used = set(re.findall(r"\$\{(\w+)\}", text))
    assert used == set(machines()[which]["DefinitionSubstitutions"])
    assert "arn:aws:lambda" not in text


@pytest.mark.parametrize(("which", "name", "task"), TASKS, ids=NAMED)
def test_every_task_is_bounded_retried_and_caught(which, name, task):
    assert task["TimeoutSeconds"] > 0
    assert task["Retry"]
    assert name == "Park" or task.get("caught_by_parallel") or task["Catch"][-1]["ErrorEquals"] == ["States.ALL"]


@pytest.mark.parametrize(("which", "name", "task"), TASKS, ids=NAMED)
def test_every_named_error_exists(which, name, task):
    for rule in [*task["Retry"], *task.get("Catch", [])]:
        for error in rule["ErrorEquals"]:
            assert error.startswith(("States.", "Lambda.")) or error in OURS, error


@pytest.mark.parametrize("which", machines())
def test_every_path_ends_and_every_target_exists(which):
    states = machine(which)["States"]
    for name, state in states.items():
        targets = [state.get("Next"), state.get("Default")]
        targets += [rule["Next"] for rule in state.get("Catch", []) + state.get("Choices", [])]
        assert all(target in states for target in targets if target), name
        assert state["Type"] in ("Succeed", "Fail") or any(targets) or state.get("End"), name
