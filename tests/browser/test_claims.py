"""Somebody without an account reports a track; it is locked at once, answered, screened, and free again."""

import pytest
from browsing import People, Person, mailed_link
from lemm.client import Api
from living import ORIGINALS, Vault, eventually, song

BASIS = "The melody and the recording of my song are the same from the first second on."


@pytest.fixture(scope="module")
def track_id(vault: Vault, cast, folder) -> str:
    return str(vault.decided(cast["nova"][0], song(folder, ORIGINALS[3]))["track_id"])


def confirmed(vault: Vault, track_id: str, author: str) -> str:
    """A claim of somebody with this address, filed and confirmed; the track is locked by it."""
    public, work = Api(vault.place.url), {"title": "Lantern Street", "artist": "Cora Lim", "where": "ISRC XX-1"}
    said = {"claimant": author, "email": author, "capacity": "rights_holder", "work": work, "track_id": track_id}
    claim = public.call("POST", "/claims", {**said, "basis": BASIS, "in_good_faith": True})["claim_id"]
    token = mailed_link(vault, author).rpartition("token=")[2]
    public.call("POST", f"/claims/{claim}/confirmation", {"token": token})
    ended = lambda run: run["name"].endswith(claim) and run["status"] == "SUCCEEDED"  # noqa: E731
    eventually(lambda: any(map(ended, vault.executions())), 60, "the comparison")
    return str(claim)


def record(reviewer: Person, outcome: str, why: str) -> None:
    reviewer.page.get_by_role("radio", name=outcome).check()
    reviewer.page.get_by_label("Why").fill(why)
    reviewer.press("Record it")


def test_a_report_locks_a_track_until_people_have_looked(people: People, vault: Vault, cast, track_id: str):
    with people.window("cora") as cora, people.window("nova") as nova, people.window("anna") as anna:
        page = cora.go("/report")
        page.get_by_label("Title of your work").fill("Lantern Street")
        page.get_by_label("Artist").fill("Cora Lim")
        page.get_by_label("Where it can be heard").fill("ISRC XX-123-26-00001")
        page.get_by_label("The track or the output").fill(track_id)
        page.get_by_label("What is the same").fill(BASIS)
        page.get_by_label("Your name").fill("Cora Lim")
        page.get_by_label("E-mail").fill("cora@example.org")
        page.get_by_label("I believe in good faith").check()
        cora.accessible()
        cora.shot("report")
        cora.press("Send the report")
        page.get_by_role("heading", name="Now look into your mail").wait_for()
        assert cast["nova"][0].status(track_id)["status"] == "accepted"

        cora.go(mailed_link(vault, "cora@example.org"))
        cora.press("Confirm this report")
        page.get_by_text("The track is locked").wait_for()
        cora.accessible()
        assert cast["nova"][0].status(track_id)["status"] == "under_investigation"

        nova.sign_in(cast["nova"][1])
        nova.go(f"/tracks/{track_id}")
        nova.page.get_by_role("heading", name="Locked while a claim is looked into").wait_for()
        assert nova.page.get_by_text("cora@example.org").count() == 0
        nova.page.get_by_label("Your answer").fill("I wrote it years before, here are the sessions")
        nova.press("Send the answer")
        nova.page.get_by_label("Your answer, which you may still improve").wait_for()
        nova.accessible()
        nova.shot("track-claimed")
        nova.go("/messages")
        nova.page.get_by_text("is locked while a claim is looked into").wait_for()
        nova.accessible()
        nova.shot("messages")

        anna.sign_in(cast["anna"][1])
        anna.go("/claims")
        anna.page.get_by_role("link", name="Lantern Street").click()
        anna.page.get_by_text("I wrote it years before").wait_for()
        anna.accessible()
        anna.shot("claim")
        anna.page.get_by_role("radio", name="Unfounded").check()
        anna.page.get_by_label("Why").fill("The sessions are older than the song")
        anna.press("Record it")
        anna.page.get_by_text("Ended.").wait_for()

        nova.go(f"/tracks/{track_id}")
        nova.page.get_by_role("heading", name="In the vault", exact=True).wait_for()
        page.reload()
        page.get_by_text("It was found to have no ground").wait_for()
    assert cast["nova"][0].status(track_id)["status"] == "accepted"


