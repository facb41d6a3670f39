"""claims: confirmed by mail, locked at once, screened and decided by people; bounded, repeatable, and discreet."""

from datetime import timedelta

import pytest
from claiming import (
    BASIS,
    EMAIL,
    WORDS,
    answer,
    claim_of,
    claimed,
    confirm,
    decide,
    filed,
    held_by,
    screen,
    seen,
    token_of,
)  # fmt: skip
from granting import numbered
from ingesting import OWNER, STRANGER, admitted, decided, main_of, run, sound, track_of
from killing import ends_the_same
from reviewing import ADMIN, ANNA, BEN, a_hit, found
from simulator import Simulator
from vault_domain.accounts import EmailClaim
from vault_domain.errors import Conflict, Expired, Forbidden, NotFound, TooMany, Unavailable
from vault_domain.events import AuditEvent, Kind
from vault_domain.infringement import Claim, ClaimState
from vault_domain.messages import Message, Topic
from vault_domain.policy import Policy, PolicyVersion
from vault_domain.ports import Put
from vault_domain.rights import RevokeAsk
from vault_domain.tracks import HistoryRow, Status
from vault_domain.training import may_read
from vault_edge.caller import Caller
from wire import event, token


def status_of(sim: Simulator, track_id: str) -> Status:
    return track_of(sim, track_id).status


def told(sim: Simulator, topic: Topic) -> list[Message]:
    return [one for one in sim.store.everything(Message) if one.topic is topic]


# --- filing and confirming ------------------------------------------------------------


def test_a_claim_does_nothing_before_it_is_confirmed(sim: Simulator):
    _, track_id = admitted(sim)
    claim_id = filed(sim, track_id)
    assert status_of(sim, track_id) is Status.ACCEPTED
    assert claim_of(sim, claim_id).state is ClaimState.UNCONFIRMED


def test_confirmed_with_the_mailed_token_it_locks_the_track_at_once_and_compares_it_anew(sim: Simulator):
    upload_id, track_id = admitted(sim)
    claim_id = filed(sim, track_id)
    shown = confirm(sim, claim_id, token_of(sim, claim_id))
    assert (shown.state, shown.locked) == (ClaimState.CONFIRMED, True)
    track = track_of(sim, track_id)
    assert track.status is Status.UNDER_INVESTIGATION
    assert may_read(track, None, "product") is not None
    assert track.reasons[0].refs == (claim_id,)
    ((_, name, _),) = sim.task_log.started
    assert name == f"{upload_id}-{claim_id}"
    assert [one.recipient for one in told(sim, Topic.LOCKED)] == [OWNER.id]
    assert [one.recipient for one in told(sim, Topic.CLAIM_WAITS)] == ["reviewers"]


def test_the_comparison_runs_after_admission_though_quarantine_is_empty(sim: Simulator):
    upload_id, track_id = admitted(sim)
    run("sweep", sim.container())
    assert not sim.buckets.open("quarantine").dump()
    asked = {"upload_id": upload_id, "track_id": track_id}
    assert run("internal-match", sim.container(), **asked)["sources"] == [{"source": "vault", "status": "checked"}]
    claimed(sim, track_id)
    assert run("internal-match", sim.container(), **asked)["sources"] == [{"source": "vault", "status": "checked"}]
    run("decide", sim.container(), track_id=track_id)
    run("admit", sim.container(), track_id=track_id)
    assert status_of(sim, track_id) is Status.UNDER_INVESTIGATION


def test_confirming_twice_is_confirming_once(sim: Simulator):
    _, track_id = admitted(sim)
    claim_id = filed(sim, track_id)
    key = token_of(sim, claim_id)
    confirm(sim, claim_id, key)
    before = sim.dump()
    confirm(sim, claim_id, key)
    assert sim.dump() == before


def test_the_token_is_nowhere_but_in_the_mail(sim: Simulator):
    _, track_id = admitted(sim)
    claim_id = filed(sim, track_id)
    key = token_of(sim, claim_id)
    assert key not in str(sim.dump())
    for wrong in (key[:-1] + ("0" if key[-1] != "0" else "1"), "0" * 64):
        with pytest.raises(NotFound):
            confirm(sim, claim_id, wrong)
    with pytest.raises(NotFound):
        confirm(sim, numbered("clm", 7), key)
    assert status_of(sim, track_id) is Status.ACCEPTED


