"""appeal: once per rejection, by the owner, decided by somebody else on findings that they name."""

from datetime import timedelta

import pytest
from ingesting import (
    OWNER,
    STRANGER,
    an_upload,
    decided,
    fingerprinted,
    indexed,
    lonely_vault,
    main_of,
    run,
    sound,
    submitted,
    track_of,
)
from killing import ends_the_same
from machine import Execution
from reviewing import ADMIN, ANNA, BEN, CLEO, a_hit, carried_out, flagged, found, override, vote
from simulator import Simulator
from vault_domain.appeals import Appeal, AppealAsk, AppealDecisionAsk
from vault_domain.errors import Conflict, Forbidden, NotFound
from vault_domain.events import AuditEvent, Kind
from vault_domain.tracks import Status
from vault_domain.uploads import source_key
from vault_edge.caller import Caller
from wire import event, token

WORDS = "I am the one who recorded that song"
ANSWER = "The catalogue names the same person, see their page"
STRONG = a_hit("cat:song", 0.95, overlap_s=40)


def rejected(sim: Simulator) -> str:
    """By the rules: a strong match with a catalogue."""
    _, track_id = fingerprinted(sim)
    found(sim, track_id, STRONG)
    assert run("decide", sim.deps, track_id=track_id)["outcome"] == "reject"
    return track_id


def voted_out(sim: Simulator) -> str:
    """By two reviewers, for a weak match."""
    _, track_id = flagged(sim)
    vote(sim, track_id, BEN, "reject")
    vote(sim, track_id, CLEO, "reject")
    return track_id


def lodge(sim: Simulator, track_id: str, caller=OWNER, words: str = WORDS, deps=None):
    return main_of("appeal").lodge(track_id, AppealAsk(reason=words), caller, deps or sim.container())


def show(sim: Simulator, track_id: str, caller=ANNA):
    return main_of("appeal").show(track_id, caller, sim.deps)


def settle(sim: Simulator, track_id: str, caller=ANNA, outcome: str = "upheld", findings=None, deps=None):
    seen = findings or show(sim, track_id, caller)["findings_sha256"]
    ask = AppealDecisionAsk(outcome=outcome, findings_sha256=seen, answer=ANSWER)  # type: ignore[arg-type]
    return main_of("appeal").settle(track_id, ask, caller, deps or sim.container())


def test_an_appeal_waits_for_somebody_and_the_track_is_compared_anew(sim: Simulator):
    track_id = rejected(sim)
    assert lodge(sim, track_id)["outcome"] is None
    track = track_of(sim, track_id)
    assert (track.status, track.appeal_used) == (Status.DISPUTE_PENDING, True)
    ((_, name, document),) = sim.task_log.started
    assert name == f"{track.upload_id}-appeal-{track.steps - 1}"
    assert document == {"key": source_key(track.upload_id)}


def test_upheld_it_is_admitted_in_the_face_of_what_is_known(sim: Simulator):
    track_id = rejected(sim)
    lodge(sim, track_id)
    assert settle(sim, track_id)["status"] == "pending_review"
    assert run("decide", sim.deps, track_id=track_id)["outcome"] == "accept"
    assert run("admit", sim.deps, track_id=track_id)["outcome"] == "accepted"
    assert "approved_by_appeal" in {reason.code for reason in track_of(sim, track_id).reasons}


def test_dismissed_it_is_final_with_reasons_to_read(sim: Simulator):
    track_id = rejected(sim)
    lodge(sim, track_id)
    assert settle(sim, track_id, outcome="dismissed")["status"] == "rejected_final"
    track = track_of(sim, track_id)
    assert [reason.code for reason in track.reasons] == ["strong_external_match", "appeal_dismissed"]
    assert track.reasons[-1].detail == ANSWER
    shown = show(sim, track_id, OWNER)
    assert (shown["outcome"], shown["answer"]) == ("dismissed", ANSWER)
    assert ANNA.id not in str(shown)
    with pytest.raises(Conflict):
        lodge(sim, track_id)


def test_once_per_rejection(sim: Simulator):
    track_id = rejected(sim)
    first = lodge(sim, track_id)
    before = sim.dump()
    assert lodge(sim, track_id) == first
    assert sim.dump() == before
    with pytest.raises(Conflict):
        lodge(sim, track_id, words="Another reason altogether")
    settle(sim, track_id)
    found(sim, track_id, STRONG, a_hit("cat:third", 0.97, overlap_s=50))
    assert run("decide", sim.deps, track_id=track_id)["outcome"] == "reject"
    lodge(sim, track_id)
    assert len(sim.store.list(Appeal, track_id).items) == 2


def test_who_may(sim: Simulator):
    track_id = voted_out(sim)
    for caller in (STRANGER, ANNA, ADMIN):
        with pytest.raises(NotFound):
            lodge(sim, track_id, caller)
    with pytest.raises(NotFound):
        show(sim, track_id)
    lodge(sim, track_id, Caller(OWNER.id, "reviewer"))
    with pytest.raises(NotFound):
        show(sim, track_id, STRANGER)
    findings = show(sim, track_id)["findings_sha256"]
    for caller in (OWNER, Caller(OWNER.id, "reviewer"), Caller(OWNER.id, "admin")):
        with pytest.raises(Forbidden):
            settle(sim, track_id, caller, findings=findings)


