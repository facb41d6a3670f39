"""The simulator kills where it says, and its world is the one that steps see."""

from contextlib import suppress

import pytest
from simulator import Killed, Simulator, killed_everywhere
from vault_domain.errors import Conflict
from vault_domain.events import Actor, Kind, make_event
from vault_edge.deps import Deps


def step(deps: Deps) -> None:
    """Three effects: an object, a record, a started execution; safe to run twice."""
    deps.bucket("vault").write("audio/a.flac", b"x", content_type="audio/flac")
    told = make_event("evt_" + "0" * 26, Kind.UPLOAD_OPENED, "s", Actor(id="a", role="system"), deps.clock())
    deps.records.commit([], [told])
    with suppress(Conflict):
        deps.tasks.start(deps.env("LEMM_STATE_MACHINE_INGEST"), "one", {"at": 1})


def test_a_step_killed_anywhere_and_run_again_ends_the_same():
    worlds = list(killed_everywhere(lambda: (Simulator(), step)))
    assert [label for label, _ in worlds] == ["undisturbed"] + [
        f"killed {when} effect {effect} of 3" for effect in (1, 2, 3) for when in ("before", "after")
    ]
    assert all(sim.dump() == worlds[0][1].dump() for _, sim in worlds)
    assert worlds[0][1].dump()["tasks"] == [[["ingest", "one", {"at": 1}]], {}, {}]


@pytest.mark.parametrize(("after", "done"), [(False, 1), (True, 2)])
def test_nothing_happens_after_the_death(after, done):
    sim = Simulator()
    sim.kill_at(2, after=after)
    with pytest.raises(Killed):
        step(sim.deps)
    assert len(sim.buckets.open("vault").dump()) == 1
    assert len(sim.store.dump()) == done - 1
    for _ in range(2):
        with pytest.raises(Killed):
            sim.bucket("vault").write("k", b"", content_type="a/b")


def test_a_step_that_does_not_reach_its_death_is_an_error():
    calls = []

    def make():
        calls.append(1)
        return Simulator(), step if len(calls) == 1 else (lambda deps: None)

    with pytest.raises(AssertionError, match="never reached"):
        list(killed_everywhere(make))


def test_the_same_seed_gives_the_same_world():
    assert Simulator(3).new_id("trk") == Simulator(3).new_id("trk") != Simulator(4).new_id("trk")
    assert Simulator(3).signer("jwt").key_id == Simulator(3).deps.signer("jwt").key_id
    assert Simulator(3).signer("jwt").key_id != Simulator(3).signer("receipt").key_id


def test_functions_and_waiting_tasks():
    sim = Simulator()
    sim.functions["LEMM_FUNCTION_DECODE"] = lambda event: {"seen": event}
    assert sim.deps.invoke("LEMM_FUNCTION_DECODE", {"a": (1, 2)}) == {"seen": {"a": [1, 2]}}
    sim.task_log.waiting.add("token")
    assert sim.deps.tasks.succeed("token", {"x": 1})
    assert not sim.deps.tasks.succeed("token", {"x": 1})
    assert not sim.deps.tasks.fail("other", "Silent", "no sound")