def test_too_late_is_too_late_and_nothing_personal_stays(sim: Simulator):
    _, track_id = admitted(sim)
    claim_id = filed(sim, track_id)
    key = token_of(sim, claim_id)
    sim.clock.now += timedelta(hours=73)
    with pytest.raises(Expired):
        confirm(sim, claim_id, key)
    run("sweep", sim.container())
    assert claim_of(sim, claim_id).state is ClaimState.EXPIRED
    assert EMAIL not in str(sim.dump())
    assert BASIS not in str(sim.dump())
    with pytest.raises(Expired):
        confirm(sim, claim_id, key)


def test_a_source_files_a_bounded_number_a_day(sim: Simulator):
    for number in range(5):
        filed(sim, None, email=f"a{number}@x.example")
    with pytest.raises(TooMany):
        filed(sim, None, email="another@x.example")
    for number in range(4):
        filed(sim, None, sender=f"{number}" * 64)
    filed(sim, None, sender="9" * 64)
    with pytest.raises(TooMany):
        filed(sim, None, sender="8" * 64)
    sim.clock.now += timedelta(days=1, seconds=1)
    filed(sim, None)


def test_without_mail_no_claim_is_taken(sim: Simulator):
    del sim.environ["MAIL_CONFIGURED"]
    before = sim.dump()
    with pytest.raises(Unavailable):
        filed(sim, None)
    assert sim.dump() == before


def test_the_answer_does_not_say_whether_a_track_exists(sim: Simulator):
    _, track_id = admitted(sim)
    known, unknown = filed(sim, track_id), filed(sim, numbered("trk", 9))
    one, other = claim_of(sim, known), claim_of(sim, unknown)
    assert one.model_dump(exclude={"claim_id", "track_id", "token_sha256"}) == other.model_dump(
        exclude={"claim_id", "track_id", "token_sha256"}
    )


@pytest.mark.parametrize("reach", ["none", "unknown", "waiting"])
def test_a_claim_without_a_track_in_the_vault_waits_for_a_reviewer(sim: Simulator, reach: str):
    track_id = {"none": None, "unknown": numbered("trk", 9), "waiting": "waiting"}[reach]
    if reach == "waiting":
        _, track_id = decided(sim)
    claim_id = claimed(sim, track_id)
    assert (claim_of(sim, claim_id).state, claim_of(sim, claim_id).locks) == (ClaimState.CONFIRMED, False)
    with pytest.raises(Conflict):
        screen(sim, claim_id)
    screen(sim, claim_id, "unfounded")
    assert claim_of(sim, claim_id).state is ClaimState.UNFOUNDED


def test_a_reviewer_names_the_track_of_a_claim_and_so_locks_it(sim: Simulator):
    _, track_id = admitted(sim)
    claim_id = claimed(sim, None)
    claims = main_of("claims")
    for _ in range(2):
        shown = claims.attach(claim_id, claims.TrackAsk(track_id=track_id), ANNA, sim.container())
        assert shown.track_status == "under_investigation"
    assert held_by(sim, track_id) == (claim_id,)
    assert len(sim.task_log.started) == 1


def test_a_track_that_comes_in_after_the_claim_is_locked_by_the_sweep(sim: Simulator):
    _, track_id = decided(sim)
    claim_id = claimed(sim, track_id)
    assert run("admit", sim.container(), track_id=track_id)["outcome"] == "accepted"
    assert "LockClaimed" in [item["do"] for item in run("sweep", sim.container())["plan"]]
    assert status_of(sim, track_id) is Status.UNDER_INVESTIGATION
    assert held_by(sim, track_id) == (claim_id,)


# --- floods ------------------------------------------------------------------------


def test_a_source_that_was_found_unfounded_does_not_lock_that_track_again(sim: Simulator):
    _, track_id = admitted(sim)
    screen(sim, claimed(sim, track_id), "unfounded")
    sim.clock.now += timedelta(days=2)
    again = claimed(sim, track_id)
    assert status_of(sim, track_id) is Status.ACCEPTED
    assert claim_of(sim, again).state is ClaimState.CONFIRMED
    assert claim_of(sim, claimed(sim, track_id, email="other@x.example", sender="1" * 64)).locks is True


def test_a_track_is_locked_a_bounded_number_of_times_by_itself(sim: Simulator):
    _, track_id = admitted(sim)
    for number in range(3):
        screen(sim, claimed(sim, track_id, email=f"a{number}@x.example"), "unfounded")
    late = claimed(sim, track_id, email="b@x.example")
    assert status_of(sim, track_id) is Status.ACCEPTED
    claims = main_of("claims")
    claims.attach(late, claims.TrackAsk(track_id=track_id), ANNA, sim.container())
    assert status_of(sim, track_id) is Status.UNDER_INVESTIGATION


# --- screening and deciding -----------------------------------------------------------