@pytest.mark.parametrize("who", [ANNA, BEN])
def test_those_who_rejected_it_do_not_decide(sim: Simulator, who):
    _, track_id = flagged(sim)
    vote(sim, track_id, ANNA, "reject")
    vote(sim, track_id, BEN, "reject")
    lodge(sim, track_id)
    with pytest.raises(Forbidden):
        settle(sim, track_id, who)
    assert settle(sim, track_id, CLEO)["status"] == "pending_review"


def test_an_admin_who_overrode_does_not_decide_either(sim: Simulator):
    _, track_id = flagged(sim)
    override(sim, track_id, choice="reject")
    lodge(sim, track_id)
    with pytest.raises(Forbidden):
        settle(sim, track_id, ADMIN)
    assert settle(sim, track_id, ANNA)["status"] == "pending_review"


def test_findings_that_changed_are_looked_at_again(sim: Simulator):
    track_id = rejected(sim)
    lodge(sim, track_id)
    old = show(sim, track_id)["findings_sha256"]
    found(sim, track_id, STRONG, a_hit("cat:third", 0.97, overlap_s=50))
    with pytest.raises(Conflict):
        settle(sim, track_id, findings=old)
    assert len(show(sim, track_id)["findings"]) == 2
    settle(sim, track_id)
    assert run("decide", sim.deps, track_id=track_id)["outcome"] == "accept"


def test_what_can_not_be_appealed(sim: Simulator):
    _, waiting = decided(sim, sound(7))
    with pytest.raises(Conflict):
        lodge(sim, waiting)
    late = voted_out(sim)
    sim.clock.now += timedelta(days=61)
    with pytest.raises(Conflict):
        lodge(sim, late)
    with pytest.raises(NotFound):
        settle(sim, late, findings="0" * 64)


def test_of_two_decisions_at_the_same_moment_one_stands(sim: Simulator):
    track_id = rejected(sim)
    lodge(sim, track_id)
    inner, raced = sim.records.commit, []

    def racing(changes, events=()):
        if not raced:
            raced.append(True)
            settle(sim, track_id, BEN, "dismissed")
        return inner(changes, events)

    class Records:
        commit = staticmethod(racing)

        def __getattr__(self, name):
            return getattr(sim.store, name)

    with pytest.raises(Conflict):
        settle(sim, track_id, ANNA, deps=sim.container(records=Records()))
    assert track_of(sim, track_id).status is Status.REJECTED_FINAL
    made = [one for one in sim.store.everything(AuditEvent) if one.event is Kind.APPEAL_DECIDED]
    assert len(made) == 1


def test_filing_killed_anywhere_and_repeated():
    def make():
        sim = Simulator()
        track_id = rejected(sim)
        return sim, lambda deps: lodge(sim, track_id, deps=deps)

    assert ends_the_same(make) >= 4


@pytest.mark.parametrize("outcome", ["upheld", "dismissed"])
def test_deciding_killed_anywhere_and_repeated(outcome):
    def make():
        sim = Simulator()
        track_id = rejected(sim)
        lodge(sim, track_id)
        findings = show(sim, track_id)["findings_sha256"]
        return sim, lambda deps: settle(sim, track_id, outcome=outcome, findings=findings, deps=deps)

    assert ends_the_same(make) >= 2


def test_words_are_in_no_event(sim: Simulator):
    track_id = rejected(sim)
    lodge(sim, track_id)
    settle(sim, track_id)
    said = " ".join(one.model_dump_json() for one in sim.store.everything(AuditEvent))
    assert WORDS not in said
    assert ANSWER not in said


def test_through_the_state_machine_from_rejection_to_the_vault():
    """A declared cover, rejected by two, appealed against, upheld by a third."""
    sim = lonely_vault()
    upload_id = an_upload(sim, sound(3))
    track_id = submitted(sim, upload_id, is_cover=True, is_original=False)
    Execution(sim, upload_id, {"key": source_key(upload_id)}, embedder=None).to_end()
    vote(sim, track_id, ANNA, "reject")
    vote(sim, track_id, BEN, "reject")
    run("sweep", sim.deps, now=True)
    lodge(sim, track_id)
    carried_out(sim)
    assert track_of(sim, track_id).status is Status.DISPUTE_PENDING
    settle(sim, track_id, CLEO)
    carried_out(sim)
    assert track_of(sim, track_id).status is Status.ACCEPTED
    assert indexed(sim) == {track_id}


def test_over_http(sim: Simulator, load_step):
    app, track_id = load_step("appeal").app, rejected(sim)
    path = f"/tracks/{track_id}/appeal"

    def status(method, path, bearer, body=None):
        return app.answer(event(method, path, body=body, bearer=bearer))["statusCode"]

    owner = token(sim, subject=OWNER.id)
    assert status("POST", path, None, {"reason": WORDS}) == 401
    assert status("POST", path, token(sim, "system", "training"), {"reason": WORDS}) == 403
    assert status("POST", path, token(sim, subject=STRANGER.id), {"reason": WORDS}) == 404
    assert status("POST", path, owner, {"reason": "short"}) == 422
    assert status("POST", path, owner, {"reason": "x" * 4001}) == 422
    assert status("POST", path, owner, {"reason": WORDS}) == 201
    assert status("GET", path, owner) == 200
    assert status("POST", f"{path}/decision", owner, {"outcome": "upheld"}) == 403
