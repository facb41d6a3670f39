"""The SAM template as data: read with CloudFormation's short tags, asked about its functions.

``!Sub x`` and its like become ``{"Fn::Sub": "x"}``, the long form that
CloudFormation takes in JSON too, so that what was read can be sent on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FUNCTION = "AWS::Serverless::Function"
LAYER = "AWS::Serverless::LayerVersion"
MACHINE = "AWS::Serverless::StateMachine"
Template = dict[str, Any]


class _Loader(yaml.CSafeLoader):
    """YAML with CloudFormation's tags."""


def _intrinsic(loader: Any, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        text = loader.construct_scalar(node)
        return {name: text.split(".", 1) if suffix == "GetAtt" else text}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _intrinsic)
# CloudFormation's version is a date to YAML and a string to everybody else.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def load(path: Path) -> Template:
    """The template at ``path``."""
    loaded = yaml.load(path.read_bytes(), Loader=_Loader)  # noqa: S506 - a subclass of the safe loader
    if not isinstance(loaded, dict) or "Resources" not in loaded:
        raise ValueError(f"{path} is not a CloudFormation template")
    return loaded


def resources(template: Template, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(logical id, properties) of every resource of a kind, in the template's order."""
    for name, resource in template["Resources"].items():
        if resource.get("Type") == kind:
            yield name, resource.setdefault("Properties", {})


@dataclass(frozen=True)
class HttpRoute:
    """One HTTP event: ``path`` as in the template, e.g. ``/tracks/{track_id}/status``."""

    function: str
    method: str
    path: str


def http_routes(template: Template) -> list[HttpRoute]:
    """Every HttpApi or Api event of every function; an event without a path takes every request."""
    routes = []
    for name, properties in resources(template, FUNCTION):
        for event in (properties.get("Events") or {}).values():
            if event.get("Type") in ("HttpApi", "Api"):
                about = event.get("Properties") or {}
                method = str(about.get("Method", "ANY")).upper()
                routes.append(HttpRoute(name, "ANY" if method == "*" else method, about.get("Path", "/{proxy+}")))
    return routes


def code_folder(template: Template, root: Path, function: str) -> Path:
    """The folder of a function's code."""
    properties = template["Resources"][function]["Properties"]
    shared = ((template.get("Globals") or {}).get("Function") or {}).get("CodeUri")
    return (root / str(properties.get("CodeUri", shared))).resolve()
