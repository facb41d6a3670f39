"""What a read of one track leads to: its audio, or features that are made from it at the first such read.

Features lie beside the audio, go when it goes, and are written under their own
hash, which the read's event names: the run's record says exactly what was served.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from vault_domain.admission import vault_audio_key
from vault_domain.canonical import sha256_hex
from vault_domain.errors import Corrupt, LostRace
from vault_domain.ports import Put
from vault_domain.served import LogMel
from vault_domain.tracks import Track
from vault_edge.app import Deps

MAX_AUDIO = 1 << 30


@dataclass(frozen=True)
class Served:
    """An object of the vault bucket, with its size in bytes and its hash."""

    key: str
    size: int
    sha256: str


def served(track: Track, kind: str, deps: Deps) -> Served:
    """The object behind a read of this track. Raises ``Corrupt`` for audio that is not what was admitted."""
    if kind == "audio":
        return Served(vault_audio_key(track.track_id), track.stored_bytes or 0, track.stored_sha256 or "")
    sha256 = track.stored_sha256 or ""
    known = deps.records.get(LogMel, f"logmel#{track.track_id}", f"{LogMel.kind}#{sha256}")
    made = known or _made(track, sha256, deps)
    return Served(made.object_key, made.size, made.sha256)


def _made(track: Track, audio_sha256: str, deps: Deps) -> LogMel:
    """Object first, record after. Of two that make it at once, one record stays, and both wrote the same bytes."""
    from vault_audio.logmel import log_mel, to_npy  # numpy, only for runs that ask for features

    vault = deps.bucket("vault")
    audio = vault.read(vault_audio_key(track.track_id), limit=MAX_AUDIO)
    if sha256_hex(audio) != audio_sha256:
        raise Corrupt(f"the audio of {track.track_id} is not what was admitted")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "audio.flac"
        path.write_bytes(audio)
        data = to_npy(log_mel(path))
    found = LogMel(track_id=track.track_id, audio_sha256=audio_sha256, sha256=sha256_hex(data), size=len(data))
    vault.write(found.object_key, data, content_type="application/x-npy")
    try:
        deps.records.commit([Put(found, 0)])
    except LostRace:
        return deps.records.get(LogMel, *found.key()) or found
    return found
