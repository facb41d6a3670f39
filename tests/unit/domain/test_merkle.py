"""Merkle trees: known answers, and a second implementation that shares no code with the first."""

import pytest
import second_log as second
from hypothesis import given
from hypothesis import strategies as st
from vault_domain.merkle import (
    EMPTY_ROOT,
    consistency_path,
    inclusion_path,
    is_consistent,
    is_included,
    leaf_hash,
    perfect_root,
    range_hash,
    root_of,
)

# The test vectors of Certificate Transparency's own implementations.
INPUTS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
MOST = 70
ENTRIES = [f"entry {number}".encode() for number in range(MOST)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
TREES = {size: second.mth(ENTRIES[:size]) for size in range(MOST + 1)}


def perfect(start: int, end: int) -> bytes:
    assert start % (end - start) == 0
    return perfect_root(LEAVES[start:end])


def test_known_answers():
    leaves = [leaf_hash(bytes.fromhex(text)) for text in INPUTS]
    assert [root_of(leaves[: size + 1]).hex() for size in range(8)] == list(ROOTS)
    assert root_of([]) == EMPTY_ROOT == second.mth([])


@pytest.mark.parametrize("size", range(1, MOST + 1))
def test_every_inclusion_proof_of_every_size(size: int):
    root = root_of(LEAVES[:size])
    assert root == TREES[size] == range_hash(0, size, perfect)
    for index in range(size):
        path = inclusion_path(index, size, perfect)
        assert list(path) == second.audit_path(index, ENTRIES[:size])
        assert is_included(LEAVES[index], index, size, path, root)
        assert second.root_by_path(LEAVES[index], index, size, list(path)) == root
        assert not is_included(LEAVES[index], index + 1, size, path, root) or size == 1
        assert not is_included(LEAVES[index], index, size, (*path, root), root)
        assert not path or not is_included(LEAVES[index], index, size, path[:-1], root)


@pytest.mark.parametrize("size", range(1, MOST + 1))
def test_every_consistency_proof_of_every_size(size: int):
    for old in range(1, size + 1):
        path = consistency_path(old, size, perfect)
        assert list(path) == second.consistency(old, ENTRIES[:size])
        assert is_consistent(old, TREES[old], size, TREES[size], path)
        assert not is_consistent(old, TREES[old - 1], size, TREES[size], path)
        assert not is_consistent(old, TREES[old], size, TREES[size - 1], path)
        assert not is_consistent(old, TREES[old], size, TREES[size], (*path, TREES[old]))
        for at in range(len(path)):
            assert not is_consistent(old, TREES[old], size, TREES[size], path[:at] + path[at + 1 :])


@given(st.data())
def test_a_flipped_bit_in_a_path_is_refused(data: st.DataObject):
    size = data.draw(st.integers(2, MOST))
    index = data.draw(st.integers(0, size - 1))
    path = list(inclusion_path(index, size, perfect))
    at, bit = data.draw(st.integers(0, len(path) - 1)), data.draw(st.integers(0, 255))
    flipped = (int.from_bytes(path[at], "big") ^ 1 << bit).to_bytes(32, "big")
    assert not is_included(LEAVES[index], index, size, [*path[:at], flipped, *path[at + 1 :]], TREES[size])


@given(st.integers(-5, 90), st.integers(-5, 90), st.lists(st.sampled_from(LEAVES), max_size=9))
def test_made_up_proofs_are_refused(first: int, second_size: int, path: list[bytes]):
    assert not is_included(LEAVES[0], first, second_size, path, b"\0" * 32)
    if first != second_size or path:
        assert not is_consistent(first, LEAVES[1], second_size, LEAVES[2], path)


def test_impossible_proofs_are_not_made():
    for wrong in (lambda: inclusion_path(3, 3, perfect), lambda: inclusion_path(-1, 3, perfect)):
        with pytest.raises(ValueError, match="no entry"):
            wrong()
    for old, size in ((0, 3), (4, 3)):
        with pytest.raises(ValueError, match="no proof"):
            consistency_path(old, size, perfect)
