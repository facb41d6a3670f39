"""policy: in the open, one change after the other, and a trial that touches nothing."""

from datetime import timedelta

import pytest
from ingesting import decided, main_of, track_of
from killing import essence
from reviewing import ADMIN, a_hit, flagged
from simulator import Killed, Simulator, killed_everywhere
from vault_domain.accounts import AdminRoster
from vault_domain.errors import BadRequest, Conflict, Forbidden
from vault_domain.events import AuditEvent, Kind
from vault_domain.governance import PolicyAsk, TrialAsk
from vault_domain.policy import Policy, PolicyVersion, Thresholds
from vault_domain.ports import Put
from vault_domain.safety import OutputCheck
from vault_edge.caller import Caller
from wire import event, token

OTHER = Caller("acc_" + "7" * 26, "admin")

STRICT = Policy(thresholds=Thresholds(weak=0.2))
MILD = Policy(thresholds=Thresholds(weak=0.65))
WHY = "Too many false alarms in March"


def put(sim: Simulator, policy: Policy, expects: int = 1, deps=None):
    ask = PolicyAsk(expects=expects, policy=policy, reason=WHY)
    return main_of("policy").set_policy(ask, ADMIN, deps or sim.container())


def history(sim: Simulator, **asked):
    module = main_of("policy")
    return module.history(module.HistoryAsk(**asked), sim.deps)


def test_what_ships_is_in_force_until_somebody_changes_it(sim: Simulator):
    module = main_of("policy")
    assert module.present(sim.deps) == {"number": 1, "policy": Policy().model_dump(mode="json"), "since": None}
    assert put(sim, STRICT)["number"] == 2
    assert module.present(sim.deps)["policy"]["thresholds"]["weak"] == 0.2
    assert sim.deps.policy_in_force() == (2, STRICT)


def test_history_tells_old_and_new_who_and_why(sim: Simulator):
    put(sim, STRICT)
    put(sim, MILD, 2)
    first, second = history(sim)["versions"]
    assert first["changes"] == [{"field": "thresholds.weak", "before": 0.4, "after": 0.2}]
    assert second["changes"] == [{"field": "thresholds.weak", "before": 0.2, "after": 0.65}]
    assert (second["author"], second["reason"]) == (ADMIN.id, WHY)
    page = history(sim, limit=1)
    assert [one["number"] for one in page["versions"]] == [2]
    assert [one["number"] for one in history(sim, limit=1, cursor=page["cursor"])["versions"]] == [3]


def test_the_event_has_the_values_and_not_the_words(sim: Simulator):
    put(sim, STRICT)
    (told,) = [one for one in sim.store.everything(AuditEvent) if one.event is Kind.POLICY_CHANGE]
    assert told.data["changes"] == [{"field": "thresholds.weak", "before": 0.4, "after": 0.2}]
    assert told.versions == {"policy": "2"}
    assert WHY not in told.model_dump_json()


def test_a_change_made_from_another_version_is_refused(sim: Simulator):
    put(sim, STRICT)
    before = sim.dump()
    for expects in (1, 3):
        with pytest.raises(Conflict):
            put(sim, MILD, expects)
    with pytest.raises(Conflict):
        put(sim, STRICT, 2)
    assert sim.dump() == before


def test_the_vault_itself_is_always_asked(sim: Simulator):
    with pytest.raises(BadRequest):
        put(sim, Policy(required_sources=("catalogue",)))
    assert not sim.store.everything(PolicyVersion)


def test_of_two_changes_at_the_same_moment_one_is_made(sim: Simulator):
    inner, raced = sim.records.commit, []

    def racing(changes, events=()):
        if not raced:
            raced.append(True)
            put(sim, MILD)
        return inner(changes, events)

    class Records:
        commit = staticmethod(racing)

        def __getattr__(self, name):
            return getattr(sim.store, name)

    with pytest.raises(Conflict):
        put(sim, STRICT, deps=sim.container(records=Records()))
    assert sim.deps.policy_in_force() == (2, MILD)
    assert len(history(sim)["versions"]) == 1


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_its_one_effect(after):
    """Before it: nothing happened, and the change can be made. After it: it is made, and says so."""
    sim, undisturbed = Simulator(), Simulator()
    put(undisturbed, STRICT)
    sim.kill_at(1, after=after)
    with pytest.raises(Killed):
        put(sim, STRICT)
    deps = sim.revive()
    if after:
        with pytest.raises(Conflict):
            put(sim, STRICT, deps=deps)
    else:
        put(sim, STRICT, deps=deps)
    assert essence(sim) == essence(undisturbed)


