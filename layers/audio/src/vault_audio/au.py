"""The samples of an AU file as ffmpeg writes it: whole numbers, readable while it is still being written.

Promise: :meth:`AuReader.blocks` gives the same blocks whatever the pace of the writer, and holds one of them in
memory. Only files that we had written come here: one that can't be read is Corrupt.
"""

import os
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray
from vault_domain.errors import Corrupt

_HEADER: Final = struct.Struct(">4s5I")  # magic, where the samples begin, their bytes, encoding, rate, channels
_WIDTHS: Final = {3: 2, 4: 3}  # encoding -> bytes of a sample, big-endian
_MAX_OFFSET, _MAX_RATE = 1 << 20, 192_000
_NAP_S: Final = 0.004

Ended = Callable[[], bool]
"""Whether the writer has ended: what is in the file then is all of it."""


@dataclass(frozen=True)
class StreamInfo:
    """``samples`` counts per channel."""

    sample_rate: int
    channels: int
    bits: int
    samples: int


class AuReader:
    """A context manager. Waits for what is not there yet, until the writer has ended."""

    def __init__(self, path: Path, ended: Ended = lambda: True) -> None:
        self._ended = ended
        while not path.exists() and not ended():
            time.sleep(_NAP_S)
        try:
            self._file = path.open("rb", buffering=0)
        except FileNotFoundError as error:
            raise Corrupt(f"{path.name} was never written") from error
        try:
            self._begin, self.rate, self.channels, self._width = self._header()
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def blocks(self, frames: int) -> Iterator[NDArray[np.int32]]:
        """Successive blocks, shape (up to frames, channels), full scale at 2**31; all but the last are whole."""
        step = self._width * self.channels
        while len(data := self._bytes(frames * step)) >= step:
            yield _integers(data[: len(data) // step * step], self._width).reshape(-1, self.channels)

    def info(self) -> StreamInfo:
        """What the whole file holds, once its writer has ended."""
        held = os.fstat(self._file.fileno()).st_size - self._begin
        return StreamInfo(self.rate, self.channels, 8 * self._width, held // (self._width * self.channels))

    def _header(self) -> tuple[int, int, int, int]:
        head = self._bytes(_HEADER.size)
        if len(head) < _HEADER.size:
            raise Corrupt("an AU file without a header")
        magic, begin, _, encoding, rate, channels = _HEADER.unpack(head)
        fits = magic == b".snd" and _HEADER.size <= begin <= _MAX_OFFSET and encoding in _WIDTHS
        if not fits or not 0 < rate <= _MAX_RATE or channels not in (1, 2):  # bounds what a block takes
            raise Corrupt("not an AU file of one or two channels of 16 or 24 bit")
        self._bytes(begin - _HEADER.size)
        return begin, rate, channels, _WIDTHS[encoding]

    def _bytes(self, count: int) -> bytes:
        """So many bytes; fewer only at the end."""
        parts: list[bytes] = []
        while count:
            over = self._ended()  # asked first: what was written before the end is read below
            part = self._file.read(count)
            if part:
                parts.append(part)
                count -= len(part)
            elif over:
                break
            else:
                time.sleep(_NAP_S)
        return b"".join(parts)


def _integers(data: bytes, width: int) -> NDArray[np.int32]:
    if width == 2:
        return np.frombuffer(data, ">i2").astype(np.int32) << 16
    words = np.zeros((len(data) // 3, 4), np.uint8)
    words[:, :3] = np.frombuffer(data, np.uint8).reshape(-1, 3)
    return words.view(">i4").reshape(-1).astype(np.int32)
