"""Small parts merged in memory: the same tracks and matches, few parts, made once."""

import pytest
from sounds import as_file, heard, piece
from vault_edge import gathering
from vault_edge.gathering import GROUP, gathered
from vault_index.search import search
from vault_index.shard import Shard
from vault_index.snapshot import build_part

FEATURES = [heard(as_file(piece(seed, 6.0))).features for seed in range(1, 5)]


def part(number: int) -> Shard:
    return Shard.open(build_part([(f"t{number}", FEATURES[number % 4].without_dense())]).data)


def test_what_is_found_does_not_change() -> None:
    parts = [part(number) for number in range(4)]
    few = gathered(parts)
    assert len(few) == 1
    one, many = search(few, FEATURES[2]), search(parts, FEATURES[2])
    assert one[0].track == many[0].track == "t2"
    assert one[0].similarity == pytest.approx(many[0].similarity, abs=0.01)
    assert one[0].spans[0].ref_end == pytest.approx(many[0].spans[0].ref_end, abs=0.1)


def test_one_more_part_merges_only_the_newest(monkeypatch) -> None:
    parts = [part(number) for number in range(GROUP + 3)]
    assert [len(shard.tracks) for shard in gathered(parts)] == [GROUP, 3]
    sizes = []
    merge = gathering.merge_parts
    counted = lambda shards, removed: sizes.append(len(shards)) or merge(shards, removed)  # noqa: E731
    monkeypatch.setattr(gathering, "merge_parts", counted)
    again = gathered([*parts, part(GROUP + 3)])
    assert [len(shard.tracks) for shard in again] == [GROUP, 4]
    gathered([*parts, part(GROUP + 3)])
    assert sizes == [4]


def test_large_parts_and_single_ones_stay_as_they_are(monkeypatch) -> None:
    monkeypatch.setattr(gathering, "SMALL", 1)
    parts = [part(0), part(1)]
    assert gathered(parts) == parts
    assert gathered([]) == []
    monkeypatch.setattr(gathering, "SMALL", 64)
    assert gathered(parts[:1]) == parts[:1]


def test_no_more_is_held_than_is_bounded() -> None:
    for number in range(20):
        gathered([part(number), part(number + 1)])
    assert len(gathering._merged) <= gathering._HELD
