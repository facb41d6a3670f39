"""Manifest rules: pure, idempotent, and never losing a tombstone that still matters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_domain import snapshots
from vault_domain.errors import Conflict, Corrupt

NAMES = st.text("abcdef", min_size=1, max_size=6)


def part(text: str, tracks: int = 2) -> snapshots.Part:
    return snapshots.part_of(text.encode(), tracks, 10.0 * tracks)


def start() -> snapshots.Manifest:
    return snapshots.empty("demo", {"features": 1}, "t0")


@given(st.lists(NAMES, unique=True), st.lists(NAMES))
def test_bytes_and_id_are_those_of_the_content(texts, gone):
    one = start()
    for text in texts:
        one = snapshots.with_part(one, part(text), "t1")
    one = snapshots.without_tracks(one, gone, "t1")
    again = snapshots.read(one.to_bytes())
    assert again == one
    assert again.snapshot_id == one.snapshot_id
    assert one.tracks == 2 * len(texts)
    assert set(one.removed) == set(gone)


def test_adding_or_removing_twice_changes_nothing():
    one = snapshots.with_part(start(), part("a"), "t1")
    assert snapshots.with_part(one, part("a"), "t2") is one
    two = snapshots.without_tracks(one, ["x"], "t2")
    assert snapshots.without_tracks(two, ["x"], "t3") is two
    assert one.removed == ()


def test_a_track_that_comes_back_is_found_again():
    one = snapshots.without_tracks(start(), ["x", "y"], "t1")
    assert snapshots.with_part(one, part("a"), "t2", ["x"]).removed == ("y",)


def test_compaction_replaces_in_place_and_drops_spent_tombstones():
    one = start()
    for text in "abcd":
        one = snapshots.with_part(one, part(text), "t1")
    one = snapshots.without_tracks(one, ["x", "y"], "t1")
    b, c = one.parts[1], one.parts[2]
    two = snapshots.compacted(one, [b.name, c.name], [part("bc", 3)], ["x"], "t2")
    assert [p.sha256 for p in two.parts] == [one.parts[0].sha256, part("bc", 3).sha256, one.parts[3].sha256]
    assert two.removed == ("y",)
    with pytest.raises(Conflict):
        snapshots.compacted(two, [b.name], [], [], "t3")
    with pytest.raises(Conflict):
        snapshots.compacted(two, [], [], [], "t3")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]", b"\xff", b'{"format":2,"name":"x","settings":{},"created":"t"}',
        b'{"format":1,"name":"x","settings":{},"created":"t","removed":["b","a"]}',
        b'{"format":1,"name":"x","settings":{},"created":"t","extra":1}',
        b'{"format":1,"name":"x","settings":{},"created":"t","parts":[{"name":"../../etc","sha256":"0","bytes":1,"tracks":1,"seconds":1}]}',
    ],
)  # fmt: skip
def test_other_bytes_are_corrupt(data):
    with pytest.raises(Corrupt, match=r"manifest\.json"):
        snapshots.read(data)


@given(st.binary(max_size=200))
def test_fuzz(data):
    with pytest.raises(Corrupt):
        snapshots.read(data)
