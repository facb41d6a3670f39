"""Consent over time in the browser: changed by its owner, joined by another holder; metadata set right; roles."""

import pytest
from browsing import People
from lemm.demo.people import METADATA, RIGHTS
from living import ORIGINALS, Vault, song


@pytest.fixture(scope="module")
def shared(vault: Vault, cast, folder) -> str:
    """A track of Nova's that names Cleo as somebody who holds rights in it."""
    api = cast["nova"][0]
    upload = api.upload(song(folder, ORIGINALS[7]))
    metadata = {**METADATA, "title": "Two Hands", "is_collaboration": True, "collaborator_names": ["Cleo"]}
    track_id = str(api.submit(upload, metadata, RIGHTS, vault.terms_sha256)["track_id"])
    api.wait_decided(track_id)
    return track_id


def test_an_owner_changes_what_they_allow_and_corrects_what_they_said(people: People, vault: Vault, cast, shared: str):
    with people.window("nova") as nova:
        nova.sign_in(cast["nova"][1])
        page = nova.go(f"/tracks/{shared}")
        assert page.get_by_text("waits for the consent of Cleo").is_visible()
        nova.press("Change what you allow")
        assert page.get_by_role("button", name="Save").is_disabled()
        page.get_by_label("Use in internal demonstrations").uncheck()
        page.get_by_label("Models adapted to your style alone").check()
        assert page.get_by_text("Ends at once:").is_visible()
        nova.accessible()
        nova.shot("consent-change")
        nova.press("Save")
        page.get_by_text("How it was over time").wait_for()

        nova.press("Correct it")
        page.get_by_label("Title").fill("Two Hands, One Piano")
        page.get_by_label("Why do you correct it?").fill("The title was cut short")
        nova.accessible()
        nova.press("Save")
        page.get_by_role("heading", name="Two Hands, One Piano").wait_for()
    flags = cast["nova"][0].track(shared)["rights"]["flags"]
    assert (flags["internal_demo_ok"], flags["allow_per_artist_adapters"]) == (False, True)


def test_an_admin_finds_somebody_and_changes_their_role(people: People, vault: Vault, cast):
    admin = vault.place.admin
    with people.window("admin") as dora, people.window("lena") as lena:
        dora.sign_in(admin.email, admin.password)
        page = dora.go("/people")
        page.get_by_label("E-mail").fill(cast["lena"][1])
        dora.press("Find")
        found = page.get_by_role("region", name="Find somebody")
        found.get_by_text("Change the role").click()
        found.get_by_label("Role").select_option("reviewer")
        found.get_by_label("Why").fill("She knows folk music well")
        dora.accessible()
        dora.press("Change it")
        page.get_by_role("listitem").get_by_text("Lena", exact=True).wait_for()
        dora.shot("people")
        lena.sign_in(cast["lena"][1])
        lena.press("Review")
        lena.page.get_by_role("heading", name="Review", exact=True).wait_for()
    account = cast["lena"][0].call("GET", "/accounts/me")
    vault.admin.call("POST", f"/accounts/{account['account_id']}/role", {"role": "contributor", "reason": "the end"})
