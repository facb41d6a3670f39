"""How much a request may hold, and how JSON is read from strangers.

Everything here is checked before a handler, or a pydantic model, sees a byte:
body and header sizes, nesting, number of values, duplicate names, numbers and
characters that have no place in JSON.
"""

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from vault_domain.errors import BadRequest, TooLarge

from vault_edge.problems import HeadersTooLarge

DEFAULT_BODY = 256 * 1024
MAX_HEADERS = 64
MAX_HEADER_BYTES = 16 * 1024
MAX_QUERY_BYTES = 8 * 1024
MAX_QUERY_FIELDS = 64
MAX_DEPTH = 24
MAX_VALUES = 50_000


def check_body(size: int, bound: int) -> None:
    """Raise ``TooLarge`` for a body over ``bound`` bytes."""
    if size > bound:
        raise TooLarge(f"The request body may hold {bound} bytes at most", limit_bytes=bound)


def check_headers(headers: Mapping[str, str], query: str) -> None:
    """Bound the number and size of headers, and the query string."""
    size = sum(len(name) + len(value) for name, value in headers.items())
    if len(headers) > MAX_HEADERS or size > MAX_HEADER_BYTES:
        raise HeadersTooLarge(f"At most {MAX_HEADERS} headers and {MAX_HEADER_BYTES} bytes of them")
    if len(query) > MAX_QUERY_BYTES:
        raise TooLarge(f"The query string may hold {MAX_QUERY_BYTES} bytes at most")


def parse_json(data: bytes) -> Any:
    """Read strict JSON (RFC 8259): UTF-8, no duplicate names, no NaN, bounded nesting.

    Raises ``BadRequest`` for anything else; no other exception leaves here.
    """
    try:
        document = json.loads(data.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant)
    except RecursionError as error:
        raise BadRequest(f"JSON may be nested {MAX_DEPTH} levels deep at most") from error
    except json.JSONDecodeError as error:
        raise BadRequest(f"The body is not JSON: {error.msg} at character {error.pos}") from error
    except ValueError as error:  # not UTF-8, or an integer of thousands of digits
        raise BadRequest("The body is not JSON in UTF-8") from error
    _check_values(document)
    return document


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequest("A JSON object names a member twice")
    return found


def _constant(_name: str) -> NoReturn:
    raise BadRequest("NaN and Infinity are not JSON")


def _check_values(document: Any) -> None:
    """Walk level by level, so that hostile nesting can't exhaust the stack."""
    level, seen = [document], 0
    for _ in range(MAX_DEPTH + 1):
        seen += len(level)
        if seen > MAX_VALUES:
            raise BadRequest(f"The JSON holds more than {MAX_VALUES} values")
        below: list[Any] = []
        for value in level:
            _check_scalar(value)
            if isinstance(value, dict):
                below.extend(value.values())
                below.extend(value)
            elif isinstance(value, list):
                below.extend(value)
        if not below:
            return
        level = below
    raise BadRequest(f"JSON may be nested {MAX_DEPTH} levels deep at most")


def _check_scalar(value: Any) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise BadRequest("A number is out of range")
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise BadRequest("A string holds half a surrogate pair") from error
