"""claims about outputs: suspended at once, judged as claims about tracks are, withdrawn for good when upheld."""

from functools import partial

import pytest
from claiming import BASIS, WORDS, claim_of, claimed, confirm, filed, screen, token_of
from claiming import decide as _decide
from granting import numbered
from ingesting import main_of, run
from reviewing import ADMIN, ANNA, BEN
from simulator import Simulator, killed_everywhere
from vault_domain.accounts import ServiceAccount
from vault_domain.errors import Conflict, Forbidden, NotFound
from vault_domain.events import AuditEvent, Kind
from vault_domain.evidence import Hit
from vault_domain.holds import Hold
from vault_domain.infringement import ClaimState
from vault_domain.messages import Message, Topic
from vault_domain.ports import Put
from vault_domain.safety import OutputCheck
from vault_domain.suspensions import Suspension
from vault_edge.caller import Caller
from vault_edge.suspending import standing_of

OUTPUT = "out_one"
OWNER = Caller(id=numbered("acc", 41), role="admin")


def checked(sim: Simulator, outcome="allow") -> OutputCheck:
    """An output of a service of OWNER's that was cleared."""
    service = ServiceAccount(
        client_id=numbered("svc", 1), name="a service", owner=OWNER.id, scopes=("safety",), secret_sha256="0" * 64,
        created=sim.clock(),
    )  # fmt: skip
    one = OutputCheck(
        output_id=OUTPUT, check=1, service=service.client_id, model_id="m", content_sha256="0" * 64,
        audio_sha256="1" * 64, duration_s=9, outcome=outcome, similarity_level="none", sim_internal_max=0.3,
        sim_external_max=0.0, checked_against_internal=True, checked_against_external_catalogs=("catalogue:open",),
        hits=(Hit(ref="trk_x", similarity=0.3, detector="fp_robust"),), versions={"policy": "1"}, at=sim.clock(),
    )  # fmt: skip
    sim.store.commit([Put(service, 0), Put(one, 0)])
    return one


def about_output(sim: Simulator, **more) -> str:
    return claimed(sim, None, output_id=OUTPUT, **more)


def last(sim: Simulator) -> OutputCheck:
    return max(sim.store.everything(OutputCheck), key=lambda one: one.check)


def state(sim: Simulator) -> str | None:
    found = sim.store.get(Suspension, OUTPUT)
    return found.state if found else None


def told(sim: Simulator, topic: Topic) -> list[Message]:
    return [one for one in sim.store.everything(Message) if one.topic is topic]


def decide(sim: Simulator, claim_id: str, outcome: str, **more):
    return _decide(sim, claim_id, outcome, by=more.pop("by", BEN), **more)


def test_a_confirmed_claim_suspends_its_output_at_once_and_an_unconfirmed_one_does_nothing(sim: Simulator):
    checked(sim)
    claim_id = filed(sim, None, output_id=OUTPUT)
    assert (state(sim), last(sim).check) == (None, 1)
    shown = confirm(sim, claim_id, token_of(sim, claim_id))
    assert (shown.state, shown.locked) == (ClaimState.CONFIRMED, True)
    assert (state(sim), last(sim).outcome, last(sim).reasons[0].code) == ("suspended", "block", "output_suspended")
    assert [one.recipient for one in told(sim, Topic.RELEASE_SUSPENDED)] == [OWNER.id]
    assert [one.recipient for one in told(sim, Topic.CLAIM_WAITS)] == ["reviewers"]
    about = main_of("claims").about_output(OUTPUT, OWNER, sim.container()).claims
    assert [one.basis for one in about] == [BASIS]
    assert BASIS not in "".join(one.model_dump_json() for one in sim.store.everything(AuditEvent))


@pytest.mark.parametrize("swapped", ["before it is confirmed", "before it is screened"])
def test_a_sound_that_comes_under_the_name_after_the_claim_is_not_what_is_withdrawn(sim: Simulator, swapped):
    one, theirs = checked(sim), "2" * 64
    other = one.with_changes(check=2, version=0, audio_sha256=theirs, hits=())
    claim_id = filed(sim, None, output_id=OUTPUT)
    if swapped == "before it is screened":
        hold = Hold(track_id=OUTPUT, unfounded=(claim_of(sim, claim_id).source,))
        sim.store.commit([Put(hold, 0)])
    else:
        sim.store.commit([Put(other, 0)])
    confirm(sim, claim_id, token_of(sim, claim_id))
    if swapped == "before it is screened":
        assert claim_of(sim, claim_id).locks is False
        sim.store.commit([Put(other, 0)])
    screen(sim, claim_id)
    assert [hit.ref for hit in main_of("claims").show(claim_id, ANNA, sim.container()).matches] == ["trk_x"]
    decide(sim, claim_id, "remove")
    assert (last(sim).reasons[0].code, last(sim).audio_sha256) == ("output_withdrawn", one.audio_sha256)
    held = [standing_of("m", "out_two", sound, sim.container()).code for sound in (one.audio_sha256, theirs)]
    assert held == ["output_withdrawn", None]


