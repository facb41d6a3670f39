"""Canaries: in the grant of their run and of no other, planted before, and never named in the public log."""

import pytest
from granting import a_track, numbered, stock
from ingesting import an_upload, submitted
from lineages import Training
from simulator import NOW, Simulator
from vault_domain.accounts import Account, RoleChange
from vault_domain.canaries import Canary, CanaryAsk, commitment
from vault_domain.events import AuditEvent, Kind
from vault_domain.ports import Put
from vault_domain.tracks import Status, Track
from vault_domain.training import RunTrack
from vault_edge.caller import Caller
from wire import ACCOUNT, body_of, event

MINE = numbered("trk", 90)
DECOY = numbered("acc", 90)


@pytest.fixture
def training(sim: Simulator, load_step) -> Training:
    training = Training(sim, load_step)
    stock(sim, a_track(90, owner=DECOY), a_track(91, owner=DECOY, status=Status.PENDING_REVIEW))
    stock(sim, a_track(92, owner=numbered("acc", 9)), a_track(93, owner=ACCOUNT))
    for account, role in ((DECOY, "contributor"), (numbered("acc", 9), "contributor"), (ACCOUNT, "admin")):
        sim.store.commit([Put(an_account(account, role), 0)])
    assert offer(training, MINE, numbered("trk", 91))["statusCode"] == 200
    return training


def an_account(account_id: str, role: str = "contributor") -> Account:
    return Account(account_id=account_id, display_name="Somebody", role=role, created=NOW, changed=NOW)


def offer(training: Training, *tracks: str, subject: str = DECOY, role: str = "contributor"):
    body = {"track_ids": list(tracks)}
    where = ("POST", "/training/canaries/offers", body)
    return training.call("gateway-issue-token", *where, role=role, subject=subject)


def plant(training: Training, *tracks: str, run_id: str = "run_one", role: str = "admin"):
    body = {"run_id": run_id, "track_ids": list(tracks)}
    return training.call("gateway-issue-token", "POST", "/training/canaries", body, role=role)


def granted(training: Training, run_id: str) -> set[str]:
    return {row.track_id for row in training.sim.store.everything(RunTrack) if row.run_id == run_id}


def test_a_canary_is_given_to_its_run_alone_and_without_a_word(training: Training):
    answer = body_of(plant(training, MINE))
    other = training.open(run_id="run_two")
    training.open(run_id="run_one")
    assert granted(training, "run_one") - granted(training, "run_two") == {MINE}
    assert other["run"]["tracks_left_out"] == {}
    (event,) = [one for one in training.sim.store.everything(AuditEvent) if one.event is Kind.RUN_PREPARED]
    assert MINE not in event.leaf().decode()
    assert event.data["commitment"] == commitment(CanaryAsk(run_id="run_one", track_ids=(MINE,)), answer["nonce"])
    listed = body_of(training.call("gateway-issue-token", "GET", "/training/canaries", role="admin"))
    assert [(one["track_id"], one["run_id"]) for one in listed["canaries"]] == [(MINE, "run_one")]


def test_what_would_not_name_the_run_is_refused_and_leaves_nothing(training: Training):
    training.open(run_id="run_old")
    for tracks, run_id, status in [
        ((numbered("trk", 92),), "run_one", 404),  # its owner did not offer it
        ((numbered("trk", 93),), "run_one", 404),  # nor may an admin plant their own
        ((numbered("trk", 99),), "run_one", 404),
        ((numbered("trk", 91),), "run_one", 409),
        ((MINE,), "run_one", 409),  # the old run was given it
        ((MINE, MINE), "run_one", 409),
        ((MINE,), "run_old", 409),
        ((), "run_one", 422),
    ]:
        assert plant(training, *tracks, run_id=run_id)["statusCode"] == status
    assert training.sim.store.everything(Canary) == ()


