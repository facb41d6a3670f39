"""review: on named evidence, by others, counted once, and decided once."""

from contextlib import suppress
from datetime import timedelta

import pytest
from ingesting import OWNER, STRANGER, decided, indexed, main_of, run, track_of
from killing import ends_the_same
from reviewing import (
    ADMIN,
    ANNA,
    BEN,
    CLEO,
    a_hit,
    flagged,
    found,
    override,
    reply,
    seen,
    vote,
)  # fmt: skip
from simulator import Killed, Simulator
from vault_domain.accounts import Account
from vault_domain.errors import Conflict, Forbidden, NotFound
from vault_domain.events import AuditEvent, Kind
from vault_domain.policy import Policy, PolicyVersion
from vault_domain.ports import Put
from vault_domain.review import ReviewVote
from vault_domain.rights import Party, RevokeAsk, RightsRecord
from vault_domain.tracks import Status
from vault_edge.caller import Caller
from wire import body_of, event, token


def in_force(sim: Simulator, **changes) -> None:
    version = PolicyVersion(
        number=2, policy=Policy(**changes), author="acc", reason="test", at=sim.clock(), is_head=True
    )
    sim.store.commit([Put(version, 0)])


def look(sim: Simulator, track_id: str, caller=ANNA):
    return main_of("review").evidence(track_id, caller, sim.deps)


def queue(sim: Simulator, caller=ANNA, **asked):
    module = main_of("review")
    return [row["track_id"] for row in module.queue(module.QueueAsk(**asked), caller, sim.deps)["tracks"]]


# --- the decision rule ------------------------------------------------------------


def test_a_flagged_track_needs_two(sim: Simulator):
    _, track_id = flagged(sim)
    first = vote(sim, track_id, ANNA)
    assert (first["approved"], first["votes"], first["needed"]) == (False, 1, 2)
    assert not sim.task_log.started
    assert vote(sim, track_id, BEN)["approved"] is True
    ((machine, _, document),) = sim.task_log.started
    assert machine == "ingest"
    assert document["key"].startswith("uploads/")


def test_an_unflagged_track_needs_one(sim: Simulator):
    in_force(sim, auto_accept=False)
    _, track_id = decided(sim)
    assert vote(sim, track_id, ANNA)["approved"] is True


def test_one_admin_is_enough_for_a_flagged_one_while_the_policy_says_so(sim: Simulator):
    _, track_id = flagged(sim)
    assert vote(sim, track_id, ADMIN)["approved"] is True
    other = Simulator()
    in_force(other, admin_decides_alone=False)
    _, track_id = flagged(other)
    assert vote(other, track_id, ADMIN)["approved"] is False


def test_two_rejections_reject_with_reasons_that_name_nobody(sim: Simulator):
    _, track_id = flagged(sim)
    vote(sim, track_id, ANNA, "reject", "The melody from 0:03 on is theirs")
    assert vote(sim, track_id, BEN, "reject", "I agree")["status"] == "rejected"
    track = track_of(sim, track_id)
    assert [reason.code for reason in track.reasons] == ["weak_external_match", *["rejected_by_review"] * 2]
    assert "melody" in track.reasons[-2].detail + track.reasons[-1].detail
    assert ANNA.id not in track.model_dump_json()
    assert not sim.task_log.started


def test_one_against_one_decides_nothing_and_a_third_does(sim: Simulator):
    _, track_id = flagged(sim)
    vote(sim, track_id, ANNA)
    assert vote(sim, track_id, BEN, "reject")["status"] == "pending_review"
    assert vote(sim, track_id, CLEO)["approved"] is True


def test_an_override_decides_alone_and_only_admins_have_it(sim: Simulator):
    _, track_id = flagged(sim)
    with pytest.raises(Forbidden):
        override(sim, track_id, ANNA)
    assert override(sim, track_id, choice="reject")["status"] == "rejected"
    (kept,) = sim.store.list(ReviewVote, track_id).items
    assert (kept.override, kept.note) == (True, "The catalogue's entry is wrong")


# --- who, and on what -------------------------------------------------------------


def test_nobody_votes_on_their_own_work(sim: Simulator):
    _, track_id = flagged(sim)
    promoted = Caller(OWNER.id, "admin")
    rights = sim.store.get(RightsRecord, track_id)
    assert rights is not None
    party = Party(name="Cleo", holder=CLEO.id)
    sim.store.commit([Put(rights.with_changes(parties=(party,)), rights.version)])
    named = Caller(BEN.id, "reviewer", display="  NOVA  arc ")
    for caller in (promoted, CLEO, named):
        for act in (vote, look):
            with pytest.raises(Forbidden):
                act(sim, track_id, caller)
        with pytest.raises(Forbidden):
            main_of("review").hold(track_id, caller, sim.deps)
    with pytest.raises(Forbidden):
        override(sim, track_id, promoted)


