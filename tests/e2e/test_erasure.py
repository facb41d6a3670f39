"""Erasing an account on the real stack, by the roles of the template: nothing personal is left in any table."""

import json

import pytest
from lemm.client import ApiProblem
from lemm.demo.people import METADATA, RIGHTS
from living import PASSWORD, Vault

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
TABLES = ("accounts", "uploads", "tracks", "rights", "messages", "claims")
SAID = "Quillword"


def test_who_leaves_leaves_no_name(vault: Vault):
    quill = vault.contributor(SAID.lower())
    form = {"filename": f"{SAID}.wav", "bytes": 4096, "content_type": "audio/wav"}
    upload_id = quill.call("POST", "/uploads", form)["upload_id"]
    metadata = {**METADATA, "title": f"{SAID} I", "artist_display_name": SAID}
    track_id = quill.submit(upload_id, metadata, RIGHTS, vault.terms_sha256)["track_id"]
    quill.call("POST", "/control", {"artist": SAID, "release": f"https://{SAID}.example/first"})
    assert SAID.lower() in stored(vault)
    with pytest.raises(ApiProblem, match="forbidden"):
        quill.call("POST", "/accounts/me/erasure", {"tracks": "revoke", "password": "another one"})
    quill.call("POST", "/accounts/me/erasure", {"tracks": "revoke", "password": PASSWORD})
    assert vault.place.invoke("erase", {}) == {"under_way": 1, "ended": 0}
    assert SAID.lower() not in stored(vault)
    assert quill.status(track_id)["status"] in ("removed", "rejected_final")


def stored(vault: Vault) -> str:
    return json.dumps([vault.rows(table) for table in TABLES]).lower()
