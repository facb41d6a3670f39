"""The web client's files, or a page that says where the API is.

Only files below the folder are served, by resolved path; unknown addresses that
a browser asks for as a page get the client's ``index.html``. The content
security policy allows what lies here, the API, and the store that uploads go to;
nothing inline, nothing from elsewhere. On AWS the same policy is a header of the
distribution (infra/README.md).
"""

import mimetypes
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from lemm.stack.router import Environ, Start, Wsgi, answer

_BARE = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>LEMM Vault</title>
<h1>LEMM Vault</h1><p>The API is running. Its description, with a form to try each call, is at
<a href="/docs">/docs</a>; the OpenAPI document is <a href="/openapi.json">/openapi.json</a>.</p></html>
"""


def content_security_policy(stores: Iterable[str] = ()) -> str:
    """What the client's pages may load and talk to; ``stores``: origins of object storage."""
    own = " ".join(("'self'", *stores))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        f"connect-src {own}; media-src {own} blob:; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def static(folder: Path | None, stores: Iterable[str] = ()) -> Wsgi:
    """Serve ``folder``; without one, the bare page at ``/``."""
    root = folder.resolve() if folder is not None and (folder / "index.html").is_file() else None
    policy = content_security_policy(stores)

    def serve(environ: Environ, start: Start) -> Iterable[bytes]:
        path, method = environ.get("PATH_INFO", "/"), environ["REQUEST_METHOD"]
        found = None
        if method in ("GET", "HEAD"):
            found = _find(root, path, "text/html" in environ.get("HTTP_ACCEPT", ""))
        if found is None:
            return answer(start, "404 Not Found", "not_found", "There is nothing at this address")
        body, kind = found
        tag = f'"{sha256(body).hexdigest()[:32]}"'
        headers = [
            ("Content-Type", kind),
            ("Cache-Control", "no-cache"),
            ("ETag", tag),
            ("Content-Security-Policy", policy),
            ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
        ]
        if environ.get("HTTP_IF_NONE_MATCH") == tag:
            start("304 Not Modified", headers)
            return [b""]
        start("200 OK", [*headers, ("Content-Length", str(len(body)))])
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