def test_a_track_is_one_runs_canary_and_only_admins_plant(training: Training):
    assert plant(training, MINE)["statusCode"] == 201
    assert plant(training, MINE, run_id="run_two")["statusCode"] == 409
    for role in ("contributor", "reviewer", "system"):
        assert plant(training, MINE, run_id="run_two", role=role)["statusCode"] == 403
        assert training.call("gateway-issue-token", "GET", "/training/canaries", role=role)["statusCode"] == 403


def test_only_owners_offer_and_an_account_with_another_role_by_the_log_does_not(training: Training):
    assert offer(training, numbered("trk", 92))["statusCode"] == 404
    assert offer(training, MINE, MINE)["statusCode"] == 409
    before = training.sim.dump()
    assert offer(training, MINE)["statusCode"] == 200
    assert training.sim.dump() == before
    assert offer(training, numbered("trk", 93), subject=ACCOUNT, role="admin")["statusCode"] == 409
    was_one = RoleChange(account_id=DECOY, before="reviewer", after="contributor", by=ACCOUNT, reason="left", at=NOW)
    training.sim.store.commit([Put(was_one, 0)])
    assert offer(training, MINE)["statusCode"] == 409
    assert plant(training, MINE)["statusCode"] == 409


def test_a_canarys_events_are_like_any_other_tracks(sim: Simulator, load_step):
    """From upload to a read by the run: same kinds, roles and facts as a contributor's track; nothing leads to it."""
    training = Training(sim, load_step)
    people = {"plain": numbered("acc", 80), "decoy": DECOY}
    sim.store.commit([Put(an_account(one), 0) for one in people.values()] + [Put(an_account(ACCOUNT, "admin"), 0)])
    tracks = {name: given(training, account, number) for number, (name, account) in enumerate(people.items(), 80)}
    assert offer(training, tracks["decoy"])["statusCode"] == 200
    assert plant(training, tracks["decoy"])["statusCode"] == 201
    opened = training.open()
    for track_id in tracks.values():
        path = f"/training/objects/{track_id}"
        read = load_step("gateway-fetch").handler(event("GET", path, bearer=opened["token"]), None)
        assert read["statusCode"] == 302
    told = sorted(sim.store.everything(AuditEvent), key=lambda one: one.event)
    plain, decoy = ([shape(one) for one in told if about(one, tracks[name], people[name])] for name in people)
    kinds = {Kind.UPLOAD_OPENED, Kind.TRACK_SUBMITTED, Kind.CONSENT_GIVEN, Kind.VAULT_ACCESS}
    assert kinds <= {one[0] for one in decoy}
    assert decoy == plain
    admins = {one.actor.id for one in told if one.actor.role == "admin"}
    assert DECOY not in admins
    naming = [one.leaf().decode() for one in told if one.actor.id in admins]
    assert naming
    assert not [leaf for leaf in naming if DECOY in leaf or tracks["decoy"] in leaf]


def given(training: Training, account: str, number: int) -> str:
    """A track that came through the door and was then accepted."""
    caller = Caller(account, "contributor")
    track_id = submitted(training.sim, an_upload(training.sim, caller=caller), caller, title=f"Song {number}")
    track, model = training.sim.store.get(Track, track_id), a_track(number)
    assert track is not None
    kept = ("status", "audio_sha256", "duration_s", "stored_bytes", "stored_sha256", "verdict")
    accepted = track.with_changes(stored=f"lemm://vault/{track_id}", **{name: getattr(model, name) for name in kept})
    training.sim.store.commit([Put(accepted, track.version)])
    return track_id


def about(told: AuditEvent, track_id: str, account: str) -> bool:
    return track_id in told.leaf().decode() or told.actor.id == account


def shape(told: AuditEvent) -> tuple:
    """What is left of an event without ids, hashes and times."""
    loose = {name: None if name.endswith(("sha256", "_id")) else value for name, value in told.data.items()}
    return told.event, told.actor.role, loose
