"""Files and folders that are on the disk when we say so.

``fsync`` of a file does not cover its name: a new or renamed entry needs an
``fsync`` of the folder too (see fsync(2)).
"""

import os
from pathlib import Path


def sync_folder(folder: Path | str) -> None:
    """Make the names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def make_folder(folder: Path, mode: int = 0o700) -> None:
    """Create a folder and its parents, each durable in its own parent."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(mode=mode, exist_ok=True)
        sync_folder(new.parent)


def write_file(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a new file; durable only after ``sync_file`` and, for its name, ``sync_folder``."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(fd, "wb") as file:
        file.write(data)


def sync_file(path: Path) -> None:
    """Make a file's bytes durable."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def replace_file(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Put new contents in place at once: a reader sees the old or the new, also after a crash."""
    fresh = path.with_name(path.name + ".new")
    write_file(fresh, data, mode)
    sync_file(fresh)
    fresh.replace(path)
    sync_folder(path.parent)
