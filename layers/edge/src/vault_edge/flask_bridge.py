"""functions-framework's Flask request as an API Gateway v2 event, and the result back.

Both ways are lossless for what the edge uses, so one route gives one answer
wherever it runs: a body that is no text travels as base64, repeated headers are
joined by commas as API Gateway joins them, cookies stay apart.
"""

import base64
import uuid
from collections.abc import Mapping
from typing import Any

from flask import Request, Response
from vault_domain.errors import TooLarge
from werkzeug.exceptions import RequestEntityTooLarge

from vault_edge.bounds import MAX_HEADERS

LARGEST_BODY = 10 * 1024 * 1024
"""API Gateway's own bound; routes set tighter ones."""


def event_of(request: Request) -> dict[str, Any]:
    """The v2 event that API Gateway would have made of this request. Raises ``TooLarge``."""
    headers: dict[str, str] = {}
    for name, value in list(request.headers.items())[: MAX_HEADERS + 1]:
        key = name.lower()
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    body, coded = _as_text(_body(request))
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": request.query_string.decode("ascii", "replace"),
        "headers": headers,
        "requestContext": {
            "stage": "$default",
            "requestId": str(uuid.uuid4()),
            "http": {"method": request.method, "path": request.path, "sourceIp": request.remote_addr or ""},
        },
        "body": body,
        "isBase64Encoded": coded,
    }


def _body(request: Request) -> bytes:
    request.max_content_length = LARGEST_BODY
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise TooLarge(f"The request body may hold {LARGEST_BODY} bytes at most") from error


def _as_text(data: bytes) -> tuple[str, bool]:
    """A body as an event carries it, and whether that is base64: audio sent inline is megabytes of plain text."""
    try:
        return data.decode("utf-8"), False
    except UnicodeDecodeError:
        return base64.b64encode(data).decode("ascii"), True


def response_of(result: Mapping[str, Any]) -> Response:
    """The Flask response of a v2 result."""
    body = str(result.get("body") or "")
    data = base64.b64decode(body) if result.get("isBase64Encoded") else body.encode("utf-8")
    response = Response(data, status=int(result["statusCode"]))
    response.headers.remove("content-type")
    for name, value in result.get("headers", {}).items():
        response.headers[name] = value
    for cookie in result.get("cookies", ()):
        response.headers.add("set-cookie", cookie)
    return response