def test_contributors_do_not_vote_nor_see(sim: Simulator):
    _, track_id = flagged(sim)
    for caller in (OWNER, STRANGER):
        for act in (vote, look):
            with pytest.raises(Forbidden):
                act(sim, track_id, caller)


def test_a_second_vote_is_refused_and_the_same_one_again_is_free(sim: Simulator):
    _, track_id = flagged(sim)
    first = vote(sim, track_id, ANNA)
    before = sim.dump()
    assert vote(sim, track_id, ANNA) == first
    assert sim.dump() == before
    with pytest.raises(Conflict):
        vote(sim, track_id, ANNA, "reject")


def test_a_vote_on_other_evidence_is_refused_and_new_evidence_reopens_the_vote(sim: Simulator):
    _, track_id = flagged(sim)
    old = seen(sim, track_id)
    vote(sim, track_id, ANNA)
    found(sim, track_id, a_hit(), a_hit("cat:other", 0.6))
    run("decide", sim.deps, track_id=track_id)
    with pytest.raises(Conflict):
        vote(sim, track_id, BEN, evidence=old)
    assert vote(sim, track_id, BEN)["votes"] == 1
    assert [row["counts"] for row in look(sim, track_id)["votes"]].count(True) == 1
    assert vote(sim, track_id, ANNA)["approved"] is True


def test_what_is_not_waiting_is_not_voted_on(sim: Simulator):
    _, track_id = decided(sim)
    with pytest.raises(Conflict):
        vote(sim, track_id, ANNA)
    with pytest.raises(NotFound):
        look(sim, "trk_" + "0" * 26)


# --- races and deaths -------------------------------------------------------------


@pytest.mark.parametrize("choices", [("approve", "approve"), ("reject", "reject"), ("approve", "reject")])
def test_two_votes_at_the_same_moment_decide_once(sim: Simulator, choices):
    """The second vote is cast, whole, just before the first one's commit."""
    _, track_id = flagged(sim)
    inner, raced = sim.records.commit, []

    def racing(changes, events=()):
        if not raced:
            raced.append(True)
            vote(sim, track_id, BEN, choices[1])
        return inner(changes, events)

    class Records:
        commit = staticmethod(racing)

        def __getattr__(self, name):
            return getattr(sim.store, name)

    vote(sim, track_id, ANNA, choices[0], deps=sim.container(records=Records()))
    made = [one for one in sim.store.everything(AuditEvent) if one.event is Kind.REVIEW_DECIDED]
    assert len(made) == (1 if choices[0] == choices[1] else 0)
    assert len(sim.store.list(ReviewVote, track_id).items) == 2
    assert len(sim.task_log.started) == (1 if choices == ("approve", "approve") else 0)


def test_a_vote_that_lands_while_the_track_is_decided_anew_does_not_count(sim: Simulator):
    _, track_id = flagged(sim)
    old, inner, raced = seen(sim, track_id), sim.records.commit, []

    def racing(changes, events=()):
        if not raced:
            raced.append(True)
            found(sim, track_id, a_hit("cat:other", 0.6))
            run("decide", sim.container(), track_id=track_id)
        return inner(changes, events)

    class Records:
        commit = staticmethod(racing)

        def __getattr__(self, name):
            return getattr(sim.store, name)

    with pytest.raises(Conflict):
        vote(sim, track_id, ADMIN, evidence=old, deps=sim.container(records=Records()))
    assert track_of(sim, track_id).approval is None


def test_a_deciding_vote_killed_anywhere_and_repeated():
    def make():
        sim = Simulator()
        _, track_id = flagged(sim)
        vote(sim, track_id, ANNA)
        evidence = seen(sim, track_id)
        return sim, lambda deps: vote(sim, track_id, BEN, evidence=evidence, deps=deps)

    assert ends_the_same(make) >= 4


def test_an_approval_whose_start_was_lost_is_started_by_sweep(sim: Simulator):
    _, track_id = flagged(sim)
    override(sim, track_id)
    sim.task_log.started.clear()
    sim.clock.now += timedelta(hours=1)
    run("sweep", sim.deps)
    assert [name for _, name, _ in sim.task_log.started] == [f"{track_of(sim, track_id).upload_id}-1"]


# --- what comes of an approval ------------------------------------------------------


def approved(sim: Simulator) -> str:
    _, track_id = flagged(sim)
    override(sim, track_id)
    return track_id