def test_a_trial_says_what_would_change_and_changes_nothing(sim: Simulator):
    _, weak = flagged(sim, a_hit(similarity=0.5))
    _, stronger = flagged(sim, a_hit(similarity=0.68), seed=2)
    _, clean = decided(sim)
    before = sim.dump()
    module = main_of("policy")
    tried = module.trial(TrialAsk(policy=MILD), sim.deps)
    assert tried["summary"] == "1 of 3 would change"
    assert tried["tracks"] == [
        {"track_id": weak, "status": "pending_review", "before": "review", "after": "accept"}
    ]  # fmt: skip
    assert tried["moves"] == {"review to accept": 1}
    assert (tried["compared_with"], tried["all_shown"]) == (1, True)
    assert stronger not in str(tried["tracks"])
    assert module.trial(TrialAsk(policy=Policy(auto_accept=False)), sim.deps)["tracks"][0]["track_id"] == clean
    assert module.trial(TrialAsk(policy=Policy()), sim.deps)["changed"] == 0
    assert sim.dump() == before
    assert track_of(sim, weak).status.value == "pending_review"


def checked(sim: Simulator, output_id: str, similarity: float, number: int = 1) -> None:
    """The record of a check that found one passage of the vault."""
    hit, outcome = a_hit(similarity=similarity), "block" if similarity >= 0.7 else "warn"
    made = OutputCheck(
        output_id=output_id, check=number, service="svc_" + "0" * 26, model_id="m", content_sha256="a" * 64,
        audio_sha256="a" * 64, duration_s=9, outcome=outcome, hits=(hit,), versions={}, at=sim.clock(),
        similarity_level="blocked" if outcome == "block" else "warning", sim_internal_max=similarity,
        sim_external_max=0.0, checked_against_internal=True, checked_against_external_catalogs=("catalogue:open",),
    )  # fmt: skip
    sim.store.commit([Put(made, 0)])


def test_a_trial_says_what_would_change_for_outputs(sim: Simulator):
    for number, (output_id, similarity) in enumerate([("out_a", 0.65), ("out_b", 0.75), ("out_c", 0.5)]):
        sim.clock.now += timedelta(minutes=number)
        checked(sim, output_id, similarity)
    sim.clock.now += timedelta(minutes=1)
    checked(sim, "out_c", 0.72, 2)  # its newer check counts
    before = sim.dump()
    stricter = Policy(thresholds=Thresholds(weak=0.4, strong=0.6))
    tried = main_of("policy").trial(TrialAsk(policy=stricter), sim.deps)["output_checks"]
    assert (tried["summary"], tried["moves"]) == ("1 of 3 would change", {"warn to block": 1})
    assert tried["outputs"] == [{"output_id": "out_a", "model_id": "m", "before": "warn", "after": "block"}]
    milder = Policy(thresholds=Thresholds(weak=0.4, strong=0.74))
    tried = main_of("policy").trial(TrialAsk(policy=milder), sim.deps)["output_checks"]
    assert [one["output_id"] for one in tried["outputs"]] == ["out_c"]
    assert sim.dump() == before


def test_over_http(sim: Simulator, load_step):
    app = load_step("policy").app
    body = {"expects": 1, "policy": MILD.model_dump(mode="json"), "reason": WHY}

    def status(method, path, bearer, body=None):
        return app.answer(event(method, path, body=body, bearer=bearer))["statusCode"]

    assert status("GET", "/policy", None) == 401
    assert status("GET", "/policy", token(sim, "system", "training")) == 403
    for path in ("/policy", "/policy/history"):
        assert status("GET", path, token(sim)) == 200
    for path in ("/policy", "/policy/trial"):
        for role in ("contributor", "reviewer"):
            assert status("POST", path, token(sim, role), body) == 403
    admin = token(sim, "admin")
    assert status("POST", "/policy", admin, {**body, "reason": ""}) == 422
    assert status("POST", "/policy", admin, {**body, "policy": {"thresholds": {"weak": 0.9}}}) == 422
    assert status("POST", "/policy/trial", admin, {"policy": body["policy"]}) == 200
    assert status("POST", "/policy", admin, body) == 201


