"""Time and memory of decoding and measuring: python benchmarks/decode.py [AUDIO_DIR] [--limit N].

Without a folder (or with one that is missing) it makes three minutes of sound
in six formats. CPU seconds include ffmpeg's, so "x real time" is that of one
core; peak memory is that of the ffmpeg process and of this one.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
from vault_audio import canonical, containers, decode
from vault_domain.audio_rules import judge
from vault_domain.errors import AudioRefused

FORMATS = {"wav": [], "flac": [], "mp3": ["-b:a", "192k"], "ogg": ["-c:a", "libvorbis"], "m4a": ["-c:a", "aac"],
           "opus": ["-c:a", "libopus"]}  # fmt: skip
SUFFIXES = {".wav", ".flac", ".mp3", ".ogg", ".oga", ".opus", ".m4a", ".mp4", ".aac", ".aif", ".aiff"}


def made_files(folder: Path, seconds: int = 180, rate: int = 44_100) -> list[Path]:
    rng = np.random.default_rng(1)
    out = rng.normal(0, 0.01, (seconds * rate, 2))
    for start in range(0, len(out) - rate, rate // 3):
        time_s = np.arange(rate) / rate
        pitch = 110 * 2 ** (rng.integers(0, 36) / 12)
        out[start : start + rate] += (0.2 * np.sin(2 * np.pi * pitch * time_s) * np.exp(-4 * time_s))[:, None]
    soundfile.write(folder / "made.wav", out, rate, subtype="PCM_16")
    for name, options in FORMATS.items():
        if name != "wav":
            subprocess.run([decode.ffmpeg_path(), "-v", "error", "-nostdin", "-y", "-i", folder / "made.wav", *options,
                            folder / f"made.{name}"], check=True)  # fmt: skip
    return [folder / f"made.{name}" for name in FORMATS]


def cpu() -> float:
    """CPU seconds of this process and its ended children."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in usage)


def measure(path: Path) -> tuple[float, float, float, str, str]:
    """(seconds of audio, CPU s, wall s, what it is, what was said)."""
    with tempfile.TemporaryDirectory() as folder:
        c0, t0 = cpu(), time.perf_counter()
        got = decode.decode(path, Path(folder))
        c1, t1 = cpu(), time.perf_counter()
    verdict = judge(got.facts)
    said = ",".join(reason.code for reason in (*verdict.refusals, *verdict.flags)) or "clean"
    return got.duration_s, c1 - c0, t1 - t0, f"{got.codec} {got.sample_rate}/{got.channels}", said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("audio", nargs="?", type=Path)
    parser.add_argument("--limit", type=int, default=1000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if asked.audio and asked.audio.is_dir():
            paths = sorted(p for p in asked.audio.iterdir() if p.suffix.lower() in SUFFIXES)[: asked.limit]
        else:
            paths = made_files(Path(folder))
        table(paths)


def table(paths: list[Path]) -> None:
    print(f"{'file':32} {'what':16} {'length':>7} {'speed':>8} {'wall':>7}  verdict")
    total, refused = np.zeros(3), 0
    for path in paths:
        try:
            length, taken, wall, what, said = measure(path)
        except AudioRefused as refusal:
            refused += 1
            print(f"{path.name[:32]:32} refused: {refusal.code} ({refusal})")
            continue
        total += (length, taken, wall)
        print(f"{path.name[:32]:32} {what:16} {length:6.1f}s {length / taken:7.0f}x {wall:6.2f}s  {said}")
    if total[0]:
        print(f"\n{len(paths) - refused} decoded, {refused} refused, {total[0] / 60:.1f} minutes; "
              f"{total[0] / total[1]:.0f}x real time on one core")  # fmt: skip
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"peak memory: ffmpeg {ffmpeg_memory(paths[0])} MB, this process {own} MB")


def ffmpeg_memory(path: Path) -> int:
    """Peak of the decoder in MB, asked in a small process: a child's figure starts at its parent's."""
    held = containers.identify(path)
    if held is None:
        return 0
    with tempfile.TemporaryDirectory() as folder:
        command = canonical.command(decode.ffmpeg_path(), path.resolve(), held, seconds=1801)
        ask = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], capture_output=True); " \
              "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10)"  # fmt: skip
        small = [sys.executable, "-I", "-S", "-c", ask, *command]
        done = subprocess.run(small, cwd=folder, capture_output=True, text=True)
    return int(done.stdout)


if __name__ == "__main__":
    main()
