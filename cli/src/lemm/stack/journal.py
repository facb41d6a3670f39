"""The journal: what was acknowledged is on the disk, and comes back.

Promises:

1. ``append`` keeps the order of its calls; ``durable``/``wait`` return only
   after the data were synced. Waiting callers share one sync (group commit).
2. One batch is one frame, so a batch is there as a whole or not at all.
3. ``recover`` drops an incomplete last frame and refuses any other damage.
4. A snapshot replaces the files before it only once it is complete and synced;
   a crash at any point leaves the old or the new set, both of which add up to
   the same state.
5. After a failed write or sync nothing is accepted any more: what memory holds
   and what the disk holds may then differ, and only a restart settles it.

Files in the folder: ``segment-N.log`` (frames) and ``snapshot-N.snap``, which
stands for everything before segment N. Formats: ``docs/adr`` and ``frames``.
"""

import asyncio
import os
import re
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from lemm.stack import frames
from lemm.stack.files import make_folder, sync_folder
from lemm.stack.images import Images
from vault_domain.errors import Corrupt, Unavailable

COMPACT_BYTES = 32 << 20
_SNAPSHOT_CHUNK = 500
_NAME = re.compile(r"(segment|snapshot)-(\d{8})\.(log|snap)")


class JournalFailed(Unavailable):
    """The journal can't be written: disk full or broken. Restart when it is repaired."""

    code, title = "journal_failed", "Changes can't be stored right now"


@dataclass(frozen=True)
class _Rotate:
    segment: int


