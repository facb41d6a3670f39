"""An output that something was decided about stands for what was judged: no other sound takes its place."""

import pytest
from asking import audio_left, inline, post, uploaded, wire_decoder
from simulator import Simulator
from sounds import as_file, in_vault, piece, registered
from vault_domain.events import Actor
from vault_domain.ports import Put
from vault_domain.safety import OutputCheck
from vault_domain.suspensions import SuspendAsk, Suspension, lift, suspend, with_sounds
from vault_edge.output_history import earlier_checks
from vault_edge.suspending import changes_of
from wire import body_of

S = 8.0
SOUND, SAME, OTHER = as_file(piece(2, S)), as_file(piece(2, S), "FLAC"), as_file(piece(3, S))
WHO, ASK = "acc_" + "0" * 26, SuspendAsk(output_id="out_one", reason="it plays a chorus that I know")


@pytest.fixture
def checking(sim: Simulator, load_step):
    in_vault(sim, 1, as_file(piece(1, S)))
    registered(sim, ("Known piece", as_file(piece(4, S))))
    wire_decoder(sim, load_step)
    return load_step("safety-check")


def decide(sim, how):
    """What the function suspensions commits."""
    deps, present = sim.container(), sim.store.get(Suspension, "out_one")
    every = earlier_checks("out_one", deps)
    made = with_sounds(how(present, ASK, WHO, "salt", sim.clock()), every)
    changes, events = changes_of(made, every, Actor(id=WHO, role="reviewer"), deps)
    sim.store.commit([Put(made, present.version if present else 0), *changes], events)


@pytest.mark.parametrize("steps", [(suspend,), (suspend, lift)])
def test_no_other_sound_is_checked_under_its_name(sim: Simulator, checking, steps) -> None:
    assert post(checking, sim, inline(SOUND))["statusCode"] == 200
    for step in steps:
        decide(sim, step)
    before = len(list(sim.store.everything(OutputCheck)))
    for ask in (inline(OTHER), uploaded(sim, OTHER)):
        refused = post(checking, sim, ask)
        assert (refused["statusCode"], body_of(refused)["code"]) == (409, "output_decided")
    assert len(list(sim.store.everything(OutputCheck))) == before
    assert all("upl_" in key for key in audio_left(sim)), "an upload can be checked under another name"
    again = body_of(post(checking, sim, inline(SAME)))
    assert (again["outcome"] == "block") is (steps[-1] is suspend), "the sound itself may be checked again"
    assert post(checking, sim, inline(OTHER, "out_two"))["statusCode"] == 200, "under a name of its own"
