"""The music that models learn from and are measured on: real, by composer, and composed.

A folder of real music comes with ``ATTRIBUTION.md``, a table of file, author
and licence. Only music under licences in ``ALLOWED`` is taken: anything else
is an error, not a skip. Authors whose name starts with the held-out name are
never trained on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from vault_models.compose import compose
from vault_models.frontend import RATE
from vault_models.stretching import resample

Samples = NDArray[np.float32]
ALLOWED = ("CC0", "CC-BY 3.0", "CC-BY 4.0", "CC-BY-SA 3.0", "CC-BY-SA 4.0")
# Seeds of composed music; the ranges never meet, so that no measurement is made on training music.
TRAIN_SEEDS = 1_000_000
TEST_SEEDS = 2_000_000
MIX_SEEDS = 3_000_000


@dataclass(frozen=True, slots=True)
class Work:
    """One real recording and what its licence asks us to say."""

    path: Path
    author: str
    licence: str
    sha256: str

    @property
    def name(self) -> str:
        return self.path.stem


def read_folder(folder: Path) -> list[Work]:
    """The works named in the folder's ``ATTRIBUTION.md``, in order of name."""
    works: list[Work] = []
    for line in (folder / "ATTRIBUTION.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 3 or not (folder / cells[0]).is_file():
            continue
        if cells[2] not in ALLOWED:
            raise ValueError(f"{cells[0]}: licence {cells[2]!r} is not one of {', '.join(ALLOWED)}")
        path = folder / cells[0]
        works.append(Work(path, cells[1], cells[2], hashlib.sha256(path.read_bytes()).hexdigest()))
    if not works:
        raise ValueError(f"{folder}: ATTRIBUTION.md names no file that is there")
    return sorted(works, key=lambda w: w.name)


def split(works: list[Work], held_out: str) -> tuple[list[Work], list[Work]]:
    """(to train on, held out): by composer, never by track."""
    held = [w for w in works if w.author.startswith(held_out)]
    if not held:
        raise ValueError(f"no work is by {held_out!r}; authors: {', '.join(sorted({w.author for w in works}))}")
    return [w for w in works if w not in held], held


def load(path: Path) -> Samples:
    """Any file that libsndfile reads, as mono float32 (n,) at 16 kHz."""
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = audio.mean(axis=1)
    return resample(mono, RATE / rate)[0] if rate != RATE else mono


def composed(seed: int, seconds: float) -> Samples:
    """A composed piece as mono float32 (n,) at 16 kHz."""
    mono: Samples = compose(seed, seconds, sample_rate=RATE).audio.mean(axis=1)
    return mono
