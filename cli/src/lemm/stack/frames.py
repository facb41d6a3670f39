"""Frames: length-prefixed, checksummed records in an append-only file.

A frame is ``magic(4) sequence(u64) length(u32) crc32(u32) payload``, big-endian;
the checksum covers sequence, length and payload. Sequences start at 1 in every
file and grow by one. The writer syncs after each frame, so only the last frame
of the last file can be incomplete after a crash:

* a bad frame with nothing valid behind it is a torn tail, and is dropped;
* a bad frame with a valid frame behind it is damage, and is refused.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from vault_domain.errors import Corrupt

MAGIC = b"LMJ1"
_HEADER = struct.Struct(">4sQII")
_SEALED = struct.Struct(">QI")
MAX_PAYLOAD = 256 << 20


@dataclass(frozen=True)
class Reading:
    """What a file holds: the payloads in order, and how many bytes of it are good."""

    payloads: tuple[bytes, ...]
    good_bytes: int
    torn: bool


def encode(sequence: int, payload: bytes) -> bytes:
    """One frame, ready to be appended."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError("a frame holds at most 256 MiB")
    crc = zlib.crc32(payload, zlib.crc32(_SEALED.pack(sequence, len(payload))))
    return _HEADER.pack(MAGIC, sequence, len(payload), crc) + payload


def _at(data: bytes, offset: int) -> tuple[int, bytes] | None:
    """The valid frame at ``offset`` as (sequence, payload), or None."""
    if len(data) - offset < _HEADER.size:
        return None
    magic, sequence, length, crc = _HEADER.unpack_from(data, offset)
    start = offset + _HEADER.size
    if magic != MAGIC or length > MAX_PAYLOAD or start + length > len(data):
        return None
    payload = data[start : start + length]
    if zlib.crc32(payload, zlib.crc32(_SEALED.pack(sequence, length))) != crc:
        return None
    return sequence, payload


def _starts(data: bytes, offset: int) -> Iterator[int]:
    while (offset := data.find(MAGIC, offset)) >= 0:
        yield offset
        offset += 1


def read(data: bytes, *, name: str, may_be_torn: bool) -> Reading:
    """Every payload of a file; refuses damage with ``Corrupt``, naming file and offset.

    With ``may_be_torn`` (the last file only) an incomplete last frame is left out.
    """
    payloads: list[bytes] = []
    offset = 0
    while offset < len(data):
        frame = _at(data, offset)
        if frame is None:
            return _tail(data, offset, payloads, name=name, may_be_torn=may_be_torn)
        sequence, payload = frame
        if sequence != len(payloads) + 1:
            raise Corrupt(
                f"{name}: frame {len(payloads) + 1} is missing at byte {offset}; restore the data folder from a backup"
            )
        payloads.append(payload)
        offset += _HEADER.size + len(payload)
    return Reading(tuple(payloads), offset, torn=False)


def _tail(data: bytes, offset: int, payloads: list[bytes], *, name: str, may_be_torn: bool) -> Reading:
    later = next((start for start in _starts(data, offset + 1) if _at(data, start)), None)
    if later is not None or not may_be_torn:
        raise Corrupt(f"{name}: damaged at byte {offset}; restore the data folder from a backup")
    return Reading(tuple(payloads), offset, torn=True)
