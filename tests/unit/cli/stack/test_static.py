"""The web client's files over WSGI, and the vendored libraries."""

import hashlib
import re
from pathlib import Path

import pytest
from lemm.stack.static import content_security_policy, static

ROOT = Path(__file__).resolve().parents[4]
SITE = ROOT / "web" / "site"
STORE = "http://127.0.0.1:4566"


def ask(app, path, method="GET", **environ):
    seen = {}

    def start(status, headers):
        seen.update(status=status, headers=dict(headers))

    body = b"".join(app({"PATH_INFO": path, "REQUEST_METHOD": method, **environ}, start))
    return seen["status"], seen["headers"], body


@pytest.fixture(scope="module")
def client():
    return static(SITE, [STORE])


def test_the_start_page_allows_scripts_from_files_only_and_nothing_from_elsewhere(client):
    status, headers, body = ask(client, "/")
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert status == "200 OK"
    assert (policy["default-src"], policy["script-src"], policy["style-src"]) == ("'none'", "'self'", "'self'")
    assert policy["connect-src"] == f"'self' {STORE}"
    assert b"<script type=" in body
    assert not re.search(rb"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", body)


def test_no_page_names_another_host():
    for file in SITE.rglob("*"):
        if file.suffix in (".js", ".css", ".html") and "vendor" not in file.parts:
            assert not re.search(r"(https?:)?//[a-z0-9-]+\.[a-z]", file.read_text("utf-8")), file


def test_a_file_that_did_not_change_is_not_sent_again(client):
    _, headers, body = ask(client, "/js/main.js")
    assert headers["Content-Type"] == "text/javascript; charset=utf-8"
    status, _, again = ask(client, "/js/main.js", HTTP_IF_NONE_MATCH=headers["ETag"])
    assert (status, again) == ("304 Not Modified", b"")
    assert ask(client, "/js/main.js", "HEAD")[2] == b""
    assert int(headers["Content-Length"]) == len(body)


@pytest.mark.parametrize("path", ["/../template.yaml", "/js/../../vendor.sh", "/js/%2e%2e", "/nothing.js", "/js\x00"])
def test_nothing_outside_the_folder_is_served(client, path):
    assert ask(client, path)[0] == "404 Not Found"


def test_a_browser_gets_the_client_at_an_unknown_address_and_others_get_404(client):
    assert ask(client, "/somewhere", HTTP_ACCEPT="text/html")[0] == "200 OK"
    assert ask(client, "/somewhere")[0] == "404 Not Found"
    assert ask(client, "/", "POST")[0] == "404 Not Found"


def test_without_a_client_the_bare_page_says_where_the_api_is(tmp_path):
    status, headers, body = ask(static(tmp_path), "/")
    assert (status, b"/docs" in body) == ("200 OK", True)
    assert headers["Content-Security-Policy"] == content_security_policy()


def test_vendored_libraries_are_the_recorded_ones_and_small():
    vendor, total = SITE / "vendor", 0
    recorded = dict(reversed(line.split("  ")) for line in (vendor / "SHA256SUMS").read_text().splitlines())
    assert set(recorded) == {file.name for file in vendor.iterdir()} - {"SHA256SUMS"}
    for name, wanted in recorded.items():
        data = (vendor / name).read_bytes()
        total += len(data)
        assert hashlib.sha256(data).hexdigest() == wanted, name
    assert total < 200_000


def test_every_import_leads_to_a_file():
    for file in (*SITE.glob("js/**/*.js"), *SITE.glob("vendor/*.js")):
        for target in re.findall(r"""\bfrom\s*["']([^"']+)["']""", file.read_text("utf-8")):
            assert target.startswith("."), (file, target)
            assert (file.parent / target).is_file(), (file, target)
