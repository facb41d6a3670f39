"""Files dropped onto the page, and everything by keyboard alone: giving a track, deciding about one."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import People, Person
from living import Vault, eventually, song
from sounds import RATE, as_file, piece

MADE, OTHER = 1044, 1045
"""Seeds that no other test here uses."""
DROPPED = """async ([name, type, data]) => {
  const transfer = new DataTransfer();
  const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
  transfer.items.add(new File([bytes], name, { type, lastModified: 1 }));
  return transfer;
}"""


def carried(person: Person, path: Path, kind: str = "audio/flac") -> Any:
    """A file as the browser hands it over when it is dragged in."""
    data = base64.b64encode(path.read_bytes()).decode()
    return person.page.evaluate_handle(DROPPED, [path.name, kind, data])


def tab_to(person: Person, wanted: Any, *, most: int = 120) -> None:
    """Press Tab until this control has the focus; whoever tabs sees where they are."""
    for _ in range(most):
        person.page.keyboard.press("Tab")
        if wanted.evaluate("(one) => one === document.activeElement"):
            ring = wanted.evaluate("(one) => getComputedStyle(one).outlineStyle + getComputedStyle(one).boxShadow")
            assert ring != "nonenone", "the focus is not to be seen"
            return
    raise AssertionError(f"Tab does not come to {wanted}")


def typed(person: Person, label: str, text: str) -> None:
    tab_to(person, person.page.get_by_label(label))
    person.page.keyboard.type(text)


def choosers(person: Person) -> list[Any]:
    """The file choosers that open from now on.

    To be called well before the key that opens one: the browser takes its time
    to hand choosers over, and one that opens before then is seen by nobody.
    """
    opened: list[Any] = []
    person.page.on("filechooser", lambda chooser: opened.append(chooser))
    return opened


def chosen_by_key(person: Person, opened: list[Any], path: Path) -> None:
    """Press Enter on the control that has the focus, and take this file in the chooser that opens."""
    for _ in range(6):
        person.page.keyboard.press("Enter")
        for _ in range(20):
            if opened:
                opened[0].set_files(str(path))
                return
            person.page.wait_for_timeout(250)
    raise AssertionError("no chooser opens")


def ticked(person: Person, label: str) -> None:
    box = person.page.get_by_label(label, exact=label == "Products")
    tab_to(person, box)
    person.page.keyboard.press("Space")
    assert box.is_checked()


def test_files_are_dropped_onto_the_page(people: People, cast, folder: Path):
    first, second, letter = song(folder, MADE), song(folder, OTHER), folder / "notes.txt"
    letter.write_text("no music")
    with people.window("lena") as lena:
        lena.sign_in(cast["lena"][1])
        page = lena.go("/submit")
        place = page.locator(".drop")
        place.dispatch_event("dragover", {"dataTransfer": carried(lena, first)})
        page.locator(".drop.over").wait_for()
        lena.shot("give-dragging")
        place.dispatch_event("dragleave")
        page.locator(".drop.over").wait_for(state="detached")
        for path, kind in (
            (first, "audio/flac"),
            (second, "audio/flac"),
            (first, "audio/flac"),
            (letter, "text/plain"),
        ):
            place.dispatch_event("drop", {"dataTransfer": carried(lena, path, kind)})
            page.get_by_text(path.name).first.wait_for()
        files = page.locator(".file-list li")
        assert files.count() == 3, "the same file twice is one"
        assert files.nth(2).locator(".wrong").is_visible()
        lena.accessible()
        lena.shot("give-dropped")
        page.get_by_role("button", name=f"Take out {letter.name}").click()
        assert (files.count(), page.evaluate("document.activeElement.id")) == (2, "files")
        assert page.get_by_role("button", name="Send 2 tracks").is_visible()


def test_a_track_is_given_by_keyboard_alone(people: People, cast, vault: Vault, folder: Path):
    api, email = cast["gwen"]
    with people.window("gwen") as gwen:
        opened = choosers(gwen)
        gwen.sign_in(email)
        page = gwen.go("/submit")
        tab_to(gwen, page.locator("#files"))
        chosen_by_key(gwen, opened, song(folder, MADE))
        tab_to(gwen, page.get_by_label("Title"))
        page.keyboard.press("Control+A")
        page.keyboard.type("Without a Mouse")
        typed(gwen, "Genres", "folk")
        ticked(gwen, "Models may learn from it at all")
        ticked(gwen, "Products")
        ticked(gwen, "I have read the contribution terms")
        tab_to(gwen, page.get_by_role("button", name="Send", exact=True))
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="We have your tracks").wait_for(timeout=60_000)
        tab_to(gwen, page.get_by_role("link", name="Go to my tracks"))
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Without a Mouse").wait_for()
    made = next(track for track in api.mine() if track["metadata"]["title"] == "Without a Mouse")
    assert api.wait_decided(made["track_id"])["status"] == "accepted"


@pytest.fixture(scope="module")
def waiting(vault: Vault, cast, folder: Path) -> str:
    """A track of Ray's that resembles, for ten seconds, what Gwen gave."""
    path, half = folder / "Half of it.flac", 10 * RATE
    path.write_bytes(as_file(np.concatenate([piece(MADE, 16.0)[:half], piece(OTHER, 16.0)[:half]]), "FLAC"))
    found = vault.decided(cast["ray"][0], path)
    assert found["status"] == "pending_review"
    return str(found["track_id"])


def test_a_reviewer_votes_by_keyboard_alone(people: People, cast, vault: Vault, waiting: str):
    with people.window("anna") as anna:
        anna.sign_in(cast["anna"][1])
        page = anna.go("/review")
        tab_to(anna, page.get_by_role("link", name="Half of it"))
        page.keyboard.press("Enter")
        tab_to(anna, page.get_by_role("button", name="Hold it"))
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="You hold this track").wait_for()
        tab_to(anna, page.get_by_role("radio", name="Approve"))
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        assert page.get_by_role("radio", name="Reject").is_checked()
        typed(anna, "Why? The owner reads this", "It is half of another track")
        tab_to(anna, page.get_by_role("button", name="Cast the vote"))
        page.keyboard.press("Enter")
        page.get_by_text("You voted.").wait_for()
        anna.shot("review-voted")
    eventually(lambda: vault.events(waiting)["review.voted"] == 1, 20, "the vote")
