"""withheld-index: what is suspended, withdrawn or taken out is in it, what was lifted is not; small, whole and true."""

from datetime import timedelta

import pytest
from granting import numbered, take_back
from simulator import Simulator, killed_everywhere
from sounds import as_file, heard, in_vault, piece
from vault_audio.features import pack
from vault_domain.admission import vault_features_key
from vault_domain.errors import LostRace
from vault_domain.events import AuditEvent, Kind
from vault_domain.ports import Put
from vault_domain.reasons import Reason
from vault_domain.safety import OutputCheck
from vault_domain.suspensions import SuspendAsk, Suspension, lift, suspend, with_sounds, withdraw
from vault_domain.tracks import Track
from vault_edge.index_care import GRACE
from wire import SERVICE

FILES = [as_file(piece(seed, 6.0)) for seed in range(1, 5)]
ME, WHY = numbered("acc", 42), "it plays a chorus that I know well"


def run(load_step, sim, **ask):
    module = load_step("withheld-index")
    module.app.bind(sim.container())
    return module.handler(ask, None)


def checked(sim, number):
    """An output as a check leaves it."""
    found, output_id = heard(FILES[number]), f"out_{number}"
    key = f"features/{output_id}/{found.audio_sha256}.bin"
    sim.buckets.open("outputs").write(key, pack(found.features, dense=True), content_type="application/octet-stream")
    one = OutputCheck(
        output_id=output_id, check=1, service=SERVICE, model_id="m", content_sha256=found.content_sha256,
        audio_sha256=found.audio_sha256, duration_s=found.duration_s, outcome="allow", similarity_level="none",
        sim_internal_max=0.0, sim_external_max=0.0, checked_against_internal=True,
        checked_against_external_catalogs=(), versions={"policy": "1"}, features=f"outputs/{key}", at=sim.clock(),
    )  # fmt: skip
    sim.store.commit([Put(one, 0)])
    return one


def decide(sim, number, what=suspend):
    subject = f"out_{number}"
    present = sim.store.get(Suspension, subject)
    if what is withdraw:
        made = withdraw(present, subject, "upheld", numbered("clm", 1), "s", sim.clock())
    else:
        ask = SuspendAsk(output_id=subject, reason=f"{WHY} {len(present.decisions) if present else 0}")
        made = what(present, ask, ME, "s", sim.clock())
    checks = [one for one in sim.store.everything(OutputCheck) if one.output_id == subject]
    sim.store.commit([Put(with_sounds(made, checks), present.version if present else 0)])


def taken_out(sim, number, code="claim_upheld"):
    track_id = in_vault(sim, number, FILES[number - 1])
    take_back(sim, track_id)
    track = sim.store.get(Track, track_id)
    sim.store.commit([Put(track.with_changes(reasons=(Reason(code=code, detail="It is theirs."),)), track.version)])
    return track_id


def found(sim):
    opened = sim.container().index.reader("withheld")
    every = [track.id for shard in opened.shards for track in shard.tracks]
    return sorted(name for name in every if name not in opened.manifest.removed)


def test_nothing_kept_back_is_an_empty_index_that_nobody_writes_again(sim: Simulator, load_step) -> None:
    assert not any(run(load_step, sim).values())
    before = sim.dump()
    run(load_step, sim)
    assert (found(sim), sim.dump()) == ([], before)


def test_what_is_kept_back_comes_in_and_what_was_lifted_goes(sim: Simulator, load_step) -> None:
    for number in range(3):
        checked(sim, number)
    decide(sim, 0)
    decide(sim, 1, withdraw)
    gone = taken_out(sim, 4)
    taken_out(sim, 3, "withdrawn_by_owner")
    assert run(load_step, sim)["added"] == 3
    assert found(sim) == ["out_0", "out_1", gone]
    decide(sim, 0, lift)
    assert run(load_step, sim)["tombstoned"] == 1
    assert found(sim) == ["out_1", gone]
    assert sim.container().index.reader("withheld").manifest.removed == (), "it left the bytes too"
    decide(sim, 0)
    assert run(load_step, sim)["added"] == 1
    assert found(sim) == ["out_0", "out_1", gone]
    subjects = {one.subject for one in sim.store.everything(AuditEvent) if one.event is Kind.INDEX_CHANGED}
    assert subjects == {"index:withheld"}
    assert run(load_step, sim) == {"rebuilt": 0, "tombstoned": 0, "merged": 2, "added": 0, "collected": 0}
    before = sim.dump()
    assert not any(run(load_step, sim).values())
    assert (found(sim), sim.dump()) == (["out_0", "out_1", gone], before)


