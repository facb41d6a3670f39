"""A run as WebDataset-style shards: tar archives whose members share a track's id.

``<track_id>.flac`` (or ``.npy``) and ``<track_id>.json`` follow each other, as
https://github.com/webdataset/webdataset reads them. Archives are made while
they are read and are as deterministic as their objects. A track that was taken
back is left out of the archive that is being made; archives that a job keeps are
copies under its own care, and must be made anew after a renewal names dropped tracks.
"""

import io
import json
import tarfile
from typing import IO, Any

from lemm.training.stream import VaultStream

Json = dict[str, Any]
NAMED = ("track_id", "place", "sha256", "bytes", "duration_s", "genres", "rights_sha256")


def write_shard(stream: VaultStream, number: int, out: IO[bytes]) -> tuple[str, ...]:
    """Write one shard of the run as a tar archive; the ids of the tracks that are in it.

    Raises ``ValueError`` for a shard that the manifest does not have.
    """
    shard = next((one for one in stream.shards() if one["shard"] == number), None)
    if shard is None:
        raise ValueError(f"the manifest has no shard {number}")
    suffix = "npy" if stream.manifest["schema"]["format"] == "features" else "flac"
    written = []
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.USTAR_FORMAT) as archive:
        for entry, data in stream.these(shard["tracks"]):
            _add(archive, f"{entry['track_id']}.{suffix}", data)
            _add(archive, f"{entry['track_id']}.json", _about(entry))
            written.append(entry["track_id"])
    return tuple(written)


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o600
    archive.addfile(member, io.BytesIO(data))


def _about(entry: Json) -> bytes:
    return json.dumps({name: entry[name] for name in NAMED}, sort_keys=True).encode()
