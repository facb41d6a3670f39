"""revoke: at once, in every state that allows it, with a receipt that does not change."""

from datetime import timedelta

import pytest
from ingesting import (
    OWNER,
    STRANGER,
    admitted,
    an_upload,
    decided,
    fingerprinted,
    indexed,
    main_of,
    submitted,
    track_of,
)  # fmt: skip
from killing import ends_the_same
from simulator import Simulator
from vault_domain.errors import Conflict, NotFound
from vault_domain.events import AuditEvent
from vault_domain.policy import Policy, PolicyVersion
from vault_domain.ports import Put
from vault_domain.rights import RevokeAsk, RightsRecord, allows
from vault_domain.tracks import Status
from vault_domain.training import RunTrack
from vault_store.dsse import open_sealed


def take_back(sim: Simulator, track_id: str, caller=OWNER, reason: str = ""):
    return main_of("revoke").take_back(track_id, RevokeAsk(reason=reason), caller, sim.container())


def statement(sim: Simulator, answer) -> dict:
    signer = sim.signer("receipt")
    return open_sealed(answer["receipt"], "revocation-receipt", {signer.key_id: signer.public_key()})


def grant(sim: Simulator, track_id: str, run_id: str, model_id: str) -> None:
    row = RunTrack(
        run_id=run_id, track_id=track_id, model_id=model_id, sha256="a" * 64, rights_sha256="b" * 64,
        granted=sim.clock(),
    )  # fmt: skip
    sim.store.commit([Put(row, 0)])


def test_rights_status_and_index_change_at_once(sim: Simulator):
    _, track_id = admitted(sim)
    answer = take_back(sim, track_id, reason="Leaving")
    assert answer["status"] == "removed"
    assert answer["consent"]["revocation_reason"] == "Leaving"
    rights = sim.store.get(RightsRecord, track_id)
    assert allows(rights, "internal_experiment") == "revoked"
    assert track_of(sim, track_id).status is Status.REMOVED
    assert not indexed(sim)
    kinds = {event.event.value for event in sim.store.everything(AuditEvent)}
    assert {"track.revoked", "track.status_changed"} <= kinds


def test_the_reason_is_personal_and_in_no_event(sim: Simulator):
    _, track_id = admitted(sim)
    take_back(sim, track_id, reason="My manager Mrs Smith said so")
    assert not any("Smith" in event.model_dump_json() for event in sim.store.everything(AuditEvent))


def test_the_receipt_names_runs_and_models(sim: Simulator):
    _, track_id = admitted(sim)
    grant(sim, track_id, "run_b", "model-2")
    grant(sim, track_id, "run_a", "model-1")
    grant(sim, track_id, "run_c", "model-1")
    said = statement(sim, take_back(sim, track_id))
    assert [row["run_id"] for row in said["granted_before"]] == ["run_a", "run_b", "run_c"]
    assert said["models"] == ["model-1", "model-2"]
    assert said["was_in_vault"] is True
    assert "models_that_were_trained_before_are_not_changed" in said["does_not"]


def test_a_second_call_gives_the_same_receipt(sim: Simulator):
    _, track_id = admitted(sim)
    grant(sim, track_id, "run_a", "model-1")
    first = take_back(sim, track_id, reason="once")
    sim.clock.now += timedelta(days=3)
    before = sim.dump()
    assert take_back(sim, track_id, reason="twice") == first
    assert sim.dump() == before


@pytest.mark.parametrize(
    ("by_owner", "by_policy", "stays"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_fingerprints_stay_only_if_owner_and_policy_say_so(sim: Simulator, by_owner, by_policy, stays):
    policy = Policy(keep_fingerprints_after_revocation=by_policy)
    version = PolicyVersion(number=2, policy=policy, author="acc", reason="test", at=sim.clock(), is_head=True)
    sim.store.commit([Put(version, 0)])
    _, track_id = admitted(sim, keep_fingerprints_after_revocation=by_owner)
    said = statement(sim, take_back(sim, track_id))
    assert (track_id in indexed(sim)) is stays
    assert said["fingerprints"] == ("kept_for_safety_checks" if stays else "removed")


def _submitted(sim: Simulator) -> str:
    return submitted(sim, an_upload(sim))


@pytest.mark.parametrize(
    "reach", [_submitted, lambda sim: fingerprinted(sim)[1], lambda sim: decided(sim)[1], lambda sim: admitted(sim)[1]]
)
def test_from_every_state_on_the_way_in(sim: Simulator, reach):
    track_id = reach(sim)
    assert take_back(sim, track_id)["status"] == "removed"
    assert not indexed(sim)


@pytest.mark.parametrize("status", list(Status))
def test_in_every_state(sim: Simulator, status):
    _, track_id = admitted(sim)
    track = track_of(sim, track_id)
    sim.store.commit([Put(track.with_changes(status=status), track.version)])
    if status in (Status.REMOVED, Status.REJECTED_FINAL):
        with pytest.raises(Conflict):
            take_back(sim, track_id)
    else:
        assert take_back(sim, track_id)["status"] == "removed"


def test_an_owner_who_became_a_reviewer_keeps_the_right(sim: Simulator):
    _, track_id = admitted(sim)
    promoted = type(OWNER)(OWNER.id, "reviewer")
    assert take_back(sim, track_id, promoted)["status"] == "removed"


def test_nobody_else_can(sim: Simulator):
    _, track_id = admitted(sim)
    for caller in (STRANGER, type(OWNER)(STRANGER.id, "admin")):
        with pytest.raises(NotFound):
            take_back(sim, track_id, caller)
    with pytest.raises(NotFound):
        take_back(sim, "trk_" + "0" * 26)


def test_killed_anywhere_and_repeated():
    def make():
        sim = Simulator()
        _, track_id = admitted(sim)
        grant(sim, track_id, "run_a", "model-1")
        module = main_of("revoke")
        return sim, lambda deps: module.take_back(track_id, RevokeAsk(), OWNER, deps)

    assert ends_the_same(make) >= 4


def keeping(sim: Simulator) -> str:
    _, track_id = admitted(sim, keep_fingerprints_after_revocation=True)
    return track_id


def test_fingerprints_can_be_withdrawn_after_the_revocation_and_a_new_receipt_says_so(sim: Simulator):
    track_id = keeping(sim)
    with pytest.raises(Conflict):
        main_of("revoke").forget(track_id, OWNER, sim.container())
    assert statement(sim, take_back(sim, track_id))["fingerprints"] == "kept_for_safety_checks"
    assert indexed(sim)
    answer = main_of("revoke").forget(track_id, OWNER, sim.container())
    assert not indexed(sim)
    signer = sim.signer("receipt")
    said = open_sealed(answer.receipt, "consent-receipt", {signer.key_id: signer.public_key()})
    assert (said["consent_version"], said["flags"]["keep_fingerprints_after_revocation"]) == (2, False)
    assert statement(sim, take_back(sim, track_id))["fingerprints"] == "removed"
    rights = sim.store.get(RightsRecord, track_id)
    assert rights is not None
    assert rights.revoked


def test_nobody_else_withdraws_fingerprints(sim: Simulator):
    track_id = keeping(sim)
    take_back(sim, track_id)
    with pytest.raises(NotFound):
        main_of("revoke").forget(track_id, STRANGER, sim.container())
    assert indexed(sim)


def test_withdrawing_fingerprints_may_be_killed_anywhere():
    def make():
        sim = Simulator()
        track_id = keeping(sim)
        take_back(sim, track_id)
        return sim, lambda deps: main_of("revoke").forget(track_id, OWNER, deps)

    assert ends_the_same(make) >= 2
