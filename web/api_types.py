"""Type declarations of the API for the client's type check, from docs/openapi.json.

``web/check.sh`` calls it; web/types/api.d.ts is made anew each time and not committed. A call's answer is known by its path:
``get(`/tracks/${id}/runs`)`` is a ``TrackRuns``. What the API describes without a schema is ``any``.
"""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DESCRIPTION, TYPES = ROOT / "docs" / "openapi.json", ROOT / "web" / "types" / "api.d.ts"
PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}


def type_of(schema: dict[str, Any] | None) -> str:
    """A JSON schema as a TypeScript type."""
    if not schema:
        return "any"
    if "$ref" in schema:
        return _name(schema["$ref"].rsplit("/", 1)[1])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " | ".join(dict.fromkeys(type_of(one) for one in schema[choice]))
    if schema.get("type") == "array":
        return f"({type_of(schema.get('items'))})[]"
    if schema.get("type") == "object":
        return _object(schema)
    return PLAIN.get(str(schema.get("type")), "any")


def _name(schema: str) -> str:
    """A schema's name, where it has signs that TypeScript's names don't."""
    return re.sub(r"\W", "_", schema)


def _object(schema: dict[str, Any]) -> str:
    if "properties" not in schema:
        extra = schema.get("additionalProperties")
        return f"Record<string, {type_of(extra)}>" if isinstance(extra, dict) else "Record<string, any>"
    required = set(schema.get("required", ()))
    fields = (
        f"{json.dumps(name)}{'' if name in required or 'default' in about else '?'}: {type_of(about)};"
        for name, about in schema["properties"].items()
    )
    return "{ " + " ".join(fields) + " }"


def calls(document: dict[str, Any], method: str) -> list[str]:
    """One call signature for each path of a method, fixed words before placeholders."""
    found = []
    for path, operations in document["paths"].items():
        if method in operations:
            good = [reply for status, reply in operations[method]["responses"].items() if status.startswith("2")]
            content = next(iter(good[0].get("content", {}).values()), {}) if good else {}
            typed = re.sub(r"\{[^}]+\}", "${string}", path)
            found.append((path.count("{"), -len(path), typed, type_of(content.get("schema"))))
    rest = "query?: Record<string, any>, signal?: AbortSignal" if method == "get" else "body?: any"
    return [f"  (path: `{typed}`, {rest}): Promise<{answer}>;" for _, _, typed, answer in sorted(found)]


def declarations(document: dict[str, Any]) -> str:
    """The whole file."""
    lines = ["// Made by web/api_types.py from docs/openapi.json; not edited by hand.", ""]
    for name, schema in sorted(document["components"]["schemas"].items()):
        lines.append(f"export type {_name(name)} = {type_of(schema)};")
    for method in ("get", "post"):
        lines += ["", f"export interface {method.title()} {{", *calls(document, method), "}"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TYPES.parent.mkdir(exist_ok=True)
    TYPES.write_text(declarations(json.loads(DESCRIPTION.read_text("utf-8"))), "utf-8")
