"""A musician opens an account, gives tracks, watches them, and takes one back."""

import base64
import json

import pytest
from browsing import People
from living import ORIGINALS, PASSWORD, Vault, eventually, song

DECIDED = 180_000


@pytest.fixture(scope="module")
def files(folder):
    """Two songs and something that is no audio."""
    told = folder / "letter.wav"
    told.write_bytes(b"Dear vault, this is not music." * 400)
    return [song(folder, ORIGINALS[0]), song(folder, ORIGINALS[1]), told]


def test_from_sign_up_to_the_vault_and_back(people: People, vault: Vault, files):
    with people.window("mira") as mira:
        page = mira.go("/join")
        page.get_by_label("Your name").fill("Mira Sol")
        page.get_by_label("E-mail").fill("mira@example.org")
        page.get_by_label("Password").fill("too short")
        mira.press("Create the account")
        assert page.get_by_text("At least 12 characters, please").is_visible()
        assert page.get_by_text("We need this statement").is_visible()
        mira.accessible()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("I affirm").check()
        mira.press("Create the account")
        page.wait_for_url("**/#/submit")

        mira.press("Send")
        assert page.get_by_role("alert").get_by_text("Choose at least one file").is_visible()
        mira.accessible()
        mira.shot("give-missing")
        page.set_input_files("#files", [str(path) for path in files])
        page.get_by_label("Title").nth(0).fill("Glass City")
        page.get_by_label("Title").nth(1).fill("Low Tide")
        page.get_by_label("Genres").fill("Ambient, electronic")
        page.get_by_label("Models may learn from it at all").check()
        mira.press("Send")
        assert page.get_by_role("alert").get_by_text("Turn on at least one use").is_visible()
        page.get_by_label("Products", exact=True).check()
        page.get_by_label("I have read the contribution terms").check()
        mira.shot("give-filled")
        mira.press("Send 3 tracks")
        page.get_by_role("heading", name="We have your tracks").wait_for(timeout=60_000)
        assert page.get_by_text("Received").count() == 3
        with page.expect_download() as saved:
            page.get_by_role("button", name="Receipt for Glass City").click()
        receipt = json.loads(base64.b64decode(json.loads(saved.value.path().read_text())["payload"]))
        assert [name for name, on in receipt["flags"].items() if on] == ["product_ok", "training_allowed"]
        mira.shot("give-sent")
        mira.accessible()

        mira.press("Go to my tracks")
        row = page.get_by_role("link", name="Glass City")
        row.get_by_text("In the vault").wait_for(timeout=DECIDED)
        page.get_by_role("link", name="letter").get_by_text("Not accepted").wait_for(timeout=DECIDED)
        mira.shot("my-tracks")
        row.click()
        page.get_by_role("heading", name="What the checks found").wait_for()
        assert page.get_by_text("Nothing came close").count() >= 2
        mira.accessible()
        mira.shot("track-accepted")

        mira.press("Take this track back")
        page.get_by_role("dialog").get_by_text("What it can't undo").wait_for()
        mira.accessible()
        mira.shot("take-back")
        page.keyboard.press("Escape")
        page.get_by_role("dialog").wait_for(state="detached")
        mira.press("Take this track back")
        page.get_by_role("dialog").get_by_role("button", name="Take it back").click()
        page.get_by_role("heading", name="You took this track back").wait_for()
        assert page.get_by_text("Runs that had it").is_visible()
        track_id = page.url.rsplit("/", 1)[1]
        mira.accessible()
        mira.shot("track-taken-back")
    assert vault.events(track_id)["track.revoked"] == 1
    eventually(lambda: track_id not in vault.index()[1], 60, "leaving the index")


def test_a_sign_in_lasts_over_a_reload_and_ends_with_sign_out(people: People, cast):
    with people.window("nova") as nova:
        page = nova.sign_in(cast["nova"][1])
        page.reload()
        page.get_by_role("heading", name="My tracks").wait_for()
        nova.press("Sign out")
        page.get_by_role("heading", name="Sign in to see this").wait_for()
        assert page.evaluate("sessionStorage.length") == 0
        page.get_by_role("link", name="Sign in").last.click()
        page.get_by_label("E-mail").fill(cast["nova"][1])
        page.get_by_label("Password").fill("not the password")
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        page.get_by_role("alert").get_by_text("do not match").wait_for()
        nova.accessible()


def test_a_sign_in_is_renewed_before_it_runs_out(people: People, cast):
    with people.window("nova") as nova:
        page = nova.sign_in(cast["nova"][1])
        old = page.evaluate("JSON.parse(sessionStorage['lemm.session'])")
        soon = {**old, "expires": old["expires"] - 12 * 60_000}
        page.evaluate("(value) => sessionStorage.setItem('lemm.session', JSON.stringify(value))", soon)
        page.reload()
        with page.expect_response("**/accounts/renew", timeout=40_000) as renewed:
            page.get_by_role("heading", name="My tracks").wait_for()
        assert renewed.value.status == 200
        page.wait_for_timeout(300)
        new = page.evaluate("JSON.parse(sessionStorage['lemm.session'])")
        assert new["token"] != old["token"]
        assert new["expires"] > soon["expires"]


def test_a_file_that_broke_off_is_sent_again_and_becomes_one_track(people: People, cast, files, vault: Vault):
    with people.window("ray") as ray:
        page = ray.sign_in(cast["ray"][1])
        ray.go("/submit")
        page.set_input_files("#files", str(song(files[0].parent, ORIGINALS[2])))
        page.get_by_label("Title").fill("Broken Line")
        page.get_by_label("Genres").fill("folk")
        page.get_by_label("Models may learn from it at all").check()
        page.get_by_label("Products", exact=True).check()
        page.get_by_label("I have read the contribution terms").check()
        page.route("**/tracks/submit", lambda route: route.abort())
        ray.press("Send")
        page.get_by_role("heading", name="Some files did not arrive").wait_for(timeout=60_000)
        assert page.get_by_text("The vault did not answer").is_visible()
        ray.shot("give-failed")
        ray.accessible()
        page.unroute("**/tracks/submit")
        sent = [row for row in vault.rows("uploads") if row["filename"] == f"song-{ORIGINALS[2]}.flac"]
        ray.press("Send the rest again")
        page.get_by_role("heading", name="We have your tracks").wait_for(timeout=60_000)
        again = [row for row in vault.rows("uploads") if row["filename"] == f"song-{ORIGINALS[2]}.flac"]
        assert len(sent) == len(again) == 1
        ray.wrong = [one for one in ray.wrong if "ERR_FAILED" not in one]  # the connection that the test broke
    assert [track["metadata"]["title"] for track in cast["ray"][0].mine()].count("Broken Line") == 1
