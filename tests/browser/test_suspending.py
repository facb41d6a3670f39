"""Holding an output back in the browser, and letting it go again; what is refused is said in words."""

import base64
import uuid

from browsing import People
from living import ORIGINALS, Vault, song


def test_a_reviewer_suspends_an_output_and_lets_it_go(people: People, vault: Vault, cast, folder):
    output, why = f"out_{uuid.uuid4().hex[:12]}", "The melody was reported to us by phone"
    sound = base64.b64encode(song(folder, ORIGINALS[6]).read_bytes()).decode()
    ask = {"output_id": output, "model_id": "m-held", "audio_base64": sound}
    vault.service("safety").call("POST", "/safety/checks", ask)
    with people.window("anna") as anna:
        anna.sign_in(cast["anna"][1])
        page = anna.go("/suspensions")
        page.get_by_role("button", name="Withdrawn").click()
        page.get_by_role("heading", name="Nothing was withdrawn").wait_for()
        anna.accessible()
        anna.shot("suspensions-empty-light")
        page.get_by_label("Output id").fill("out_nobody-made-this")
        page.get_by_label("Why").fill(why)
        anna.press("Suspend it")
        page.get_by_role("alert").get_by_text("No such output was ever checked.").wait_for()
        page.get_by_label("Output id").fill(output)
        anna.press("Suspend it")
        page.get_by_role("heading", name=f"Output {output}").wait_for()
        page.get_by_text(why).wait_for()
        anna.accessible()
        anna.shot("suspensions-light")
    for look in ("phone", "dark"):
        with people.window("ben", look) as ben:
            ben.sign_in(cast["ben"][1])
            page = ben.go("/suspensions")
            if look == "phone":
                page.set_viewport_size({"width": 375, "height": 812})
            card = page.get_by_role("region", name=f"Output {output}")
            card.get_by_text("Let it go").first.click()
            ben.accessible()
            ben.fits()
            ben.shot(f"suspensions-{look}")
            if look == "dark":
                card.get_by_label("Why").fill("Nobody could point at the other song")
                card.get_by_role("button", name="Let it go").click()
                card.wait_for(state="detached")
                page.get_by_role("button", name="Let go", exact=True).click()
                card.get_by_text("Nobody could point at the other song").wait_for()
    assert vault.admin.call("GET", "/suspensions", state="lifted")["suspensions"][0]["subject"] == output


def test_a_listing_that_goes_on_says_so(people: People, cast):
    said = {"state": "suspended", "reason": "It was reported", "by": f"acc_{'1' * 26}", "at": "2026-03-01T12:00:00Z"}
    asked = []

    def endless(route):
        asked.append(route.request.url)
        row = {"subject": f"out_number-{len(asked)}", "state": "suspended", "decisions": [said]}
        route.fulfill(json={"suspensions": [row], "cursor": f"page-{len(asked)}"})

    with people.window("anna") as anna:
        anna.sign_in(cast["anna"][1])
        anna.page.route("**/suspensions?*", endless)
        page = anna.go("/suspensions")
        page.get_by_text("More than 20 entries.").wait_for()
        assert page.get_by_role("heading", level=3).count() == 20
        anna.accessible()
        anna.shot("listing-goes-on-light")
