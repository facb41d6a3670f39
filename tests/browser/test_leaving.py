"""Leaving for good in the browser: said what goes and what stays, asked for the tracks and the password, gone."""

import uuid

from browsing import People, account
from living import PASSWORD, Vault


def test_somebody_erases_their_account(people: People, vault: Vault):
    name = f"leaver-{uuid.uuid4().hex[:8]}"
    _, email = account(vault.place.url, vault.place.admin, name)
    for look in ("phone", "dark"):
        with people.window(name, look) as window:
            window.sign_in(email)
            page = window.go("/account")
            if look == "phone":
                page.set_viewport_size({"width": 375, "height": 812})
            window.press("Erase my account")
            window.accessible()
            window.fits()
            window.shot(f"account-erase-{look}")
    with people.window(name) as window:
        window.sign_in(email)
        page = window.go("/account")
        window.press("Erase my account")
        assert page.get_by_role("button", name="Erase it").is_disabled()
        page.get_by_label("Take all of them back").check()
        page.get_by_label("Your password").fill("not the password")
        window.press("Erase it")
        page.get_by_text("not that of this account").wait_for()
        page.get_by_label("Your password").fill(PASSWORD)
        window.press("Erase it")
        page.get_by_role("link", name="Sign in").first.wait_for()
