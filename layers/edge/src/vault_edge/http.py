"""Requests and answers, as values.

A request comes from an API Gateway v2 event (payload format 2.0) and an answer
becomes a v2 result; nothing else in the edge knows the event's shape. Header
names are lower case throughout. The address of the sender is personal data:
handlers see only its salted hash.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from pydantic_core import to_json
from vault_domain.errors import BadRequest

from vault_edge.bounds import MAX_QUERY_FIELDS, check_body, check_headers

Event = Mapping[str, Any]

API_VERSION = "1"
JSON_TYPE = "application/json"
STANDING_HEADERS = {
    "api-version": API_VERSION,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


@dataclass(frozen=True)
class Request:
    """One HTTP request, its body still raw."""

    method: str
    path: str
    id: str
    headers: Mapping[str, str]
    query: Mapping[str, list[str]]
    body: bytes
    source_ip: str = field(repr=False, default="")
    salted: Callable[[str], str] | None = field(repr=False, default=None)

    @property
    def content_type(self) -> str:
        """The media type without parameters, lower case; empty when none was sent."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    @property
    def ip_hash(self) -> str:
        """The sender's address, salted and hashed: fit for rate limits and logs."""
        if self.salted is None:
            raise RuntimeError("this request was made without a salt")
        return self.salted(f"ip:{self.source_ip}")


@dataclass(frozen=True)
class Answer:
    """An answer with its own status, headers or media type.

    ``body``: bytes are sent as they are, text as UTF-8, anything else as JSON.
    ``cookies`` are whole Set-Cookie values.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str | None = None
    cookies: tuple[str, ...] = ()


def redirect(url: str, status: int = 302) -> Answer:
    """Send the caller to ``url``; never cached."""
    return Answer(status=status, headers={"location": url})


def is_http_event(event: object) -> bool:
    """Whether a Lambda event came from API Gateway's HTTP API (payload format 2.0)."""
    if not isinstance(event, Mapping) or event.get("version") != "2.0":
        return False
    context = event.get("requestContext")
    return isinstance(context, Mapping) and isinstance(context.get("http"), Mapping)


def method_and_path(event: Event) -> tuple[str, str]:
    """What routing needs; the stage's prefix is taken off the path."""
    context = event["requestContext"]
    path, stage = str(event.get("rawPath") or "/"), context.get("stage", "$default")
    if stage != "$default" and (path == f"/{stage}" or path.startswith(f"/{stage}/")):
        path = path[len(stage) + 1 :] or "/"
    return str(context["http"]["method"]).upper(), path


def read_request(event: Event, max_body: int, salted: Callable[[str], str] | None = None) -> Request:
    """Read a v2 event within its bounds. Raises ``BadRequest``, ``TooLarge``, ``HeadersTooLarge``."""
    method, path = method_and_path(event)
    headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    check_headers(headers, str(event.get("rawQueryString") or ""))
    context = event["requestContext"]
    return Request(
        method=method,
        path=path,
        id=str(context.get("requestId") or "none"),
        headers=headers,
        query=_query(str(event.get("rawQueryString") or "")),
        body=_body(event, max_body),
        source_ip=str(context["http"].get("sourceIp") or ""),
        salted=salted,
    )


def _query(raw: str) -> dict[str, list[str]]:
    try:
        return parse_qs(raw, keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS, errors="strict")
    except (ValueError, UnicodeDecodeError) as error:
        raise BadRequest("The query string can't be read") from error


def _body(event: Event, max_body: int) -> bytes:
    raw = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        data = str(raw).encode("utf-8", "surrogatepass")
        check_body(len(data), max_body)
        return data
    check_body(len(raw) * 3 // 4 - 2, max_body)
    try:
        data = base64.b64decode(raw, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest("The body is not valid base64") from error
    check_body(len(data), max_body)
    return data


def as_answer(result: object, status: int) -> Answer:
    """What a handler returned, as an answer; None means 204."""
    if isinstance(result, Answer):
        return result
    if result is None:
        return Answer(status=204 if status == 200 else status)
    return Answer(body=result, status=status)


def to_result(answer: Answer) -> dict[str, Any]:
    """The v2 result: text as it is, everything else base64."""
    data, content_type = _encode(answer)
    headers = {**STANDING_HEADERS, **{name.lower(): value for name, value in answer.headers.items()}}
    if content_type:
        headers["content-type"] = content_type
    text = _is_text(content_type)
    result: dict[str, Any] = {
        "statusCode": answer.status,
        "headers": headers,
        "body": data.decode("utf-8") if text else base64.b64encode(data).decode("ascii"),
        "isBase64Encoded": not text,
    }
    if answer.cookies:
        result["cookies"] = list(answer.cookies)
    return result


def _encode(answer: Answer) -> tuple[bytes, str | None]:
    if answer.body is None:
        return b"", answer.content_type
    if isinstance(answer.body, bytes):
        return answer.body, answer.content_type or "application/octet-stream"
    if isinstance(answer.body, str):
        return answer.body.encode("utf-8"), answer.content_type or "text/plain; charset=utf-8"
    return to_json(answer.body), answer.content_type or JSON_TYPE


def _is_text(content_type: str | None) -> bool:
    media = (content_type or "text/plain").split(";")[0].strip()
    return media.startswith("text/") or media in {JSON_TYPE, "application/javascript"} or media.endswith("+json")
