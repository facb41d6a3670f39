"""openapi: the API's document, and a page to try it on.

The page is Powertools' bundled Swagger UI, served from here: nothing is fetched
from elsewhere, and the content security policy allows nothing else.
"""

from functools import cache
from importlib.resources import files
from pathlib import Path

from vault_domain.errors import NotFound
from vault_edge.app import Answer, App

app = App("openapi")

DOCUMENT = Path(__file__).with_name("openapi.json")
PAGE = Path(__file__).with_name("docs.html")
START = Path(__file__).with_name("docs.js")
BUNDLE = "aws_lambda_powertools.event_handler.openapi.swagger_ui"
ASSETS = {
    "swagger-ui.css": ("swagger-ui.min.css", "text/css; charset=utf-8"),
    "swagger-ui.js": ("swagger-ui-bundle.min.js", "text/javascript; charset=utf-8"),
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""Swagger UI sets style attributes, hence 'unsafe-inline' for styles; scripts come from files only."""


@app.get("/openapi.json", role="public")
def document() -> Answer:
    """This API as an OpenAPI 3.1 document."""
    return Answer(_read(DOCUMENT), content_type="application/json", headers={"cache-control": "public, max-age=300"})


@app.get("/docs", role="public", media=("text/html",))
def page() -> Answer:
    """A page to read and try the API on."""
    return Answer(_read(PAGE), content_type="text/html; charset=utf-8", headers={"content-security-policy": POLICY})


@app.get("/docs/{name}", role="public", media=("text/css", "text/javascript"))
def asset(name: str) -> Answer:
    """A script or style sheet of the page."""
    headers = {"cache-control": "public, max-age=86400"}
    if name == START.name:
        return Answer(_read(START), content_type="text/javascript; charset=utf-8", headers=headers)
    if name not in ASSETS:
        raise NotFound()
    file, content_type = ASSETS[name]
    return Answer(_bundled(file), content_type=content_type, headers=headers)


@cache
def _read(path: Path) -> str:
    return path.read_text("utf-8")


@cache
def _bundled(file: str) -> str:
    return files(BUNDLE).joinpath(file).read_text("utf-8")


handler, http = app.lambda_entry(), app.http_entry()
