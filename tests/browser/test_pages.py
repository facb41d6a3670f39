"""Every page in every look: no finding of axe-core, nothing wider than a phone; and the states nobody likes."""

import pytest
from browsing import LOOKS, People
from living import Vault

PUBLIC = {
    "home": "/",
    "how": "/how",
    "terms": "/terms",
    "figures": "/statistics",
    "report": "/report",
    "sign-in": "/sign-in",
    "join": "/join",
    "nowhere": "/no/such",
}
SIGNED_IN = {
    "tracks-empty": "/tracks",
    "messages-empty": "/messages",
    "give": "/submit",
    "policy-read": "/policy",
    "listing": "/listing",
    "packs": "/packs",
    "models": "/models",
    "releases-empty": "/releases",
    "account": "/account",
    "not-for-you": "/review",
}
REVIEWERS = {
    "review-queue": "/review",
    "appeals": "/appeals",
    "claims": "/claims",
    "flags-empty": "/flags",
    "proofs-empty": "/proofs",
    "model-checks": "/model-checks",
}
ADMINS = {"people": "/people", "holds": "/holds", "names": "/names"}


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_usable_by_everybody(people: People, cast, vault: Vault, look: str):
    def walk(person, pages):
        for name, path in pages.items():
            person.go(path)
            person.accessible()
            person.fits()
            person.shot(f"{name}-{look}")

    with people.window("a visitor", look) as visitor:
        walk(visitor, PUBLIC)
    with people.window("a newcomer", look) as newcomer:
        newcomer.sign_in(cast["lena"][1])
        walk(newcomer, SIGNED_IN)
    with people.window("anna", look) as anna:
        anna.sign_in(cast["anna"][1])
        walk(anna, REVIEWERS)
    with people.window("the admin", look) as dora:
        dora.sign_in(vault.place.admin.email, vault.place.admin.password)
        walk(dora, ADMINS)


def test_a_keyboard_is_enough(people: People):
    with people.window() as somebody:
        page = somebody.go("/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        assert page.url.endswith("#/")
        page.get_by_role("link", name="How it works").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/#/how")
        page.wait_for_timeout(200)
        assert page.evaluate("document.activeElement.tagName") == "H1"
        assert page.title() == "How it works · LEMM Vault"


def test_the_menu_of_a_phone_opens_and_closes(people: People):
    with people.window(look="phone") as somebody:
        page = somebody.go("/")
        link = page.get_by_role("navigation", name="Main").get_by_role("link", name="How it works")
        assert not link.is_visible()
        page.get_by_role("button", name="Menu").click()
        link.wait_for()
        somebody.accessible()
        somebody.shot("menu-phone")
        link.click()
        page.wait_for_url("**/#/how")
        link.wait_for(state="hidden")


def test_a_slow_and_then_failing_vault_is_told_and_recovers(people: People, cast):
    with people.window("lena") as lena:
        page = lena.sign_in(cast["lena"][1])
        held = []
        page.route("**/contributors/me/tracks*", lambda route: held.append(route))
        page.reload()
        page.get_by_text("The vault takes longer than usual").wait_for()
        lena.shot("state-slow")
        lena.accessible()
        for route in held:
            route.abort()
        page.get_by_role("alert").get_by_text("No answer.").wait_for()
        lena.shot("state-failed")
        lena.accessible()
        page.unroute("**/contributors/me/tracks*")
        lena.press("Try again")
        page.get_by_role("heading", name="No tracks yet").wait_for()
        lena.wrong = [one for one in lena.wrong if "ERR_FAILED" not in one]  # what the test broke itself


def test_what_is_somebody_elses_looks_like_nothing_at_all(people: People, cast, vault: Vault):
    with people.window("lena") as lena:
        lena.sign_in(cast["lena"][1])
        page = lena.page
        page.goto(f"{lena.url}/#/tracks/trk_{'0' * 26}")
        page.get_by_role("alert").get_by_text("Not found.").wait_for()
        lena.accessible()
        lena.shot("state-not-found")


def test_words_from_others_are_words_and_never_markup(people: People, cast, vault: Vault, folder):
    from living import ORIGINALS, song

    api, email = cast["lena"]
    upload = api.upload(song(folder, ORIGINALS[8]))
    vault.ask(api, upload, title="<img src=x onerror=document.title='owned'><b>Bold</b>")
    with people.window("lena") as lena:
        page = lena.sign_in(email)
        page.get_by_text("<b>Bold</b>").wait_for()
        assert page.locator("main img, main b b").count() == 0
        assert page.title() == "My tracks · LEMM Vault"
