"""control: a code, a reviewer who saw it, and a rejection that is no more one."""

import pytest
from ingesting import OWNER, STRANGER, fingerprinted, main_of, run, sound, track_of
from killing import ends_the_same
from reviewing import ADMIN, ANNA, BEN, a_hit, found, vote
from simulator import Simulator
from vault_domain.appeals import AppealAsk, AppealDecisionAsk
from vault_domain.control import ControlAsk, RecordAsk, WithdrawAsk
from vault_domain.errors import Conflict, Forbidden, NotFound
from vault_domain.events import AuditEvent, Kind
from vault_domain.tracks import Status
from wire import event, token

WHERE = "https://music.example/nova, signed by Nova Arc"
OTHERS = a_hit("open:strange", 0.95, overlap_s=40, artist="Somebody")
MINE = a_hit("acoustid:mine", 0.95, overlap_s=40, artist="Nova Arc")


def begun(sim: Simulator, caller=OWNER, deps=None, artist: str = "Nova Arc"):
    ask = ControlAsk(artist=artist, release="Glass City, 2024, on its release page", refs=("acoustid:mine",))
    return main_of("control").begin(ask, caller, deps or sim.container())


def recorded(sim: Simulator, control_id: str, caller=ANNA, seen: bool = True, deps=None):
    ask = RecordAsk(found=seen, where=WHERE)
    return main_of("control").look(control_id, ask, caller, deps or sim.container())


def verified(sim: Simulator) -> str:
    control_id = begun(sim).control_id
    recorded(sim, control_id)
    return control_id


def decided(sim: Simulator, *hits, seed: int = 1) -> str:
    _, track_id = fingerprinted(sim, sound(seed))
    found(sim, track_id, *hits)
    run("decide", sim.deps, track_id=track_id)
    return track_id


def codes(sim: Simulator, track_id: str) -> set[str]:
    return {reason.code for reason in track_of(sim, track_id).reasons}


def test_without_proof_a_strong_hit_rejects_and_with_it_is_labelled(sim: Simulator):
    assert track_of(sim, decided(sim, MINE)).status is Status.DISPUTE_PENDING
    verified(sim)
    track_id = decided(sim, MINE, seed=2)
    assert (track_of(sim, track_id).status, codes(sim, track_id)) == (Status.PENDING_REVIEW, {"own_catalogue_match"})
    assert vote(sim, track_id, ANNA)["approved"] is True


def test_somebody_elses_hit_still_rejects(sim: Simulator):
    verified(sim)
    assert track_of(sim, decided(sim, MINE, OTHERS)).status is Status.DISPUTE_PENDING


def test_the_proof_is_for_one_account(sim: Simulator):
    recorded(sim, begun(sim, STRANGER).control_id)
    assert track_of(sim, decided(sim, MINE)).status is Status.DISPUTE_PENDING


def test_an_appeal_sees_the_proof(sim: Simulator):
    track_id = decided(sim, MINE)
    appeal = main_of("appeal")
    appeal.lodge(track_id, AppealAsk(reason="This release is my own"), OWNER, sim.container())
    before = appeal.show(track_id, ANNA, sim.container())
    verified(sim)
    shown = appeal.show(track_id, ANNA, sim.container())
    assert [finding["code"] for finding in shown["findings"]] == ["own_catalogue_match"]
    assert shown["findings_sha256"] != before["findings_sha256"]
    ask = AppealDecisionAsk(outcome="upheld", findings_sha256=shown["findings_sha256"], answer="The code stands there")
    assert appeal.settle(track_id, ask, BEN, sim.container())["status"] == "pending_review"


def test_withdrawn_it_counts_no_more(sim: Simulator):
    control_id = verified(sim)
    ask = WithdrawAsk(reason="Another artist of that name wrote to us")
    main_of("control").undo(OWNER.id, control_id, ask, ADMIN, sim.container())
    assert track_of(sim, decided(sim, MINE)).status is Status.DISPUTE_PENDING


def listed(sim: Simulator) -> list[str]:
    control = main_of("control")
    return [one.control_id for one in control.verified(control.Page(), sim.container()).proofs]


def test_admins_see_what_counts_and_nothing_else(sim: Simulator, load_step):
    waiting, found, missing = (begun(sim, artist=name).control_id for name in ("One", "Two", "Three"))
    assert listed(sim) == []
    recorded(sim, found)
    recorded(sim, missing, seen=False)
    assert listed(sim) == [found]
    app = load_step("control").app
    for role, code in (("contributor", 403), ("reviewer", 403), ("admin", 200)):
        assert app.answer(event("GET", "/control/verified", bearer=token(sim, role)))["statusCode"] == code
    ask = WithdrawAsk(reason="The page was taken over by somebody else")
    for _ in range(2):
        main_of("control").undo(OWNER.id, found, ask, ADMIN, sim.container())
    assert (listed(sim), waiting in listed(sim)) == ([], False)


def test_a_code_that_is_not_there_proves_nothing(sim: Simulator):
    control_id = begun(sim).control_id
    assert recorded(sim, control_id, seen=False).state == "not_found"
    assert track_of(sim, decided(sim, MINE)).status is Status.DISPUTE_PENDING
    with pytest.raises(Conflict):
        recorded(sim, control_id, BEN)


def test_reviewers_find_what_waits_and_nobody_looks_at_their_own(sim: Simulator):
    module = main_of("control")
    mine = begun(sim, ANNA)
    theirs = begun(sim)
    waiting = module.waiting(module.Page(), ANNA, sim.container()).proofs
    assert [proof.control_id for proof in waiting] == [theirs.control_id]
    with pytest.raises(Forbidden):
        recorded(sim, mine.control_id)
    recorded(sim, theirs.control_id)
    assert module.waiting(module.Page(), ANNA, sim.container()).proofs == []
    with pytest.raises(NotFound):
        recorded(sim, "ctl_" + "0" * 26)


def test_the_same_ask_is_the_same_code_and_no_name_is_in_the_log(sim: Simulator):
    assert begun(sim).code == begun(sim).code
    assert begun(sim, STRANGER).code != begun(sim).code
    verified(sim)
    told = [
        one for one in sim.store.everything(AuditEvent) if one.event in (Kind.CONTROL_OPENED, Kind.CONTROL_RECORDED)
    ]
    assert not any(word in one.model_dump_json() for one in told for word in ("Nova", "Glass", "music.example"))


def test_recording_may_be_killed_anywhere():
    def world():
        sim = Simulator()
        control_id = begun(sim).control_id
        return sim, lambda deps: recorded(sim, control_id, deps=deps)

    assert ends_the_same(world) >= 2
