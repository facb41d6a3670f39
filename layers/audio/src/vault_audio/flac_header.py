"""Read the STREAMINFO block of a FLAC file that we wrote ourselves (RFC 9639, 8.2)."""

from dataclasses import dataclass
from pathlib import Path

from vault_domain.errors import Corrupt


@dataclass(frozen=True)
class StreamInfo:
    """``samples`` counts per channel."""

    sample_rate: int
    channels: int
    bits: int
    samples: int


def read(path: Path) -> StreamInfo:
    """STREAMINFO of ``path``; Corrupt when it has none, which names a fault of ours."""
    with path.open("rb") as file:
        head = file.read(42)
    if len(head) < 42 or head[:4] != b"fLaC" or head[4] & 0x7F != 0:
        raise Corrupt(f"{path.name}: no FLAC stream information")
    packed = int.from_bytes(head[18:26], "big")  # rate 20 bits, channels 3, depth 5, samples 36
    if not packed >> 44:
        raise Corrupt(f"{path.name}: no sample rate")
    return StreamInfo(packed >> 44, ((packed >> 41) & 7) + 1, ((packed >> 36) & 31) + 1, packed & ((1 << 36) - 1))
