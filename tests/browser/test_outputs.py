"""The way out of an output: claimed, licensed, exported, verified by anybody; advice where it is blocked."""

import base64
import json

import pytest
from browsing import People
from living import ORIGINALS, Vault, disguised, song

OUTDATED = {"title": "Read it again", "status": 409, "code": "licence_outdated", "detail": "There is a new text."}
STATES = {
    "model-blocked": (["model_blocked"], "Model held back", "This is about its model and not about your output"),
    "outdated": (["check_outdated"], "To be checked again", "Ask the service to have the same file checked again"),
}
OUTPUT, BLOCKED = "out_night-drive", "out_too-close"


@pytest.fixture(scope="module")
def codes(vault: Vault, cast, folder) -> dict[str, str]:
    """One output that was cleared and one that was blocked, and the codes that claim them."""
    vault.decided(cast["nova"][0], song(folder, ORIGINALS[5]))
    generator, found = vault.service("safety"), {}
    for output, path in ((OUTPUT, song(folder, ORIGINALS[8])), (BLOCKED, disguised(folder, ORIGINALS[5]))):
        sound = base64.b64encode(path.read_bytes()).decode()
        made_by = {"model_id": "m-1", "model_version": "2"}
        generator.call("POST", "/safety/checks", {"output_id": output, **made_by, "audio_base64": sound})
        asked = {"regenerate_url": "https://music.example/again"}
        found[output] = generator.call("POST", f"/outputs/{output}/codes", asked)["code"]
    return found


def looked_at(person, name: str) -> None:
    person.accessible()
    person.fits()
    person.shot(name)


def told_instead(page, path: str, answer) -> None:
    """The next answer under this path is this one: what the rules make of each state is tested with them."""
    page.route(path, lambda route: route.fulfill(json=answer), times=1)


def test_an_output_is_claimed_licensed_exported_and_verified(people: People, vault: Vault, cast, codes, folder):
    source, saved = song(folder, ORIGINALS[8]), folder / "certificate.json"
    with people.window("ray") as ray, people.window("a visitor") as visitor:
        ray.sign_in(cast["ray"][1])
        page = ray.go("/outputs")
        page.get_by_text("No outputs yet").wait_for()
        looked_at(ray, "outputs-empty-light")
        page.get_by_label("Output").fill(OUTPUT)
        page.get_by_label("Code").fill(codes[OUTPUT])
        ray.press("Go on")
        looked_at(ray, "outputs-claim-light")
        ray.press("Claim it")
        page.wait_for_url(f"**/#/outputs/{OUTPUT}")
        ray.settle()
        page.get_by_text("Your rights in generated music").wait_for()
        looked_at(ray, "export-first-light")
        assert page.get_by_role("button", name="Export").is_disabled()
        page.get_by_label("The file that was checked").set_input_files(song(folder, ORIGINALS[5]))
        page.get_by_text("This is not the file that was checked").wait_for()
        page.get_by_label("The file that was checked").set_input_files(source)
        page.route("**/licence/acceptance", lambda route: route.fulfill(status=409, json=OUTDATED), times=1)
        page.get_by_label("I agree to these terms.").check()
        with page.expect_response("**/licence"):  # a new text came in between: it is read again, and agreed to anew
            page.locator("form button[type=submit]:enabled").click()
        page.locator("form button[type=submit]:disabled").wait_for()
        page.get_by_label("I agree to these terms.").check()
        page.locator("form button[type=submit]:enabled").click()
        page.get_by_text("Here it is").wait_for()
        looked_at(ray, "exported-light")
        with page.expect_download() as coming:
            ray.press("Certificate (signed)")
        coming.value.save_as(saved)
        ray.go("/outputs")
        page = ray.go(f"/outputs/{OUTPUT}")
        page.get_by_text("You accepted the licence, version 1").wait_for()
        looked_at(ray, "export-again-light")

        page = visitor.go("/verify")
        looked_at(visitor, "verify-light")
        page.locator("#proof").set_input_files([saved, source])
        page.get_by_text("The licence is in force.").wait_for()
        page.get_by_text("m-1, version 2").wait_for()
        looked_at(visitor, "verified-light")
        visitor.press("Begin anew")
        page.locator("#proof").set_input_files(song(folder, ORIGINALS[5]))
        page.get_by_text("No export of this vault is exactly this file").wait_for()
        forged = json.loads(saved.read_text())
        forged["payload"] = base64.b64encode(base64.b64decode(forged["payload"]).replace(b"out_", b"oot_")).decode()
        (folder / "forged.json").write_text(json.dumps(forged))
        visitor.press("Begin anew")
        page.locator("#proof").set_input_files(folder / "forged.json")
        page.get_by_text("Not a certificate of this vault").wait_for()
        looked_at(visitor, "verify-forged-light")


@pytest.mark.parametrize("look", ["dark", "phone"])
def test_a_blocked_output_says_what_helps(people: People, cast, codes, look):
    with people.window("lena", look) as person:
        person.sign_in(cast["lena"][1])
        page = person.go(f"/outputs/claim/{BLOCKED}/{codes[BLOCKED]}")
        person.press("Claim it")
        page.wait_for_url(f"**/#/outputs/{BLOCKED}")
        person.settle()
        page.get_by_text("It can't be exported.").wait_for()
        assert page.get_by_role("link", name="Regenerate").get_attribute("href") == "https://music.example/again"
        looked_at(person, f"export-blocked-{look}")
        person.go("/outputs")
        looked_at(person, f"outputs-{look}")
        for state, (codes_, label, helps) in STATES.items():
            told = page.evaluate("id => import('./js/api.js').then(({ get }) => get(`/outputs/${id}`))", BLOCKED)
            obstacles = [{"code": code, "detail": f"This is {code}.", "refs": []} for code in codes_]
            told |= {"outcome": "not_cleared", "reasons": [], "suggestions": [], "obstacles": obstacles}
            told_instead(page, f"**/outputs/{BLOCKED}", told)
            person.go("/licence")
            person.go(f"/outputs/{BLOCKED}")
            page.get_by_text(label, exact=True).wait_for()
            page.get_by_text(helps).wait_for()
            assert page.get_by_text("name a mood").count() == page.get_by_text("Regenerate").count() == 0
            looked_at(person, f"export-{state}-{look}")
        for page_name in ("licence", "verify"):
            person.go(f"/{page_name}")
            looked_at(person, f"{page_name}-{look}")
