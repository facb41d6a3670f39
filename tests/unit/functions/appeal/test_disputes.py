"""A rejection for a strong match comes with a dispute: the right to answer is there at once, and it ends."""

from datetime import timedelta

import pytest
from ingesting import OWNER, fingerprinted, main_of, run, track_of
from killing import ends_the_same
from reviewing import ADMIN, ANNA, a_hit, carried_out, found
from simulator import NOW, Simulator
from vault_domain.appeals import Appeal, AppealAsk, AppealDecisionAsk
from vault_domain.errors import Conflict, Forbidden
from vault_domain.events import AuditEvent, Kind
from vault_domain.messages import Message, Topic
from vault_domain.policy import Policy, PolicyVersion
from vault_domain.ports import Put
from vault_domain.tracks import HistoryRow, Status
from vault_edge.caller import Caller
from wire import event, token

STRONG = a_hit("cat:song", 0.95, overlap_s=40)
WORDS = "I am the one who recorded that song"


def matched(sim: Simulator, deps=None) -> str:
    _, track_id = fingerprinted(sim)
    found(sim, track_id, STRONG)
    assert run("decide", deps or sim.deps, track_id=track_id)["outcome"] == "reject"
    return track_id


def reply(sim: Simulator, track_id: str, words: str = WORDS, deps=None):
    return main_of("appeal").lodge(track_id, AppealAsk(reason=words), OWNER, deps or sim.container())


def settle(sim: Simulator, track_id: str, outcome: str, caller=ANNA):
    appeal = main_of("appeal")
    seen = appeal.show(track_id, caller, sim.deps)["findings_sha256"]
    ask = AppealDecisionAsk(outcome=outcome, findings_sha256=seen, answer="It is the same person, as they say")
    return appeal.settle(track_id, ask, caller, sim.container())


def queue(sim: Simulator, caller=ANNA, **ask):
    appeal = main_of("appeal")
    return appeal.queue(appeal.QueueAsk(**ask), caller, sim.container()).appeals


def test_rejection_and_right_to_answer_arrive_together(sim: Simulator):
    track_id = matched(sim)
    track = track_of(sim, track_id)
    assert (track.status, track.dispute_open) == (Status.DISPUTE_PENDING, True)
    targets = [row.target for row in sim.store.list(HistoryRow, track_id).items]
    assert targets[-2:] == [Status.REJECTED, Status.DISPUTE_PENDING]
    (appeal,) = sim.store.list(Appeal, track_id).items
    assert (appeal.opened_by, appeal.reason, appeal.step) == ("rules", None, track.steps - 1)
    assert [reason.code for reason in appeal.rejected_for] == ["strong_external_match"]
    assert [one.topic for one in sim.store.everything(Message)] == [Topic.DISPUTE_OPENED]


def test_a_duplicate_or_a_weak_match_opens_none(sim: Simulator):
    _, track_id = fingerprinted(sim)
    found(sim, track_id, a_hit(similarity=0.5))
    run("decide", sim.deps, track_id=track_id)
    assert sim.store.list(Appeal, track_id).items == ()


def test_an_answer_is_taken_once_and_the_track_compared_anew(sim: Simulator):
    track_id = matched(sim)
    assert queue(sim)[0].answered is None
    assert reply(sim, track_id)["reason"] == WORDS
    assert len(sim.task_log.started) == 1
    before = sim.dump()
    reply(sim, track_id)
    assert sim.dump() == before
    with pytest.raises(Conflict):
        reply(sim, track_id, "Something else altogether")
    assert [line.track_id for line in queue(sim, answered=True)] == [track_id]
    assert queue(sim, answered=False) == ()


def test_before_the_answer_it_can_be_upheld_and_not_dismissed(sim: Simulator):
    track_id = matched(sim)
    with pytest.raises(Conflict):
        settle(sim, track_id, "dismissed")
    assert settle(sim, track_id, "upheld")["status"] == "pending_review"
    assert run("decide", sim.deps, track_id=track_id)["outcome"] == "accept"
    assert run("admit", sim.deps, track_id=track_id)["outcome"] == "accepted"


def test_after_the_answer_it_can_be_dismissed(sim: Simulator):
    track_id = matched(sim)
    reply(sim, track_id)
    assert settle(sim, track_id, "dismissed")["status"] == "rejected_final"


def test_unanswered_it_ends_after_its_time_and_answered_it_does_not(sim: Simulator):
    track_id = matched(sim)
    sim.clock.now += timedelta(days=59)
    assert [item["do"] for item in run("sweep", sim.container())["plan"]] == ["RemindOwner"]
    sim.clock.now += timedelta(days=2)
    assert [item["do"] for item in run("sweep", sim.container())["plan"]] == ["LapseDispute"]
    track = track_of(sim, track_id)
    assert (track.status, track.reasons[-1].code) == (Status.REJECTED_FINAL, "dispute_lapsed")
    with pytest.raises(Conflict):
        reply(sim, track_id)
    assert Kind.DISPUTE_LAPSED in {one.event for one in sim.store.everything(AuditEvent)}


