"""Checks are counted by model and day, once each, whatever cuts the counting off; reviewers read the figures."""

from datetime import timedelta

import pytest
from granting import numbered
from simulator import Simulator, killed_everywhere
from vault_domain.model_figures import ModelDay, ModelSum
from vault_domain.ports import Put
from vault_domain.reasons import Reason
from vault_domain.safety import OutputCheck
from wire import body_of, event, token

HASH, TRACK = "a" * 64, numbered("trk", 1)


def a_check(sim: Simulator, number: int, outcome: str, model: str = "m", days: int = 0) -> None:
    reasons = (Reason(code="too_similar", refs=(TRACK,)),) if outcome in ("warn", "block") else ()
    hit = {"ref": TRACK, "similarity": 0.9, "detector": "fp_robust"}
    one = OutputCheck(
        output_id=f"out_{number}", check=1, service=numbered("svc", 0), model_id=model, content_sha256=HASH,
        audio_sha256=HASH, duration_s=9, outcome=outcome, similarity_level="none", sim_internal_max=None,
        sim_external_max=None, checked_against_internal=True, checked_against_external_catalogs=(), reasons=reasons,
        hits=(hit,), versions={"policy": "1"}, at=sim.clock() + timedelta(days=days, seconds=number // 3),
    )  # fmt: skip
    sim.store.commit([Put(one, 0)])


def some(sim: Simulator) -> None:
    for number, outcome in enumerate(["allow"] * 50 + ["block"] * 6 + ["warn", "not_cleared"]):
        a_check(sim, number, outcome)
    a_check(sim, 90, "block", days=1)
    a_check(sim, 91, "allow", "other")
    sim.clock.advance(days=2)


def swept(sim: Simulator, load_step) -> int:
    module = load_step("sweep")
    module.app.bind(sim.deps)
    return module.handler({}, None)["checks"]


def shown(sim: Simulator, load_step, path: str, role: str = "reviewer"):
    module = load_step("model-registry")
    module.app.bind(sim.deps)
    return module.handler(event("GET", path, bearer=token(sim, role, "safety")), None)


def test_counted_once_and_read_by_reviewers(sim: Simulator, load_step) -> None:
    some(sim)
    assert swept(sim, load_step) == 60
    assert swept(sim, load_step) == 0
    listed = body_of(shown(sim, load_step, "/safety/models"))["models"]
    assert [(one["model_id"], one["checks"]) for one in listed] == [("m", 59), ("other", 1)]
    figures = body_of(shown(sim, load_step, "/safety/models/m"))
    assert figures["total"]["outcomes"] == {"allow": 50, "warn": 1, "block": 7, "not_cleared": 1}
    assert figures["total"]["rates"]["block"] == round(7 / 59, 4)
    assert [(day["day"], day["outcomes"]["block"]) for day in figures["days"]] == [("2026-03-01", 6), ("2026-03-02", 1)]
    assert figures["most_hit"] == [{"ref": TRACK, "checks": 8}]


def test_however_many_there_are_a_run_counts_as_many_as_it_has_time_for_and_the_next_goes_on(sim, load_step) -> None:
    for number in range(500):
        a_check(sim, number, "allow")
    a_check(sim, 500, "block")
    sim.clock.advance(days=2)
    assert swept(sim, load_step) == 501
    for number in range(600, 700):
        a_check(sim, number, "allow")
    a_check(sim, 700, "block")
    sim.clock.advance(days=2)
    module, counted = load_step("sweep"), []

    def ticking():
        sim.clock.advance(seconds=70)
        return sim.clock()

    module.app.bind(sim.container(clock=ticking))
    while not counted or counted[-1]:
        counted.append(module.handler({}, None)["checks"])
    assert len(counted) > 2, "the time was up"
    assert sum(counted) == 101
    assert {one.model_id: one.outcomes for one in sim.store.everything(ModelSum)} == {"m": {"allow": 600, "block": 2}}


def test_what_comes_later_is_added_and_what_is_too_new_waits(sim: Simulator, load_step) -> None:
    a_check(sim, 1, "block")
    assert swept(sim, load_step) == 0
    sim.clock.advance(minutes=6)
    assert swept(sim, load_step) == 1
    a_check(sim, 2, "block")
    sim.clock.advance(minutes=6)
    assert swept(sim, load_step) == 1
    assert body_of(shown(sim, load_step, "/safety/models/m"))["total"]["outcomes"]["block"] == 2


@pytest.mark.parametrize(("role", "status"), [("contributor", 403), ("system", 403), ("admin", 200)])
def test_who_may(sim: Simulator, load_step, role, status) -> None:
    some(sim)
    swept(sim, load_step)
    assert shown(sim, load_step, "/safety/models", role)["statusCode"] == status
    assert shown(sim, load_step, "/safety/models/m", role)["statusCode"] == status


def test_an_unknown_model(sim: Simulator, load_step) -> None:
    assert shown(sim, load_step, "/safety/models/nobody")["statusCode"] == 404
    assert body_of(shown(sim, load_step, "/safety/models"))["models"] == []


def test_killed_anywhere_the_counts_are_right_in_the_end(load_step) -> None:
    sweep = load_step("sweep")

    def make():
        sim = Simulator()
        some(sim)

        def step(deps):
            sweep.app.bind(deps)
            sweep.handler({}, None)

        return sim, step

    for label, sim in killed_everywhere(make):
        total = {one.model_id: sum(one.outcomes.values()) for one in sim.store.everything(ModelSum)}
        assert total == {"m": 59, "other": 1}, label
        assert sum(sum(day.outcomes.values()) for day in sim.store.everything(ModelDay)) == 60, label