def test_a_flag_becomes_a_claim_that_somebody_else_decides(people: People, vault: Vault, cast, track_id: str):
    title = f"song-{ORIGINALS[3]}"
    with people.window("ray") as ray, people.window("anna") as anna, people.window("ben") as ben:
        page = ray.sign_in(cast["ray"][1])
        ray.press("The vault")
        entry = page.get_by_role("listitem").filter(has_text=title)
        entry.get_by_text("Flag it").click()
        entry.get_by_role("radio", name="Its title").check()
        entry.get_by_label("In your words").fill("On the record the title is another one")
        ray.accessible()
        ray.shot("listing-flag")
        entry.get_by_role("button", name="Send the flag").click()
        page.get_by_text("A reviewer looks at it").first.wait_for()

        anna.sign_in(cast["anna"][1])
        anna.go("/flags")
        anna.page.get_by_text("On the record the title is another one").wait_for()
        anna.page.get_by_text("Settle it").click()
        anna.accessible()
        anna.shot("flags")
        record(anna, "Open a claim", "The title may be that of another work")
        anna.page.get_by_role("link", name="See the claim").click()
        anna.page.get_by_text("Being examined").first.wait_for()
        claim = anna.page.url.rsplit("/", 1)[1]
        assert cast["nova"][0].status(track_id)["status"] == "under_investigation"
        record(anna, "Keep the track", "I decide it myself, which nobody may")
        anna.page.get_by_role("alert").get_by_text("somebody else", exact=False).wait_for()

        ben.sign_in(cast["ben"][1])
        ben.go(f"/claims/{claim}")
        record(ben, "Keep the track", "The record is another work of the same name")
        ben.page.get_by_text("Ended.").wait_for()
    assert cast["nova"][0].status(track_id)["status"] == "accepted"


def test_claims_end_in_an_agreement_or_in_removal(people: People, vault: Vault, cast, folder):
    track_id = str(vault.decided(cast["nova"][0], song(folder, ORIGINALS[4]))["track_id"])
    with people.window("anna") as anna, people.window("nova") as nova:
        anna.sign_in(cast["anna"][1])
        for author, outcome, status in (
            ("first@example.org", "They agreed", "accepted"),
            ("second@example.org", "Remove the track", "removed"),
        ):
            claim = confirmed(vault, track_id, author)
            anna.go(f"/claims/{claim}")
            record(anna, "Examine it", "The two have to be heard side by side")
            anna.page.get_by_role("radio", name="Keep the track").wait_for()
            if outcome == "They agreed":
                record(anna, "Give them time", "Both sides said that they want to talk")
                anna.page.get_by_text("Being negotiated").first.wait_for()
                anna.page.get_by_role("radio", name=outcome).check()
                assert anna.page.get_by_label("The track stays").is_checked()
                anna.accessible()
                anna.shot("claim-negotiated")
            record(anna, outcome, "Decided after both sides were heard")
            anna.page.get_by_text("Ended.").wait_for()
            assert cast["nova"][0].status(track_id)["status"] == status
        nova.sign_in(cast["nova"][1])
        nova.go(f"/tracks/{track_id}")
        nova.page.get_by_text("The track was removed.").wait_for()
        nova.accessible()
        nova.shot("track-removed")


def test_everybody_sees_the_figures(people: People, vault: Vault):
    total = vault.admin.call("GET", "/statistics")["total"]  # counts lag some minutes behind; the page shows no others
    with people.window("a visitor") as visitor:
        page = visitor.go("/statistics")
        page.get_by_text(f"All {total} track").wait_for()
        page.get_by_role("row", name="In the vault").first.wait_for()
        visitor.accessible()
        visitor.shot("figures")
