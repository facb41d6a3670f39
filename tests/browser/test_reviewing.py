"""People decide in their browsers: a flagged copy, a question, two reviewers; an appeal; a change of policy."""

import numpy as np
import pytest
from browsing import People
from living import CATALOGUED, ORIGINALS, Vault, disguised, eventually, song
from sounds import RATE, as_file, piece


def half_a_copy(folder, copied: int, own: int):
    """Ten seconds of one piece, then ten of another."""
    path, half = folder / "Night bus home.flac", 10 * RATE
    path.write_bytes(as_file(np.concatenate([piece(copied, 16.0)[:half], piece(own, 16.0)[:half]]), "FLAC"))
    return path


@pytest.fixture(scope="module")
def flagged(vault: Vault, cast, folder) -> str:
    """A track of Ray's that holds half of a track of Nova's."""
    vault.decided(cast["nova"][0], song(folder, ORIGINALS[5]))
    found = vault.decided(cast["ray"][0], half_a_copy(folder, ORIGINALS[5], ORIGINALS[6]))
    assert found["status"] == "pending_review"
    return str(found["track_id"])


def vote(reviewer, choice: str, note: str):
    page = reviewer.page
    page.get_by_role("radio", name=choice).check()
    page.get_by_role("region", name="Your vote").get_by_role("textbox").first.fill(note)
    reviewer.press("Cast the vote")


def listens(anna, vault: Vault, track_id: str):
    """Both sides of the passage are drawn and played, and each listening is in the log."""
    page = anna.page
    anna.press("Listen side by side")
    page.get_by_role("button", name="Play this track").click()
    page.get_by_role("button", name="Stop this track").wait_for()
    assert page.get_by_role("button", name="Play what it resembles").is_visible()
    drawn = "(canvas) => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size"
    for name in (
        "Waveform of this track",
        "Spectrogram of this track",
        "Waveform of what it",
        "Spectrogram of what it",
    ):
        assert page.get_by_role("img", name=name).evaluate(drawn) > 3, name
    played = "Math.max(...[...document.querySelectorAll('audio')].map((sound) => sound.currentTime))"
    eventually(lambda: page.evaluate(played) > 0.3, 20, "sound")
    assert vault.events(track_id)["review.listened"] == 1


def test_a_flagged_copy_is_asked_about_and_approved_by_two(people: People, vault: Vault, cast, flagged):
    with people.window("anna") as anna, people.window("ben") as ben, people.window("ray") as ray:
        page = anna.sign_in(cast["anna"][1])
        anna.press("Review")
        row = page.get_by_role("link", name="Night bus home")
        row.wait_for()
        page.get_by_text("Filters").click()
        page.get_by_label("It resembles").select_option("external")
        row.wait_for(state="detached")
        anna.accessible()
        page.get_by_label("It resembles").select_option("internal")
        row.click()
        page.get_by_role("img", name="matching passage").first.wait_for()
        assert page.get_by_role("cell", name="0:00 – 0:10").first.is_visible()
        anna.press("Hold it")
        page.get_by_role("heading", name="You hold this track").wait_for()
        listens(anna, vault, flagged)
        anna.accessible()
        anna.shot("review-case")
        anna.press("Cast the vote")
        assert page.get_by_text("Choose one.").is_visible()
        vote(anna, "Ask the owner", "Do you hold the rights in the first half?")
        page.get_by_text("No answer yet").wait_for()

        ben.sign_in(cast["ben"][1])
        ben.go(f"/review/{flagged}")
        vote(ben, "Approve", "Looks fine")
        ben.page.get_by_role("alert").get_by_text("The owner was asked; wait for the answer").wait_for()

        ray.sign_in(cast["ray"][1])
        ray.go(f"/tracks/{flagged}")
        ray.page.get_by_role("heading", name="A reviewer has a question").wait_for()
        assert ray.page.get_by_text("Anna").count() == 0
        ray.accessible()
        ray.shot("track-question")
        ray.page.get_by_label("Your answer").fill("Nova and I wrote it together")
        ray.press("Send the answer")
        ray.page.get_by_text("Your answer: Nova and I").wait_for()

        page.reload()
        page.get_by_text("Nova and I wrote it together").wait_for()
        vote(anna, "Approve", "The same hands")
        page.get_by_text("You voted.").wait_for()
        ben.page.reload()
        vote(ben, "Approve", "I heard both")
        ben.page.get_by_text("Approved.").wait_for()
        ray.page.reload()
        ray.page.get_by_role("heading", name="In the vault", exact=True).wait_for(timeout=120_000)
    told = vault.events(flagged)
    assert (told["review.voted"], told["review.asked"], told["review.answered"]) == (2, 1, 1)


