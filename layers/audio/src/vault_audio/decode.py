"""Decode one untrusted file into canonical audio, analysis audio, fingerprints and facts, or refuse it.

Promise of :func:`decode`:

1. The bytes are recognised by their structure, not by name; an unknown one is
   NotAudio, one that announces more than it holds is Truncated.
2. One bounded subprocess (:mod:`vault_audio.sandbox`) without network, with one
   demuxer and a short list of decoders, reads it once, at most one second past
   ``max_duration_s``.
3. A bound that was hit is DecodeLimit; a decoder's complaint or an early end is
   Truncated; too long and too short are TooLong and TooShort; more than one
   soundtrack is SeveralSounds.
4. On success the work folder holds ``canonical.flac`` and ``analysis.flac``, or ``analysis.au`` alone if nothing was
   to be kept, on any error nothing new. The result is a function of the bytes (``canonical.py``).

Errors are :class:`~vault_domain.errors.AudioRefused` when the file is at fault,
Unavailable when we are.
"""

import errno
import hashlib
import os
import re
import signal
import sys
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray
from vault_domain.errors import DecodeLimit, NotAudio, SeveralSounds, TooLong, TooShort, Truncated, Unavailable

from vault_audio import canonical as recipe
from vault_audio import containers, sandbox
from vault_audio.au import AuReader, Ended
from vault_audio.chromaprint import Items, compress, fingerprint, head
from vault_audio.recordings import read_analysis

if TYPE_CHECKING:
    from vault_domain.audio_rules import AudioFacts

    from vault_audio.facts import Measured

MIN_DURATION_S: Final = 3.0
"""A Chromaprint item needs 2.7 s, a verified landmark match 2.5 s: less can't be checked at all."""

LOST_S: Final = 0.25
"""How much shorter than announced a decoded file may be: encoder delay and padding are up to 0.1 s."""

_SOURCE: Final = "source.bin"

_OUT_OF_BOUNDS: Final = tuple(os.strerror(code) for code in (errno.ENOMEM, errno.EAGAIN, errno.EFBIG))
"""No memory, no room for another thread's stack, a file over its bound."""

__all__ = [
    "OFFLINE",
    "Decoded",
    "Limits",
    "decode",
    "decode_for_matching",
    "ffmpeg_path",
    "read_analysis",
]


@dataclass(frozen=True)
class Limits:
    """What a file may be and what its decoding may use; out of memory, time or output is DecodeLimit."""

    max_duration_s: float = 1800.0
    min_duration_s: float = MIN_DURATION_S
    max_source_bytes: int = 512 << 20
    bounds: sandbox.Bounds = field(default_factory=sandbox.Bounds)