class Journal:
    """Segments and snapshots in one folder. ``recover`` first, then ``append`` and ``durable``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.segment_bytes = 0
        self.syncs = 0
        self._changed = threading.Condition()
        self._pending: list[str | _Rotate] = []
        self._appended = 0
        self._durable = 0
        self._segment = 0
        self._waiters: list[tuple[int, asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._failure: BaseException | None = None
        self._closing = False
        self._file: BinaryIO | None = None
        self._frame = 0
        self._thread = threading.Thread(target=self._write_loop, name="journal", daemon=True)

    # --- start ---------------------------------------------------------------

    def recover(self, *, compact_bytes: int = 4 << 20) -> Images:
        """Read everything, mend a torn tail, open a fresh segment and start the writer."""
        make_folder(self.folder)
        images = Images()
        first, size = self._read_snapshot(images)
        segments = sorted(self._numbers("segment"))
        segments = [number for number in segments if number >= first]
        if segments != list(range(first, first + len(segments))) or (first > 1 and not segments):
            raise Corrupt(f"journal: segment {first} or a later one is missing; restore the data folder from a backup")
        for number in segments:
            size += self._read_segment(number, images, last=number == segments[-1])
        self._segment = segments[-1] + 1 if segments else first
        self._open_segment(self._segment)
        if size > compact_bytes or len(segments) > 8:
            self.write_snapshot(self._segment, images.records())
        self._thread.start()
        return images

    def _numbers(self, kind: str) -> list[int]:
        found = (_NAME.fullmatch(entry.name) for entry in self.folder.iterdir())
        return [int(name[2]) for name in found if name and name[1] == kind]

    def _path(self, kind: str, number: int) -> Path:
        return self.folder / f"{kind}-{number:08d}.{'log' if kind == 'segment' else 'snap'}"

    def _read_snapshot(self, images: Images) -> tuple[int, int]:
        numbers = self._numbers("snapshot")
        if not numbers:
            return 1, 0
        path = self._path("snapshot", max(numbers))
        reading = frames.read(path.read_bytes(), name=path.name, may_be_torn=False)
        if not reading.payloads or reading.payloads[-1] != b'"end"':
            raise Corrupt(f"{path.name}: cut off; restore the data folder from a backup")
        images.apply_all(reading.payloads[:-1])
        return max(numbers), 0

    def _read_segment(self, number: int, images: Images, *, last: bool) -> int:
        path = self._path("segment", number)
        data = path.read_bytes()
        reading = frames.read(data, name=path.name, may_be_torn=last)
        images.apply_all(reading.payloads)
        if reading.torn:
            with path.open("r+b") as file:
                file.truncate(reading.good_bytes)
                os.fsync(file.fileno())
        return reading.good_bytes

    def _open_segment(self, number: int) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._path("segment", number).open("xb", buffering=0)
        sync_folder(self.folder)
        self._frame = 0
        self.segment_bytes = 0

    # --- writing -------------------------------------------------------------

    @property
    def appended(self) -> int:
        """The ticket of the newest entry; wait for it and everything seen so far is durable."""
        return self._appended

    def append(self, records: list[str]) -> int:
        """Queue the records of one request, as a unit; returns the ticket to wait for."""
        with self._changed:
            self._refuse_if_failed()
            self._pending.append(",".join(records))
            self._appended += 1
            self._changed.notify_all()
            return self._appended

    def rotate(self) -> int:
        """From here on, entries go to a new segment; returns its number, for ``write_snapshot``."""
        with self._changed:
            self._refuse_if_failed()
            self._segment += 1
            self._pending.append(_Rotate(self._segment))
            self._appended += 1
            self._changed.notify_all()
            return self._segment

    def _refuse_if_failed(self) -> None:
        if self._failure is not None:
            raise JournalFailed(f"the journal can't be written: {self._failure}") from self._failure
        if self._closing:
            raise JournalFailed("the stack is stopping")

    async def durable(self, ticket: int) -> None:
        """Return once the entry with this ticket, and all before it, are synced."""
        if self._durable >= ticket:
            return
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._changed:
            self._refuse_if_lost(ticket)
            if self._durable >= ticket:
                return
            self._waiters.append((ticket, loop, future))
        await future

    def wait(self, ticket: int, timeout: float | None = None) -> None:
        """The same for a thread."""
        with self._changed:
            self._changed.wait_for(lambda: self._durable >= ticket or self._failure is not None, timeout)
            self._refuse_if_lost(ticket)
            if self._durable < ticket:
                raise JournalFailed("the journal did not sync in time")

    def _refuse_if_lost(self, ticket: int) -> None:
        if self._failure is not None and self._durable < ticket:
            raise JournalFailed(f"the journal can't be written: {self._failure}") from self._failure

    def _write_loop(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._pending or self._closing)
                batch, self._pending = self._pending, []
                ticket = self._appended
            if not batch:
                return
            try:
                self._write_batch(batch)
            except BaseException as failure:
                self._settle(None, failure)
                return
            self._settle(ticket, None)

    def _write_batch(self, batch: list[str | _Rotate]) -> None:
        entries: list[str] = []
        for entry in batch:
            if isinstance(entry, _Rotate):
                self._write_frame(entries)
                entries = []
                self._open_segment(entry.segment)
            else:
                entries.append(entry)
        self._write_frame(entries)

    def _write_frame(self, entries: list[str]) -> None:
        if not entries or self._file is None:
            return
        self._frame += 1
        frame = memoryview(frames.encode(self._frame, f"[{','.join(entries)}]".encode()))
        self.segment_bytes += len(frame)
        while frame:
            frame = frame[self._file.write(frame) :]
        os.fdatasync(self._file.fileno())
        self.syncs += 1

    def _settle(self, ticket: int | None, failure: BaseException | None) -> None:
        with self._changed:
            self._failure = failure
            self._durable = self._durable if ticket is None else ticket
            done = [waiter for waiter in self._waiters if failure or waiter[0] <= self._durable]
            self._waiters = [waiter for waiter in self._waiters if waiter not in done]
            self._changed.notify_all()
        for _, loop, future in done:
            with suppress(RuntimeError):  # the loop was closed: nobody waits any more
                loop.call_soon_threadsafe(_resolve, future, failure)

    # --- snapshots and the end -----------------------------------------------

    def write_snapshot(self, segment: int, records: Iterable[str]) -> None:
        """Store the state before ``segment`` and drop the files that it replaces."""
        fresh = self.folder / "snapshot.new"
        with fresh.open("wb") as file:
            number, chunk = 1, list[str]()
            for record in records:
                chunk.append(record)
                if len(chunk) == _SNAPSHOT_CHUNK:
                    file.write(frames.encode(number, f"[{','.join(chunk)}]".encode()))
                    number, chunk = number + 1, []
            if chunk:
                file.write(frames.encode(number, f"[{','.join(chunk)}]".encode()))
                number += 1
            file.write(frames.encode(number, b'"end"'))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path("snapshot", segment))
        sync_folder(self.folder)
        self._forget_before(segment)

    def _forget_before(self, segment: int) -> None:
        for kind in ("snapshot", "segment"):
            for number in self._numbers(kind):
                if number < segment:
                    self._path(kind, number).unlink()
        sync_folder(self.folder)

    def close(self) -> None:
        """Write what is queued and stop."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join()
        if self._file is not None:
            self._file.close()


def _resolve(future: asyncio.Future[None], failure: BaseException | None) -> None:
    if future.done():
        return
    if failure is None:
        future.set_result(None)
    else:
        future.set_exception(JournalFailed(f"the journal can't be written: {failure}"))
