"""Lossy coding by an ffmpeg process, where one is there.

ffmpeg runs as a separate program on pipes; nothing of it is linked. Its delay
is measured by cross-correlation and removed, so that times keep their meaning.
"""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
# name: encoder arguments, container
CODECS: dict[str, tuple[tuple[str, ...], str]] = {
    "mp3-128": (("-c:a", "libmp3lame", "-b:a", "128k"), "mp3"),
    "mp3-64": (("-c:a", "libmp3lame", "-b:a", "64k"), "mp3"),
    "mp3-32": (("-c:a", "libmp3lame", "-b:a", "32k"), "mp3"),
    "aac-64": (("-c:a", "aac", "-b:a", "64k"), "adts"),
    "aac-32": (("-c:a", "aac", "-b:a", "32k"), "adts"),
    "opus-24": (("-c:a", "libopus", "-b:a", "24k"), "ogg"),
    "opus-12": (("-c:a", "libopus", "-b:a", "12k"), "ogg"),
}


class CodecMissing(RuntimeError):
    """No ffmpeg was found, or it lacks the encoder; the caller decides whether to go without."""


def find_ffmpeg() -> str | None:
    """The bundled ffmpeg, else one on the path, else None."""
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return shutil.which("ffmpeg")


def code(audio: Samples, rate: int, name: str, *, seconds: float = 120.0) -> Samples:
    """Encode and decode mono ``audio`` (n,) with ``CODECS[name]``; same length, aligned to the sample."""
    program = find_ffmpeg()
    if program is None:
        raise CodecMissing("no ffmpeg: install imageio-ffmpeg, or put ffmpeg on the path")
    encoder, container = CODECS[name]
    raw = ("-f", "f32le", "-ar", str(rate), "-ac", "1")
    packed = _pipe((program, *raw, "-i", "-", *encoder, "-f", container, "-"), audio.tobytes(), seconds)
    unpacked = _pipe((program, "-f", container.replace("adts", "aac"), "-i", "-", *raw, "-"), packed, seconds)
    return _align(audio, np.frombuffer(unpacked, dtype=np.float32))


def _pipe(command: tuple[str, ...], data: bytes, seconds: float) -> bytes:
    quiet = (command[0], "-nostdin", "-hide_banner", "-loglevel", "error", *command[1:])
    try:
        done = subprocess.run(quiet, input=data, capture_output=True, timeout=seconds, check=True)  # noqa: S603 - our own command
    except (subprocess.SubprocessError, OSError) as error:
        raise CodecMissing(f"ffmpeg could not do it: {error}") from error
    return done.stdout


def _align(original: Samples, decoded: Samples) -> Samples:
    """Cut the codec's delay (under 0.25 s at 16 kHz), found where both agree best."""
    probe = min(len(original), len(decoded), 1 << 16)
    size = 1 << int(np.ceil(np.log2(probe + 4096)))
    match = np.fft.irfft(np.fft.rfft(decoded[: probe + 4096], size) * np.conj(np.fft.rfft(original[:probe], size)))
    shifted = decoded[int(np.argmax(match[:4096])) :]
    return np.pad(shifted[: len(original)], (0, max(0, len(original) - len(shifted)))).astype(np.float32)


def rubberband(audio: Samples, rate: int, tempo: float, semitones: float, *, seconds: float = 120.0) -> Samples:
    """Stretch and shift with ffmpeg's Rubber Band filter (a separate, GPL program): test material only."""
    program = find_ffmpeg()
    if program is None:
        raise CodecMissing("no ffmpeg: install imageio-ffmpeg, or put ffmpeg on the path")
    raw = ("-f", "f32le", "-ar", str(rate), "-ac", "1")
    bend = f"rubberband=tempo={tempo:.6f}:pitch={2 ** (semitones / 12):.6f}"
    out = _pipe((program, *raw, "-i", "-", "-af", bend, *raw, "-"), audio.tobytes(), seconds)
    return np.frombuffer(out, dtype=np.float32).copy()