def test_unfounded_unlocks_in_one_call_and_both_sides_learn_why(sim: Simulator):
    _, track_id = admitted(sim)
    before = track_of(sim, track_id)
    claim_id = claimed(sim, track_id)
    shown = screen(sim, claim_id, "unfounded")
    assert (shown.state, shown.track_status) == (ClaimState.UNFOUNDED, "accepted")
    track = track_of(sim, track_id)
    assert (track.stored, track.verdict, track.approval) == (before.stored, before.verdict, before.approval)
    assert [row.target.value for row in sim.store.list(HistoryRow, track_id).items][-2:] == [
        "under_investigation",
        "accepted",
    ]
    assert [one.recipient for one in told(sim, Topic.UNLOCKED)] == [OWNER.id]
    assert [one.recipient for one in told(sim, Topic.CLAIM_ENDED)] == [claim_id]
    dump = sim.dump()
    screen(sim, claim_id, "unfounded")
    assert sim.dump() == dump


@pytest.mark.parametrize(
    ("outcome", "more", "state", "status"),
    [
        ("keep", {}, ClaimState.KEPT, Status.ACCEPTED),
        ("remove", {}, ClaimState.REMOVED, Status.REMOVED),
        ("negotiated", {"track_stays": True}, ClaimState.NEGOTIATED, Status.ACCEPTED),
        ("negotiated", {"track_stays": False}, ClaimState.NEGOTIATED, Status.REMOVED),
    ],
)
def test_an_examined_claim_ends_as_decided(sim: Simulator, outcome, more, state, status):
    _, track_id = admitted(sim)
    claim_id = claimed(sim, track_id)
    screen(sim, claim_id)
    answer(sim, track_id, claim_id)
    decide(sim, claim_id, outcome, **more)
    assert (claim_of(sim, claim_id).state, status_of(sim, track_id)) == (state, status)
    assert held_by(sim, track_id) == ()
    with pytest.raises(Conflict):
        decide(sim, claim_id, "keep", BEN, findings="0" * 64)


def test_negotiation_has_a_deadline_of_its_own_and_the_track_stays_locked(sim: Simulator):
    _, track_id = admitted(sim)
    claim_id = claimed(sim, track_id)
    screen(sim, claim_id)
    decide(sim, claim_id, "negotiate")
    claim = claim_of(sim, claim_id)
    assert (claim.state, claim.due - sim.clock()) == (ClaimState.NEGOTIATING, timedelta(days=30))
    assert status_of(sim, track_id) is Status.UNDER_INVESTIGATION
    decide(sim, claim_id, "negotiated", reason="They share the rights from now on", track_stays=True)
    assert status_of(sim, track_id) is Status.ACCEPTED


def test_findings_that_changed_are_looked_at_again(sim: Simulator):
    _, track_id = admitted(sim)
    claim_id = claimed(sim, track_id)
    screen(sim, claim_id)
    old = seen(sim, claim_id)
    found(sim, track_id, a_hit("cat:song", 0.95, overlap_s=40))
    with pytest.raises(Conflict):
        decide(sim, claim_id, "keep", findings=old)
    shown = main_of("claims").show(claim_id, ANNA, sim.container())
    assert [reason.code for reason in shown.findings] == ["strong_external_match"]


def test_of_two_claims_the_second_keeps_the_track_locked(sim: Simulator):
    _, track_id = admitted(sim)
    first, second = claimed(sim, track_id), claimed(sim, track_id, email="two@x.example")
    assert set(held_by(sim, track_id)) == {first, second}
    screen(sim, first, "unfounded")
    assert status_of(sim, track_id) is Status.UNDER_INVESTIGATION
    screen(sim, second)
    decide(sim, second, "remove")
    assert status_of(sim, track_id) is Status.REMOVED


def test_a_claim_on_a_track_that_its_owner_took_back_ends_by_itself(sim: Simulator):
    _, track_id = admitted(sim)
    claim_id = claimed(sim, track_id)
    screen(sim, claim_id)
    main_of("revoke").take_back(track_id, RevokeAsk(), OWNER, sim.container())
    with pytest.raises(Conflict):
        decide(sim, claim_id, "keep", findings="0" * 64)
    run("sweep", sim.container())
    assert claim_of(sim, claim_id).state is ClaimState.MOOT
    assert (status_of(sim, track_id), held_by(sim, track_id)) == (Status.REMOVED, ())


