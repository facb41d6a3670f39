"""What admins decide: alone, with a written reason; and a policy that needs two of them."""

from pathlib import Path

import numpy as np
import pytest
from browsing import LOOKS, People, account
from living import Vault, song
from sounds import RATE, as_file, piece

MADE, OTHER = 1044, 1046
"""Seeds of which half a copy is known to be found."""
WHY = "The passage is a recording that both of them made together"


@pytest.fixture(scope="module")
def waiting(vault: Vault, cast, folder: Path) -> str:
    """A track of Ray's that resembles one in the vault: of Nova's, if nobody gave it before."""
    vault.decided(cast["nova"][0], song(folder, MADE))
    path, half = folder / "Shared session.flac", 10 * RATE
    path.write_bytes(as_file(np.concatenate([piece(seed, 16.0)[:half] for seed in (MADE, OTHER)]), "FLAC"))
    found = vault.decided(cast["ray"][0], path)
    assert found["status"] == "pending_review"
    return str(found["track_id"])


def test_an_admin_decides_alone_and_says_why(people: People, vault: Vault, cast, waiting: str):
    admin = vault.place.admin
    with people.window("admin") as dora, people.window("anna") as anna:
        dora.sign_in(admin.email, admin.password)
        page = dora.go(f"/review/{waiting}")
        page.get_by_text("Decide alone, as an admin").click()
        alone = page.get_by_role("group").filter(has_text="Decide alone")
        alone.get_by_role("button", name="Approve").click()
        alone.get_by_role("alert").wait_for()  # without a reason it is refused
        dora.accessible()
        alone.get_by_label("Reason").fill(WHY)
        dora.shot("review-override")
        alone.get_by_role("button", name="Approve").click()
        page.get_by_text("Approved.").wait_for()
        dora.accessible()
        anna.sign_in(cast["anna"][1])
        anna.go(f"/review/{waiting}")
        anna.page.get_by_text("alone as an admin").wait_for()
        assert anna.page.get_by_text(WHY).is_visible()
        anna.shot("review-overridden")
    assert cast["ray"][0].wait_decided(waiting)["status"] == "accepted"
    assert vault.events(waiting)["review.voted"] == 1


@pytest.fixture
def two(vault: Vault):
    """A second admin, and a policy that asks for one; the policy is put back."""
    present = vault.admin.call("GET", "/policy")
    cleo, email = account(vault.place.url, vault.admin, "cleo-admin", "admin")
    ask = {"expects": present["number"], "policy": {**present["policy"], "second_admin": True}}
    vault.admin.call("POST", "/policy", {**ask, "reason": "two see more than one"})
    yield email
    now = vault.admin.call("GET", "/policy")
    back = {"expects": now["number"], "policy": {**now["policy"], "second_admin": False}, "reason": "the test is over"}
    proposed = vault.admin.call("POST", "/policy", back)
    cleo.call("POST", f"/policy/proposals/{proposed['proposal_id']}/confirm")


def test_a_change_waits_for_a_second_admin(people: People, vault: Vault, cast, two: str):
    admin = vault.place.admin
    before = vault.admin.call("GET", "/policy")
    with people.window("admin") as dora, people.window("cleo") as cleo:
        dora.sign_in(admin.email, admin.password)
        page = dora.go("/policy")
        page.get_by_label("Letters to rights holders").fill("30")
        page.get_by_label("Why do you change it?").fill("Large ensembles could not be asked in a day")
        dora.press("Put it in force")
        page.get_by_role("heading", name="Proposed, and not in force").wait_for()
        assert page.get_by_role("button", name="Confirm it").count() == 0, "not by whoever proposed it"
        dora.accessible()
        dora.shot("policy-proposed")
        assert vault.admin.call("GET", "/policy") == before

        cleo.sign_in(two)
        other = cleo.go("/policy")
        other.get_by_text("Large ensembles").wait_for()
        cleo.accessible()
        cleo.press("Confirm it")
        other.get_by_role("heading", name=f"In force: version {before['number'] + 1}").wait_for()
        assert other.get_by_text("confirmed by").first.is_visible()
        cleo.shot("policy-confirmed")

        page.reload()
        page.get_by_role("heading", name=f"In force: version {before['number'] + 1}").wait_for()
        page.get_by_label("Letters to rights holders").fill("40")
        page.get_by_label("Why do you change it?").fill("And even larger ones than that")
        dora.press("Put it in force")
        page.get_by_role("heading", name="Proposed, and not in force").wait_for()
        other.reload()
        other.get_by_text("Decline it").click()
        other.get_by_label("Why", exact=True).fill("Thirty are enough")
        other.get_by_role("button", name="Decline", exact=True).click()
        other.get_by_role("heading", name="Proposed, and not in force").wait_for(state="detached")
    assert vault.admin.call("GET", "/policy")["policy"]["invitations_per_day"] == 30
    for look in LOOKS:
        with people.window("cleo", look) as cleo:
            cleo.sign_in(two)
            cleo.go("/policy")
            cleo.accessible()
            cleo.fits()
            cleo.shot(f"policy-edit-{look}")