def test_a_track_goes_with_its_features(sim: Simulator, load_step) -> None:
    track_id = taken_out(sim, 1)
    run(load_step, sim)
    assert found(sim) == [track_id]
    sim.buckets.open("vault").delete(vault_features_key(track_id), all_versions=True)
    run(load_step, sim)
    assert found(sim) == []


def test_a_track_is_kept_for_as_long_as_its_audio_would_be(sim: Simulator, load_step) -> None:
    taken_out(sim, 1)
    run(load_step, sim)
    sim.clock.advance(seconds=timedelta(days=sim.deps.policy().removed_audio_days + 1).total_seconds())
    run(load_step, sim)
    assert found(sim) == []


def test_what_has_no_features_hinders_nothing_else(sim: Simulator, load_step) -> None:
    lost, broken, _ = (checked(sim, number) for number in range(3))
    for number in range(3):
        decide(sim, number)
    outputs = sim.buckets.open("outputs")
    outputs.delete(lost.features.removeprefix("outputs/"), all_versions=True)
    outputs.write(broken.features.removeprefix("outputs/"), b"torn", content_type="application/octet-stream")
    assert run(load_step, sim)["added"] == 1
    assert found(sim) == ["out_2"]


def test_a_decision_that_no_list_shows_yet_counts(sim: Simulator, load_step, monkeypatch) -> None:
    checked(sim, 0)
    decide(sim, 0)
    module = load_step("withheld-index")
    monkeypatch.setattr(module, "outputs", lambda state, deps: iter(()))
    module.app.bind(sim.container())
    module.handler({"output_id": "out_0"}, None)
    assert found(sim) == ["out_0"]
    module.handler({}, None)
    assert found(sim) == ["out_0"], "its own record says more than a list that lags behind"


def test_a_damaged_index_is_made_again(sim: Simulator, load_step) -> None:
    checked(sim, 0)
    decide(sim, 0)
    run(load_step, sim)
    sim.buckets.open("snapshots").delete("withheld/manifest.json", all_versions=True)
    assert run(load_step, sim)["rebuilt"] == 1
    assert found(sim) == ["out_0"]


def test_two_runs_at_once_add_nothing_twice(sim: Simulator, load_step, monkeypatch) -> None:
    checked(sim, 0)
    decide(sim, 0)
    module, rival = load_step("withheld-index"), load_step("withheld-index")
    rival.app.bind(sim.container())
    build, raced = module.build_part, []

    def slowly(items):
        if not raced:
            raced.append(rival.handler({}, None))
        return build(items)

    monkeypatch.setattr(module, "build_part", slowly)
    module.app.bind(sim.container())
    assert module.handler({}, None)["added"] == 0
    assert (found(sim), raced[0]["added"]) == (["out_0"], 1)


def test_an_index_that_keeps_changing_is_left_to_the_next_run(sim: Simulator, load_step, monkeypatch) -> None:
    checked(sim, 0)
    decide(sim, 0)
    module = load_step("withheld-index")
    module.app.bind(sim.container())

    def raced(*_):
        raise LostRace("somebody else was first")

    monkeypatch.setattr(module, "_moved", raced)
    with pytest.raises(LostRace):
        module.handler({}, None)
    assert found(sim) == []


def test_cut_off_anywhere_the_next_run_ends_it(load_step) -> None:
    def make():
        sim = Simulator()
        for number in range(2):
            checked(sim, number)
        decide(sim, 0)
        run(load_step, sim)
        decide(sim, 0, lift)
        decide(sim, 1)
        module = load_step("withheld-index")
        return sim, lambda world: (module.app.bind(world), module.handler({}, None))

    for label, sim in killed_everywhere(make):
        assert found(sim) == ["out_1"], label


def test_parts_that_nothing_names_go_after_the_grace_time(sim: Simulator, load_step) -> None:
    checked(sim, 0)
    decide(sim, 0)
    run(load_step, sim)
    decide(sim, 0, lift)
    run(load_step, sim)
    sim.clock.advance(seconds=GRACE.total_seconds() + 1)
    assert run(load_step, sim)["collected"] == 1
    assert list(sim.buckets.open("snapshots").list("withheld/parts/")) == []