OFFLINE: Final = Limits(
    max_duration_s=6 * 3600, max_source_bytes=8 << 30, bounds=sandbox.Bounds(wall_s=900, cpu_s=600, file_bytes=2 << 30)
)
"""For files of the operator's own: long mixes are welcome, everything else is as for uploads."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """One decoded recording.

    ``canonical`` is None if it was not to be kept; ``bits`` and ``channels`` are its own. ``chromaprint`` is fpcalc's
    string for it (first 120 s), ``items`` the raw fingerprint of all of it, shape (n,), 8.08 per second.
    """

    canonical: Path | None
    analysis: Path
    sample_rate: int
    channels: int
    bits: int
    duration_s: float
    container: str
    codec: str
    chromaprint: str
    items: Items
    content_sha256: str
    audio_sha256: str
    facts: "AudioFacts"
    recipe: int


def decode(
    source: Path | bytes, workdir: Path, limits: Limits | None = None, *, keep: bool = True, ffmpeg: Path | None = None
) -> Decoded:
    """Decode ``source`` (a file, or its bytes) into ``workdir``, which exists and is this call's alone.

    Without ``keep`` the canonical audio is measured and hashed all the same, and then gone: much faster.
    """
    limits = limits or Limits()
    try:
        path = _on_disk(source, workdir, limits)
        return _decode(path, workdir, limits, keep, ffmpeg or ffmpeg_path())
    except BaseException:
        _remove(workdir, recipe.FILES)
        raise
    finally:
        _remove(workdir, (_SOURCE, recipe.PASSING, recipe.PCM, recipe.LOG))


def decode_for_matching(path: Path, limits: Limits = OFFLINE, *, ffmpeg: Path | None = None) -> NDArray[np.int16]:
    """Any accepted file as analysis audio, mono 16 kHz, 16 bit, shape (n,), with the same refusals.

    The samples lie in an unnamed file that is read as they are: hours of them take no memory, and nothing is left.
    """
    with tempfile.TemporaryDirectory() as folder:
        workdir = Path(folder)
        held = _identified(path.resolve())
        _bounded(path.stat().st_size, limits)
        command = recipe.analysis_command(
            ffmpeg or ffmpeg_path(), path.resolve(), held, seconds=limits.max_duration_s + 1
        )
        log = _run(command, workdir, limits).log
        heard = workdir / recipe.PCM
        _duration(heard.stat().st_size / 2 / recipe.ANALYSIS_RATE, held, log, limits)
        return np.memmap(heard, dtype="<i2", mode="r")


@lru_cache(maxsize=1)
def ffmpeg_path() -> Path:
    """The ffmpeg of imageio-ffmpeg. Not its own lookup, which obeys an environment variable and runs the binary."""
    try:
        from importlib.resources import files

        from imageio_ffmpeg._definitions import FNAME_PER_PLATFORM, get_platform
    except ImportError as error:
        raise Unavailable("decoding needs the package imageio-ffmpeg") from error
    path = Path(str(files("imageio_ffmpeg.binaries") / FNAME_PER_PLATFORM.get(get_platform(), "none")))
    if not path.is_file():
        raise Unavailable(f"no ffmpeg for this platform ({sys.platform})")
    return path


# --- steps -------------------------------------------------------------------


def _on_disk(source: Path | bytes, workdir: Path, limits: Limits) -> Path:
    _bounded(len(source) if isinstance(source, bytes) else source.stat().st_size, limits)
    if isinstance(source, Path):
        return source.resolve()
    path = (workdir / _SOURCE).resolve()
    path.write_bytes(source)
    return path


def _bounded(size: int, limits: Limits) -> None:
    if size > limits.max_source_bytes:
        raise DecodeLimit(f"the file has {size >> 20} MB; {limits.max_source_bytes >> 20} MB are allowed")


def _identified(path: Path) -> containers.Container:
    held = containers.identify(path)
    if held is None:
        raise NotAudio("the bytes are not WAV, FLAC, MP3, Ogg, MP4/M4A, AAC or AIFF audio")
    if held.cut:
        raise Truncated(f"{held.name}: {held.cut}; upload the whole file again")
    return held


def _decode(path: Path, workdir: Path, limits: Limits, keep: bool, ffmpeg: Path) -> Decoded:
    held = _identified(path)
    command = partial(recipe.command, ffmpeg, path, held, seconds=limits.max_duration_s + 1, keep=keep)
    with ThreadPoolExecutor(1) as beside:
        ended, measuring = _followed(command(grouped=True), workdir, limits, beside)
        if ended.cut or recipe.RESHAPED in ended.log:
            _remove(workdir, recipe.FILES)
            ended, measuring = _followed(command(), workdir, limits, beside)
        log = ended.log
        with AuReader(workdir / recipe.PASSING) as sound:
            info = sound.info()
        duration_s = info.samples / info.sample_rate
        _duration(duration_s, held, log, limits)
        items = fingerprint(np.memmap(workdir / recipe.PCM, dtype="<i2", mode="r"))
        content_sha256, measured = _sha256(path), measuring.result()
    return Decoded(
        recipe=recipe.RECIPE,
        canonical=workdir / recipe.CANONICAL if keep else None,
        analysis=workdir / (recipe.ANALYSIS if keep else recipe.HEARD_ONCE),
        sample_rate=info.sample_rate,
        channels=info.channels,
        bits=info.bits,
        duration_s=duration_s,
        container=held.name,
        codec=_codec(log),
        chromaprint=compress(head(items)),
        items=items,
        content_sha256=content_sha256,
        audio_sha256=measured.samples_sha256,
        facts=measured.facts,
    )


def _followed(
    command: list[str], workdir: Path, limits: Limits, beside: ThreadPoolExecutor
) -> tuple[sandbox.Ended, "Future[Measured]"]:
    """Run ffmpeg, and measure what it writes while it writes."""
    over = Event()
    measuring = beside.submit(_measured, workdir / recipe.PASSING, over.is_set)
    try:
        return _run(command, workdir, limits), measuring
    finally:
        over.set()


def _measured(path: Path, ended: Ended) -> "Measured":
    from vault_audio.facts import measure  # here: offline matching decodes without measuring

    return measure(path, ended)


def _run(command: list[str], workdir: Path, limits: Limits) -> sandbox.Ended:
    """Run ffmpeg and turn its failure into the refusal that fits."""
    ended = sandbox.run(command, limits.bounds, workdir, workdir / recipe.LOG)
    if ended.code == 0:
        _one_sound(ended.log)
        return ended
    fault = os.strerror(256 - ended.code) if ended.code > 200 else ""  # ffmpeg exits with minus errno
    if ended.stopped_by_bound or any(text in fault or text in ended.log for text in _OUT_OF_BOUNDS):
        raise DecodeLimit("decoding this file takes more time, memory or output than we allow")
    if os.strerror(errno.ENOSPC) in fault + ended.log:
        raise Unavailable("no room left to decode into; try again later")
    if -ended.code in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL):
        raise Truncated("the decoder broke off in damaged data")
    if "Output #0" not in ended.log:
        raise NotAudio("the container holds no sound that we can decode")
    raise Truncated("the decoder found damaged data or an early end")


def _one_sound(log: str) -> None:
    """Refuse a file of several soundtracks: one would be judged, and a player may play another.

    Tags are printed too, but never at the start of a line; where they are so long that the log was cut before
    the output began, nobody can tell.
    """
    started = re.search(r"^\[info\] Output #0, ", log, re.MULTILINE)
    source = log[: started.start()] if started else log
    sounds = re.findall(r"^\[info\]\s+Stream #0:\d+\S*: Audio: ", source, re.MULTILINE)
    if len(sounds) > 1:
        raise SeveralSounds(f"it holds {len(sounds)} soundtracks; send each as a file of its own")
    if not sounds or not started:
        raise SeveralSounds("its tags are too long to tell how many soundtracks it holds; take them out")


def _duration(seconds: float, held: containers.Container, log: str, limits: Limits) -> None:
    """Refuse what is too long, too short, or shorter than announced."""
    if seconds > limits.max_duration_s:
        raise TooLong(f"longer than the {limits.max_duration_s:g} s that we take")
    announced = _announced(held, log)
    if announced is not None and seconds < min(announced, limits.max_duration_s) - LOST_S:
        raise Truncated(f"{announced:.1f} s are announced, {seconds:.1f} s are there")
    if seconds < limits.min_duration_s:
        raise TooShort(f"{seconds:.1f} s; at least {limits.min_duration_s:g} s are needed")


def _announced(held: containers.Container, log: str) -> float | None:
    """The duration that the container states; None where ffmpeg had to estimate, or other streams count too."""
    found = re.search(r"Duration: (\d+):(\d\d):(\d\d\.\d+)", log)
    if not found or held.name == "mp4" or "Estimating duration from bitrate" in log:
        return None
    hours, minutes, seconds = found.groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _codec(log: str) -> str:
    found = re.search(r"Stream #0:\d+.*?: Audio: (\w+)", log)
    return found.group(1) if found else "unknown"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remove(workdir: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (workdir / name).unlink(missing_ok=True)