# --- two admins ---------------------------------------------------------------------

TWO = Policy(second_admin=True)
STRICT_TWO = STRICT.model_copy(update={"second_admin": True})


def admins(sim: Simulator, *who: Caller) -> None:
    sim.store.commit([Put(AdminRoster(members=tuple(one.id for one in who)), 0)])


def confirm(sim: Simulator, proposal_id: str, caller: Caller = OTHER, deps=None):
    return main_of("policy").second(proposal_id, caller, deps or sim.container())


def proposed(sim: Simulator, policy: Policy = STRICT_TWO) -> str:
    """A vault in which two admins are needed, and a proposal in it."""
    admins(sim, ADMIN, OTHER)
    assert put(sim, TWO)["number"] == 2
    answer = put(sim, policy, 2)
    assert answer.status == 202
    return answer.body["proposal_id"]


def test_where_two_are_needed_one_alone_changes_nothing(sim: Simulator):
    proposal_id = proposed(sim)
    assert sim.deps.policy_in_force() == (2, TWO)
    with pytest.raises(Forbidden):
        confirm(sim, proposal_id, ADMIN)
    assert sim.deps.policy_in_force() == (2, TWO)
    assert confirm(sim, proposal_id)["outcome"] == "confirmed"
    assert sim.deps.policy_in_force()[0] == 3
    newest = history(sim)["versions"][-1]
    assert (newest["author"], newest["confirmed_by"]) == (ADMIN.id, OTHER.id)
    assert confirm(sim, proposal_id)["outcome"] == "confirmed"
    assert sim.deps.policy_in_force()[0] == 3


def test_switching_it_off_needs_two_as_well(sim: Simulator):
    proposal_id = proposed(sim, Policy())
    assert sim.deps.policy().second_admin
    confirm(sim, proposal_id)
    assert not sim.deps.policy().second_admin
    assert put(sim, STRICT, 3)["number"] == 4


def test_two_cant_be_demanded_of_one(sim: Simulator):
    admins(sim, ADMIN)
    with pytest.raises(Conflict):
        put(sim, TWO)


def test_of_two_proposals_one_can_be_confirmed(sim: Simulator):
    first = proposed(sim)
    second = put(sim, MILD.model_copy(update={"second_admin": True}), 2).body["proposal_id"]
    confirm(sim, first)
    with pytest.raises(Conflict):
        confirm(sim, second)
    listed = main_of("policy").proposals(main_of("policy").HistoryAsk(), sim.deps)["proposals"]
    assert {one["proposal_id"]: one["overtaken"] for one in listed} == {first: False, second: True}


def test_a_declined_proposal_stays_without_effect(sim: Simulator):
    proposal_id = proposed(sim)
    ask = main_of("policy").DeclineAsk(reason="Let us wait for the figures")
    assert main_of("policy").turn_down(proposal_id, ask, ADMIN, sim.container())["outcome"] == "declined"
    with pytest.raises(Conflict):
        confirm(sim, proposal_id)
    assert sim.deps.policy_in_force() == (2, TWO)


def test_confirming_may_be_killed_anywhere():
    def world():
        sim = Simulator()
        proposal_id = proposed(sim)
        return sim, lambda deps: confirm(sim, proposal_id, deps=deps)

    for label, sim in killed_everywhere(world):
        assert sim.deps.policy_in_force()[0] == 3, label


def test_only_admins_confirm(sim: Simulator, load_step):
    proposal_id = proposed(sim)
    module = load_step("policy")
    for role in ("contributor", "reviewer"):
        for step, body in (("confirm", None), ("decline", {"reason": "because"})):
            path = f"/policy/proposals/{proposal_id}/{step}"
            assert module.app.answer(event("POST", path, body=body, bearer=token(sim, role)))["statusCode"] == 403
