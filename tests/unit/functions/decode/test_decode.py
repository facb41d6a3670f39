"""decode: real ffmpeg on small files; targets are written on success only."""

import base64
import io

import numpy as np
import pytest
import soundfile
from ingesting import RATE, run, sound
from killing import ends_the_same
from simulator import Simulator
from vault_audio.decode import ffmpeg_path
from vault_domain.errors import AudioRefused, BadRequest, NotAudio, NotFound, Unavailable, VaultError
from vault_domain.uploads import Heard

try:
    ffmpeg_path()
except Unavailable:
    pytest.skip("no ffmpeg here", allow_module_level=True)

KEY = "uploads/upl_0/source"
TARGETS = {"canonical": "canonical/a.flac", "analysis": "analysis/a.flac"}


def put(sim: Simulator, data: bytes, bucket: str = "quarantine") -> str:
    return str(sim.bucket(bucket).write(KEY, data, content_type="audio/flac").version_id)


def test_a_stored_object_becomes_both_derivatives(sim: Simulator):
    version = put(sim, sound())
    told = run("decode", sim.deps, bucket="quarantine", key=KEY, version_id=version, targets=TARGETS)
    heard = Heard.model_validate(told)
    assert (heard.duration_s, heard.container, heard.codec) == (6.0, "flac", "flac")
    assert heard.facts.channels == 1
    assert "analysis_base64" not in told
    samples, rate = soundfile.read(io.BytesIO(sim.bucket("quarantine").read("analysis/a.flac", limit=2**26)))
    assert (rate, samples.ndim, len(samples)) == (RATE, 1, 6 * RATE)
    assert sim.bucket("quarantine").head("canonical/a.flac")


def test_the_pinned_version_is_read(sim: Simulator):
    first = put(sim, sound(1))
    put(sim, b"overwritten")
    assert run("decode", sim.deps, bucket="quarantine", key=KEY, version_id=first)["container"] == "flac"


def test_inline_bytes_come_back_as_analysis_audio(sim: Simulator):
    told = run("decode", sim.deps, audio_base64=base64.b64encode(sound()).decode())
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(told["analysis_base64"])))
    assert (rate, len(samples)) == (RATE, 6 * RATE)
    assert not sim.dump()["buckets"].get("quarantine")


def test_inline_bytes_whose_analysis_audio_is_too_long_for_an_answer_leave_it_at_the_target(sim: Simulator, load_step):
    step, asked = load_step("decode"), base64.b64encode(sound()).decode()
    step.INLINE_BYTES = 1000
    told = step.handler({"audio_base64": asked, "bucket": "outputs", "targets": {"analysis": "analysis/a.flac"}}, None)
    assert "analysis_base64" not in told
    assert len(soundfile.read(io.BytesIO(sim.bucket("outputs").read("analysis/a.flac", limit=2**26)))[0]) == 6 * RATE


@pytest.mark.parametrize("data", [b"", b"I am a text file, called .mp3\n" * 200, sound()[: len(sound()) // 2]])
def test_refusals_write_nothing(sim: Simulator, data):
    version = put(sim, data)
    before = sim.dump()
    with pytest.raises(AudioRefused):
        run("decode", sim.deps, bucket="quarantine", key=KEY, version_id=version, targets=TARGETS)
    assert sim.dump() == before


def test_killed_anywhere_and_repeated():
    def make():
        sim = Simulator()
        version = put(sim, sound())
        return sim, lambda deps: run("decode", deps, key=KEY, version_id=version, targets=TARGETS)

    assert ends_the_same(make) == 4


def test_silence_is_measured_not_judged(sim: Simulator):
    file = io.BytesIO()
    soundfile.write(file, np.zeros(RATE * 5, np.float32), RATE, format="FLAC")
    put(sim, file.getvalue())
    assert run("decode", sim.deps, bucket="quarantine", key=KEY)["facts"]["silence_share"] == 1.0


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        ({}, VaultError),
        ({"key": KEY, "audio_base64": "AAAA"}, VaultError),
        ({"bucket": "vault", "key": KEY}, VaultError),
        ({"audio_base64": "!"}, BadRequest),
        ({"audio_base64": "AAAA"}, NotAudio),
        ({"bucket": "quarantine", "key": "uploads/none/source"}, NotFound),
    ],
)
def test_asks_that_can_not_be_met(sim: Simulator, ask, error):
    with pytest.raises(error):
        run("decode", sim.deps, **ask)
