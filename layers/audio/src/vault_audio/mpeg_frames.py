"""MPEG audio and ADTS frame headers: enough to recognise a stream and to see a cut last frame.

Sources: ISO/IEC 11172-3, 2.4.1.3 and 13818-3, 2.4.2.3 (MPEG audio header);
ISO/IEC 14496-3, 1.A.2.2 (ADTS). Free-format streams (bitrate index 0) are not taken.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

LONGEST: Final = 8191  # ADTS: thirteen bits of length
TAIL_BYTES: Final = 32_768
_CHAIN: Final = 4  # frames in a row that make a position in the tail certain

_MPEG1, _MPEG2 = 3, 2
_LAYER1, _LAYER2, _LAYER3 = 3, 2, 1
_RATES: Final = (44_100, 48_000, 32_000)
_V1_L1: Final = (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448)
_V1_L2: Final = (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384)
_V1_L3: Final = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_V2_L1: Final = (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256)
_V2_L23: Final = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_TAGS: Final = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3", b"3DI")


@dataclass(frozen=True)
class Frame:
    """``kind`` is what stays the same from frame to frame of one stream."""

    family: Literal["mp3", "aac"]
    kind: tuple[int, ...]
    length: int


def parse(data: bytes, at: int) -> Frame | None:
    """The frame whose header stands at ``at``, or None."""
    head = data[at : at + 7]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    return _adts(head) if head[1] & 0xF6 == 0xF0 else _mpeg(head)


def first(data: bytes) -> Frame | None:
    """The first frame that another of its kind follows directly."""
    at = data.find(b"\xff")
    while at >= 0:
        frame = parse(data, at)
        after = parse(data, at + frame.length) if frame else None
        if frame and after and after.kind == frame.kind and after.family == frame.family:
            return frame
        at = data.find(b"\xff", at + 1)
    return None


def missing_at_end(tail: bytes, like: Frame) -> int:
    """Bytes that the last frame of ``tail`` announces and lacks; 0 when it is whole, or nothing is certain."""
    at = tail.find(b"\xff")
    while at >= 0:
        frames = list(_chain(tail, at, like))
        if len(frames) >= _CHAIN:
            start, frame = frames[-1]
            beyond = start + frame.length - len(tail)
            inner = tail[start + 4 :]
            return beyond if beyond > 0 and not any(tag in inner for tag in _TAGS) else 0
        at = tail.find(b"\xff", at + 1)
    return 0


def _chain(data: bytes, at: int, like: Frame) -> Iterator[tuple[int, Frame]]:
    while (frame := parse(data, at)) and frame.kind == like.kind and frame.family == like.family:
        yield at, frame
        at += frame.length


def _adts(head: bytes) -> Frame | None:
    if len(head) < 7 or (head[2] >> 2) & 0x0F > 12:
        return None
    length = ((head[3] & 0x03) << 11) | (head[4] << 3) | (head[5] >> 5)
    return Frame("aac", (head[1], head[2] & 0xFD), length) if length > 7 else None


def _mpeg(head: bytes) -> Frame | None:
    version, layer = (head[1] >> 3) & 3, (head[1] >> 1) & 3
    bitrate, rate = head[2] >> 4, (head[2] >> 2) & 3
    if version == 1 or layer == 0 or bitrate in (0, 15) or rate == 3:
        return None
    hertz = _RATES[rate] >> (0 if version == _MPEG1 else 1 if version == _MPEG2 else 2)
    kilobits, padding = _bitrates(version, layer)[bitrate - 1], (head[2] >> 1) & 1
    if layer == _LAYER1:
        length = (12_000 * kilobits // hertz + padding) * 4
    else:
        slots = 72_000 if layer == _LAYER3 and version != _MPEG1 else 144_000
        length = slots * kilobits // hertz + padding
    return Frame("mp3", (version, layer, rate), length)


def _bitrates(version: int, layer: int) -> tuple[int, ...]:
    if version == _MPEG1:
        return {_LAYER1: _V1_L1, _LAYER2: _V1_L2, _LAYER3: _V1_L3}[layer]
    return _V2_L1 if layer == _LAYER1 else _V2_L23
