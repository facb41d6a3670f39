"""Which container the bytes are, and whether they hold all that they announce.

Promise: :func:`identify` reads a few kilobytes at computed offsets, never the
whole file, never raises on hostile bytes, and decodes nothing. It names the
one demuxer that may open the file, so that a playlist, a script or a rare
format never reaches a parser, and says why a file cannot be whole (``cut``)
where its own structure proves that. ``cut`` is empty when nothing is proven:
the decoder has the last word.

Sources: RIFF/RF64 (EBU Tech 3306), AIFF-C (Apple, 1991), Ogg (RFC 3533, 6),
ISO base media (ISO/IEC 14496-12, 4.2), FLAC (RFC 9639), ID3v2.4 (id3.org, 3.1).
Matroska is left out: no contributor format needs it, and its demuxer would
more than double the code that untrusted bytes can reach.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal

from vault_audio import mpeg_frames

Name = Literal["wav", "aiff", "flac", "ogg", "mp4", "mp3", "aac"]

MAX_PARTS: Final = 4096  # chunks or boxes looked at
JUNK_BYTES: Final = 65_536  # of padding before the first MPEG frame
LAST_PAGE_BYTES: Final = 65_307  # the largest Ogg page (RFC 3533, 6)
INDEX_BYTES: Final = 1 << 20  # of an MP4 index, searched for its sample description

_DEMUXERS: Final[dict[str, str]] = {"mp4": "mov"}
_STREAMED: Final = (0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0x7FFFFFFF - 36)
"""Sizes that writers who can't seek back leave in RIFF (ffmpeg, sox, others)."""
_BOX_STARTS: Final = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")


@dataclass(frozen=True)
class Container:
    """``deep``: the samples may hold more than 16 bits. ``cut``: why the file is not whole, or empty.
    ``endless``: a WAV whose writer could not seek back to fill in its size (a pipe), so that it states none."""

    name: Name
    deep: bool = False
    cut: str = ""
    endless: bool = False

    @property
    def demuxer(self) -> str:
        """ffmpeg's name for it."""
        return _DEMUXERS.get(self.name, self.name)