def test_an_approved_track_is_admitted_with_reasons(sim: Simulator):
    track_id = approved(sim)
    assert run("decide", sim.deps, track_id=track_id)["outcome"] == "accept"
    assert run("admit", sim.deps, track_id=track_id)["outcome"] == "accepted"
    track = track_of(sim, track_id)
    assert [reason.code for reason in track.reasons] == ["weak_external_match", "approved_by_override"]


def test_fewer_findings_or_another_snapshot_leave_an_approval_standing(sim: Simulator):
    track_id = approved(sim)
    found(sim, track_id, a_hit(similarity=0.55))
    assert run("decide", sim.deps, track_id=track_id)["outcome"] == "accept"
    found(sim, track_id)
    assert run("decide", sim.deps, track_id=track_id)["outcome"] == "accept"


@pytest.mark.parametrize(
    ("hit", "outcome", "status"),
    [
        (a_hit("cat:other", 0.5), "review", Status.PENDING_REVIEW),
        (a_hit("cat:song", 0.95, overlap_s=40), "reject", Status.DISPUTE_PENDING),
    ],
)
def test_a_ground_that_nobody_knew_ends_an_approval(sim: Simulator, hit, outcome, status):
    track_id = approved(sim)
    found(sim, track_id, a_hit(), hit)
    assert run("decide", sim.deps, track_id=track_id)["outcome"] == outcome
    track = track_of(sim, track_id)
    assert (track.status, track.approval) == (status, None)
    assert run("admit", sim.deps, track_id=track_id)["outcome"] == status.value


def test_what_lost_its_approval_half_way_in_is_hidden_when_it_is_taken_back(sim: Simulator):
    """The admission dies with the track in the index; then a new ground ends the approval."""
    track_id = approved(sim)
    died = False
    for effect in range(1, 20):
        sim.kill_at(effect)
        with suppress(Killed):
            run("admit", sim.container(), track_id=track_id)
        sim.revive()
        if track_id in indexed(sim):
            died = track_of(sim, track_id).status is Status.PENDING_REVIEW
            break
    assert died
    found(sim, track_id, a_hit(), a_hit("cat:other", 0.6))
    assert run("decide", sim.deps, track_id=track_id)["outcome"] == "review"
    assert track_of(sim, track_id).approval is None
    main_of("revoke").take_back(track_id, RevokeAsk(), OWNER, sim.container())
    assert track_id not in indexed(sim)


# --- claims, questions, the queue ---------------------------------------------------


def test_a_claim_holds_for_a_while(sim: Simulator):
    module, (_, track_id) = main_of("review"), flagged(sim)
    assert module.hold(track_id, ANNA, sim.deps)["claimed_by"] == ANNA.id
    for act in (lambda: module.hold(track_id, BEN, sim.deps), lambda: vote(sim, track_id, BEN)):
        with pytest.raises(Conflict):
            act()
    sim.clock.now += timedelta(minutes=31)
    assert module.hold(track_id, BEN, sim.deps)["claimed_by"] == BEN.id
    vote(sim, track_id, BEN)
    assert look(sim, track_id)["claimed_by"] is None


def test_a_question_stops_the_clock_and_the_vote(sim: Simulator):
    _, track_id = flagged(sim)
    vote(sim, track_id, ANNA, "needs_more_info", "When did you write it?")
    with pytest.raises(Conflict):
        vote(sim, track_id, BEN)
    sim.clock.now += timedelta(days=2)
    assert look(sim, track_id)["open_for_s"] == 0
    asked = main_of("review").questions(track_id, OWNER, sim.deps)["questions"]
    assert [(one["question"], one["answer"]) for one in asked] == [("When did you write it?", None)]
    assert ANNA.id not in str(asked)
    for caller in (STRANGER, Caller(STRANGER.id, "reviewer")):
        with pytest.raises(NotFound):
            reply(sim, track_id, caller)
    reply(sim, track_id)
    reply(sim, track_id)
    with pytest.raises(Conflict):
        reply(sim, track_id, text="another one")
    sim.clock.now += timedelta(hours=1)
    assert look(sim, track_id)["open_for_s"] == 3600
    assert look(sim, track_id)["questions"][0]["answer"] == "I wrote it in May"
    vote(sim, track_id, ANNA)
    assert vote(sim, track_id, BEN)["approved"] is True


def test_an_unanswered_question_does_not_hold_a_track_for_ever(sim: Simulator):
    _, track_id = flagged(sim)
    vote(sim, track_id, ANNA, "needs_more_info", "When did you write it?")
    sim.clock.now += timedelta(days=15)
    assert look(sim, track_id)["open_for_s"] == 86_400
    vote(sim, track_id, BEN, "reject", "No answer")
    assert vote(sim, track_id, ANNA, "reject", "No answer")["status"] == "rejected"


