"""Reading the published log: files by name, entries, and proofs made from tiles.

Needs no key: what it gives out is checked by whoever holds one. A tile that
does not hash to the one above it, or to the checkpoint, makes a proof that
fails there; it is never mended here.
"""

from vault_domain.errors import Corrupt, NotFound
from vault_domain.merkle import Perfect, consistency_path, inclusion_path, perfect_root
from vault_domain.ports import Objects
from vault_domain.proofs import Older, Proof
from vault_domain.ranges import Range, Since
from vault_domain.tiles import (
    HEIGHT,
    MAX_BUNDLE,
    WIDTH,
    Edge,
    TileName,
    decode_bundle,
    decode_tile,
    edge_names,
    width_of,
)
from vault_domain.witnesses import same_tree, size_of

PUBLIC = "public"
CHECKPOINT = "checkpoint"
WITNESSED = f"{PUBLIC}/witnessed"
MAX_CHECKPOINT = 64 * 1024


class LogReader:
    """One bucket's log; tiles are kept for the life of the reader, so make one per request."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects
        self._tiles: dict[TileName, tuple[bytes, ...]] = {}

    def checkpoint(self) -> str:
        """The published checkpoint, with what witnesses have added. Raises ``NotFound`` before the first one."""
        newest, seen = self._text(CHECKPOINT), self._witnessed()
        return seen if seen and same_tree(seen, newest) else newest

    def checkpoint_over(self, entries: int) -> str:
        """The newest checkpoint that witnesses have signed, if it holds this many entries; else the newest of all."""
        seen = self._witnessed()
        return seen if seen and size_of(seen) >= entries else self.checkpoint()

    def archived(self, size: int) -> str:
        """The checkpoint that was published at this size. Raises ``NotFound``."""
        return self._text(f"checkpoints/{size}")

    def file(self, name: TileName) -> bytes:
        """A tile or bundle; a partial one that is gone is cut from the full one. Raises ``NotFound``."""
        try:
            return self._read(name)
        except NotFound:
            if name.width == WIDTH:
                raise
        whole = self._read(TileName(name.level, name.index))
        if name.level is not None:
            return whole[: name.width * 32]
        at = 0
        for _ in range(name.width):
            at += 2 + int.from_bytes(whole[at : at + 2], "big")
        return whole[:at]

    def entry(self, index: int, size: int) -> bytes:
        """The bytes of one entry of the tree of this size. Raises ``NotFound`` or ``Corrupt``."""
        if not 0 <= index < size:
            raise NotFound(f"the log has no entry {index} yet")
        name = TileName(None, index // WIDTH, width_of(None, index // WIDTH, size))
        return self._bundle(name)[index % WIDTH]

    def proof(self, index: int, size: int, note: str, since: int | None = None) -> Proof:
        """The proof that an entry is in the tree of ``size`` that ``note`` signs. Raises ``NotFound``."""
        entry = self.entry(index, size)
        older = None
        if since is not None:
            older = Older(self.archived(since), consistency_path(since, size, self._perfect(size)))
        return Proof(entry, index, inclusion_path(index, size, self._perfect(size)), note, older)

    def consistency(self, old: int, size: int) -> tuple[bytes, ...]:
        """The path that shows the tree of size ``old`` to be the beginning of the one of ``size``; none from 0."""
        return tuple(consistency_path(old, size, self._perfect(size))) if 0 < old < size else ()

    def between(self, since: int, until: int) -> Range:
        """Everything that entered between two published checkpoints; ``since`` 0 is the beginning.

        Raises ``NotFound`` where no checkpoint of that size was published.
        """
        note, before = self.archived(until), None
        if since:
            older = self.archived(since)
            perfect, at, peaks = self._perfect(since), 0, []
            for bit in reversed(range(since.bit_length())):
                if since >> bit & 1:
                    peaks.append(perfect(at, at + (1 << bit)))
                    at += 1 << bit
            before = Since(older, tuple(peaks))
        entries: list[bytes] = []
        for index in range(since // WIDTH, -(-until // WIDTH)):
            entries += self._bundle(TileName(None, index, width_of(None, index, until)))
        return Range(note, tuple(entries[since % WIDTH :]), before)

    def edge(self, size: int) -> Edge:
        """The right edge of the tree of this size. Raises ``Corrupt``."""
        names, bundle = edge_names(size)
        levels = tuple(self._tile(name) if name.width else () for name in names)
        return Edge(size, levels, self._bundle(bundle) if bundle else ())

    def _perfect(self, size: int) -> Perfect:
        def perfect(start: int, end: int) -> bytes:
            height = (end - start).bit_length() - 1
            level, span = height // HEIGHT, 1 << height % HEIGHT
            at = start >> (HEIGHT * level)
            index, first = at // WIDTH, at % WIDTH
            hashes = self._tile(TileName(level, index, width_of(level, index, size)))
            return perfect_root(hashes[first : first + span])

        return perfect

    def _tile(self, name: TileName) -> tuple[bytes, ...]:
        if name not in self._tiles:
            try:
                self._tiles[name] = decode_tile(self.file(name), name.width)
            except NotFound:
                raise Corrupt(f"{name.path()} of the log is missing") from None
            except ValueError as error:
                raise Corrupt(f"{name.path()} of the log: {error}") from None
        return self._tiles[name]

    def _bundle(self, name: TileName) -> tuple[bytes, ...]:
        try:
            entries = decode_bundle(self.file(name))
        except NotFound:
            raise Corrupt(f"{name.path()} of the log is missing") from None
        except ValueError as error:
            raise Corrupt(f"{name.path()} of the log: {error}") from None
        if len(entries) != name.width:
            raise Corrupt(f"{name.path()} of the log has {len(entries)} entries")
        return entries

    def _read(self, name: TileName) -> bytes:
        return self._objects.read(f"{PUBLIC}/{name.path()}", limit=MAX_BUNDLE)

    def _witnessed(self) -> str:
        try:
            return self._objects.read(WITNESSED, limit=MAX_CHECKPOINT).decode("utf-8", "replace")
        except NotFound:
            return ""

    def _text(self, name: str) -> str:
        return self._objects.read(f"{PUBLIC}/{name}", limit=MAX_CHECKPOINT).decode("utf-8", "replace")
