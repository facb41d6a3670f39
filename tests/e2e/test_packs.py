"""Packs on the real stack: built and frozen from the command line, trained on, exported; a revocation, a lapse."""

import json
from pathlib import Path

import pytest
from lemm.client import ApiProblem
from lemm.training import VaultStream
from living import CATALOGUED, ORIGINALS, Vault, song
from shell import Shell

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
PACK = "LEMM_e2e@1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packed")


@pytest.fixture(scope="module")
def owner(vault: Vault):
    return vault.contributor("nova")


@pytest.fixture(scope="module")
def tracks(vault: Vault, owner, folder: Path) -> list[str]:
    states = [vault.decided(owner, song(folder, seed)) for seed in ORIGINALS[:2]]
    assert [state["status"] for state in states] == ["accepted", "accepted"]
    return sorted(state["track_id"] for state in states)


@pytest.fixture(scope="module")
def admin(vault: Vault, folder: Path) -> Shell:
    """The command line, signed in as the admin."""
    shell = Shell(folder)
    shell.environment |= {"LEMM_URL": vault.place.url, "LEMM_TOKEN": vault.admin.token}
    return shell


@pytest.fixture(scope="module")
def frozen(admin: Shell, tracks: list[str]) -> dict:
    words = ("pack", "build", "LEMM_e2e", "--genre", "electronic")
    (tried,) = admin.lines(*words, "--dry-run")
    assert admin.lines("pack", "list") == []
    (built,) = admin.lines(*words)
    assert (tried["members_sha256"], built["members"]) == (built["members_sha256"], len(tracks))
    (found,) = admin.lines("pack", "freeze", PACK, "--reason", "for the first model")
    assert found["state"] == "frozen"
    return found


def stream(vault: Vault, run_id: str, *packs: str) -> VaultStream:
    job = vault.service("training")
    return VaultStream(job.url, job.token or "", run_id=run_id, model_id="m", packs=packs)


def test_a_run_reads_the_pack_and_a_revocation_makes_the_next_one_smaller(vault, owner, tracks, frozen, admin):
    with stream(vault, "run_packed", PACK) as first:
        assert [entry["track_id"] for entry in first.entries()] == tracks
        assert len(first.read(tracks[0])) > 0
    owner.revoke(tracks[0])
    with stream(vault, "run_smaller", PACK) as second:
        assert [entry["track_id"] for entry in second.entries()] == tracks[1:]
    (shown,) = admin.lines("pack", "show", PACK)
    assert (shown["members_sha256"], shown["members"]) == (frozen["members_sha256"], 2)
    assert (shown["now"]["summary"], shown["now"]["left_out"]) == ("stale by 1 of 2 tracks", {"revoked": 1})
    assert vault.events(f"pack:{PACK}") == {"pack.built": 1, "pack.frozen": 1}


def test_an_export_is_written_and_its_list_is_the_frozen_one(admin, folder, frozen):
    (said,) = admin.lines("pack", "export", PACK, "--out", folder / "export")
    names = {Path(path).name for path in said["files"]}
    assert names == {
        "members.json",
        "croissant.json",
        "training-summary.json",
        "README.md",
        "sources.json",
        "tracks.json",
    }
    document = json.loads((folder / "export" / "croissant.json").read_text())
    assert document["distribution"][0]["sha256"] == frozen["members_sha256"]


def test_an_outside_dataset_counts_once_it_is_registered_with_its_evidence(admin, folder, vault, tracks):
    words = ("pack", "combine", "LEMM_Vault_v1_core", "musicbrainz-core=metadata_join")
    (before,) = admin.lines(*words, code=1)
    assert (before["answer"], before["claim"]["granted"]) == ("unknown", False)
    with pytest.raises(ApiProblem, match="licence"):
        vault.service("training").call(
            "POST", "/training/tokens",
            {"run_id": "run_mb", "model_id": "m", "model_type": "t", "purpose": "product",
             "packs": ["LEMM_Vault_v1_core", "musicbrainz-core"]},
        )  # fmt: skip
    text = folder / "licence.html"
    text.write_text("the owner's licence text, as it was read")
    register = (
        "pack", "register", "musicbrainz-core", "--licence-text", text, "--address", "https://example.org/licence",
        "--reason", "the core tables are free",
    )  # fmt: skip
    (made,) = admin.lines(*register)
    assert made["uses_now"]["metadata_join"] == "allowed"
    (after,) = admin.lines(*words)
    assert (after["granted"], after["claim"]["granted"]) == (True, True)
    assert made["dataset_id"] in {
        one["dataset_id"] for one in admin.lines("pack", "datasets") if one["state"] == "registered"
    }


def test_a_catalogue_whose_pack_is_blocked_clears_nothing_from_then_on(vault, admin, folder):
    generator, unrelated = vault.service("safety"), song(folder, CATALOGUED[0] + 1000)
    assert "catalogue:open-corpus" in generator.check(unrelated, "out_before", "m")["checked_against_external_catalogs"]
    known = vault.admin.call("GET", "/datasets/open-corpus")["registered"]
    kept = ("dataset_id", "title", "rights", "licence_texts", "reviewed")
    blocked = {name: known[name] for name in kept} | {"tier": "blocked", "reason": "its owner took the licence back"}
    vault.admin.call("POST", "/datasets", blocked)
    answer = generator.check(unrelated, "out_after", "m")
    assert (answer["outcome"], answer["missing"]) == ("not_cleared", ["catalogue"])
    again = {name: known[name] for name in kept} | {
        "tier": known["tier"], "allowed_uses": known["allowed_uses"], "reason": "its owner gave it again",
    }  # fmt: skip
    vault.admin.call("POST", "/datasets", again)
    assert generator.check(unrelated, "out_again", "m")["outcome"] != "not_cleared"
