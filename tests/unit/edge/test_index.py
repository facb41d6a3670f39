"""Index snapshots in memory: never stale, never silently empty, never half changed."""

import threading

import numpy as np
import pytest
from simulator import Killed, Simulator, killed_everywhere
from vault_audio.features import extract
from vault_domain import snapshots
from vault_domain.canonical import sha256_hex
from vault_domain.errors import Conflict, Corrupt, SourceUnavailable
from vault_domain.snapshots import Manifest
from vault_edge.deps import Deps
from vault_edge.index import EPOCH, VAULT, IndexStore, prefix_of
from vault_index.shard import build_shard
from vault_index.snapshot import CACHED_BYTES
from vault_store.snapshots import SnapshotStore

AT = "2026-03-01T12:00:00Z"


def part_bytes(track: str, seed: int) -> bytes:
    tone = np.sin(np.arange(16_000 * 6) * (0.05 + 0.01 * seed)) * 0.3
    noise = np.random.default_rng(seed).normal(0, 0.2, len(tone))
    return build_shard([(track, extract((tone + noise).astype(np.float32)))])


def adding(data: bytes, at: str = AT):
    return lambda manifest: snapshots.with_part(manifest, snapshots.part_of(data, 1, 6.0), at)


@pytest.fixture(scope="module")
def parts() -> list[bytes]:
    return [part_bytes(f"trk_{n}", n) for n in range(3)]


@pytest.fixture
def index(sim: Simulator) -> IndexStore:
    return sim.deps.index


def store(sim: Simulator, name: str = VAULT) -> SnapshotStore:
    return SnapshotStore(sim.bucket("snapshots"), prefix_of(name))


def test_the_vault_is_empty_before_its_first_track_and_a_catalogue_is_not_there(index: IndexStore):
    found = index.reader(VAULT)
    assert (found.manifest.tracks, found.shards, found.manifest.created) == (0, [], EPOCH)
    assert found.snapshot_id == index.reader(VAULT).snapshot_id
    with pytest.raises(SourceUnavailable, match="open-music"):
        index.reader("open-music")


def test_a_reader_sees_what_was_added_a_moment_ago(index: IndexStore, sim: Simulator, parts: list[bytes]):
    elsewhere = sim.container().index
    assert elsewhere.reader(VAULT).shards == []
    for n, data in enumerate(parts, 1):
        index.change(VAULT, adding(data), [data])
        found = elsewhere.reader(VAULT)
        assert [shard.tracks[0].id for shard in found.shards] == [f"trk_{i}" for i in range(n)]


def test_what_is_listed_is_what_is_found_and_a_part_is_read_once(index: IndexStore, sim: Simulator, parts: list[bytes]):
    asked: list[str] = []

    class Watched(SnapshotStore):
        def fetch_part(self, sha256: str) -> bytes:
            asked.append(sha256)
            return super().fetch_part(sha256)

    small = IndexStore(lambda prefix: Watched(sim.bucket("snapshots"), prefix))
    assert small.listed(VAULT) == frozenset()
    for data in parts:
        index.change(VAULT, adding(data), [data])
    index.change(VAULT, lambda present: snapshots.without_tracks(present, ["trk_1"], AT))
    for _ in range(2):
        assert small.listed(VAULT) == {"trk_0", "trk_2"}
    assert sorted(asked) == sorted(sha256_hex(data) for data in parts)
    with pytest.raises(SourceUnavailable):
        small.listed("open-music")


