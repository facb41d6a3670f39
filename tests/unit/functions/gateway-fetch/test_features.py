"""Reads of features: made once from the very audio that was admitted, said by hash, and gone with a revocation."""

import io

import numpy as np
import pytest
import soundfile
from granting import numbered, stock_audio, take_back
from lemm.training import StreamProblem, VaultStream, decode_audio, decode_features
from living_gateway import World
from simulator import Simulator
from vault_domain.canonical import sha256_hex
from vault_domain.events import AuditEvent, Kind
from vault_domain.served import LogMel
from vault_domain.training import TrainingRun
from wire import token

ONE = numbered("trk", 1)


def flac(seconds: float = 1.0, rate: int = 16000) -> bytes:
    out = io.BytesIO()
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(round(rate * seconds)) / rate)
    soundfile.write(out, np.stack([wave, wave], axis=1), rate, format="FLAC", subtype="PCM_16")
    return out.getvalue()


@pytest.fixture
def world(sim: Simulator, load_step) -> World:
    stock_audio(sim, 1, flac())
    return World(sim, load_step)


def stream_of(world: World, run_id: str, kind: str) -> VaultStream:
    return VaultStream(
        "https://vault.example", token(world.sim, "system", "training"), run_id=run_id, model_id="m",
        spec={"format": kind}, transport=world, sleep=lambda _: None,
    )  # fmt: skip


def test_a_stream_of_features_gives_arrays_and_never_audio(world: World):
    with stream_of(world, "run_one", "features") as stream:
        ((entry, found),) = list(stream.features())
        assert (entry["track_id"], found.shape, found.dtype.name) == (ONE, (97, 80), "float16")
        with pytest.raises(ValueError, match="features, not audio"):
            stream.audio()
        stream.complete()
    links = [request.url for request in world.seen if request.url.host != "vault.example"]
    assert links
    assert not [link for link in links if link.path.endswith(".flac")]
    with stream_of(world, "run_two", "audio") as stream, pytest.raises(ValueError, match="audio, not features"):
        stream.features()


def test_features_arrive_verified_and_are_made_once(world: World):
    with stream_of(world, "run_one", "features") as stream:
        ((entry, data),) = list(stream)
        features = decode_features(data)
        assert features.shape == (97, 80)
        assert stream.manifest["schema"]["setting"] == 1
        stream.complete()
    (made,) = world.sim.store.everything(LogMel)
    assert (made.sha256, made.size, made.audio_sha256) == (sha256_hex(data), len(data), entry["sha256"])
    (read,) = [one for one in world.sim.store.everything(AuditEvent) if one.event is Kind.VAULT_ACCESS]
    assert (read.data["format"], read.data["served_sha256"]) == ("features", made.sha256)
    run = world.sim.store.get(TrainingRun, "run_one")
    assert (run.bytes_read, run.consumed_not_granted) == (made.size, 0)
    before = world.sim.buckets.open("vault").dump()
    assert list(stream_of(world, "run_two", "features"))
    assert world.sim.buckets.open("vault").dump() == before


def test_audio_is_decoded_to_samples(world: World):
    ((_, audio),) = list(stream_of(world, "run_one", "audio").audio())
    assert (audio.samples.shape, audio.rate, audio.samples.dtype) == ((2, 16000), 16000, np.float32)
    with pytest.raises(ValueError, match="not audio"):
        decode_audio(b"noise")


def test_a_track_taken_back_has_no_features_either(world: World):
    stream = stream_of(world, "run_one", "features")
    stream.open()
    take_back(world.sim, ONE)
    assert list(stream) == []
    assert stream.skipped == {ONE: "revoked"}
    assert world.sim.store.everything(LogMel) == ()


def test_audio_that_is_not_what_was_admitted_makes_no_features(world: World):
    world.sim.buckets.open("vault").write(f"audio/{ONE}.flac", flac(2.0), content_type="audio/flac")
    with pytest.raises(StreamProblem):
        list(stream_of(world, "run_one", "features"))
    assert world.sim.store.everything(LogMel) == ()


def test_other_features_than_the_gateway_said_are_not_handed_out(world: World):
    stream = stream_of(world, "run_two", "features")
    stream.open()
    entry = next(entry for entry in stream.entries() if entry["track_id"] == ONE)
    stream.read(ONE)
    world.sim.buckets.open("vault").write(
        f"logmel/{ONE}/{entry['sha256']}.1.npy", b"other", content_type="application/x-npy"
    )
    with pytest.raises(StreamProblem, match="corrupt"):
        stream.read(ONE)
