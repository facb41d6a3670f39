"""index-build: small, whole and true, whatever comes in between; made again from the vault when damaged."""

import pytest
from granting import a_track, numbered, take_back
from simulator import Simulator, killed_everywhere
from sounds import as_file, heard, in_vault, index_part, piece, waiting
from vault_domain import snapshots
from vault_domain.events import AuditEvent, Kind
from vault_domain.ports import Put
from vault_domain.records import stamp
from vault_domain.rights import RightsRecord
from vault_domain.tracks import Status, Track
from vault_edge import index_care as care
from vault_edge.index_care import GRACE

FILES = [as_file(piece(seed, 6.0)) for seed in range(1, 7)]


def run(load_step, sim, **ask):
    module = load_step("index-build")
    module.app.bind(sim.container())
    return module.handler(ask, None)


def found(sim: Simulator) -> list[str]:
    """Ids that a search could give, one per copy in the index."""
    opened = sim.container().index.reader("vault")
    return sorted(
        track.id for shard in opened.shards for track in shard.tracks if track.id not in opened.manifest.removed
    )


def parts(sim: Simulator) -> int:
    return len(sim.container().index.reader("vault").manifest.parts)


def stored_parts(sim: Simulator) -> int:
    return len(list(sim.buckets.open("snapshots").list("vault/parts/")))


def ids(*numbers: int) -> list[str]:
    return [numbered("trk", number) for number in numbers]


def tombstone(sim: Simulator, track_id: str) -> None:
    sim.deps.index.change("vault", lambda present: snapshots.without_tracks(present, [track_id], stamp(sim.clock())))


def test_an_empty_vault_gets_an_empty_index(sim: Simulator, load_step) -> None:
    assert not any(run(load_step, sim).values())
    assert found(sim) == []
    before = sim.dump()
    run(load_step, sim)
    assert sim.dump() == before


def test_deltas_become_one_part_and_old_ones_go_after_the_grace_time(sim: Simulator, load_step) -> None:
    for number, data in enumerate(FILES, 1):
        in_vault(sim, number, data)
    assert parts(sim) == 6
    done = run(load_step, sim)
    assert (done["merged"], done["collected"]) == (6, 0)
    assert (parts(sim), stored_parts(sim)) == (1, 7)
    assert found(sim) == ids(1, 2, 3, 4, 5, 6)
    sim.clock.advance(seconds=GRACE.total_seconds() + 1)
    assert run(load_step, sim)["collected"] == 6
    assert stored_parts(sim) == 1
    assert not any(run(load_step, sim).values())
    events = [one for one in sim.store.everything(AuditEvent) if one.event is Kind.INDEX_CHANGED]
    assert sorted(one.data["merged"] for one in events) == [0, 6]


def test_a_large_part_is_not_written_again_for_a_small_one(sim: Simulator, load_step) -> None:
    for number, data in enumerate(FILES[:5], 1):
        in_vault(sim, number, data)
    run(load_step, sim)
    in_vault(sim, 6, FILES[5])
    assert run(load_step, sim)["merged"] == 0
    assert parts(sim) == 2


def test_tombstoned_tracks_leave_the_bytes(sim: Simulator, load_step) -> None:
    for number, data in enumerate(FILES[:3], 1):
        in_vault(sim, number, data)
    run(load_step, sim)
    take_back(sim, numbered("trk", 2))
    tombstone(sim, numbered("trk", 2))
    assert run(load_step, sim)["merged"] == 1
    opened = sim.container().index.reader("vault")
    assert opened.manifest.removed == ()
    assert found(sim) == ids(1, 3)


def test_a_tombstone_that_came_before_its_track_stays(sim: Simulator, load_step) -> None:
    in_vault(sim, 1, FILES[0])
    in_vault(sim, 2, FILES[1])
    tombstone(sim, numbered("trk", 9))
    run(load_step, sim)
    assert numbered("trk", 9) in sim.container().index.reader("vault").manifest.removed


@pytest.mark.parametrize("meanwhile", ["admit", "revoke", "both"])
def test_what_happens_while_parts_are_merged_is_kept(sim: Simulator, load_step, meanwhile, monkeypatch) -> None:
    for number, data in enumerate(FILES[:3], 1):
        in_vault(sim, number, data)
    merge = care.merge_parts

    def slowly(shards, removed):
        if meanwhile in ("admit", "both"):
            in_vault(sim, 4, FILES[3])
        if meanwhile in ("revoke", "both"):
            take_back(sim, numbered("trk", 2))
            tombstone(sim, numbered("trk", 2))
        return merge(shards, removed)

    monkeypatch.setattr(care, "merge_parts", slowly)
    run(load_step, sim)
    expected = {"admit": ids(1, 2, 3, 4), "revoke": ids(1, 3), "both": ids(1, 3, 4)}
    assert found(sim) == expected[meanwhile]


