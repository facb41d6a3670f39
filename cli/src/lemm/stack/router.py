"""One WSGI application over many: each request goes to the function that the template names.

Order: exact paths before paths with parts, longer before shorter, a greedy part
(``{proxy+}``) last, as API Gateway's HTTP APIs choose. A known path with another
method is 405; an unknown one goes to the static client.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lemm.stack.guard import is_loopback
from lemm.stack.template import HttpRoute

Environ = dict[str, Any]
Start = Callable[..., Any]
Wsgi = Callable[[Environ, Start], Iterable[bytes]]
_PART = re.compile(r"\{([A-Za-z0-9_]+)(\+?)\}")
_ALWAYS = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
]


@dataclass(frozen=True)
class _Entry:
    pattern: re.Pattern[str]
    method: str
    serve: Wsgi


def _pattern(path: str) -> re.Pattern[str]:
    text, at = "", 0
    for part in _PART.finditer(path):
        text += re.escape(path[at : part.start()]) + (".+" if part[2] else "[^/]+")
        at = part.end()
    return re.compile(text + re.escape(path[at:]) + "/?")


def _rank(route: HttpRoute) -> tuple[bool, int, int]:
    segments = route.path.strip("/").split("/")
    named = [segment for segment in segments if segment.startswith("{")]
    return route.path.endswith("+}"), len(named), -len(segments)


class Router:
    """Routes from the template, extra mounts, then ``otherwise`` (the static client)."""

    def __init__(
        self,
        routes: Iterable[HttpRoute],
        functions: Mapping[str, Wsgi],
        *,
        extra_routes: Mapping[str, Wsgi] | None = None,
        otherwise: Wsgi | None = None,
    ) -> None:
        extra = [_Entry(_pattern(path), "ANY", serve) for path, serve in (extra_routes or {}).items()]
        named = [
            _Entry(_pattern(route.path), route.method, functions[route.function]) for route in sorted(routes, key=_rank)
        ]
        self._entries = extra + named
        self._otherwise = otherwise or _nothing

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        def start_with_care(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            given = {name.lower() for name, _ in headers}
            return start(status, headers + [pair for pair in _ALWAYS if pair[0].lower() not in given], *rest)

        if not is_loopback(environ.get("HTTP_HOST", "")):
            return answer(start_with_care, "403 Forbidden", "forbidden", "Only loopback names are served here")
        return self._choose(environ, start_with_care)

    def _choose(self, environ: Environ, start: Start) -> Iterable[bytes]:
        path, method = environ.get("PATH_INFO", "/"), environ["REQUEST_METHOD"]
        if any(ord(sign) < 32 for sign in path):  # the functions' own server would answer in HTML
            return _nothing(environ, start)
        wanted = ("ANY", "GET" if method == "HEAD" else method)
        here = [entry for entry in self._entries if entry.pattern.fullmatch(path)]
        for entry in here:
            if entry.method in wanted:
                return entry.serve(environ, start)
        if here:
            allowed = sorted({entry.method for entry in here})
            why = f"Use {' or '.join(allowed)}"
            return answer(start, "405 Method Not Allowed", "method_not_allowed", why, [("Allow", ", ".join(allowed))])
        return self._otherwise(environ, start)


def _nothing(environ: Environ, start: Start) -> Iterable[bytes]:
    return answer(start, "404 Not Found", "not_found", "There is nothing at this address")


def answer(
    start: Start, status: str, code: str, detail: str, headers: list[tuple[str, str]] | None = None
) -> list[bytes]:
    """A refusal of the router's own, as a problem document (RFC 9457)."""
    number, title = status.split(" ", 1)
    document = {
        "type": f"urn:lemm:problem:{code}",
        "title": title,
        "status": int(number),
        "detail": detail,
        "code": code,
        "instance": "router",
    }
    body = json.dumps(document).encode()
    start(
        status,
        [("Content-Type", "application/problem+json"), ("Content-Length", str(len(body))), *(headers or [])],
    )
    return [body]
