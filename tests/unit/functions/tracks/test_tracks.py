"""tracks: owners see their own, reviewers and admins see all, everybody else sees nothing."""

import json

import pytest
from ingesting import OWNER, STRANGER, admitted, an_upload, main_of, sound, submitted
from simulator import Simulator
from vault_domain.errors import NotFound
from vault_edge.caller import Caller
from vault_store.dsse import open_sealed
from wire import body_of, event, token

REVIEWER = Caller(STRANGER.id, "reviewer")


def test_the_whole_record(sim: Simulator):
    _, track_id = admitted(sim)
    shown = main_of("tracks").show(track_id, OWNER, sim.deps)
    assert shown["status"] == "accepted"
    assert shown["stored"] == f"lemm://vault/{track_id}"
    assert shown["rights"]["flags"]["training_allowed"] is True
    assert {report["source"] for report in shown["evidence"]} == {"vault", "catalogue:open"}
    assert not {"version", "ask_sha256"} & set(shown)


def test_status_tells_the_way(sim: Simulator):
    _, track_id = admitted(sim)
    told = main_of("tracks").status(track_id, OWNER, sim.deps)
    assert told["status"] == "accepted"
    assert [row["target"] for row in told["history"]] == [
        "submitted", "pending_automated_checks", "pending_review", "accepted"
    ]  # fmt: skip


def test_who_sees_what(sim: Simulator):
    module, (_, track_id) = main_of("tracks"), admitted(sim)
    for look in (module.show, module.status):
        assert look(track_id, REVIEWER, sim.deps)
        with pytest.raises(NotFound):
            look(track_id, STRANGER, sim.deps)
    for caller in (STRANGER, REVIEWER):
        with pytest.raises(NotFound):
            module.receipt(track_id, caller, sim.deps)


def test_the_receipt_follows_the_rights(sim: Simulator):
    _, track_id = admitted(sim)
    signer = sim.signer("receipt")
    keys = {signer.key_id: signer.public_key()}
    sealed = main_of("tracks").receipt(track_id, OWNER, sim.deps)
    assert open_sealed(sealed, "consent-receipt", keys)["revoked"] is False
    main_of("revoke").take_back(track_id, main_of("revoke").RevokeAsk(), OWNER, sim.deps)
    sealed = main_of("tracks").receipt(track_id, OWNER, sim.deps)
    assert open_sealed(sealed, "consent-receipt", keys)["revoked"] is True


def test_mine_newest_first_page_by_page(sim: Simulator):
    made = []
    for number in range(5):
        sim.clock.advance(seconds=1)
        made.append(submitted(sim, an_upload(sim, sound()), title=f"Piece {number}"))
    submitted(sim, an_upload(sim, caller=STRANGER), STRANGER)
    module, seen, cursor = main_of("tracks"), [], None
    while True:
        page = module.mine(module.Page(limit=2, cursor=cursor), OWNER, sim.deps)
        seen += [track["track_id"] for track in page["tracks"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert seen == made[::-1]


def test_over_http(sim: Simulator, load_step):
    app = load_step("tracks").app
    _, track_id = admitted(sim)
    mine = token(sim, subject=OWNER.id)
    assert body_of(app.answer(event("GET", f"/tracks/{track_id}/status", bearer=mine)))["status"] == "accepted"
    assert len(body_of(app.answer(event("GET", "/contributors/me/tracks", bearer=mine)))["tracks"]) == 1
    assert app.answer(event("GET", "/contributors/me/tracks", query="limit=0", bearer=mine))["statusCode"] == 422
    assert app.answer(event("GET", "/contributors/me/tracks", query="cursor=x", bearer=mine))["statusCode"] == 422
    assert app.answer(event("GET", f"/tracks/{track_id}", bearer=token(sim)))["statusCode"] == 404
    assert app.answer(event("GET", f"/tracks/{track_id}"))["statusCode"] == 401
    assert app.answer(event("GET", f"/tracks/{track_id}", bearer=token(sim, "system")))["statusCode"] == 403


def test_rights_are_exported_to_whoever_sees_the_track(sim: Simulator, load_step):
    _, track_id = admitted(sim)
    module = load_step("tracks")
    for path, kind in (("odrl", "application/ld+json"), ("cawg", "application/json")):
        url = f"/tracks/{track_id}/rights/{path}"
        answer = module.app.answer(event("GET", url, bearer=token(sim, subject=OWNER.id)))
        assert (answer["statusCode"], answer["headers"]["content-type"]) == (200, kind)
        assert module.app.answer(event("GET", url, bearer=token(sim, subject=STRANGER.id)))["statusCode"] == 404
    document = json.loads(module.app.answer(event("GET", url, bearer=token(sim, "reviewer")))["body"])
    assert document["data"]["entries"]["cawg.ai_inference"] == {"use": "notAllowed"}