def test_words_of_people_are_in_no_event(sim: Simulator):
    _, track_id = flagged(sim)
    vote(sim, track_id, ANNA, "needs_more_info", "Was it Mrs Smith?")
    reply(sim, track_id, text="It was Mr Jones")
    vote(sim, track_id, ANNA, note="Mrs Smith it was")
    said = " ".join(one.model_dump_json() for one in sim.store.everything(AuditEvent))
    assert "Smith" not in said
    assert "Jones" not in said
    assert {"review.asked", "review.answered", "review.voted"} <= {
        one.event.value for one in sim.store.everything(AuditEvent)
    }


def test_the_queue_shows_what_waits_and_filters_it(sim: Simulator):
    _, old = flagged(sim)
    sim.clock.now += timedelta(days=1)
    _, young = flagged(sim, seed=2)
    _, clean = decided(sim, caller=STRANGER)
    assert queue(sim) == [old, young]
    assert clean not in queue(sim)
    assert queue(sim, older_than_h=12) == [old]
    assert queue(sim, hit="external") == [old, young]
    assert queue(sim, hit="internal") == []
    assert queue(sim, flag="weak_external_match") == [old, young]
    assert queue(sim, flag="cover") == []
    assert queue(sim, submitter=OWNER.id) == [old, young]
    assert queue(sim, submitter=STRANGER.id) == []
    assert queue(sim, Caller(OWNER.id, "reviewer")) == []
    override(sim, old)
    assert queue(sim) == [young]


def test_the_evidence_page_names_spans_detectors_and_versions(sim: Simulator):
    _, track_id = flagged(sim)
    shown = look(sim, track_id)
    (source,) = [one for one in shown["sources"] if one["source"] == "catalogue:open"]
    assert source["calibration"] == "1"
    hit = source["hits"][0]
    assert (hit["ref"], hit["detector"], hit["spans"][0]["ref_start"]) == ("cat:song", "fused", 40)
    assert (shown["policy"], shown["flagged"], shown["needed"]) == (1, True, 2)
    assert shown["evidence_sha256"] == seen(sim, track_id)


# --- over HTTP --------------------------------------------------------------------


def test_over_http(sim: Simulator, load_step):
    app, (_, track_id) = load_step("review").app, flagged(sim)
    good = {"vote": "approve", "evidence_sha256": seen(sim, track_id)}
    path = f"/review/{track_id}/votes"

    def status(bearer, body=good):
        return app.answer(event("POST", path, body=body, bearer=bearer))["statusCode"]

    assert status(None) == 401
    assert status(token(sim)) == 403
    assert status(token(sim, "system", "safety")) == 403
    reviewer = token(sim, "reviewer", subject=ANNA.id)
    assert status(reviewer, {"vote": "reject", "evidence_sha256": "0" * 64}) == 422
    assert status(reviewer, {"vote": "approve", "evidence_sha256": "0" * 64}) == 409
    answer = app.answer(event("GET", "/review/queue", query="limit=5", bearer=reviewer))
    assert [one["track_id"] for one in body_of(answer)["tracks"]] == [track_id]


# --- roles that change -------------------------------------------------------------


def with_role(sim: Simulator, caller: Caller, role: str) -> None:
    """What the accounts table says of somebody."""
    present = sim.store.get(Account, caller.id)
    account = Account(
        account_id=caller.id, display_name="Anna", role=role, created=sim.clock(), changed=sim.clock(),
    )  # fmt: skip
    sim.store.commit([Put(account, present.version if present else 0)])


def test_what_a_demoted_reviewer_held_is_back_in_the_queue_at_once(sim: Simulator):
    _, track_id = flagged(sim)
    with_role(sim, ANNA, "reviewer")
    review = main_of("review")
    review.hold(track_id, ANNA, sim.container())
    with pytest.raises(Conflict):
        review.hold(track_id, BEN, sim.container())
    with_role(sim, ANNA, "contributor")
    page = review.queue(review.QueueAsk(), BEN, sim.container())
    assert [row["claimed_by"] for row in page["tracks"]] == [None]
    assert review.hold(track_id, BEN, sim.container())["claimed_by"] == BEN.id


def test_a_token_from_before_the_demotion_decides_nothing(sim: Simulator):
    _, track_id = flagged(sim)
    with_role(sim, ANNA, "contributor")
    with pytest.raises(Forbidden):
        vote(sim, track_id, ANNA)
    with_role(sim, ADMIN, "reviewer")
    with pytest.raises(Forbidden):
        override(sim, track_id, ADMIN)
    assert vote(sim, track_id, ADMIN)["votes"] == 1
