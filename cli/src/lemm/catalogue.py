"""A folder of audio as a searchable open-corpus catalogue.

Promise: :func:`build_catalogue` writes ``NAME.snapshot`` whole or not at all. A
file that can't be read is reported and left out; it never ends the run. The
same files give the same parts.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from lemm.workers import in_order
from vault_audio import features
from vault_audio.decode import OFFLINE, decode_for_matching
from vault_domain import snapshots
from vault_domain.errors import BadRequest, VaultError
from vault_index import snapshot
from vault_index.snapshot import BuiltPart

Progress = Callable[[int, int, str], None]
"""Called with files done, files in all, and the file just done."""

TRACKS: Final = replace(OFFLINE, min_duration_s=0.5)
PART_SECONDS: Final = 60 * 3600.0
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


@dataclass(frozen=True)
class _Read:
    """What a worker made of one file: packed features, or why not."""

    packed: bytes | None
    seconds: float
    code: str = ""
    detail: str = ""


def build_catalogue(folder: Path, name: str | None, out: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Index every audio file under ``folder`` into ``out / NAME.snapshot``; the summary says what was left out.

    Without a name, the catalogue has the folder's."""
    name = name or re.sub(r"[^A-Za-z0-9._-]+", "-", folder.resolve().name).strip("-._") or "catalogue"
    if not _NAME.fullmatch(name):
        raise BadRequest("A catalogue's name is letters, digits, dots, hyphens and underscores.")
    if not folder.is_dir():
        raise BadRequest(f"There is no folder {folder}.")
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not _hidden(path, folder))
    builder = _Builder()
    for number, (path, read) in enumerate(zip(files, in_order(_read, [str(path) for path in files]), strict=True)):
        builder.add(path, folder, read)
        if progress is not None:
            progress(number + 1, len(files), path.name)
    built = builder.finish()
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    manifest = snapshots.empty(name, snapshot.settings(), now)
    for part in built:
        manifest = snapshots.with_part(manifest, part.part, now)
    parts = {part.part.name: part.data for part in built}
    path = snapshot.write_folder(out / f"{name}.snapshot", manifest, parts)
    return {
        "name": name, "snapshot": str(path), "snapshot_id": manifest.snapshot_id, "tracks": manifest.tracks,
        "seconds": round(manifest.seconds, 3), "parts": len(manifest.parts),
        "bytes": sum(part.bytes for part in manifest.parts), "skipped": builder.skipped,
    }  # fmt: skip


class _Builder:
    """Collects features into parts of a bounded length."""

    def __init__(self) -> None:
        self.skipped: list[dict[str, str]] = []
        self._names: set[str] = set()
        self._built: list[BuiltPart] = []
        self._items: list[tuple[str, features.Features]] = []
        self._seconds = 0.0

    def add(self, path: Path, folder: Path, read: _Read) -> None:
        """One file's result; a second file of the same name goes by its path in the folder."""
        if read.packed is None:
            self.skipped.append({"file": str(path), "code": read.code, "detail": read.detail})
            return
        name = path.name if path.name not in self._names else str(path.relative_to(folder))
        self._names.add(name)
        if self._items and self._seconds + read.seconds > PART_SECONDS:
            self._close()
        self._items.append((name, features.unpack(read.packed)))
        self._seconds += read.seconds

    def finish(self) -> list[BuiltPart]:
        """All parts."""
        if self._items:
            self._close()
        return self._built

    def _close(self) -> None:
        self._built.append(snapshot.build_part(self._items))
        self._items, self._seconds = [], 0.0


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _read(file: str) -> _Read:
    """Runs in a worker: decode and analyse one file."""
    try:
        found = features.extract(decode_for_matching(Path(file), TRACKS))
    except VaultError as error:
        return _Read(None, 0.0, error.code, error.detail)
    except OSError as error:
        return _Read(None, 0.0, "unreadable", error.strerror or "The file can't be read.")
    if found.duration_s == 0:
        return _Read(None, 0.0, "too_short", "The file holds no sound.")
    return _Read(features.pack(found), found.duration_s)
