"""Sending a catalogue: only the parts that are lacking, then its entry; strange folders refused before a call."""

import json

import httpx
import pytest
from lemm.client import Api, ApiProblem
from lemm.registering import send_catalogue
from vault_domain import snapshots
from vault_domain.canonical import sha256_hex
from vault_domain.errors import BadRequest, Corrupt

BODIES = (b"first part", b"second part")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "parts").mkdir()
    manifest = snapshots.empty("open", {"features": 1}, "2026-01-01T00:00:00Z")
    for data in BODIES:
        part = snapshots.part_of(data, 1, 10.0)
        (tmp_path / "parts" / part.name).write_bytes(data)
        manifest = snapshots.with_part(manifest, part, "2026-01-01T00:00:00Z")
    (tmp_path / "manifest.json").write_bytes(manifest.to_bytes())
    return tmp_path


class Server:
    """Holds parts by hash; ``down`` refuses the next upload."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.entries: list[dict] = []
        self.down = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.startswith("/store/"):
            if self.down:
                return httpx.Response(503)
            name = path.removeprefix("/store/")
            self.held[name] = next(body for body in BODIES if body in request.read())
            return httpx.Response(204)
        body = json.loads(request.content)
        if path == "/catalogues/open/parts":
            lacking = [part["sha256"] for part in body["parts"] if part["sha256"] not in self.held]
            forms = [{"sha256": one, "form": {"url": f"http://t/store/{one}", "fields": {}}} for one in lacking]
            return httpx.Response(200, json={"missing": forms})
        self.entries.append(body)
        return httpx.Response(201, json={"name": body["name"], "tracks": 2})


def send(server, folder, progress=lambda *_: None):
    api = Api("http://t", transport=httpx.MockTransport(server))
    return send_catalogue(api, folder, "Open", "CC0-1.0", progress=progress)


def test_every_part_arrives_before_the_entry(folder):
    server, told = Server(), []
    assert send(server, folder, lambda *said: told.append(said)) == {"name": "open", "tracks": 2}
    assert server.held == {sha256_hex(body): body for body in BODIES}
    assert server.entries[0]["pack"] == "open"
    assert (server.entries[0]["title"], len(server.entries[0]["manifest"]["parts"])) == ("Open", 2)
    assert told[-1] == (2, 2, "registering")


def test_what_was_cut_off_is_finished_by_the_next_call(folder):
    server = Server()
    server.held[sha256_hex(BODIES[0])] = BODIES[0]
    server.down = True
    with pytest.raises(ApiProblem, match="upload_failed"):
        send(server, folder)
    assert server.entries == []
    server.down = False
    send(server, folder)
    assert len(server.held) == 2


def test_folders_that_are_no_snapshot(folder, tmp_path):
    server = Server()
    with pytest.raises(BadRequest, match=r"no readable manifest\.json"):
        send(server, tmp_path / "parts")
    (next(iter((folder / "parts").iterdir()))).unlink()
    with pytest.raises(BadRequest, match="lacks its parts"):
        send(server, folder)
    (folder / "manifest.json").write_text("{}")
    with pytest.raises(Corrupt):
        send(server, folder)
    assert server.entries == []