def test_two_compactions_at_once_lose_nothing(sim: Simulator, load_step, monkeypatch) -> None:
    for number, data in enumerate(FILES[:3], 1):
        in_vault(sim, number, data)
    merge, rivals = care.merge_parts, []

    def slowly(shards, removed):
        if not rivals:
            rivals.append(True)
            run(load_step, sim)
        return merge(shards, removed)

    monkeypatch.setattr(care, "merge_parts", slowly)
    run(load_step, sim)
    assert found(sim) == ids(1, 2, 3)
    assert parts(sim) == 1


@pytest.mark.parametrize("damage", ["pointer", "part", "gone", "asked for"])
def test_a_damaged_index_is_made_again_from_the_vault(sim: Simulator, load_step, damage) -> None:
    for number, data in enumerate(FILES[:4], 1):
        in_vault(sim, number, data)
    take_back(sim, numbered("trk", 2))
    kept = sim.store.get(RightsRecord, numbered("trk", 3))
    flags = kept.flags.model_copy(update={"keep_fingerprints_after_revocation": True})
    sim.store.commit([Put(kept.with_changes(flags=flags), kept.version)])
    take_back(sim, numbered("trk", 3))
    bucket = sim.buckets.open("snapshots")
    if damage == "pointer":
        bucket.write("vault/manifest.json", b'{"format": 1}', content_type="application/json")
    elif damage == "part":
        for part in list(bucket.list("vault/parts/")):
            bucket.write(part.key, b"damaged", content_type="x/y")
    elif damage == "gone":
        bucket.delete("vault/manifest.json")
    done = run(load_step, sim, rebuild=damage == "asked for")
    assert done["rebuilt"] == 3
    assert found(sim) == ids(1, 3, 4)


def test_a_track_half_way_in_survives_a_rebuild(sim: Simulator, load_step) -> None:
    in_vault(sim, 1, FILES[0])
    track = sim.store.get(Track, numbered("trk", 1))
    sim.store.commit([Put(track.with_changes(status=Status.PENDING_REVIEW), track.version)])
    run(load_step, sim, rebuild=True)
    assert found(sim) == ids(1)


def test_an_accepted_track_that_the_index_lacks_is_added(sim: Simulator, load_step) -> None:
    in_vault(sim, 1, FILES[0])
    in_vault(sim, 2, FILES[1], indexed=False)
    waiting(sim, 3, FILES[2])
    assert run(load_step, sim)["added"] == 1
    assert found(sim) == ids(1, 2)


def test_a_removed_track_that_the_index_still_shows_is_hidden(sim: Simulator, load_step) -> None:
    in_vault(sim, 1, FILES[0])
    in_vault(sim, 2, FILES[1])
    take_back(sim, numbered("trk", 2))
    assert run(load_step, sim)["tombstoned"] == 1
    assert found(sim) == ids(1)


def test_fingerprints_that_may_stay_do_stay(sim: Simulator, load_step) -> None:
    in_vault(sim, 1, FILES[0])
    rights = sim.store.get(RightsRecord, numbered("trk", 1))
    flags = rights.flags.model_copy(update={"keep_fingerprints_after_revocation": True})
    sim.store.commit([Put(rights.with_changes(flags=flags), rights.version)])
    take_back(sim, numbered("trk", 1))
    assert run(load_step, sim)["tombstoned"] == 0
    assert found(sim) == ids(1)


def test_an_accepted_track_without_features_is_left_alone(sim: Simulator, load_step) -> None:
    sim.store.commit([Put(a_track(1), 0)])
    assert run(load_step, sim)["added"] == 0


def test_killed_anywhere_nothing_is_lost_and_the_next_run_finishes(load_step) -> None:
    def make():
        sim = Simulator()
        for number, data in enumerate(FILES[:3], 1):
            in_vault(sim, number, data, indexed=number != 2)
        index_part(sim, (numbered("trk", 9), heard(FILES[4]).features))
        take_back(sim, numbered("trk", 3))
        module = load_step("index-build")

        def step(deps):
            module.app.bind(deps)
            module.handler({}, None)
            sim.clock.advance(seconds=GRACE.total_seconds() + 1)
            module.handler({}, None)

        return sim, step

    for label, sim in killed_everywhere(make):
        assert found(sim) == ids(1, 2, 9), label
        assert parts(sim) == 1, label
