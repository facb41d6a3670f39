"""The ingest state machine, run one state at a time over a simulated vault, from its own definition.

Enough of the Amazon States Language for our machine: Task (with Retry without
waiting, Catch and task tokens), Choice, Parallel, Pass, Succeed, Fail. A test
decides when which execution takes its next step, and when it dies in one.
"""

import copy
import json
from pathlib import Path
from typing import Any

from ingesting import run
from simulator import Simulator
from vault_edge.deps import Deps

DEFINITION = json.loads((Path(__file__).parent.parent / "statemachines" / "ingest.asl.json").read_text())
WAITING_INVOKE = "arn:aws:states:::lambda:invoke.waitForTaskToken"


class Execution:
    """``status`` is running, waiting, succeeded or failed; ``trail`` names the states that were left."""

    def __init__(self, sim: Simulator, name: str, document: dict[str, Any], **given: Any) -> None:
        self.sim, self.name, self.data, self._given = sim, name, document, given
        self.state, self.status = DEFINITION["StartAt"], "running"
        self.trail: list[str] = []
        self.token: str | None = None
        self._tried: dict[tuple[str, int], int] = {}

    def to_end(self, most: int = 60) -> "Execution":
        """Step until it ends or waits."""
        for _ in range(most):
            if not self.step():
                return self
        raise AssertionError(f"{self.name} does not end: {self.trail}")

    def step(self) -> bool:
        """One state, or one try of it; False when there is nothing to do now."""
        if self.status == "waiting":
            return self._answered()
        if self.status != "running":
            return False
        state = DEFINITION["States"][self.state]
        kind = state["Type"]
        if kind in ("Succeed", "Fail"):
            self.status = "succeeded" if kind == "Succeed" else "failed"
            return False
        if kind == "Choice":
            met = [rule for rule in state["Choices"] if _at(self.data, rule["Variable"]) == rule["StringEquals"]]
            self._go(met[0]["Next"] if met else state["Default"])
        elif kind == "Pass":
            self.data = _put(self.data, state.get("ResultPath"), state["Result"])
            self._leave(state)
        else:
            self._work(state)
        return True

    def time_out(self) -> None:
        """Nobody answered the token in time."""
        assert self.status == "waiting"
        self.status = "running"
        self._caught(DEFINITION["States"][self.state], "States.Timeout")

    def _deps(self) -> Deps:
        return self.sim.container(**self._given)

    def _work(self, state: dict[str, Any]) -> None:
        try:
            if state.get("Resource") == WAITING_INVOKE:
                self._wait(state)
                return
            result = self._parallel(state) if state["Type"] == "Parallel" else self._task(state)
        except Exception as error:
            self._failed(state, type(error).__name__)
            return
        self.data = _put(self.data, state.get("ResultPath"), result)
        self._leave(state)

    def _task(self, state: dict[str, Any]) -> Any:
        return run(_step_of(state["Resource"]), self._deps(), **_filled(state["Parameters"], self.data, self.token))

    def _parallel(self, state: dict[str, Any]) -> list[Any]:
        return [self._task(branch["States"][branch["StartAt"]]) for branch in state["Branches"]]

    def _wait(self, state: dict[str, Any]) -> None:
        """A token for each try; an answer may come before the function returns."""
        self.token = f"token-{self.name}-{len(self.trail)}-{self._tried}"
        self.sim.task_log.waiting.add(self.token)
        self.status = "waiting"
        try:
            payload = _filled(state["Parameters"]["Payload"], self.data, self.token)
            run(_step_of(state["Parameters"]["FunctionName"]), self._deps(), **payload)
        except BaseException:
            self.status = "running"
            raise

    def _answered(self) -> bool:
        state = DEFINITION["States"][self.state]
        if self.token in self.sim.task_log.succeeded:
            self.status, self.data = "running", copy.deepcopy(self.sim.task_log.succeeded[self.token])
            self._leave(state)
            return True
        if self.token in self.sim.task_log.failed:
            self.status = "running"
            self._caught(state, self.sim.task_log.failed[self.token][0])
            return True
        return False

    def _failed(self, state: dict[str, Any], error: str) -> None:
        for number, rule in enumerate(state.get("Retry", [])):
            if error in rule["ErrorEquals"] or "States.ALL" in rule["ErrorEquals"]:
                tried = self._tried.get((self.state, number), 0)
                if tried >= rule.get("MaxAttempts", 3):
                    break
                self._tried[self.state, number] = tried + 1
                return
        self._caught(state, error)

    def _caught(self, state: dict[str, Any], error: str) -> None:
        for rule in state.get("Catch", []):
            if error in rule["ErrorEquals"] or "States.ALL" in rule["ErrorEquals"]:
                self.data = _put(self.data, rule.get("ResultPath"), {"Error": error, "Cause": ""})
                self._go(rule["Next"])
                return
        self.status = "failed"

    def _leave(self, state: dict[str, Any]) -> None:
        if state.get("End"):
            self.trail.append(self.state)
            self.status = "succeeded"
        else:
            self._go(state["Next"])

    def _go(self, target: str) -> None:
        self.trail.append(self.state)
        self.state = target


def _step_of(resource: str) -> str:
    """``${BindSubmissionArn}`` -> ``bind-submission``."""
    name = resource.removeprefix("${").removesuffix("Arn}")
    return "".join(f"-{char.lower()}" if char.isupper() else char for char in name).lstrip("-")


def _filled(template: Any, data: Any, token: str | None) -> Any:
    if isinstance(template, dict):
        filled = {}
        for key, value in template.items():
            if key.endswith(".$"):
                filled[key[:-2]] = token if value == "$$.Task.Token" else _at(data, value)
            else:
                filled[key] = _filled(value, data, token)
        return filled
    return template


def _at(data: Any, path: str) -> Any:
    for part in path.removeprefix("$").split("."):
        data = data[part] if part else data
    return data


def _put(data: Any, path: str | None, result: Any) -> Any:
    if path is None or path == "$":
        return result
    data = copy.deepcopy(data)
    inner = data
    *parents, last = path.removeprefix("$.").split(".")
    for part in parents:
        inner = inner.setdefault(part, {})
    inner[last] = result
    return data
