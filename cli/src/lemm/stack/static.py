"""The web client's built files, or a page that says where the API is.

Only files below the folder are served, by resolved path; unknown addresses that
a browser asks for as a page get the client's ``index.html``, which routes them.
"""

import mimetypes
from collections.abc import Iterable
from pathlib import Path

from lemm.stack.router import Environ, Start, Wsgi, answer

_BARE = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>LEMM Vault</title>
<h1>LEMM Vault</h1><p>The API is running. Its description, with a form to try each call, is at
<a href="/docs">/docs</a>; the OpenAPI document is <a href="/openapi.json">/openapi.json</a>.</p></html>
"""


def static(folder: Path | None) -> Wsgi:
    """Serve ``folder``; without one, the bare page at ``/``."""
    root = folder.resolve() if folder is not None and (folder / "index.html").is_file() else None

    def serve(environ: Environ, start: Start) -> Iterable[bytes]:
        path, method = environ.get("PATH_INFO", "/"), environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            return answer(start, "404 Not Found", "not_found", "There is nothing at this address")
        found = _find(root, path, "text/html" in environ.get("HTTP_ACCEPT", ""))
        if found is None:
            return answer(start, "404 Not Found", "not_found", "There is nothing at this address")
        body, kind = found
        start(
            "200 OK",
            [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-cache")],
        )
        return [b"" if method == "HEAD" else body]

    return serve


def _find(root: Path | None, path: str, wants_page: bool) -> tuple[bytes, str] | None:
    if root is None:
        return (_BARE, "text/html; charset=utf-8") if path == "/" else None
    try:
        file = (root / path.lstrip("/")).resolve()
        is_file = file.is_relative_to(root) and file.is_file()
    except (OSError, ValueError):
        return None
    if not is_file:
        if path != "/" and not (wants_page and "." not in path.rsplit("/", 1)[-1]):
            return None
        file = root / "index.html"
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return file.read_bytes(), f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
