"""The audio that the demonstration works with: originals, copies of them in disguise, and bad files.

Originals are composed from seeds, or taken from a folder of the user's own.
Copies are cut and coded by the ffmpeg program, so that what the vault has to
find is what people really send.
"""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import soundfile
from imageio_ffmpeg import get_ffmpeg_exe
from lemm.checking import audio_files
from vault_models.compose import compose

RATE = 44_100
AUDIBLE = 2**-11
"""A sample under this (-66 dBFS) at either end of a piece need not be found again: what fades out has no sharp end."""
ORIGINALS = 108, 102, 105, 106
"""Pieces of which none resembles another, nor the open corpus, at any order of arrival: in a vault of one or two tracks
one unrelated pair in a few hundred reaches 0.4 by chance, and the demonstration expects that originals are accepted."""
Tell = Callable[[str], None]
CORPUS_LICENCE = (
    "These pieces were composed by this program from fixed numbers and are given to the public under CC0 1.0."
)
"""What the registry keeps the hash of, for the open catalogue of the demonstration."""


@dataclass(frozen=True)
class Copy:
    """A disguised copy: of which original, and which of its seconds lie where."""

    path: Path
    of: str
    query_start: float
    query_end: float
    ref_start: float
    quiet: tuple[float, float] = (0.0, 0.0)
    """Seconds at its beginning and end that hold next to nothing."""


@dataclass
class Material:
    """Everything the demonstration uploads."""

    originals: list[Path] = field(default_factory=list)
    twin: Path = Path()
    """Uploaded by two people at the same moment."""
    unrelated: Path = Path()
    catalogue: Path = Path()
    bad: dict[str, Path] = field(default_factory=dict)
    """Expected refusal code -> file."""


def make_material(folder: Path, audio: Path | None, tell: Tell) -> Material:
    """Compose everything that does not depend on what the vault accepts into ``folder``."""
    made = Material()
    tell("composing music")
    made.originals = (
        _users_files(audio)
        if audio
        else [_piece(folder, f"original-{n}", seed, 45.0) for n, seed in enumerate(ORIGINALS)]
    )
    made.twin = _piece(folder, "twin", 201, 40.0)
    made.unrelated = _piece(folder, "unrelated", 202, 30.0)
    made.catalogue = folder / "open-corpus"
    made.catalogue.mkdir()
    for n in range(3):
        _piece(made.catalogue, f"open-{n}", 300 + n, 60.0)
    tell("making files that must be refused")
    made.bad = _bad_files(folder, made.twin)
    return made


def _users_files(folder: Path) -> list[Path]:
    found = audio_files(folder)
    if not found:
        raise FileNotFoundError(f"no audio files in {folder}")
    return found


def _piece(folder: Path, name: str, seed: int, length: float) -> Path:
    path = folder / f"{name}.flac"
    soundfile.write(path, compose(seed, length, sample_rate=RATE).audio, RATE, subtype="PCM_16")
    return path


def _ffmpeg(*arguments: str | Path) -> None:
    command = [get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own files and a fixed program


@dataclass(frozen=True)
class Heard:
    """An original by ear: its length, and how much of its beginning and end is next to silence (seconds)."""

    path: Path
    seconds: float
    quiet: tuple[float, float]


def _heard(path: Path, folder: Path) -> Heard:
    """Measured by decoding (headers may lie)."""
    flat = folder / "measured.wav"
    _ffmpeg("-i", path, "-ac", "1", "-ar", "8000", flat)
    samples, rate = soundfile.read(flat, dtype="float32")
    flat.unlink()
    loud = np.flatnonzero(np.abs(samples) > AUDIBLE)
    first, last = (loud[0], loud[-1]) if len(loud) else (len(samples), 0)
    return Heard(path, len(samples) / rate, (float(first / rate), float((len(samples) - last) / rate)))


def make_copies(folder: Path, originals: list[Path]) -> dict[str, Copy]:
    """An MP3, a quieter and equalised copy, and ten seconds inside another piece."""
    heard = (_heard(path, folder) for path in originals)
    long_enough = list(islice((one for one in heard if one.seconds >= 25.0), 4))
    if not long_enough:
        raise ValueError("the demonstration needs at least one original of 25 s or more")
    re_encoded, quieter, whole = (long_enough[n % len(long_enough)] for n in range(1, 4))
    mp3 = folder / "re-encoded.mp3"
    _ffmpeg("-i", re_encoded.path, "-map", "a:0", "-b:a", "96k", mp3)
    equalised = folder / "quieter-and-equalised.ogg"
    curve = "volume=-9dB,equalizer=f=120:t=o:w=1:g=6,equalizer=f=1000:t=o:w=1:g=-6,equalizer=f=5000:t=o:w=1:g=5"
    _ffmpeg("-i", quieter.path, "-map", "a:0", "-af", curve, "-c:a", "libvorbis", "-q:a", "4", equalised)
    excerpt, ref_start = folder / "excerpt-inside-another.flac", min(12.0, whole.seconds - 12.0)
    _splice(folder, whole.path, ref_start, excerpt)
    return {
        "MP3 re-encode": Copy(mp3, re_encoded.path.name, 0.0, re_encoded.seconds, 0.0, re_encoded.quiet),
        "quieter, EQ'd": Copy(equalised, quieter.path.name, 0.0, quieter.seconds, 0.0, quieter.quiet),
        "10 s inside another piece": Copy(excerpt, whole.path.name, 15.0, 25.0, ref_start),
    }


def _splice(folder: Path, source: Path, start: float, target: Path) -> None:
    """Thirty-five seconds of a fresh piece whose seconds 15 to 25 are the source's ``start`` to ``start + 10``."""
    cut = folder / "cut.wav"
    _ffmpeg("-ss", f"{start}", "-t", "10", "-i", source, "-map", "a:0", "-ac", "2", "-ar", str(RATE), cut)
    passage, _ = soundfile.read(cut, dtype="float32", always_2d=True)
    host = np.array(compose(410, 35.0, sample_rate=RATE).audio, dtype=np.float32)
    begin = 15 * RATE
    host[begin : begin + len(passage)] = passage
    soundfile.write(target, host, RATE, subtype="PCM_16")
    cut.unlink()


def _bad_files(folder: Path, whole: Path) -> dict[str, Path]:
    text = folder / "text-called.mp3"
    text.write_text("This is a letter, not a song.\n" * 400)
    truncated = folder / "truncated.flac"
    data = whole.read_bytes()
    truncated.write_bytes(data[: len(data) * 2 // 5])
    silence = folder / "silence.wav"
    soundfile.write(silence, np.zeros((20 * RATE, 1), dtype=np.float32), RATE, subtype="PCM_16")
    endless = folder / "two-hours.mp3"
    tone = "sine=frequency=220:sample_rate=8000:duration=7260"
    _ffmpeg("-f", "lavfi", "-i", tone, "-ac", "1", "-b:a", "8k", endless)
    return {"not_audio": text, "truncated": truncated, "silent": silence, "too_long": endless}
