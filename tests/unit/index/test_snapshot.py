"""Snapshot folders appear whole, and every damage names its part."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep

import pytest
from vault_domain import snapshots
from vault_domain.errors import Corrupt, NotFound
from vault_index import snapshot
from vault_index.coincidence import ByPitch, by_pitch
from vault_index.shard import Shard


@pytest.fixture(scope="module")
def parts(library):
    return [snapshot.build_part(library[:2]), snapshot.build_part(library[2:4], "delta")]


@pytest.fixture
def folder(tmp_path, parts):
    manifest = snapshots.empty("demo", snapshot.settings(), "2026-01-01T00:00:00Z")
    for part in parts:
        manifest = snapshots.with_part(manifest, part.part, "2026-01-02T00:00:00Z", part.tracks)
    return snapshot.write_folder(tmp_path / "demo.snapshot", manifest, {p.part.name: p.data for p in parts})


def test_what_was_written_is_read(folder):
    manifest, shards = snapshot.open_folder(folder)
    assert [track.id for shard in shards for track in shard.tracks] == ["song-0", "song-1", "song-2", "song-3"]
    assert manifest.tracks == 4
    assert manifest.seconds == pytest.approx(160)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["demo.snapshot"]


def test_writing_again_replaces(folder, parts):
    manifest = snapshots.with_part(snapshots.empty("demo", snapshot.settings(), "t"), parts[0].part, "t")
    snapshot.write_folder(folder, manifest, {parts[0].part.name: parts[0].data})
    assert snapshot.open_folder(folder)[0].tracks == 2
    assert sorted(path.name for path in folder.parent.iterdir()) == ["demo.snapshot"]


def test_a_failed_write_leaves_the_old_one(folder, parts):
    manifest = snapshots.with_part(snapshots.empty("demo", snapshot.settings(), "t"), parts[0].part, "t")
    with pytest.raises(Corrupt):
        snapshot.write_folder(folder, manifest, {parts[0].part.name: b"not it"})
    assert snapshot.open_folder(folder)[0].tracks == 4
    assert sorted(path.name for path in folder.parent.iterdir()) == ["demo.snapshot"]


@pytest.mark.parametrize("damage", ["flip", "cut", "gone", "swapped"])
def test_damage_names_the_part(folder, parts, damage):
    file = folder / "parts" / parts[1].part.name
    data = bytearray(file.read_bytes())
    if damage == "flip":
        data[len(data) // 2] ^= 4
        file.write_bytes(data)
    elif damage == "cut":
        file.write_bytes(data[:-5])
    elif damage == "swapped":
        file.write_bytes((folder / "parts" / parts[0].part.name).read_bytes())
    else:
        file.unlink()
    with pytest.raises(Corrupt, match=parts[1].part.name):
        snapshot.open_folder(folder)


def test_a_missing_snapshot_is_not_found(tmp_path):
    with pytest.raises(NotFound):
        snapshot.open_folder(tmp_path / "none.snapshot")


def test_parts_are_fetched_once_per_hash(parts):
    manifest = snapshots.empty("demo", snapshot.settings(), "t")
    for part in parts:
        manifest = snapshots.with_part(manifest, part.part, "t")
    stored = {part.part.name: part.data for part in parts}
    asked: list[str] = []

    def fetch(name: str) -> bytes:
        asked.append(name)
        return stored[name]

    cache = snapshot.ShardCache()
    first = snapshot.open_parts(manifest, fetch, cache)
    second = snapshot.open_parts(manifest, fetch, cache)
    assert asked == [part.part.name for part in parts]
    assert [a is b for a, b in zip(first, second, strict=True)] == [True, True]
    with pytest.raises(Corrupt, match=parts[0].part.name):
        snapshot.open_parts(manifest, lambda name: stored[name][:-1], snapshot.ShardCache())


def test_the_cache_has_a_bound(parts, library):
    cache = snapshot.ShardCache(most_bytes=1)
    manifest = snapshots.with_part(snapshots.empty("d", snapshot.settings(), "t"), parts[0].part, "t")
    snapshot.open_parts(manifest, lambda _: parts[0].data, cache)
    other = snapshots.with_part(snapshots.empty("d", snapshot.settings(), "t"), parts[1].part, "t")
    snapshot.open_parts(other, lambda _: parts[1].data, cache)
    assert cache.get(parts[0].part.sha256) is None
    assert cache.get(parts[1].part.sha256) is not None


def test_what_searches_work_out_of_a_part_counts_in_the_cache(parts):
    first, second = (Shard.open(part.data, part.part.name) for part in parts[:2])
    cache = snapshot.ShardCache(most_bytes=first.size + second.size)
    cache.put(first)
    cache.put(second)
    assert cache.get(first.sha256) is first
    before = second.held_bytes
    by_pitch(second)
    assert second.held_bytes > before
    cache.put(second)
    assert cache.get(first.sha256) is None, "the two no longer fit"


def test_what_is_worked_out_is_made_once_however_many_ask(parts):
    shard, made = Shard.open(parts[0].data, parts[0].part.name), []

    def slowly() -> ByPitch:
        sleep(0.05)
        made.append(ByPitch(shard))
        return made[-1]

    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(lambda _: shard.derived.once(ByPitch, slowly), range(4)))
    assert len(made) == 1
    assert all(one is made[0] for one in given)


def test_other_settings_are_refused(parts):
    manifest = snapshots.empty("demo", {"features": 99}, "t")
    with pytest.raises(Corrupt, match="settings"):
        snapshot.open_parts(manifest, lambda _: b"")


def test_compaction_keeps_what_is_not_removed(parts):
    cache = snapshot.ShardCache()
    manifest = snapshots.empty("demo", snapshot.settings(), "t")
    for part in parts:
        manifest = snapshots.with_part(manifest, part.part, "t")
    shards = snapshot.open_parts(manifest, {p.part.name: p.data for p in parts}.__getitem__, cache)
    merged = snapshot.merge_parts(shards, frozenset({"song-2"}))
    assert merged is not None
    assert merged.tracks == ("song-0", "song-1", "song-3")
    assert snapshot.merge_parts(shards, frozenset(f"song-{n}" for n in range(4))) is None
