"""Who used a track: its owner sees runs and models and keeps proofs; a second rights holder has a page of their own."""

import json
import uuid
from typing import NamedTuple

import pytest
from browsing import LOOKS, People, mailed_link
from lemm.demo.people import METADATA, RIGHTS
from lemm.training import VaultStream
from living import Vault, song
from vault_domain.canonical import sha256_hex

MADE = 1048
MODEL = "tiny-radio"


class Used(NamedTuple):
    """A track of Nova's in which Ray holds rights, and the run that read it."""

    track_id: str
    run_id: str


@pytest.fixture(scope="module")
def used(vault: Vault, cast, folder) -> Used:
    nova, ray, job = cast["nova"][0], cast["ray"][0], vault.service("training")
    said = {**METADATA, "title": "Four Hands", "is_collaboration": True, "collaborator_names": ["Ray Lux"]}
    upload = nova.upload(song(folder, MADE))
    track_id = str(nova.submit(upload, said, RIGHTS, vault.terms_sha256)["track_id"])
    assert nova.wait_decided(track_id)["status"] == "accepted"
    address = "ray-elsewhere@example.org"
    nova.call("POST", f"/tracks/{track_id}/invitations", {"holder": "party:0", "email": address})
    flags = nova.call("GET", f"/tracks/{track_id}/consents")["holders"][0]["flags"]
    answer = {"token": mailed_link(vault, address).rpartition("token=")[2], "flags": flags}
    ray.call("POST", "/invitations/accept", {**answer, "accepted_terms_sha256": vault.terms_sha256})
    run_id = f"run_{uuid.uuid4().hex}"
    with VaultStream(
        vault.place.url, lambda: job.token or "", run_id=run_id, model_id=MODEL, purpose="product"
    ) as stream:
        assert stream.read(track_id)
        stream.complete(sha256_hex(b"weights"))
    version = {
        "model_version": "1.0",
        "runs": [run_id],
        "weights_sha256": sha256_hex(b"weights"),
        "title": "Tiny radio",
    }
    job.call("POST", f"/models/{MODEL}/versions", version)
    vault.place.invoke("audit-sequence", {})
    return Used(track_id, run_id)


def saved(person, name: str) -> dict:
    with person.page.expect_download() as kept:
        person.page.get_by_role("button", name=name).click()
    return dict(json.loads(kept.value.path().read_text()))


def test_an_owner_sees_who_used_a_track_and_keeps_the_proof(people: People, cast, used: Used):
    with people.window("nova") as nova:
        nova.sign_in(cast["nova"][1])
        page = nova.go(f"/tracks/{used.track_id}")
        box = page.get_by_role("region", name="Who used it")
        box.get_by_role("cell", name=f"{used.run_id} ended").wait_for()
        assert box.get_by_text("1 run, 1 model").is_visible()
        nova.accessible()
        nova.shot("track-used")
        assert saved(nova, f"Proof for {used.run_id}")
        box.get_by_role("link", name=MODEL).click()
        page.get_by_role("heading", name="Tiny radio").wait_for()
        page.get_by_role("cell", name=used.run_id).wait_for()
        assert saved(nova, "Proof of what it was trained on")
    for look in LOOKS:
        with people.window("nova", look) as nova:
            nova.sign_in(cast["nova"][1])
            for path, name in ((f"/models/{MODEL}", "model"), (f"/tracks/{used.track_id}", "track-used")):
                nova.go(path)
                nova.accessible()
                nova.fits()
                nova.shot(f"{name}-{look}")


def test_a_second_rights_holder_allows_less_on_a_page_of_their_own(people: People, vault: Vault, cast, used: Used):
    for look in LOOKS:
        with people.window("ray", look) as ray:
            ray.sign_in(cast["ray"][1])
            ray.go(f"/consent/{used.track_id}")
            ray.accessible()
            ray.fits()
            ray.shot(f"consent-held-{look}")
    with people.window("ray") as ray, people.window("lena") as lena:
        page = ray.sign_in(cast["ray"][1])
        page.get_by_role("heading", name="Given by others, with your consent").wait_for()
        page.get_by_role("link", name="Four Hands").click()
        page.wait_for_url("**/#/consent/**")
        ray.press("Change what you allow")
        page.get_by_label("Products", exact=True).uncheck()
        assert page.get_by_text("Ends at once:").is_visible()
        ray.accessible()
        ray.press("Save")
        page.get_by_text("How it was over time").wait_for()
        lena.sign_in(cast["lena"][1])
        lena.page.goto(f"{lena.url}/#/consent/{used.track_id}")
        lena.page.get_by_role("alert").get_by_text("Not found.").wait_for()
    assert not cast["nova"][0].call("GET", f"/tracks/{used.track_id}/consents")["allowed"]["product_ok"]
    used_by = cast["nova"][0].call("GET", "/messages")["messages"]
    assert "consent_narrowed" in {one["topic"] for one in used_by}