def test_unfounded_it_is_free_in_one_call_and_that_source_suspends_it_no_more(sim: Simulator):
    checked(sim)
    screen(sim, about_output(sim), "unfounded")
    assert (state(sim), last(sim).outcome, last(sim).reasons[0].code) == ("lifted", "not_cleared", "suspension_lifted")
    again = about_output(sim)
    assert (claim_of(sim, again).locks, state(sim)) == (False, "lifted")
    screen(sim, again)
    assert (claim_of(sim, again).locks, state(sim)) == (True, "suspended"), "a person may"


def test_upheld_it_is_withdrawn_for_good_and_the_letter_says_what_becomes_of_licences(sim: Simulator):
    checked(sim)
    claim_id = about_output(sim)
    screen(sim, claim_id)
    answered = main_of("claims").answer_output(
        OUTPUT, claim_id, main_of("claims").WordsAsk(answer=WORDS), OWNER, sim.container()
    )
    assert answered.answer == WORDS
    done = decide(sim, claim_id, "remove")
    assert (done.state, done.output_status) == (ClaimState.REMOVED, "withdrawn")
    assert (last(sim).outcome, last(sim).reasons[0].code) == ("block", "output_withdrawn")
    (letter,) = told(sim, Topic.RELEASE_WITHDRAWN)
    assert letter.recipient == OWNER.id
    kinds = [one.event for one in sim.store.everything(AuditEvent) if one.subject == OUTPUT]
    assert kinds.count(Kind.RELEASE_WITHDRAWN) == kinds.count(Kind.CLAIM_DECIDED) == 1
    other = about_output(sim, email="other@rights.example")
    assert claim_of(sim, other).locks is False
    run("sweep", sim.container())
    assert claim_of(sim, other).state is ClaimState.MOOT


@pytest.mark.parametrize(("outcome", "more", "after"), [
    ("keep", {}, "lifted"), ("negotiate", {}, "suspended"), ("negotiated", {"track_stays": True}, "lifted"),
    ("negotiated", {"track_stays": False}, "withdrawn"),
])  # fmt: skip
def test_every_end_of_a_claim(sim: Simulator, outcome, more, after):
    checked(sim)
    claim_id = about_output(sim)
    screen(sim, claim_id)
    decide(sim, claim_id, outcome, **more)
    assert state(sim) == after


def test_it_stays_suspended_while_another_claim_stands_or_a_person_suspended_it(sim: Simulator):
    checked(sim)
    first, second = about_output(sim), about_output(sim, email="other@rights.example")
    screen(sim, first, "unfounded")
    assert state(sim) == "suspended"
    screen(sim, second, "unfounded")
    assert state(sim) == "lifted"


def test_nobody_decides_about_an_output_of_their_own_service_or_a_claim_of_their_own(sim: Simulator):
    checked(sim)
    claim_id = about_output(sim)
    with pytest.raises(Forbidden):
        screen(sim, claim_id, by=OWNER)
    with pytest.raises(NotFound):
        main_of("claims").answer_output(
            OUTPUT,
            claim_id,
            main_of("claims").WordsAsk(answer=WORDS),
            Caller(id=ADMIN.id, role="admin"),
            sim.container(),
        )
    screen(sim, claim_id, by=ANNA)
    with pytest.raises(Conflict):
        decide(sim, claim_id, "remove", findings="0" * 64)


def test_a_claim_that_is_upheld_is_whole_wherever_it_was_cut_off():
    def make():
        sim = Simulator()
        checked(sim)
        claim_id = about_output(sim)
        screen(sim, claim_id)
        return sim, lambda deps: decide(sim, claim_id, "remove", deps=deps)

    for label, sim in killed_everywhere(make):
        kinds = [one.event for one in sim.store.everything(AuditEvent)]
        assert (state(sim), last(sim).reasons[0].code) == ("withdrawn", "output_withdrawn"), label
        assert kinds.count(Kind.RELEASE_WITHDRAWN) == kinds.count(Kind.CLAIM_DECIDED) == 1, label
        assert len(told(sim, Topic.RELEASE_WITHDRAWN)) == 1, label


def test_a_claim_is_about_one_thing(sim: Simulator):
    with pytest.raises(ValueError, match="another one"):
        filed(sim, numbered("trk", 1), output_id=OUTPUT)


def test_the_index_of_what_is_kept_back_is_asked_to_follow_a_claim_that_suspends_and_one_that_ends(sim: Simulator):
    asked = []
    sim.environ["LEMM_FUNCTION_WITHHELD_INDEX"] = "withheld-index"
    nudged = lambda function, payload: asked.append((function, payload, state(sim)))  # noqa: E731
    sim.container = partial(sim.container, nudge=nudged)  # type: ignore[method-assign]
    checked(sim)
    screen(sim, about_output(sim), "unfounded")
    follows = ("LEMM_FUNCTION_WITHHELD_INDEX", {"output_id": OUTPUT})
    assert asked == [(*follows, "suspended"), (*follows, "lifted")]
