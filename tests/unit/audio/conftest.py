"""A short piece of made music, and the same piece in every container that we take."""

import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
from vault_audio.decode import ffmpeg_path

RATE, SECONDS = 44_100, 8

ENCODINGS = {
    "a.flac": ["-c:a", "flac"],
    "deep.flac": ["-c:a", "flac", "-sample_fmt", "s32"],
    "a.aiff": [],
    "float.wav": ["-c:a", "pcm_f32le"],
    "a.mp3": ["-c:a", "libmp3lame", "-b:a", "128k"],
    "bare.mp3": ["-c:a", "libmp3lame", "-q:a", "4", "-write_xing", "0", "-id3v2_version", "0"],
    "a.ogg": ["-c:a", "libvorbis"],
    "flac.ogg": ["-c:a", "flac", "-f", "ogg"],
    "a.opus": ["-c:a", "libopus"],
    "a.m4a": ["-c:a", "aac"],
    "fast.m4a": ["-c:a", "aac", "-movflags", "+faststart"],
    "alac.m4a": ["-c:a", "alac"],
    "a.aac": ["-c:a", "aac"],
}


def music(seconds: float = SECONDS, seed: int = 1, rate: int = RATE) -> np.ndarray:
    """Chords of decaying partials over soft noise, int16, shape (n, 2)."""
    rng = np.random.default_rng(seed)
    n = round(seconds * rate)
    out = rng.normal(0, 0.004, (n, 2))
    start = 0
    while start < n:
        length = min(n - start, round(rng.uniform(0.15, 0.5) * rate))
        time = np.arange(length) / rate
        for _ in range(3):
            pitch = 110 * 2 ** (rng.integers(0, 36) / 12)
            tone = sum(np.sin(2 * np.pi * pitch * k * time) / k**1.5 for k in (1, 2, 3))
            out[start : start + length] += (0.12 * tone * np.exp(-4 * time))[:, None] * rng.uniform(0.4, 1.0, 2)
        start += length
    return (np.clip(out, -1, 1) * 32767).astype(np.int16)


def write_wav(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def encode(source: Path, target: Path, *options: str) -> Path:
    command = [str(ffmpeg_path()), "-v", "error", "-nostdin", "-y", "-i", str(source), *options, str(target)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return target


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Name -> file of the same eight seconds."""
    folder = tmp_path_factory.mktemp("audio")
    made = {"a.wav": write_wav(folder / "a.wav", music())}
    for name, options in ENCODINGS.items():
        made[name] = encode(made["a.wav"], folder / name, *options)
    return made


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """An empty work folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder
