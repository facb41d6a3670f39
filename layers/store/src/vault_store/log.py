"""The log in object storage: read by anybody, appended to by one writer at a time.

Objects, below ``public/`` what anybody may read (C2SP tlog-tiles), below
``sequencer/`` what only the sequencer uses:

- ``sequencer/staged/<size>-<root>``: entries about to be appended, by content;
- ``sequencer/head``: the signed checkpoint that counts. Moving it, by conditional
  put, is the one moment at which entries enter the log;
- ``public/tile/...``: what follows from the head, and so is the same whoever writes it;
- ``public/checkpoints/<size>``: every checkpoint that was published, for proofs of consistency;
- ``public/checkpoint``: the newest one whose tiles are all in place. It only moves forward.

A writer that dies between two of these steps leaves a head that is ahead of
the published checkpoint; whoever comes next finishes the same steps
(``finish``) before it appends anything. Two writers never write different
bytes under one public name: nothing public is written before the head has moved.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from vault_domain.checkpoints import Checkpoint, NoteKey, open_checkpoint, sign_checkpoint
from vault_domain.errors import Corrupt, LostRace, NotFound
from vault_domain.ports import Objects, Signer
from vault_domain.tiles import Edge, decode_bundle, encode_bundle, grow

from vault_store.log_reader import CHECKPOINT, MAX_CHECKPOINT, PUBLIC, LogReader
from vault_store.signer import verify

HEAD = "sequencer/head"
STAGED = "sequencer/staged"
MAX_STAGED = 64 * 2**20
_OCTETS = "application/octet-stream"
_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Head:
    """The checkpoint that counts, its entity tag ("absent": there is none) and what is published of it."""

    size: int
    note: str
    etag: str
    published: int
    published_etag: str

    @property
    def unfinished(self) -> bool:
        """Whether a writer stopped between moving the head and publishing it."""
        return self.published < self.size


class LogWriter:
    """Appends to the log of one origin. Every step may be repeated, and may be made by several at once."""

    def __init__(self, objects: Objects, origin: str, signer: Signer) -> None:
        self._objects = objects
        self._signer = signer
        self.key = NoteKey(origin, signer.public_key())

    def head(self) -> Head:
        """Where the log stands. Raises ``Corrupt`` for a head or checkpoint that this log has not signed."""
        found = self._note(HEAD)
        size, note, etag = (0, "", "absent") if found is None else found
        out = self._note(f"{PUBLIC}/{CHECKPOINT}")
        published, _, published_etag = (0, "", "absent") if out is None else out
        return Head(size, note, etag, published, published_etag)

    def append(self, head: Head, entries: Sequence[bytes]) -> Head:
        """Move the head over these entries. Raises ``LostRace`` when somebody else has moved it."""
        if head.published != head.size:
            raise LostRace("the log's head is not finished, or moved on since it was read")
        edge, _ = grow(self._edge(head.size), entries)
        tree = Checkpoint(self.key.name, edge.size, edge.root())
        self._objects.write(_staged(tree), encode_bundle(entries), content_type=_OCTETS)
        note = sign_checkpoint(tree, self.key, self._signer.sign)
        info = self._objects.write_if(HEAD, note.encode(), content_type=_TEXT, expects=head.etag)
        return Head(edge.size, note, info.etag, head.published, head.published_etag)

    def pending(self, head: Head) -> tuple[bytes, ...]:
        """The entries between what is published and the head. Raises ``Corrupt``, or ``LostRace`` when all is done."""
        tree = self._opened(head.note, HEAD)
        try:
            entries = decode_bundle(self._objects.read(_staged(tree), limit=MAX_STAGED))
        except NotFound:
            raise self._missing(head) from None
        except ValueError as error:
            raise Corrupt(f"staged entries up to {head.size}: {error}") from None
        if len(entries) != head.size - head.published:
            raise Corrupt(f"staged entries up to {head.size} are not those after {head.published}")
        return entries

    def write_files(self, head: Head, entries: Sequence[bytes]) -> None:
        """Write every tile and bundle that the head needs; the same bytes each time. Raises ``Corrupt``."""
        tree = self._opened(head.note, HEAD)
        edge, files = grow(self._edge(head.published), entries)
        if (edge.size, edge.root()) != (tree.size, tree.root):
            raise Corrupt(f"the staged entries do not lead to the signed root at {tree.size}")
        for path, data in files.items():
            self._objects.write(f"{PUBLIC}/{path}", data, content_type=_OCTETS)
        self._objects.write(f"{PUBLIC}/checkpoints/{tree.size}", head.note.encode(), content_type=_TEXT)

    def publish(self, head: Head) -> None:
        """Show the head to everybody. Never moves backwards: somebody who was faster is left alone."""
        present = self.head()
        while present.published < head.size:
            try:
                self._objects.write_if(
                    f"{PUBLIC}/{CHECKPOINT}", head.note.encode(), content_type=_TEXT, expects=present.published_etag
                )
            except LostRace:
                present = self.head()
            else:
                return

    def _edge(self, size: int) -> Edge:
        """The right edge of the published tree; it must have the root that was signed."""
        if size == 0:
            return Edge()
        reader = LogReader(self._objects)
        edge, tree = reader.edge(size), self._opened(reader.archived(size), f"checkpoint {size}")
        if edge.root() != tree.root or tree.size != size:
            raise Corrupt(f"the tiles of the log do not have the root that was signed at {size}")
        return edge

    def _missing(self, head: Head) -> Exception:
        present = self.head()
        if present.published >= head.size:
            return LostRace("somebody else has finished this head")
        return Corrupt(f"the staged entries up to {head.size} are missing")

    def _note(self, key: str) -> tuple[int, str, str] | None:
        try:
            data, etag = self._objects.read_with_etag(key, limit=MAX_CHECKPOINT)
        except NotFound:
            return None
        note = data.decode("utf-8", "replace")
        return self._opened(note, key).size, note, etag

    def _opened(self, note: str, what: str) -> Checkpoint:
        try:
            return open_checkpoint(note, self.key, verify).checkpoint
        except ValueError as error:
            raise Corrupt(f"{what} of the log: {error}") from None


def _staged(tree: Checkpoint) -> str:
    return f"{STAGED}/{tree.size}-{tree.root.hex()}"