def test_removed_by_a_claim_the_audio_goes_after_its_time(sim: Simulator):
    _, track_id = admitted(sim)
    claim_id = claimed(sim, track_id)
    screen(sim, claim_id)
    decide(sim, claim_id, "remove")
    for _ in range(2):
        run("sweep", sim.container())
    sim.clock.now += timedelta(days=31)
    run("sweep", sim.container())
    assert not sim.buckets.open("vault").dump()


# --- who may, and what they see ----------------------------------------------------------


def test_nobody_decides_about_a_track_or_claim_of_their_own(sim: Simulator):
    _, track_id = admitted(sim)
    claim_id = claimed(sim, track_id)
    for caller in (Caller(OWNER.id, "reviewer"), Caller(OWNER.id, "admin")):
        with pytest.raises(Forbidden):
            screen(sim, claim_id, "unfounded", caller)
        with pytest.raises(Forbidden):
            main_of("claims").show(claim_id, caller, sim.container())
    claim = claim_of(sim, claim_id)
    sim.store.commit([Put(EmailClaim(email_hash=claim.source, account_id=BEN.id), 0)])
    with pytest.raises(Forbidden):
        screen(sim, claim_id, "unfounded", BEN)
    screen(sim, claim_id, "unfounded", ADMIN)


def test_the_owner_reads_the_substance_and_never_by_whom(sim: Simulator):
    _, track_id = admitted(sim)
    claim_id = claimed(sim, track_id)
    answer(sim, track_id, claim_id)
    claims = main_of("claims")
    shown = claims.about(track_id, OWNER, sim.container())
    assert (shown.claims[0].basis, shown.claims[0].answer) == (BASIS, WORDS)
    assert EMAIL not in shown.model_dump_json()
    assert "A. Author" not in shown.model_dump_json()
    with pytest.raises(NotFound):
        claims.about(track_id, STRANGER, sim.container())
    for caller in (STRANGER, ANNA):
        with pytest.raises(NotFound):
            answer(sim, track_id, claim_id, caller)
    assert EMAIL in claims.show(claim_id, ANNA, sim.container()).model_dump_json()
    page = claims.queue(claims.QueueAsk(), sim.container())
    assert [one.claim_id for one in page.claims] == [claim_id]
    assert EMAIL not in page.model_dump_json()


def test_no_event_and_no_message_names_its_author_or_repeats_words(sim: Simulator):
    _, track_id = admitted(sim)
    claim_id = claimed(sim, track_id)
    answer(sim, track_id, claim_id)
    screen(sim, claim_id)
    decide(sim, claim_id, "keep")
    said = " ".join(one.model_dump_json() for one in sim.store.everything(AuditEvent))
    for words in (EMAIL, "A. Author", BASIS, WORDS):
        assert words not in said
    assert EMAIL not in " ".join(one.model_dump_json() for one in sim.store.everything(Message))
    kinds = {one.event.value for one in sim.store.everything(AuditEvent)}
    assert {f"claim.{name}" for name in ("filed", "confirmed", "answered", "screened", "decided")} <= kinds


# --- time, deaths, races -----------------------------------------------------------------


def test_a_passed_deadline_is_told_once_and_decides_nothing(sim: Simulator):
    _, track_id = admitted(sim)
    claim_id = claimed(sim, track_id)
    sim.clock.now += timedelta(days=4)
    for _ in range(2):
        run("sweep", sim.container())
    assert [one.recipient for one in told(sim, Topic.CLAIM_OVERDUE)] == ["admins"]
    assert status_of(sim, track_id) is Status.UNDER_INVESTIGATION
    screen(sim, claim_id)
    sim.clock.now += timedelta(days=15)
    run("sweep", sim.container())
    assert len(told(sim, Topic.CLAIM_OVERDUE)) == 2


def test_an_ended_claim_loses_everything_personal_after_its_time(sim: Simulator):
    _, track_id = admitted(sim)
    claim_id = claimed(sim, track_id)
    answer(sim, track_id, claim_id)
    screen(sim, claim_id, "unfounded")
    sim.clock.now += timedelta(days=1096)
    run("sweep", sim.container())
    claim = claim_of(sim, claim_id)
    assert (claim.state, claim.email, claim.claimant, claim.basis) == (ClaimState.UNFOUNDED, None, None, "")
    assert (claim.answer, claim.answered is not None) == (None, True)
    assert main_of("claims").show(claim_id, ANNA, sim.container()).erased


def test_confirming_killed_anywhere_and_repeated():
    def make():
        sim = Simulator()
        _, track_id = admitted(sim)
        claim_id = filed(sim, track_id)
        key = sim.container().salted(f"claim:{claim_id}")
        return sim, lambda deps: confirm(sim, claim_id, key, deps)

    assert ends_the_same(make) >= 4


