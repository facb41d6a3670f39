"""Consent over time in the browser: changed by its owner, joined by another holder; metadata set right; roles."""

import pytest
from browsing import People, mailed_link
from lemm.demo.people import METADATA, RIGHTS
from living import ORIGINALS, PASSWORD, Vault, song


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


def test_somebody_invited_opens_an_account_and_consents(people: People, vault: Vault, cast, shared: str):
    with people.window("nova") as nova, people.window("cleo") as cleo:
        nova.sign_in(cast["nova"][1])
        nova.go(f"/tracks/{shared}")
        nova.page.get_by_label("E-mail of Cleo").fill("cleo@example.org")
        nova.press("Ask for consent")
        nova.page.get_by_text("asked on").wait_for()

        page = cleo.go(mailed_link(vault, "cleo@example.org"))
        page.get_by_text("You are named as Cleo").wait_for()
        cleo.accessible()
        cleo.shot("invitation")
        cleo.press("Create an account")
        page.get_by_label("Your name").fill("Cleo Marsh")
        page.get_by_label("E-mail").fill("cleo@example.org")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("I affirm").check()
        cleo.press("Create the account")
        page.get_by_label("Models may learn from it at all").check()
        page.get_by_label("Products", exact=True).check()
        page.get_by_label("I have read the contribution terms").check()
        cleo.accessible()
        cleo.shot("invitation-answer")
        cleo.press("Give my consent")
        page.get_by_role("heading", name="Given by others, with your consent").wait_for()

        nova.go("/messages")
        nova.page.get_by_text("A consent to").wait_for()
        nova.go(f"/tracks/{shared}")
        nova.page.get_by_text("has consented").wait_for()
        assert nova.page.get_by_text("Not used yet").count() == 0


def test_an_admin_holds_an_accounts_tracks_and_lets_them_go(people: People, vault: Vault, cast, shared: str):
    admin, owner = vault.place.admin, cast["nova"][0].call("GET", "/accounts/me")["account_id"]

    def decision() -> str:
        found = vault.admin.call("GET", "/bulk")["entities"]
        return str(next(one for one in found if one["account_id"] == owner)["decision"]["outcome"])

    with people.window("admin") as dora:
        dora.sign_in(admin.email, admin.password)
        page = dora.go("/holds")
        entry = page.get_by_role("listitem").filter(has_text="Nova")
        entry.get_by_text("Decide", exact=True).click()
        entry.get_by_role("radio", name="Hold all").check()
        entry.get_by_label("Why").fill("The same songs under two names?")
        dora.accessible()
        dora.shot("holds-decide")
        dora.press("Record it")
        entry.get_by_text("All held").wait_for()
        assert decision() == "held"
        entry.get_by_role("radio", name="Approve").check()
        entry.get_by_label("Up to how many tracks").fill("100")
        entry.get_by_label("Why").fill("They are two people of one band")
        dora.press("Record it")
        entry.get_by_text("Approved up to 100").wait_for()
        assert decision() == "approved"


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
