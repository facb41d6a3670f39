"""suspensions: at once, on record, told; lifted by somebody who does not stand behind it."""

import pytest
from asking import audited, inline, wire_decoder
from granting import numbered
from simulator import Simulator, killed_everywhere
from sounds import as_file, in_vault, piece, registered
from vault_domain.accounts import Account, ServiceAccount
from vault_domain.errors import Unavailable
from vault_domain.events import Actor, AuditEvent, Kind
from vault_domain.holds import Hold
from vault_domain.lineage import Model
from vault_domain.messages import Message
from vault_domain.policy import Policy, PolicyVersion, Thresholds
from vault_domain.ports import Put
from vault_domain.safety import OutputCheck
from vault_domain.suspensions import Suspension, free_claimed, suspend_claimed, with_sounds, withdraw
from vault_edge.suspending import changes_of, standing_of
from wire import SERVICE, body_of, event, token

S = 8.0
DATA = as_file(piece(2, S))
OWNER, MOD = numbered("acc", 41), numbered("acc", 42)
CLAIM = numbered("clm", 1)
WHY = "it plays a chorus that I know well"


def service(sim):
    one = ServiceAccount(
        client_id=SERVICE, name="a service", owner=OWNER, scopes=("safety",), secret_sha256="0" * 64,
        created=sim.clock(),
    )  # fmt: skip
    sim.store.commit([Put(one, 0)])


def checked(sim, number=1, outcome="allow", output_id="out_one", sound="1" * 64):
    one = OutputCheck(
        output_id=output_id, check=number, service=SERVICE, model_id="m", content_sha256="0" * 64,
        audio_sha256=sound, duration_s=9, outcome=outcome, similarity_level="none", sim_internal_max=0.0,
        sim_external_max=0.0, checked_against_internal=True, checked_against_external_catalogs=("catalogue:open",),
        versions={"policy": "1"}, at=sim.clock(),
    )  # fmt: skip
    sim.store.commit([Put(one, 0)])


def post(module, sim, path, body, who=MOD, role="reviewer"):
    bearer = token(sim, role, subject=who)
    return module.handler(event("POST", path, body=body, bearer=bearer), None)


def last(sim, output_id="out_one"):
    made = [one for one in sim.store.everything(OutputCheck) if one.output_id == output_id]
    return max(made, key=lambda one: one.check)


def kinds(sim):
    return [one.event for one in sim.store.everything(AuditEvent)]


def test_an_output_is_held_at_once_and_everybody_concerned_learns_of_it(sim: Simulator, load_step) -> None:
    service(sim)
    checked(sim)
    module = load_step("suspensions")
    result = post(module, sim, "/suspensions", {"output_id": "out_one", "reason": WHY})
    assert (result["statusCode"], body_of(result)["state"]) == (200, "suspended")
    one = last(sim)
    assert (one.check, one.outcome, one.reasons[0].code) == (2, "block", "output_suspended")
    assert sorted(kinds(sim)) == sorted([Kind.RELEASE_SUSPENDED, Kind.OUTPUT_CHECK])
    assert all(WHY not in told.model_dump_json() for told in sim.store.everything(AuditEvent))
    (letter,) = sim.store.everything(Message)
    assert (letter.recipient, letter.facts["why"]) == (OWNER, WHY)
    shown = module.handler(event("GET", "/suspensions", bearer=token(sim, "reviewer", subject=MOD)), None)
    assert [row["subject"] for row in body_of(shown)["suspensions"]] == ["out_one"]


def test_twice_is_once_and_cut_off_anywhere_it_is_whole(load_step) -> None:
    def make():
        sim = Simulator()
        service(sim)
        checked(sim)
        module = load_step("suspensions")

        def step(deps):
            module.app.bind(deps)
            assert post(module, sim, "/suspensions", {"output_id": "out_one", "reason": WHY})["statusCode"] == 200

        return sim, step

    for label, sim in killed_everywhere(make):
        assert (last(sim).check, len(kinds(sim)), len(list(sim.store.everything(Message)))) == (2, 2, 1), label


def test_it_is_lifted_by_a_decision_of_its_own_and_has_to_be_checked_again(sim: Simulator, load_step) -> None:
    service(sim)
    checked(sim)
    module = load_step("suspensions")
    post(module, sim, "/suspensions", {"output_id": "out_one", "reason": WHY})
    own = post(module, sim, "/suspensions/lift", {"output_id": "out_one", "reason": "I say it is fine"}, OWNER)
    assert own["statusCode"] == 403
    result = post(module, sim, "/suspensions/lift", {"output_id": "out_one", "reason": "It is another chorus"})
    assert [one["state"] for one in body_of(result)["decisions"]] == ["suspended", "lifted"]
    assert (last(sim).check, last(sim).outcome, last(sim).reasons[0].code) == (3, "not_cleared", "suspension_lifted")
    again = post(module, sim, "/suspensions/lift", {"output_id": "out_one", "reason": "And once more, please"})
    assert (again["statusCode"], body_of(again)["code"]) == (409, "conflict")


