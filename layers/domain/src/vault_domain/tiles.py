"""The log's files: Merkle tree tiles, entry bundles and their names (C2SP tlog-tiles, https://c2sp.org/tlog-tiles).

A tile holds up to 256 consecutive hashes of one level; a bundle the entries of
one tile of level 0, each after its length as a big-endian u16. Growing the tree
is a pure function from its right edge and new entries to a new edge and the
files to write. What a file holds follows from its name and the tree alone, so
writing one again is always harmless.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vault_domain.canonical import canonical, sha256_hex
from vault_domain.events import AuditEvent
from vault_domain.merkle import HASH_BYTES, joined, leaf_hash, peaks, perfect_root

WIDTH = 256
HEIGHT = 8
ENTRIES = "entries"
MAX_ENTRY = 16 * 1024
"""Bytes of one entry. The format allows 65,535; with this bound a full bundle fits into one answer of a function."""
MAX_BUNDLE = WIDTH * (MAX_ENTRY + 2)
_NAME = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True)
class TileName:
    """Which file: ``level`` None means an entry bundle; ``width`` counts hashes or entries."""

    level: int | None
    index: int
    width: int = WIDTH

    def path(self) -> str:
        """Where it is, below the log's prefix.

        >>> TileName(0, 1234067, 8).path()
        'tile/0/x001/x234/067.p/8'
        """
        groups = [f"{self.index % 1000:03d}"]
        rest = self.index // 1000
        while rest:
            groups.append(f"x{rest % 1000:03d}")
            rest //= 1000
        level = ENTRIES if self.level is None else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"


@dataclass(frozen=True)
class Edge:
    """The right edge of a tree: all that is needed to append to it.

    ``levels[n]`` holds the hashes of the last, partial tile of level n (up to
    255); ``entries`` those of the last, partial bundle.
    """

    size: int = 0
    levels: tuple[tuple[bytes, ...], ...] = ()
    entries: tuple[bytes, ...] = ()

    def root(self) -> bytes:
        """The tree's root hash."""
        return joined([root for level in reversed(self.levels) for root in peaks(level)])


def parse_path(path: str) -> TileName:
    """The name of a tile or bundle in its one spelling. Raises ``ValueError``."""
    found = _NAME.fullmatch(path)
    if found is None:
        raise ValueError("not the name of a tile")
    index = int(re.sub("[x/]", "", found[2]))
    name = TileName(None if found[1] == ENTRIES else int(found[1]), index, int(found[3] or WIDTH))
    if name.path() != path or (name.level or 0) > 63 or name.width > WIDTH:
        raise ValueError("not the name of a tile")
    return name


def width_of(level: int | None, index: int, size: int) -> int:
    """How wide the tile is in a tree of ``size`` entries; 0: it is not there."""
    held = (size >> (HEIGHT * (level or 0))) - index * WIDTH
    return max(0, min(WIDTH, held))


def edge_names(size: int) -> tuple[list[TileName], TileName | None]:
    """The partial tiles of a tree's right edge, level by level (width 0: none), and its partial bundle."""
    names = []
    level = 0
    while size >> (HEIGHT * level):
        index = size >> (HEIGHT * (level + 1))
        names.append(TileName(level, index, width_of(level, index, size)))
        level += 1
    held = size % WIDTH
    return names, TileName(None, size // WIDTH, held) if held else None


def grow(edge: Edge, entries: Iterable[bytes]) -> tuple[Edge, dict[str, bytes]]:
    """Append entries: the new edge, and every file that is new, by path."""
    levels = [list(level) for level in edge.levels]
    bundle, size, files = list(edge.entries), edge.size, dict[str, bytes]()
    for entry in entries:
        size += 1
        bundle.append(entry)
        if len(bundle) == WIDTH:
            files[TileName(None, size // WIDTH - 1).path()] = encode_bundle(bundle)
            bundle = []
        _push(levels, leaf_hash(entry), size, files)
    for level, hashes in enumerate(levels):
        if hashes and size >> (HEIGHT * level) != edge.size >> (HEIGHT * level):
            name = TileName(level, size >> (HEIGHT * (level + 1)), len(hashes))
            files[name.path()] = b"".join(hashes)
    if bundle and size != edge.size:
        files[TileName(None, size // WIDTH, len(bundle)).path()] = encode_bundle(bundle)
    return Edge(size, tuple(tuple(level) for level in levels), tuple(bundle)), files


def _push(levels: list[list[bytes]], found: bytes, size: int, files: dict[str, bytes]) -> None:
    """Add a hash to level 0; a tile that fills up adds its root to the level above."""
    for level in range(64):
        if level == len(levels):
            levels.append([])
        levels[level].append(found)
        if len(levels[level]) < WIDTH:
            return
        files[TileName(level, (size >> (HEIGHT * (level + 1))) - 1).path()] = b"".join(levels[level])
        found, levels[level] = perfect_root(levels[level]), []


def decode_tile(data: bytes, width: int) -> tuple[bytes, ...]:
    """The hashes of a tile. Raises ``ValueError``."""
    if len(data) != width * HASH_BYTES:
        raise ValueError("a tile of the wrong size")
    return tuple(data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES))


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Entries one after the other, each after its length."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(data: bytes) -> tuple[bytes, ...]:
    """The entries of a bundle. Raises ``ValueError``."""
    found, at = [], 0
    while at < len(data):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or at > len(data):
            raise ValueError("a bundle that is cut off")
        found.append(data[start:at])
    return tuple(found)


def entry_of(event: AuditEvent) -> bytes:
    """What enters the log for an event: its leaf bytes, or for a very large one their hash (docs/formats/log.md)."""
    leaf = event.leaf()
    if len(leaf) <= MAX_ENTRY:
        return leaf
    about = {"event_id": event.event_id, "leaf_bytes": len(leaf), "leaf_sha256": sha256_hex(leaf)}
    return canonical({**about, "envelope": event.envelope})