@pytest.mark.parametrize("outcome", ["unfounded", "examine"])
def test_screening_killed_anywhere_and_repeated(outcome):
    def make():
        sim = Simulator()
        _, track_id = admitted(sim)
        claim_id = claimed(sim, track_id)
        return sim, lambda deps: screen(sim, claim_id, outcome, deps=deps)

    assert ends_the_same(make) >= 2


@pytest.mark.parametrize("outcome", ["keep", "remove", "negotiate"])
def test_deciding_killed_anywhere_and_repeated(outcome):
    def make():
        sim = Simulator()
        _, track_id = admitted(sim)
        claim_id = claimed(sim, track_id)
        screen(sim, claim_id)
        findings = seen(sim, claim_id)
        return sim, lambda deps: decide(sim, claim_id, outcome, findings=findings, deps=deps)

    assert ends_the_same(make) >= 2


def test_of_two_decisions_at_the_same_moment_one_stands(sim: Simulator):
    _, track_id = admitted(sim)
    claim_id = claimed(sim, track_id)
    inner, raced = sim.records.commit, []

    def racing(changes, events=()):
        if not raced:
            raced.append(True)
            screen(sim, claim_id, "unfounded", BEN)
        return inner(changes, events)

    class Records:
        commit = staticmethod(racing)

        def __getattr__(self, name):
            return getattr(sim.store, name)

    with pytest.raises(Conflict):
        screen(sim, claim_id, "examine", ANNA, deps=sim.container(records=Records()))
    assert status_of(sim, track_id) is Status.ACCEPTED
    assert claim_of(sim, claim_id).screened_by == BEN.id


def test_over_http(sim: Simulator, load_step):
    _, track_id = admitted(sim, sound(2))
    app = load_step("claims").app
    body = {
        "claimant": "A. Author", "email": EMAIL, "capacity": "rights_holder", "track_id": track_id, "basis": BASIS,
        "work": {"title": "My song", "artist": "Me", "where": "ISRC XX"}, "in_good_faith": True,
    }  # fmt: skip

    def status(method, path, bearer=None, body=None):
        return app.answer(event(method, path, body=body, bearer=bearer))["statusCode"]

    assert status("POST", "/claims", body=body) == 202
    assert status("POST", "/claims", body={**body, "in_good_faith": False}) == 422
    assert status("POST", "/claims", body={**body, "basis": "stolen"}) == 422
    (claim,) = sim.store.everything(Claim)
    path = f"/claims/{claim.claim_id}"
    key = {"token": sim.container().salted(f"claim:{claim.claim_id}")}
    assert status("POST", f"{path}/status", body={"token": "0" * 64}) == 404
    assert status("POST", f"{path}/confirmation", body=key) == 200
    assert status("POST", f"{path}/status", body=key) == 200
    anna, owner = token(sim, "reviewer", subject=ANNA.id), token(sim, subject=OWNER.id)
    assert [status("GET", "/claims", who) for who in (None, owner, anna)] == [401, 403, 200]
    assert [status("GET", path, who) for who in (None, owner, anna)] == [401, 403, 200]
    unfounded = {"outcome": "unfounded", "reason": "a different song altogether"}
    assert status("POST", f"{path}/screening", owner, unfounded) == 403
    assert status("POST", f"{path}/screening", anna, unfounded) == 200
    assert status("GET", f"/tracks/{track_id}/claims", owner) == 200


# --- what is on record ------------------------------------------------------------------


def test_every_step_of_a_claim_names_the_policy_that_it_was_made_under(sim: Simulator):
    head = PolicyVersion(
        number=7, policy=Policy(), author=ADMIN.id, reason=WORDS, at=sim.clock(), is_head=True
    )  # fmt: skip
    sim.store.commit([Put(head, 0)])
    _, unfounded = admitted(sim)
    screen(sim, claimed(sim, unfounded), "unfounded")
    for seed, outcome in enumerate(("keep", "remove", "negotiate"), start=2):
        _, track_id = admitted(sim, sound(seed))
        claim_id = claimed(sim, track_id)
        screen(sim, claim_id)
        decide(sim, claim_id, outcome)
    judged = (Kind.CLAIM_CONFIRMED, Kind.CLAIM_SCREENED, Kind.CLAIM_DECIDED)
    found = [one for one in sim.store.everything(AuditEvent) if one.event in judged]
    assert {kind: sum(one.event is kind for one in found) for kind in judged} == dict(
        zip(judged, (4, 4, 3), strict=True)
    )
    assert {one.versions.get("policy") for one in found} == {"7"}