def test_an_answered_dispute_waits_for_people_however_long_that_takes(sim: Simulator):
    track_id = matched(sim)
    reply(sim, track_id)
    sim.task_log.started.clear()
    sim.clock.now += timedelta(days=400)
    assert "LapseDispute" not in [item["do"] for item in run("sweep", sim.container())["plan"]]
    assert track_of(sim, track_id).status is Status.DISPUTE_PENDING


def test_a_late_answer_is_refused_even_before_the_sweep(sim: Simulator):
    track_id = matched(sim)
    sim.clock.now += timedelta(days=61)
    with pytest.raises(Conflict):
        reply(sim, track_id)


def test_the_comparison_after_the_answer_leaves_it_to_people(sim: Simulator):
    track_id = matched(sim)
    reply(sim, track_id)
    found(sim, track_id, STRONG)
    assert run("decide", sim.container(), track_id=track_id)["outcome"] == "reject"
    assert track_of(sim, track_id).status is Status.DISPUTE_PENDING
    carried_out(sim)


def test_deciding_killed_anywhere_and_repeated():
    def make():
        sim = Simulator()
        _, track_id = fingerprinted(sim)
        found(sim, track_id, STRONG)
        return sim, lambda deps: run("decide", deps, track_id=track_id)

    assert ends_the_same(make) >= 2


@pytest.mark.parametrize("days", [0, 61])
def test_answering_or_lapsing_killed_anywhere_and_repeated(days):
    def make():
        sim = Simulator()
        track_id = matched(sim)
        sim.clock.now += timedelta(days=days)
        if days:
            return sim, lambda deps: run("sweep", deps)
        return sim, lambda deps: reply(sim, track_id, deps=deps)

    assert ends_the_same(make) >= 2


def test_the_queue_is_for_reviewers_and_not_about_their_own(sim: Simulator, load_step):
    matched(sim)
    assert queue(sim, Caller(OWNER.id, "reviewer")) == ()
    app = load_step("appeal").app
    bearers = (None, token(sim, subject=OWNER.id), token(sim, "reviewer", subject=ANNA.id))
    codes = [app.answer(event("GET", "/appeals", bearer=bearer))["statusCode"] for bearer in bearers]
    assert codes == [401, 403, 200]
    with pytest.raises(Forbidden):
        settle(sim, queue(sim)[0].track_id, "upheld", Caller(OWNER.id, "admin"))
    settle(sim, queue(sim)[0].track_id, "upheld", ADMIN)


def letters(sim: Simulator, topic: Topic) -> list[Message]:
    return [one for one in sim.store.everything(Message) if one.topic is topic]


def test_the_letter_names_the_last_moment_and_one_reminder_comes_before_it(sim: Simulator):
    track_id = matched(sim)
    (said,) = letters(sim, Topic.DISPUTE_OPENED)
    until = track_of(sim, track_id).appeal_until
    assert said.facts["until"] == f"{until:%d %B %Y, %H:%M} UTC"
    sim.clock.now = until - timedelta(days=8)
    run("sweep", sim.container())
    assert letters(sim, Topic.APPEAL_ENDING) == []
    sim.clock.now = until - timedelta(days=6)
    for _ in range(2):
        run("sweep", sim.container())
    (reminder,) = letters(sim, Topic.APPEAL_ENDING)
    assert (reminder.recipient, reminder.facts["until"]) == (OWNER.id, said.facts["until"])


def test_who_has_answered_is_not_reminded(sim: Simulator):
    track_id = matched(sim)
    reply(sim, track_id)
    sim.task_log.started.clear()
    sim.clock.now = track_of(sim, track_id).appeal_until - timedelta(days=1)
    assert "RemindOwner" not in [item["do"] for item in run("sweep", sim.container())["plan"]]


def test_reminding_killed_anywhere_and_repeated():
    def make():
        sim = Simulator()
        track_id = matched(sim)
        sim.clock.now = track_of(sim, track_id).appeal_until - timedelta(days=2)
        return sim, lambda deps: run("sweep", deps)

    assert ends_the_same(make) >= 1


def test_a_longer_time_for_others_does_not_keep_an_old_dispute_open(sim: Simulator):
    track_id = matched(sim)
    longer = PolicyVersion(number=2, policy=Policy(appeal_days=300), author="a", reason="b", at=NOW, is_head=True)
    sim.store.commit([Put(longer, 0)])
    sim.clock.now += timedelta(days=61)
    run("sweep", sim.container())
    assert track_of(sim, track_id).status is Status.REJECTED_FINAL
