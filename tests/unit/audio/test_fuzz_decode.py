"""decode against damaged files: a result or a refusal, in bounded time, with nothing left behind."""

import random
import time
from pathlib import Path

import numpy as np
import pytest
from vault_audio import containers, decode, sandbox
from vault_audio.chromaprint import decompress
from vault_domain.errors import AudioRefused

FORMATS = ["a.wav", "a.flac", "a.mp3", "a.ogg", "a.m4a", "a.opus", "a.aiff", "a.aac", "fast.m4a", "flac.ogg"]
LIMITS = decode.Limits(max_duration_s=60, bounds=sandbox.Bounds(wall_s=20, cpu_s=10, file_bytes=64 << 20))


def mutated(data: bytes, rng: random.Random) -> bytes:
    """One to three wounds: flipped bytes, extreme sizes, holes, repeats, a cut, foreign bytes; often near the start."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        end = min(len(out), 600) if rng.random() < 0.5 else len(out)
        at, kind = rng.randrange(max(1, end)), rng.randrange(7)
        length = rng.choice([1, 4, 16, 200, 4000])
        if kind == 0:
            for _ in range(rng.randint(1, 20)):
                out[rng.randrange(max(1, end)) % len(out)] ^= 1 << rng.randrange(8)
        elif kind == 1:
            out[at : at + 4] = rng.choice([b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4), b"\x80\0\0\0"])
        elif kind == 2:
            del out[at : at + length]
        elif kind == 3:
            out[at:at] = out[at : at + length]
        elif kind == 4:
            del out[max(1, at) :]
        elif kind == 5:
            out[at : at + length] = rng.randbytes(length)
        else:
            out[at : at + length] = bytes(length)
        out = out or bytearray(b"\0")
    return bytes(out)


def attack(data: bytes, work: Path) -> bool:
    """Decode hostile bytes and hold decode to its promise; whether they were taken."""
    begun = time.monotonic()
    try:
        got = decode.decode(data, work, LIMITS)
    except AudioRefused:
        assert list(work.iterdir()) == []
        return False
    finally:
        assert time.monotonic() - begun < 30
    assert LIMITS.min_duration_s <= got.duration_s <= LIMITS.max_duration_s
    assert np.array_equal(decompress(got.chromaprint)[1], got.items[: len(decompress(got.chromaprint)[1])])
    assert sorted(path.name for path in work.iterdir()) == ["analysis.flac", "canonical.flac"]
    for path in work.iterdir():
        path.unlink()
    return True


def run(files: dict[str, Path], work: Path, name: str, rounds: int, seed: int) -> None:
    rng = random.Random(f"{name}-{seed}")
    data = files[name].read_bytes()
    for _ in range(rounds):
        attack(mutated(data, rng), work)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.ogg", "a.m4a", "a.opus"])
def test_damaged_files_are_decoded_or_refused(files, work, name):
    run(files, work, name, rounds=20, seed=0)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", FORMATS)
def test_hundreds_of_damaged_files_are_decoded_or_refused(files, work, name):
    run(files, work, name, rounds=300, seed=1)


@pytest.mark.parametrize("name", FORMATS)
def test_recognising_never_fails_on_any_beginning_or_damage(files, tmp_path, name):
    rng, data, path = random.Random(name), files[name].read_bytes(), tmp_path / "x"
    for size in [*range(200), *(rng.randrange(len(data)) for _ in range(50))]:
        path.write_bytes(data[:size])
        containers.identify(path)
    for _ in range(150):
        path.write_bytes(mutated(data, rng))
        containers.identify(path)
