"""Somebody without an account reports a track; it is locked at once, answered, screened, and free again."""

import email
import email.policy
import re
from pathlib import Path

import pytest
from browsing import People
from living import ORIGINALS, Vault, eventually, song

BASIS = "The melody and the recording of my song are the same from the first second on."


@pytest.fixture(scope="module")
def track_id(vault: Vault, cast, folder) -> str:
    return str(vault.decided(cast["nova"][0], song(folder, ORIGINALS[3]))["track_id"])


def mailed_link(vault: Vault, to: str) -> str:
    """The link in the newest letter to this address, as the local outbox keeps it."""
    outbox = vault.place.stack.data_dir / "outbox"

    def found() -> str | None:
        for path in sorted(outbox.glob("*.eml"), key=lambda file: file.stat().st_mtime, reverse=True):
            letter = email.message_from_bytes(Path(path).read_bytes(), policy=email.policy.default)
            link = re.search(r"#(/claim\?\S+)", letter.get_content())
            if letter["To"] == to and link:
                return link[1]
        return None

    return str(eventually(found, 180, "the letter"))


def test_a_report_locks_a_track_until_people_have_looked(people: People, vault: Vault, cast, track_id: str):
    with people.window("cora") as cora, people.window("nova") as nova, people.window("anna") as anna:
        page = cora.go("/report")
        page.get_by_label("Title of your work").fill("Lantern Street")
        page.get_by_label("Artist").fill("Cora Lim")
        page.get_by_label("Where it can be heard").fill("ISRC XX-123-26-00001")
        page.get_by_label("The track in the vault").fill(track_id)
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


def test_everybody_sees_the_figures(people: People, vault: Vault):
    total = vault.admin.call("GET", "/statistics")["total"]  # counts lag some minutes behind; the page shows no others
    with people.window("a visitor") as visitor:
        page = visitor.go("/statistics")
        page.get_by_text(f"All {total} track").wait_for()
        page.get_by_role("row", name="In the vault").first.wait_for()
        visitor.accessible()
        visitor.shot("figures")
