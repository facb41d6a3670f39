"""validate over the real decoder, fed damaged files: taken whole or refused whole, never anything in between."""

import io
import random
import subprocess

import numpy as np
import pytest
import soundfile
from ingesting import an_upload, run, sound, validated
from simulator import Simulator
from vault_audio.decode import ffmpeg_path
from vault_domain.errors import AudioRefused, Unavailable, all_errors
from vault_domain.uploads import Upload, UploadState, analysis_key, canonical_key, source_key

try:
    FFMPEG = ffmpeg_path()
except Unavailable:
    pytest.skip("no ffmpeg here", allow_module_level=True)

FORMATS = {
    "wav": ["-f", "wav"], "flac": ["-f", "flac"], "mp3": ["-f", "mp3", "-b:a", "96k"],
    "ogg": ["-f", "ogg", "-c:a", "libvorbis"],
    "m4a": ["-f", "ipod", "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"],
}  # fmt: skip
CODES = {cls.code for cls in all_errors() if issubclass(cls, AudioRefused)}


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """Four seconds of a tune in each format."""
    made = {}
    for name, options in FORMATS.items():
        command = [str(FFMPEG), "-v", "error", "-i", "pipe:0", *options, "pipe:1"]
        made[name] = subprocess.run(command, input=sound(1, 4.0), capture_output=True, check=True).stdout
    return made


@pytest.fixture
def sim() -> Simulator:
    """A vault with the real decoder."""
    sim = Simulator()
    sim.functions["LEMM_FUNCTION_DECODE"] = lambda ask: run("decode", sim.container(), **ask)
    return sim


def outcome(sim: Simulator, data: bytes) -> str:
    """Validate some bytes, and hold the result to the promise."""
    upload_id = an_upload(sim, data)
    before = set(sim.buckets.open("quarantine").dump()) - {source_key(upload_id)}
    said = validated(sim, upload_id)["outcome"]
    upload = sim.store.get(Upload, upload_id)
    assert upload is not None
    left = set(sim.buckets.open("quarantine").dump()) - before
    if said == "validated":
        assert upload.state is UploadState.VALIDATED
        assert left == {source_key(upload_id), canonical_key(upload_id), analysis_key(upload_id)}
        samples, rate = soundfile.read(
            io.BytesIO(sim.bucket("quarantine").read(analysis_key(upload_id), limit=2**26)), dtype="float32"
        )
        assert (rate, samples.ndim) == (16_000, 1)
        assert np.isfinite(samples).all()
    else:
        assert upload.refusal is not None
        assert upload.refusal.code in CODES
        assert left == set()
    return str(said)


def damaged(data: bytes, random_: random.Random) -> bytes:
    """Some bytes overwritten, cut out, repeated or cut off; often near the start, where the structure is."""
    out = bytearray(data)
    for _ in range(random_.randint(1, 4)):
        at = random_.randrange(min(len(out), 512) if random_.random() < 0.5 else len(out))
        length = random_.choice([1, 2, 8, 64, 2048])
        wound = random_.choice(["noise", "zero", "ones", "cut", "repeat", "end"])
        if wound == "cut":
            del out[at : at + length]
        elif wound == "repeat":
            out[at:at] = out[at : at + length]
        elif wound == "end":
            del out[max(1, at) :]
        else:
            out[at : at + length] = {
                "noise": random_.randbytes(length), "zero": bytes(length), "ones": b"\xff" * length
            }[wound]  # fmt: skip
        out = out or bytearray(b"\0")
    return bytes(out)


def fuzz(sim: Simulator, data: bytes, name: str, rounds: int) -> None:
    source = random.Random(f"{name} {rounds}")
    found = {outcome(sim, damaged(data, source)) for _ in range(rounds)}
    assert "refused" in found


@pytest.mark.parametrize("name", FORMATS)
def test_sound_files_are_taken(sim: Simulator, files, name):
    assert outcome(sim, files[name]) == "validated"


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files(sim: Simulator, files, name):
    fuzz(sim, files[name], name, 12)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", FORMATS)
def test_hundreds_of_damaged_files(sim: Simulator, files, name):
    fuzz(sim, files[name], name, 300)


@pytest.mark.parametrize("data", [b"\0", b"RIFF", b"ID3", b"fLaC", b"OggS" * 1000, bytes(100_000), b"<html>" * 99])
def test_what_was_never_a_sound_file(sim: Simulator, data):
    assert outcome(sim, data) == "refused"
