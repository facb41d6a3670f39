"""Merkle trees as RFC 6962 has them: hashes, proofs, and the checks of proofs.

Section numbers are those of RFC 6962 for what is made, and of RFC 9162 (which
uses the same tree and spells the checks out) for what is checked. Nothing here
reads or writes: proofs are made from ``Perfect``, a function that gives the
hash of a complete subtree, so a log of any size needs only the few hashes that
a proof consists of.
"""

import hashlib
from collections.abc import Callable, Sequence

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without entries (RFC 6962, section 2.1)."""

Perfect = Callable[[int, int], bytes]
"""(start, end) -> hash of the entries in this range, whose length is a power of two that divides ``start``."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry (section 2.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees (section 2.1); the prefix keeps it apart from a leaf's."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """The root over 1, 2, 4, 8, ... hashes."""
    level = list(hashes)
    if not level or len(level) & (len(level) - 1):
        raise ValueError("a perfect tree has a power of two of leaves")
    while len(level) > 1:
        level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level), 2)]
    return level[0]


def peaks(hashes: Sequence[bytes]) -> list[bytes]:
    """The roots of the perfect subtrees that make up these hashes, the largest first."""
    found, at = [], 0
    for bit in reversed(range(len(hashes).bit_length())):
        if len(hashes) >> bit & 1:
            found.append(perfect_root(hashes[at : at + (1 << bit)]))
            at += 1 << bit
    return found


def joined(roots: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees of falling size (section 2.1: every split takes the largest power of two)."""
    if not roots:
        return EMPTY_ROOT
    root = roots[-1]
    for left in reversed(roots[:-1]):
        root = node_hash(left, root)
    return root


def root_of(leaves: Sequence[bytes]) -> bytes:
    """MTH(D[n]) over leaf hashes (section 2.1)."""
    return joined(peaks(leaves))


def range_hash(start: int, end: int, perfect: Perfect) -> bytes:
    """MTH(D[start:end]) for a range that a proof may name."""
    if not start < end:
        raise ValueError("an empty range has no hash here")
    roots = []
    while start < end:
        size = 1 << ((end - start).bit_length() - 1)
        roots.append(perfect(start, start + size))
        start += size
    return joined(roots)


def inclusion_path(index: int, size: int, perfect: Perfect) -> tuple[bytes, ...]:
    """PATH(index, D[size]), the audit path from the leaf upwards (section 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"there is no entry {index} in a tree of {size}")
    start, end, path = 0, size, []
    while end - start > 1:
        split = start + _largest_power_below(end - start)
        if index < split:
            path.append(range_hash(split, end, perfect))
            end = split
        else:
            path.append(range_hash(start, split, perfect))
            start = split
    return tuple(reversed(path))


def consistency_path(old: int, size: int, perfect: Perfect) -> tuple[bytes, ...]:
    """PROOF(old, D[size]): that the tree of ``old`` entries is a prefix (section 2.1.2)."""
    if not 0 < old <= size:
        raise ValueError(f"no proof from {old} entries to {size}")
    start, end, whole, path = 0, size, True, []
    while old != end:
        split = start + _largest_power_below(end - start)
        if old <= split:
            path.append(range_hash(split, end, perfect))
            end = split
        else:
            path.append(range_hash(start, split, perfect))
            start, whole = split, False
    if not whole:
        path.append(range_hash(start, end, perfect))
    return tuple(reversed(path))


def is_included(entry_hash: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the entry with this leaf hash is at ``index`` of the tree (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, entry_hash
    for step in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(step, found)
            at, last = _up_to_odd(at, last)
        else:
            found = node_hash(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(old: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the tree of ``old`` entries is a prefix of the one of ``size`` (RFC 9162, section 2.1.4.2)."""
    if not 0 < old <= size:
        return False
    if old == size:
        return not path and old_root == root
    steps = list(path) if old & (old - 1) else [old_root, *path]
    if not path:
        return False
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(step, first), node_hash(step, second)
            at, last = _up_to_odd(at, last)
        else:
            second = node_hash(second, step)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == root


def _up_to_odd(at: int, last: int) -> tuple[int, int]:
    """Climb while the node is a left child without a right sibling."""
    while not at & 1 and at:
        at, last = at >> 1, last >> 1
    return at, last


def _largest_power_below(size: int) -> int:
    """The largest power of two smaller than ``size`` (2 or more)."""
    return 1 << ((size - 1).bit_length() - 1)
