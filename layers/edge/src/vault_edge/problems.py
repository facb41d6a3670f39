"""Errors as problem documents (RFC 9457) and as state-machine error names.

Promise: what leaves here holds no internals and echoes no input. A refusal
(``VaultError``) is told with its code and detail; a validation error with the
path and reason of each field, never its value; anything else becomes the
problem ``internal``, whose traceback is in the log only. State machines see a
class name: refusals are raised from steps as they are. docs/formats/errors.md
describes the document.
"""

import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_jsonable_python
from vault_domain.errors import BadRequest, Unauthenticated, Unavailable, VaultError, all_errors

PROBLEM_TYPE = "application/problem+json"
MAX_FIELDS = 20


class MethodNotAllowed(VaultError):
    """The path exists and does not answer to this method."""

    code, status, title = "method_not_allowed", 405, "This address does not answer to that method"


class UnsupportedMedia(VaultError):
    """The body is of a media type that this route does not read."""

    code, status, title = "unsupported_media", 415, "This media type is not read here"


class HeadersTooLarge(VaultError):
    """Too many headers, or too long ones."""

    code, status, title = "headers_too_large", 431, "The request headers are too large"


def problem(error: VaultError, instance: str) -> dict[str, Any]:
    """The document for a refusal; ``instance`` is the correlation id."""
    document: dict[str, Any] = {
        "type": f"urn:lemm:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "instance": instance,
    }
    facts = dict(error.facts)
    if "errors" in facts:
        document["errors"] = facts.pop("errors")
    if facts:
        document["facts"] = to_jsonable_python(facts, fallback=str)
    return document


def internal() -> VaultError:
    """The one answer to an exception that nobody foresaw."""
    return VaultError("Nothing you did; the instance id helps us find it in our logs")


def headers_of(error: VaultError) -> dict[str, str]:
    """Headers that belong to a refusal: a challenge, or when to come back."""
    headers: dict[str, str] = {}
    if isinstance(error, Unauthenticated):
        headers["www-authenticate"] = 'Bearer realm="lemm"'
    if isinstance(error, MethodNotAllowed) and "allow" in error.facts:
        headers["allow"] = str(error.facts["allow"])
    if "retry_after" in error.facts:
        headers["retry-after"] = str(error.facts["retry_after"])
    elif isinstance(error, Unavailable):
        headers["retry-after"] = "2"
    return headers


def invalid(error: ValidationError, within: Sequence[str] = ()) -> BadRequest:
    """A pydantic error as a refusal: where and why, never what was sent."""
    found = [
        {"path": ".".join([*within, *(str(part)[:60] for part in entry["loc"])]), "reason": _reason(entry)}
        for entry in error.errors(include_url=False, include_input=False, include_context=True)[:MAX_FIELDS]
    ]
    where = ", ".join(entry["path"] or "body" for entry in found[:3])
    return BadRequest(f"Not of the documented form: {where}", errors=found)


def _reason(entry: Mapping[str, Any]) -> str:
    """The reason, without the few messages of pydantic that quote the input."""
    if entry["type"] in {"enum", "literal_error"}:
        return f"Expected {entry['ctx']['expected']}"
    if entry["type"] == "union_tag_invalid":
        return f"Expected one of {entry['ctx']['expected_tags']}"
    return str(entry["msg"])


def describe(error: BaseException) -> dict[str, str]:
    """An exception for the log: type, place and message; pydantic's message without the values."""
    if isinstance(error, ValidationError):
        message = f"{error.error_count()} validation errors for {error.title}"
    else:
        message = str(error)[:2000]
    return {
        "error_type": type(error).__name__,
        "error_message": message,
        "error_trace": "".join(traceback.format_tb(error.__traceback__)[-12:]),
    }


def error_from_name(name: str, detail: str) -> VaultError | None:
    """The refusal that another function raised, by its class name; None for a stranger."""
    for kind in all_errors():
        if kind.__name__ == name:
            return kind(detail)
    return None