def test_while_a_claim_stands_nobody_lifts_and_what_a_person_suspended_too_outlasts_it(
    sim: Simulator, load_step
) -> None:
    service(sim)
    checked(sim)
    module, deps = load_step("suspensions"), sim.container()
    ask = {"output_id": "out_one", "reason": WHY}
    by_claim = with_sounds(suspend_claimed(None, "out_one", CLAIM, "s", sim.clock()), [last(sim)])
    changes, events = changes_of(by_claim, (last(sim),), Actor(id="acc_one", role="reviewer"), deps)
    hold = Hold(track_id="out_one", claims=(CLAIM,))
    sim.store.commit([Put(by_claim, 0), Put(hold, 0), *changes], events)
    lifting = post(module, sim, "/suspensions/lift", ask)
    assert (lifting["statusCode"], last(sim).outcome) == (409, "block")
    assert body_of(post(module, sim, "/suspensions", ask))["state"] == "suspended"
    assert len(body_of(post(module, sim, "/suspensions", ask))["decisions"]) == 2, "twice is once"
    assert post(module, sim, "/suspensions/lift", ask)["statusCode"] == 409, "the claim stands still"
    present = deps.records.get(Suspension, "out_one")
    assert free_claimed(present, CLAIM, "it is another song", "s", sim.clock()) is present
    sim.store.commit([Put(hold.with_changes(claims=()), 1)])
    assert body_of(post(module, sim, "/suspensions/lift", ask))["state"] == "lifted"


def test_a_claim_that_comes_while_a_suspension_is_lifted_keeps_it(sim: Simulator, load_step) -> None:
    service(sim)
    checked(sim)
    module = load_step("suspensions")
    ask = {"output_id": "out_one", "reason": WHY}
    post(module, sim, "/suspensions", ask)

    def late(prefix):
        if prefix == "slt" and sim.store.get(Hold, "out_one") is None:  # what stands was read, nothing is decided yet
            sim.store.commit([Put(Hold(track_id="out_one", claims=(CLAIM,)), 0)])
        return sim.new_id(prefix)

    module.app.bind(sim.container(new_id=late))
    assert post(module, sim, "/suspensions/lift", ask)["statusCode"] == 409
    assert last(sim).outcome == "block"


def test_a_withdrawn_sound_is_not_freed_by_what_is_decided_about_another_output_with_it(sim, load_step) -> None:
    service(sim)
    for name in ("out_one", "out_two"):
        checked(sim, output_id=name)
    module, deps = load_step("suspensions"), sim.container()
    made = with_sounds(withdraw(None, "out_one", "it was upheld", "clm_1", "s", sim.clock()), [last(sim)])
    changes, events = changes_of(made, (last(sim),), Actor(id="acc_one", role="reviewer"), deps)
    sim.store.commit([Put(made, 0), *changes], events)
    for path in ("/suspensions", "/suspensions/lift"):
        assert standing_of("m", "out_new", "1" * 64, deps).code == "output_withdrawn"
        assert post(module, sim, path, {"output_id": "out_two", "reason": WHY})["statusCode"] == 200
    for name in ("out_new", "out_two", "out_one"):
        assert standing_of("m", name, "1" * 64, deps).code == "output_withdrawn", name


def test_every_sound_that_was_cleared_under_the_name_is_held_and_let_go_with_it(sim: Simulator, load_step) -> None:
    service(sim)
    module, deps = load_step("suspensions"), sim.container()
    checked(sim, 1, "allow", sound="a" * 64)
    checked(sim, 2, "block", sound="b" * 64)
    checked(sim, 3, "warn", sound="c" * 64)
    post(module, sim, "/suspensions", {"output_id": "out_one", "reason": WHY})
    codes = {name: standing_of("m", "out_new", name * 64, deps).code for name in "abc"}
    assert codes == {"a": "output_suspended", "b": None, "c": "output_suspended"}
    post(module, sim, "/suspensions/lift", {"output_id": "out_one", "reason": "It is another chorus"})
    assert [standing_of("m", "out_new", name * 64, deps).code for name in "abc"] == [None] * 3


def test_what_is_decided_later_is_about_the_sounds_of_the_first_decision(sim: Simulator, load_step) -> None:
    service(sim)
    module, deps = load_step("suspensions"), sim.container()
    checked(sim, 1)
    post(module, sim, "/suspensions", {"output_id": "out_one", "reason": WHY})
    checked(sim, 3, sound="a" * 64)
    present = sim.store.get(Suspension, "out_one")
    every = tuple(sorted(sim.store.everything(OutputCheck), key=lambda one: one.check))
    made = with_sounds(withdraw(present, "out_one", "upheld", CLAIM, "salt", deps.clock()), every)
    changes, events = changes_of(made, every, Actor(id="acc_one", role="reviewer"), deps)
    sim.store.commit([Put(made, present.version), *changes], events)
    assert (last(sim).check, last(sim).audio_sha256) == (4, "1" * 64)
    codes = [standing_of("m", "out_new", sound * 64, deps).code for sound in "1a"]
    assert codes == ["output_withdrawn", None]


