"""openapi: the document, and a page that fetches nothing from elsewhere."""

import json
import re
from collections.abc import Callable
from types import ModuleType

import pytest
from wire import body_of, event


@pytest.fixture
def openapi(load_step: Callable[[str], ModuleType]) -> ModuleType:
    return load_step("openapi")


def get(module: ModuleType, path: str) -> dict[str, object]:
    found: dict[str, object] = module.handler(event("GET", path), None)
    return found


def test_the_document_is_served(openapi: ModuleType):
    result = get(openapi, "/openapi.json")
    assert (result["statusCode"], body_of(result)["openapi"]) == (200, "3.1.0")


def test_the_page_and_all_that_it_names_come_from_here(openapi: ModuleType):
    page = get(openapi, "/docs")
    named = re.findall(r'(?:src|href)="([^"]+)"', str(page["body"]))
    assert sorted(named) == ["/docs/docs.js", "/docs/swagger-ui.css", "/docs/swagger-ui.js", "/openapi.json"]
    for address in named:
        assert get(openapi, address)["statusCode"] == 200
    assert "<script>" not in str(page["body"])


def test_the_policy_lets_scripts_come_from_files_of_ours_alone(openapi: ModuleType):
    headers = get(openapi, "/docs")["headers"]
    assert isinstance(headers, dict)
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["script-src"], policy["connect-src"]) == ("'none'", "'self'", "'self'")
    assert (policy["frame-ancestors"], policy["base-uri"]) == ("'none'", "'none'")
    assert headers["x-content-type-options"] == "nosniff"


def test_assets_have_their_types(openapi: ModuleType):
    for name, media in {
        "docs.js": "text/javascript",
        "swagger-ui.js": "text/javascript",
        "swagger-ui.css": "text/css",
    }.items():
        headers = get(openapi, f"/docs/{name}")["headers"]
        assert isinstance(headers, dict)
        assert headers["content-type"].startswith(media)


@pytest.mark.parametrize("name", ["main.py", "openapi.json", "..%2fmain.py", "swagger-ui.min.css", "docs.html"])
def test_nothing_else_is_served(openapi: ModuleType, name: str):
    result = get(openapi, f"/docs/{name}")
    assert (result["statusCode"], json.loads(str(result["body"]))["code"]) == (404, "not_found")
