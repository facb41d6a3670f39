"""The template, read as plain data: intrinsic functions become {"Fn::X": ...} dictionaries."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from cfnlint.decode.cfn_yaml import load

ROOT = Path(__file__).resolve().parent.parent
FUNCTIONS = ROOT / "functions"


@cache
def template() -> dict[str, Any]:
    """template.yaml, without line marks."""
    plain: dict[str, Any] = json.loads(json.dumps(load(str(ROOT / "template.yaml")), default=str))
    return plain


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Properties of every resource of this type, by logical id."""
    return {name: item.get("Properties", {}) for name, item in template()["Resources"].items() if item["Type"] == kind}


def functions() -> dict[str, dict[str, Any]]:
    """Properties of every function, by folder name."""
    return {Path(props["CodeUri"]).name: props for props in resources("AWS::Serverless::Function").values()}


def http_routes(props: dict[str, Any]) -> set[tuple[str, str]]:
    """(method, path) of every HTTP event of a function."""
    return {
        (event["Properties"]["Method"], event["Properties"]["Path"])
        for event in props.get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }


def statements(props: dict[str, Any]) -> list[dict[str, Any]]:
    """Unconditional IAM statements of a function."""
    found = []
    for policy in props.get("Policies", []):
        for statement in policy["Statement"]:
            if "Effect" in statement:
                found.append(statement)
    return found


def machine(name: str = "ingest") -> dict[str, Any]:
    """A state machine's definition."""
    definition: dict[str, Any] = json.loads((ROOT / "statemachines" / f"{name}.asl.json").read_text())
    return definition


def machines() -> dict[str, dict[str, Any]]:
    """Properties of every state machine, by the name of its file."""
    found = resources("AWS::Serverless::StateMachine").values()
    return {Path(props["DefinitionUri"]).name.removesuffix(".asl.json"): props for props in found}


def tasks(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every Task state, those inside Parallel branches too (marked ``caught_by_parallel``)."""
    found: dict[str, dict[str, Any]] = {}
    for name, state in definition["States"].items():
        if state["Type"] == "Task":
            found[name] = state
        for branch in state.get("Branches", []):
            inner = tasks(branch)
            found |= {key: {**value, "caught_by_parallel": bool(state.get("Catch"))} for key, value in inner.items()}
    return found
