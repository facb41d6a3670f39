"""Snapshots: parts that are what they are called, and a pointer that nobody loses."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from vault_domain.errors import Corrupt, LostRace
from vault_store.clock import FixedClock
from vault_store.memory import MemoryBuckets, MemoryObjects
from vault_store.snapshots import SnapshotStore

DATA = b"some part of an index" * 100
NAME = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def bucket() -> MemoryObjects:
    return MemoryBuckets(clock=FixedClock()).open("snapshots")


@pytest.fixture
def store(bucket: MemoryObjects) -> SnapshotStore:
    return SnapshotStore(bucket, "vault")


def test_the_pointer_starts_nowhere_and_moves_by_expectation(store, bucket):
    assert store.current() is None
    assert not store.changed(None)
    first = store.move(b"{1}", expects="absent")
    assert store.current() == (b"{1}", first)
    assert store.changed(None)
    assert not store.changed(first)
    with pytest.raises(LostRace):
        store.move(b"{2}", expects="absent")
    second = store.move(b"{2}", expects=first)
    with pytest.raises(LostRace):
        store.move(b"{3}", expects=first)
    assert store.current() == (b"{2}", second)
    assert bucket.read("vault/manifest.json", limit=9) == b"{2}"


def test_a_part_is_named_by_its_bytes_and_kept_once(store, bucket):
    assert store.put_part(DATA) == store.put_part(DATA) == NAME
    assert store.fetch_part(NAME) == DATA
    assert [name for name, _ in store.parts()] == [NAME]
    assert bucket.head(f"vault/parts/{NAME}").size == len(DATA)


def test_an_empty_part_is_a_part(store, tmp_path):
    cached = SnapshotStore(store._objects, "vault", cache=tmp_path)
    name = cached.put_part(b"")
    assert cached.fetch_part(name) == cached.fetch_part(name) == b""


def test_prefixes_do_not_mix(bucket):
    vault, other = SnapshotStore(bucket, "vault"), SnapshotStore(bucket, "catalogues/fma")
    vault.put_part(DATA)
    other.move(b"{}", expects="absent")
    assert list(other.parts()) == []
    assert vault.current() is None


@pytest.mark.parametrize("damage", [b"", DATA[:-1], DATA + b"x", bytes([DATA[0] ^ 1]) + DATA[1:]])
def test_a_damaged_part_is_named(store, bucket, damage):
    store.put_part(DATA)
    bucket.write(f"vault/parts/{NAME}", damage, content_type="x/y")
    with pytest.raises(Corrupt, match=NAME):
        store.fetch_part(NAME)


def test_a_missing_part_is_named(store):
    with pytest.raises(Corrupt, match=f"{NAME} is missing"):
        store.fetch_part(NAME)


@pytest.mark.parametrize("name", ["", "../manifest.json", NAME.upper(), NAME + "\n", NAME[:-1], "/" + NAME])
def test_a_part_has_a_proper_name(store, name):
    for ask in (store.fetch_part, store.drop_part):
        with pytest.raises(Corrupt):
            ask(name)


def test_a_dropped_part_is_gone_for_good(store, bucket):
    store.put_part(DATA)
    store.put_part(DATA)
    store.drop_part(NAME)
    assert list(store.parts()) == []
    assert bucket.first_version(f"vault/parts/{NAME}") is None


def test_putting_a_part_again_refreshes_its_time(bucket):
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    store = SnapshotStore(MemoryBuckets(clock=clock).open("b"), "vault")
    store.put_part(DATA)
    later = clock.advance(days=3)
    store.put_part(DATA)
    assert [info.modified for _, info in store.parts()] == [later]


def test_a_foreign_object_among_the_parts_is_passed_over(store, bucket):
    bucket.write("vault/parts/readme", b"x", content_type="x/y")
    assert list(store.parts()) == []


# --- the local cache ----------------------------------------------------------


def test_a_cached_part_needs_no_bucket(bucket, tmp_path):
    cached = SnapshotStore(bucket, "vault", cache=tmp_path / "parts")
    cached.put_part(DATA)
    assert cached.fetch_part(NAME) == DATA
    cached.drop_part(NAME)
    assert cached.fetch_part(NAME) == DATA
    assert [path.name for path in (tmp_path / "parts").iterdir()] == [NAME]


@pytest.mark.parametrize("damage", [b"", DATA[:-1], b"x" * len(DATA)])
def test_a_damaged_cache_is_replaced(bucket, tmp_path, damage):
    cached = SnapshotStore(bucket, "vault", cache=tmp_path)
    cached.put_part(DATA)
    (tmp_path / NAME).write_bytes(damage)
    assert cached.fetch_part(NAME) == DATA
    assert (tmp_path / NAME).read_bytes() == DATA


def test_a_cache_that_can_not_be_written_costs_nothing_but_speed(bucket, tmp_path: Path):
    blocked = tmp_path / "file"
    blocked.write_bytes(b"a file where the folder should be")
    cached = SnapshotStore(bucket, "vault", cache=blocked / "parts")
    cached.put_part(DATA)
    assert cached.fetch_part(NAME) == DATA


def test_a_damaged_part_never_enters_the_cache(bucket, tmp_path):
    cached = SnapshotStore(bucket, "vault", cache=tmp_path)
    bucket.write(f"vault/parts/{NAME}", b"other", content_type="x/y")
    with pytest.raises(Corrupt):
        cached.fetch_part(NAME)
    assert list(tmp_path.iterdir()) == []
