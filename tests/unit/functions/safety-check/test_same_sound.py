"""The same sound under the same versions is compared once per service, whatever it is called, and whoever is first."""

from pathlib import Path

import pytest
from asking import audio_left, events, inline, post, uploaded, wire_decoder
from granting import numbered, take_back
from simulator import Simulator, killed_everywhere
from sounds import as_file, in_vault, piece, registered
from vault_domain.policy import Policy, PolicyVersion
from vault_domain.ports import Put
from vault_domain.safety import OutputCheck
from vault_domain.same_sound import SoundAnswer
from vault_edge.loading import load_folder
from wire import body_of

S = 12.0
COPY = as_file(piece(1, S), "FLAC")
SAME = as_file(piece(1, S), "WAV")
"""Another file with the same samples."""
OTHER = as_file(piece(2, S), "FLAC")
OWN_FIELDS = {"output_id", "check", "checked_at", "receipt", "model_id"}


@pytest.fixture
def ready(sim: Simulator, load_step):
    in_vault(sim, 1, as_file(piece(1, S)))
    registered(sim, ("Known piece", as_file(piece(4, S))))
    wire_decoder(sim, load_step)
    return counted(load_step("safety-check"))


def counted(module):
    """The module, with a list of the outputs that were really compared."""
    checking = module.checked.__globals__
    compare, module.compared = checking["_compared"], []

    def counting(job, deps):
        module.compared.append(job.ask.output_id)
        return compare(job, deps)

    checking["_compared"] = counting
    return module


def found(answer):
    return {name: value for name, value in answer.items() if name not in OWN_FIELDS}


@pytest.mark.parametrize("data", [SAME, COPY])
def test_the_same_sound_under_another_name_has_the_same_answer_without_a_search(sim, ready, data) -> None:
    first = body_of(post(ready, sim, inline(COPY)))
    again = body_of(post(ready, sim, inline(data, "out_two", model_id="other")))
    assert ready.compared == ["out_one"]
    assert found(again) == found(first)
    assert (again["output_id"], again["check"], again["model_id"]) == ("out_two", 1, "other")
    assert again["receipt"] != first["receipt"]
    told = {one.subject: one.data.get("same_as") for one in events(sim)}
    assert told == {"out_one": None, "out_two": "out_one#1"}
    third = body_of(post(ready, sim, uploaded(sim, SAME) | {"output_id": "out_three"}))
    assert found(third) == found(first)
    assert audio_left(sim) == []


def test_another_service_is_answered_for_itself(sim, ready) -> None:
    post(ready, sim, inline(COPY))
    post(ready, sim, inline(COPY, "out_two"), subject=numbered("svc", 9))
    assert ready.compared == ["out_one", "out_two"]


def a_track_comes(sim):
    in_vault(sim, 2, OTHER)


def a_track_goes(sim):
    take_back(sim, numbered("trk", 1))
    in_vault(sim, 3, as_file(piece(3, S)))


def a_policy_changes(sim):
    head = PolicyVersion(number=2, policy=Policy(), author="acc", reason="test", at=sim.clock(), is_head=True)
    sim.store.commit([Put(head, 0)])


@pytest.mark.parametrize("change", [a_track_comes, a_track_goes, a_policy_changes])
def test_whatever_changes_what_is_compared_with_asks_for_a_new_comparison(sim, ready, change) -> None:
    post(ready, sim, inline(COPY))
    change(sim)
    post(ready, sim, inline(COPY, "out_two"))
    assert ready.compared == ["out_one", "out_two"]
    post(ready, sim, inline(COPY, "out_three"))
    assert ready.compared == ["out_one", "out_two"]


def test_what_was_found_later_is_not_answered_from_before(sim, ready) -> None:
    post(ready, sim, inline(COPY))
    (made,) = sim.store.everything(OutputCheck)
    sim.store.commit([Put(made.with_changes(version=0, check=2, outcome="warn"), 0)])
    post(ready, sim, inline(COPY, "out_two"))
    assert ready.compared == ["out_one", "out_two"]


def test_what_was_not_cleared_is_asked_again(sim, ready) -> None:
    sim.buckets.open("snapshots").write("catalogues/open/manifest.json", b"{}", content_type="application/json")
    ready.app.bind(sim.container())
    for name in ("out_one", "out_two"):
        assert body_of(post(ready, sim, inline(OTHER, name)))["outcome"] == "not_cleared"
    assert ready.compared == ["out_one", "out_two"]
    assert sim.store.everything(SoundAnswer) == ()


def test_two_at_once_give_one_answer(sim, load_step, ready) -> None:
    """The second asks while the first is about to write; it loses the race and takes the first one's answer."""
    other = load_folder(Path(ready.__file__).parent)
    other.app.bind(sim.deps)
    inner, answers = sim.store.commit, []

    def commit(changes, events=()):
        mine = [change.record for change in changes if isinstance(change, Put)]
        if any(isinstance(one, SoundAnswer) for one in mine) and not answers:
            answers.append(None)
            answers[0] = body_of(post(other, sim, inline(SAME, "out_two")))
        return inner(changes, events)

    sim.store.commit = commit
    first = body_of(post(ready, sim, inline(COPY)))
    assert found(first) == found(answers[0])
    assert len(sim.store.everything(SoundAnswer)) == 1
    assert {one.subject: one.data.get("same_as") for one in events(sim)} == {"out_one": "out_two#1", "out_two": None}


def test_killed_anywhere_a_repeated_sound_ends_in_one_check_each(load_step) -> None:
    short = as_file(piece(1, 6.0))

    def make():
        sim = Simulator()
        in_vault(sim, 1, short)
        wire_decoder(sim, load_step)
        module = load_step("safety-check")
        module.app.bind(sim.deps)
        post(module, sim, inline(short))

        def step(deps):
            module.app.bind(deps)
            assert body_of(post(module, sim, inline(short, "out_two")))["outcome"] == "block"

        return sim, step

    for label, sim in killed_everywhere(make):
        assert sorted(one.output_id for one in sim.store.everything(OutputCheck)) == ["out_one", "out_two"], label
        assert len(events(sim)) == 2, label
        assert len(sim.store.everything(SoundAnswer)) == 1, label