def test_a_sound_stays_held_by_the_other_of_two_suspended_outputs(sim, load_step) -> None:
    service(sim)
    module = load_step("suspensions")
    for name in ("out_one", "out_two"):
        checked(sim, output_id=name)
        assert post(module, sim, "/suspensions", {"output_id": name, "reason": WHY})["statusCode"] == 200
    lift = {"reason": "It is another chorus"}
    post(module, sim, "/suspensions/lift", {"output_id": "out_one", **lift})
    assert standing_of("m", "out_new", "1" * 64, sim.container()).code == "output_suspended"
    post(module, sim, "/suspensions/lift", {"output_id": "out_two", **lift})
    assert standing_of("m", "out_new", "1" * 64, sim.container()).code is None


def test_who_lost_the_role_and_what_nobody_knows(sim: Simulator, load_step) -> None:
    service(sim)
    checked(sim)
    gone = Account(account_id=MOD, display_name="Anna", created=sim.clock(), changed=sim.clock())
    sim.store.commit([Put(gone, 0)])
    module = load_step("suspensions")
    assert post(module, sim, "/suspensions/lift", {"output_id": "out_one", "reason": WHY})["statusCode"] == 403
    other = numbered("acc", 50)
    for unknown in ({"output_id": "out_two"}, {"model_id": "nobodys"}):
        assert post(module, sim, "/suspensions", {**unknown, "reason": WHY}, other)["statusCode"] == 404
    assert (
        post(module, sim, "/suspensions", {"output_id": "out_one", "reason": WHY}, role="contributor")["statusCode"]
        == 403
    )


def test_checks_of_a_suspended_model_block_until_it_is_lifted(sim: Simulator, load_step) -> None:
    service(sim)
    in_vault(sim, 1, as_file(piece(1, S)))
    registered(sim, ("Known piece", as_file(piece(4, S))))
    lenient = Policy(thresholds=Thresholds(weak=0.95, strong=0.95))
    head = PolicyVersion(number=2, policy=lenient, author="acc", reason="test", at=sim.clock(), is_head=True)
    model = Model(model_id="m", owner=SERVICE, title="m", model_type="t", created=sim.clock())
    sim.store.commit([Put(head, 0), Put(model, 0)])
    audited(sim, "passed")
    wire_decoder(sim, load_step)
    safety, module = load_step("safety-check"), load_step("suspensions")

    def check(output_id):
        body = inline(DATA, output_id, model_version="1")
        bearer = token(sim, "system", "safety")
        return body_of(safety.handler(event("POST", "/safety/checks", body=body, bearer=bearer), None))

    assert check("out_a")["outcome"] == "allow"
    post(module, sim, "/suspensions", {"model_id": "m", "reason": WHY})
    for name in ("out_a", "out_b"):
        answer = check(name)
        assert (answer["outcome"], answer["reasons"][0]["code"]) == ("block", "model_suspended")
    post(module, sim, "/suspensions/lift", {"model_id": "m", "reason": "It was another model"})
    assert check("out_a")["outcome"] == "allow"
    post(module, sim, "/suspensions", {"output_id": "out_a", "reason": WHY})
    assert check("out_a")["reasons"][0]["code"] == "output_suspended"
    assert check("out_c")["reasons"][0]["code"] == "output_suspended", "another name, the same sound"
    shown = safety.handler(event("GET", "/safety/checks/out_b", bearer=token(sim, "reviewer")), None)
    assert [one["code"] for one in body_of(shown)["suspended"]] == ["output_suspended"]


@pytest.mark.parametrize("lost", [False, True])
def test_the_index_of_what_is_kept_back_is_asked_to_follow_after_the_commit(sim: Simulator, load_step, lost) -> None:
    service(sim)
    checked(sim)
    asked = []

    def nudge(function, payload):
        asked.append((function, payload, sim.store.get(Suspension, "out_one").state))
        if lost:
            raise Unavailable("nobody answers")

    sim.environ["LEMM_FUNCTION_WITHHELD_INDEX"] = "withheld-index"
    module = load_step("suspensions")
    module.app.bind(sim.container(nudge=nudge))
    assert post(module, sim, "/suspensions", {"output_id": "out_one", "reason": WHY})["statusCode"] == 200
    lifting = {"output_id": "out_one", "reason": "It is another chorus"}
    assert post(module, sim, "/suspensions/lift", lifting)["statusCode"] == 200
    assert asked == [
        ("LEMM_FUNCTION_WITHHELD_INDEX", {"output_id": "out_one"}, state) for state in ("suspended", "lifted")
    ]