def test_a_rejection_is_appealed_and_answered(people: People, vault: Vault, cast, folder):
    track = vault.decided(cast["ray"][0], disguised(folder, CATALOGUED[0]))
    track_id = track["track_id"]
    with people.window("ray") as ray, people.window("ben") as ben:
        page = ray.sign_in(cast["ray"][1])
        ray.go(f"/tracks/{track_id}")
        page.get_by_text("It matches a known recording").first.wait_for()
        ray.accessible()
        ray.shot("track-rejected")
        page.get_by_label("Why it should be accepted").fill("I am the one who recorded it, years ago")
        ray.press("Send the answer")
        page.get_by_role("heading", name="Your appeal", exact=True).wait_for()

        ben.sign_in(cast["ben"][1])
        ben.go(f"/review/{track_id}")
        eventually(lambda: vault.admin.call("GET", f"/tracks/{track_id}/appeal")["findings"], 60, "the comparison")
        ben.page.reload()
        ben.page.get_by_text("I am the one who recorded it").wait_for()
        ben.page.get_by_role("radio", name="Decline it").check()
        ben.page.get_by_label("Your answer to the owner").fill("The catalogue names somebody else")
        ben.accessible()
        ben.shot("review-appeal")
        ben.press("Decide")
        ben.page.get_by_text("Declined.").wait_for()

        page.reload()
        page.get_by_role("heading", name="The appeal was declined").wait_for()
        assert page.get_by_text("The catalogue names somebody else").first.is_visible()
        ray.accessible()


def test_whoever_shows_control_of_a_release_has_the_appeal_upheld(people: People, vault: Vault, cast, folder):
    track_id = vault.decided(cast["ray"][0], disguised(folder, CATALOGUED[1]))["track_id"]
    with people.window("ray") as ray, people.window("anna") as anna:
        page = ray.sign_in(cast["ray"][1])
        ray.go(f"/tracks/{track_id}")
        page.get_by_label("Why it should be accepted").fill("It is my own release; I show that I control its page")
        ray.press("Send the answer")
        page.get_by_role("heading", name="Your appeal", exact=True).wait_for()
        ray.press("Show that you control the release")
        page.get_by_label("Artist").fill("Ray Lux")
        page.get_by_label("Release, and its public page").fill("Evening Trains, https://records.example/evening-trains")
        ray.press("Get a code")
        code = page.locator("code.code")
        code.wait_for()
        ray.accessible()
        ray.shot("releases")

        anna.sign_in(cast["anna"][1])
        anna.go("/proofs")
        anna.page.get_by_text(code.inner_text()).wait_for()
        anna.page.get_by_text("Record what you saw").click()
        anna.page.get_by_role("radio", name="Yes").check()
        anna.page.get_by_label("Where you looked").fill("https://records.example/evening-trains names Ray Lux")
        anna.accessible()
        anna.shot("proofs")
        anna.press("Record it")
        anna.page.get_by_role("heading", name="No proof waits").wait_for()
        page.reload()
        page.get_by_text("labelled as your own").wait_for()

        eventually(lambda: vault.admin.call("GET", f"/tracks/{track_id}/appeal")["findings"], 60, "the comparison")
        anna.go(f"/review/{track_id}")
        anna.page.get_by_role("radio", name="Uphold it").check()
        anna.page.get_by_label("Your answer to the owner").fill("The page of the release shows the code")
        anna.accessible()
        anna.press("Decide")
        anna.page.get_by_text("Upheld.").wait_for()
        ray.go(f"/tracks/{track_id}")
        page.get_by_role("heading", name="In the vault", exact=True).wait_for(timeout=120_000)


def test_a_policy_is_tried_changed_and_told(people: People, vault: Vault, cast):
    admin = vault.place.admin
    with people.window("admin") as dora, people.window("nova") as nova:
        dora.sign_in(admin.email, admin.password)
        page = dora.go("/policy")
        assert page.get_by_role("button", name="Put it in force").is_disabled()
        page.get_by_label("An owner may answer within (days)").fill("7")
        assert page.get_by_text("Was 14").is_visible()
        dora.press("Try it on past decisions")
        page.get_by_text("would change.").first.wait_for()
        dora.accessible()
        dora.shot("policy")
        page.get_by_label("Why do you change it?").fill("Two weeks are too long for everybody")
        dora.press("Put it in force")
        page.get_by_role("heading", name="In force: version 2").wait_for()
        assert page.get_by_text("Two weeks are too long for everybody").is_visible()

        nova.sign_in(cast["nova"][1])
        nova.go("/policy")
        nova.page.get_by_text("Two weeks are too long").wait_for()
        assert nova.page.get_by_role("button", name="Put it in force").count() == 0
        nova.go("/review")
        assert nova.page.get_by_text("This page is for reviewers").is_visible()
    assert vault.admin.call("GET", "/policy")["policy"]["answer_days"] == 7
