"""One OpenAPI document over all function folders.

``python -m vault_edge.openapi --write functions docs/openapi.json`` writes it,
and a copy beside the function that serves it; ``--check`` fails when either is
not what the code says. Powertools describes each function's routes; here the
parts are joined, and what every route of ours has in common is added: who may
call it, and which problem documents it can answer with.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from vault_edge.app import App
from vault_edge.endpoint import Endpoint
from vault_edge.http import API_VERSION
from vault_edge.loading import load_folder
from vault_edge.problems import PROBLEM_TYPE
from vault_edge.routes import braced

TITLE = "LEMM Vault"
DESCRIPTION = (
    "A community-owned music vault with a safety system around it. Paths carry no version: they are version "
    f"{API_VERSION}, as the answer header Api-Version says; a breaking change would come under /v2."
)
SERVED = Path("openapi") / "openapi.json"
"""Where the function that serves the document finds it, inside the functions folder."""

_REF = "#/components/schemas/"
_VALIDATION = ("HTTPValidationError", "ValidationError", "ResponseValidationError")
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "An RFC 9457 problem document; `code` is stable, texts are not.",
    "required": ["type", "title", "status", "detail", "code", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "instance": {"type": "string", "description": "What the call was about, or its own id; quote it to us."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "reason"],
                "properties": {"path": {"type": "string"}, "reason": {"type": "string"}},
            },
        },
        "facts": {"type": "object"},
    },
}
_GOOD = {200: "Nothing new was made", 202: "Taken, and not in force yet"}
"""Good answers beside a route's plain one."""
_MEANINGS = {
    "302": "The place where it lies, good for seconds",
    "401": "No token, or one that does not verify",
    "403": "The role or scope does not allow this",
    "404": "No such thing, or it is not yours",
    "409": "Not possible in the present state",
    "410": "Past its time, or taken back",
    "413": "The request is too large",
    "415": "This media type is not read here",
    "422": "Not of the documented form",
    "429": "Too many requests",
    "500": "Something went wrong on our side",
    "503": "Not available right now",
}


def document(apps: Iterable[App]) -> dict[str, Any]:
    """The joined document. Raises ``ValueError`` when two functions claim one route."""
    paths: dict[str, dict[str, Any]] = {}
    schemas: dict[str, Any] = {"Problem": _PROBLEM}
    tags: list[dict[str, str]] = []
    for app in sorted(apps, key=lambda app: app.name):
        if app.routes is None:
            continue
        tags.append({"name": app.name})
        found = _described(app)
        renamed = _renamed(app.name, found.get("components", {}).get("schemas", {}), schemas)
        for path, operations in _repointed(found["paths"], renamed).items():
            _claim(paths.setdefault(path, {}), operations, path)
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": API_VERSION, "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": tags,
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _described(app: App) -> dict[str, Any]:
    """One function's document, with our own parts added to each operation."""
    if app.routes is None:
        raise ValueError(f"{app.name} has no routes")
    schema = app.routes.get_openapi_schema(title=TITLE, version=API_VERSION)
    found: dict[str, Any] = schema.model_dump(by_alias=True, exclude_none=True, mode="json")
    for endpoint in app.routes.endpoints:
        _complete(found["paths"][braced(endpoint.path)][endpoint.method.lower()], endpoint)
    return found


def _complete(operation: dict[str, Any], endpoint: Endpoint) -> None:
    sources = {slot.source for slot in endpoint.slots}
    codes = {"500", "503"}
    codes |= set() if endpoint.public else {"401", "403"}
    codes |= {"404"} if "path" in sources else set()
    codes |= {"413", "415", "422"} if "body" in sources else set()
    codes |= {"413", "422"} if "query" in sources else set()
    codes |= {"409"} if endpoint.method != "GET" else set()
    codes |= {"429"} if endpoint.public and "body" in sources else set()
    codes |= {str(status) for status in endpoint.also if status >= 300}
    responses = {code: answer for code, answer in operation["responses"].items() if code != "422"}
    plain = responses.get(str(endpoint.status), {})
    responses |= {str(code): {**plain, "description": _GOOD[code]} for code in endpoint.also if code < 300}
    operation["responses"] = responses | {code: _refusal(code) for code in sorted(codes)}
    if endpoint.status < 400 and str(endpoint.status) in _MEANINGS:
        operation["responses"][str(endpoint.status)] = _refusal(str(endpoint.status))
    if endpoint.media:
        responses[str(endpoint.status)]["content"] = {media: {"schema": _of(media)} for media in endpoint.media}
    if not endpoint.public:
        operation["security"] = [{"bearer": []}]
        operation["x-roles"] = sorted(endpoint.roles)
    if endpoint.scope is not None:
        operation["x-scope"] = endpoint.scope
    if endpoint.form and "requestBody" in operation:
        body = operation["requestBody"]["content"]
        body["application/x-www-form-urlencoded"] = body["application/json"]


def _refusal(code: str) -> dict[str, Any]:
    """An answer other than the plain one; a redirection has no document."""
    told: dict[str, Any] = {"description": _MEANINGS[code]}
    return told if code < "400" else {**told, "content": {PROBLEM_TYPE: {"schema": {"$ref": f"{_REF}Problem"}}}}


def _of(media: str) -> dict[str, Any]:
    """What a body of this type is."""
    if media.endswith("+json"):
        return {"type": "object"}
    return {"type": "string"} if media.startswith("text/") else {"type": "string", "format": "binary"}


def _renamed(name: str, found: dict[str, Any], schemas: dict[str, Any]) -> dict[str, str]:
    """Put a function's schemas among the others; the new name of each that was taken by something else."""
    renamed: dict[str, str] = {}
    for key, schema in found.items():
        if key in _VALIDATION:
            continue
        if key in schemas and schemas[key] != schema:
            renamed[key] = f"{key}.{name}"
    for key, schema in found.items():
        if key not in _VALIDATION:
            schemas[renamed.get(key, key)] = _repointed(schema, renamed)
    return renamed


def _repointed(value: Any, renamed: dict[str, str]) -> Any:
    """The same with references to renamed schemas changed."""
    if isinstance(value, list):
        return [_repointed(item, renamed) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: _repointed(item, renamed) for key, item in value.items()}
    target = found.get("$ref")
    if isinstance(target, str) and target.removeprefix(_REF) in renamed:
        found["$ref"] = _REF + renamed[target.removeprefix(_REF)]
    return found


def _claim(present: dict[str, Any], operations: dict[str, Any], path: str) -> None:
    if taken := present.keys() & operations.keys():
        raise ValueError(f"two functions answer {', '.join(sorted(taken))} {path}")
    present.update(operations)


def folders(functions: Path) -> list[Path]:
    """The function folders, by name."""
    return sorted(path.parent for path in functions.glob("*/main.py"))


def rendered(functions: Path) -> str:
    """The document's text: keys in order, so that a change shows as what it is."""
    apps = [load_folder(folder).app for folder in folders(functions)]
    return json.dumps(document(apps), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """The command; 1 when ``--check`` finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m vault_edge.openapi")
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--check", action="store_true", help="fail when the files are not what the code says")
    mode.add_argument("--write", action="store_true", help="write the files")
    parser.add_argument("functions", type=Path)
    parser.add_argument("output", type=Path)
    given = parser.parse_args(arguments)
    text = rendered(given.functions)
    targets = (given.output, given.functions / SERVED)
    if given.write:
        for target in targets:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8")
        return 0
    stale = [target for target in targets if not target.is_file() or target.read_text("utf-8") != text]
    for target in stale:
        print(f"{target} is not what the code says; run with --write", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