class _Source:
    """Reads at offsets; short at the end, never an error."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, 2)

    def at(self, offset: int, count: int) -> bytes:
        if not 0 <= offset < self.size:
            return b""
        self._file.seek(offset)
        return self._file.read(count)


def identify(path: Path) -> Container | None:
    """The container of a file, or None when it is none that we take."""
    with path.open("rb") as file:
        source = _Source(file)
        start = _after_id3(source)
        first = source.at(start, 12)
        if first[:4] == b"fLaC":
            return Container("flac", deep=_flac_bits(source.at(start, 42)) > 16)
        if start == 0 and first[:4] in (b"RIFF", b"RF64", b"BW64") and first[8:] == b"WAVE":
            return _wav(source)
        if start == 0 and first[:4] == b"FORM" and first[8:] in (b"AIFF", b"AIFC"):
            return _aiff(source)
        if start == 0 and first[:4] == b"OggS":
            return _ogg(source)
        if start == 0 and first[4:8] in _BOX_STARTS:
            return _mp4(source)
        return _mpeg(source, start)


def _after_id3(source: _Source) -> int:
    """Where the sound begins behind ID3v2 tags; some taggers prepend several."""
    start = 0
    for _ in range(16):
        tag = source.at(start, 10)
        if len(tag) < 10 or tag[:3] != b"ID3" or max(tag[6:10]) > 127:
            break
        size = (tag[6] << 21) | (tag[7] << 14) | (tag[8] << 7) | tag[9]
        start += 10 + size + (10 if tag[5] & 0x10 else 0)
    return start


# --- RIFF and AIFF -----------------------------------------------------------


def _chunks(source: _Source, order: Literal["little", "big"]) -> Iterator[tuple[bytes, int, int]]:
    """(id, offset of the content, announced size) of each chunk behind the twelve-byte head."""
    at = 12
    for _ in range(MAX_PARTS):
        head = source.at(at, 8)
        if len(head) < 8:
            return
        size = int.from_bytes(head[4:], order)
        yield head[:4], at + 8, size
        at += 8 + size + size % 2


def _wav(source: _Source) -> Container:
    deep, long_size = False, 0
    for kind, at, size in _chunks(source, "little"):
        if kind == b"fmt ":
            deep = int.from_bytes(source.at(at + 14, 2), "little") > 16
        elif kind == b"ds64":
            long_size = int.from_bytes(source.at(at + 8, 8), "little")
        elif kind == b"data":
            if size == 0xFFFFFFFF and long_size:
                return Container("wav", deep, _short("the sample chunk", at, long_size, source))
            endless = size in _STREAMED
            return Container("wav", deep, "" if endless else _short("the sample chunk", at, size, source), endless)
    return Container("wav", deep, "the sample chunk is missing")


def _aiff(source: _Source) -> Container:
    deep = False
    for kind, at, size in _chunks(source, "big"):
        if kind == b"COMM":
            deep = int.from_bytes(source.at(at + 6, 2), "big") > 16
        elif kind == b"SSND":
            return Container("aiff", deep, _short("the sample chunk", at, size, source))
    return Container("aiff", deep, "the sample chunk is missing")


def _short(part: str, at: int, size: int, source: _Source) -> str:
    missing = at + size - source.size
    return f"{part} announces {missing} bytes more than there are" if missing > 0 else ""


def _flac_bits(head: bytes) -> int:
    """Bits per sample of STREAMINFO (RFC 9639, 8.2)."""
    return (int.from_bytes(head[18:26], "big") >> 36 & 31) + 1


# --- Ogg ---------------------------------------------------------------------


def _ogg(source: _Source) -> Container:
    segments = source.at(26, 1)
    packet = source.at(27 + segments[0], 5) if segments else b""
    return Container("ogg", deep=packet == b"\x7fFLAC", cut=_open_end(source))


def _open_end(source: _Source) -> str:
    """RFC 3533, 6: a page says its own length, and the last page of a stream is marked as such."""
    offset = max(0, source.size - LAST_PAGE_BYTES)
    tail = source.at(offset, LAST_PAGE_BYTES)
    at = tail.rfind(b"OggS")
    if at < 0:
        return "the last page is missing"
    page = tail[at : at + 27 + 255]
    count = page[26] if len(page) > 26 else 0
    length = 27 + count + sum(page[27 : 27 + count])
    if len(page) < 27 + count or at + length > len(tail):
        return "the last page is cut off"
    return "" if page[5] & 0x04 else "the stream's end is missing"


# --- MP4 ---------------------------------------------------------------------


def _mp4(source: _Source) -> Container:
    index, deep, at = False, False, 0
    for _ in range(MAX_PARTS):
        head = source.at(at, 16)
        kind, size = head[4:8], int.from_bytes(head[:4], "big")
        if len(head) < 8 or not kind.isalnum():
            break  # the end, or padding behind the last box
        if size == 1:
            size = int.from_bytes(head[8:], "big")
        elif size == 0:
            size = source.size - at
        if size < 8:
            break
        if kind == b"moov":
            index, deep = True, _has_alac(source.at(at, min(size, INDEX_BYTES)))
        if at + size > source.size:
            return Container("mp4", deep, f"a box announces {at + size - source.size} bytes more than there are")
        at += size
    return Container("mp4", deep, "" if index else "the index is missing")


def _has_alac(index: bytes) -> bool:
    """Whether the first sample description is Apple Lossless: only the stored depth hangs on it."""
    at = index.find(b"stsd")
    return at >= 0 and index[at + 16 : at + 20] == b"alac"


# --- MPEG audio --------------------------------------------------------------


def _mpeg(source: _Source, start: int) -> Container | None:
    """Frames carry no file header: two in a row, where the first says the second is, make a stream."""
    found = mpeg_frames.first(source.at(start, JUNK_BYTES + 2 * mpeg_frames.LONGEST))
    if found is None:
        return None
    if found.family == "aac":
        return Container("aac")
    tail = source.at(max(0, source.size - mpeg_frames.TAIL_BYTES), mpeg_frames.TAIL_BYTES)
    missing = mpeg_frames.missing_at_end(tail, found)
    return Container("mp3", cut=f"the last frame lacks {missing} bytes" if missing else "")