def test_what_is_held_follows_the_functions_memory(sim: Simulator):
    sized = Deps({**sim.environ, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024"}, bucket=sim.bucket)
    assert sized.index._cache._most == 512 * 2**20
    assert sim.container().index._cache._most == CACHED_BYTES


def test_an_unchanged_index_costs_one_look_at_the_pointer(index: IndexStore, sim: Simulator, parts: list[bytes]):
    index.change(VAULT, adding(parts[0]), parts[:1])
    first = index.reader(VAULT)
    bucket = sim.buckets.open("snapshots")
    asked: list[str] = []

    class Counting:
        def __getattr__(self, name: str) -> object:
            asked.append(name)
            return getattr(bucket, name)

    index._open = lambda prefix: SnapshotStore(Counting(), prefix)  # type: ignore[arg-type]
    assert index.reader(VAULT) is first
    assert asked == ["head"]
    index.change(VAULT, adding(parts[1]), parts[1:2])
    asked.clear()
    assert len(index.reader(VAULT).shards) == 2
    assert asked.count("read") == 1  # the new part only; the other one is held


def test_removed_tracks_are_named(index: IndexStore, parts: list[bytes]):
    index.change(VAULT, adding(parts[0]), parts[:1])
    index.change(VAULT, lambda manifest: snapshots.without_tracks(manifest, ["trk_0"], AT))
    assert index.reader(VAULT).manifest.removed == ("trk_0",)


def test_a_change_that_changes_nothing_moves_nothing(index: IndexStore, sim: Simulator, parts: list[bytes]):
    index.change(VAULT, adding(parts[0]), parts[:1])
    before = sim.dump()
    index.change(VAULT, adding(parts[0], "later"), parts[:1])
    assert sim.dump() == before


def test_many_writers_lose_nothing(sim: Simulator):
    data = [part_bytes(f"trk_{n}", n) for n in range(8)]
    threads = [threading.Thread(target=sim.container().index.change, args=(VAULT, adding(one), [one])) for one in data]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {shard.tracks[0].id for shard in sim.deps.index.reader(VAULT).shards} == {f"trk_{n}" for n in range(8)}


def test_a_rule_s_refusal_leaves_everything(index: IndexStore, sim: Simulator, parts: list[bytes]):
    def refuse(_: Manifest) -> Manifest:
        raise Conflict("no")

    index.change(VAULT, adding(parts[0]), parts[:1])
    before = sim.dump()
    with pytest.raises(Conflict):
        index.change(VAULT, refuse, parts[1:2])
    assert sim.dump() == before


def test_killed_anywhere_and_run_again_the_change_is_there_once(parts: list[bytes]):
    for label, sim in killed_everywhere(
        lambda: (Simulator(), lambda deps: deps.index.change(VAULT, adding(parts[0]), parts[:1]))
    ):
        assert [part.tracks for part in sim.deps.index.reader(VAULT).manifest.parts] == [1], label


def test_killed_anywhere_a_reader_still_reads(parts: list[bytes]):
    for effect in (1, 2, 3):
        sim = Simulator()
        sim.kill_at(effect)
        with pytest.raises(Killed):
            sim.deps.index.change(VAULT, adding(parts[0]), parts[:1])
        assert sim.revive().index.reader(VAULT).shards == []


def test_a_lost_pointer_is_damage_and_not_an_empty_vault(index: IndexStore, sim: Simulator, parts: list[bytes]):
    index.change(VAULT, adding(parts[0]), parts[:1])
    sim.bucket("snapshots").delete("vault/manifest.json")
    with pytest.raises(SourceUnavailable):
        index.reader(VAULT)
    with pytest.raises(SourceUnavailable):
        sim.container().index.reader(VAULT)
    with pytest.raises(Corrupt):
        index.change(VAULT, adding(parts[1]), parts[1:2])


def test_damage_of_any_kind_is_a_source_that_was_not_reached(sim: Simulator, parts: list[bytes]):
    sim.deps.index.change(VAULT, adding(parts[0]), parts[:1])
    bucket, data = sim.bucket("snapshots"), parts[0]
    key = f"vault/parts/{sha256_hex(data)}"
    good = bucket.read("vault/manifest.json", limit=10**6)
    for damaged in (data[: len(data) // 2], data[:-1] + bytes([data[-1] ^ 1]), b""):
        bucket.write(key, damaged, content_type="application/octet-stream")
        with pytest.raises(SourceUnavailable, match="vault"):
            sim.container().index.reader(VAULT)
    bucket.write(key, data, content_type="application/octet-stream")
    for damaged in (good[:-2], b"{}", good.replace(b'"features":', b'"features":9')):
        bucket.write("vault/manifest.json", damaged, content_type="application/json")
        with pytest.raises(SourceUnavailable):
            sim.container().index.reader(VAULT)


def test_a_reading_survives_a_failed_refresh_and_is_never_served_instead(
    index: IndexStore, sim: Simulator, parts: list[bytes]
):
    index.change(VAULT, adding(parts[0]), parts[:1])
    good = index.reader(VAULT)
    bucket = sim.bucket("snapshots")
    kept = bucket.read("vault/manifest.json", limit=10**6)
    bucket.write("vault/manifest.json", b"{}", content_type="application/json")
    with pytest.raises(SourceUnavailable):
        index.reader(VAULT)
    bucket.write("vault/manifest.json", kept, content_type="application/json")
    assert index.reader(VAULT).snapshot_id == good.snapshot_id


def test_the_pointer_that_a_store_sees_is_the_one_that_readers_check(index: IndexStore, sim: Simulator):
    index.change(VAULT, lambda manifest: manifest)
    assert store(sim).current() is not None
