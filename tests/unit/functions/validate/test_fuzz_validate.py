"""validate and the real decoder against damaged files: validated or refused, nothing else, and nothing left behind."""

import random
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from ingesting import ROOT, an_upload, main_of, validated
from simulator import Simulator
from vault_domain.errors import AudioRefused
from vault_domain.events import AuditEvent, Kind
from vault_domain.uploads import Upload, UploadState, analysis_key, canonical_key, source_key

FORMATS = ["a.wav", "a.flac", "a.mp3", "a.ogg", "a.m4a"]


def _beside(name: str) -> ModuleType:
    """A module of the audio tests: made music in every container, and the ways to damage it."""
    spec = spec_from_file_location(f"shared_{name}", ROOT / "tests" / "unit" / "audio" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


audio, damage = _beside("conftest"), _beside("test_fuzz_decode")
files = audio.files
CODES = {cls.code for cls in (AudioRefused, *AudioRefused.__subclasses__())}


def vault() -> Simulator:
    """A vault whose ``decode`` is the real one, over the wire's JSON."""
    sim = Simulator()
    decode = main_of("decode").app
    decode.bind(sim.container())
    sim.functions["LEMM_FUNCTION_DECODE"] = lambda ask: decode.run_step(ask, "test")
    return sim


def attack(sim: Simulator, data: bytes) -> str:
    """One upload, validated; what became of it, and that record, objects and events agree."""
    upload_id = an_upload(sim, data)
    outcome = str(validated(sim, upload_id)["outcome"])
    upload = sim.store.get(Upload, upload_id)
    assert upload is not None
    left = {key for key in sim.buckets.open("quarantine").dump() if upload_id in key}
    if outcome == "refused":
        assert (upload.state, left) == (UploadState.REFUSED, set())
        assert upload.refusal is not None
        assert upload.refusal.code in CODES
        assert upload.audio_sha256 is None
    else:
        assert (outcome, upload.state, upload.refusal) == ("validated", UploadState.VALIDATED, None)
        assert left == {key(upload_id) for key in (source_key, canonical_key, analysis_key)}
    assert validated(sim, upload_id)["outcome"] == outcome, "twice is once"
    told = Counter(event.event for event in sim.store.everything(AuditEvent) if event.subject == upload_id)
    kind = Kind.UPLOAD_REFUSED if outcome == "refused" else Kind.UPLOAD_VALIDATED
    assert told == {Kind.UPLOAD_OPENED: 1, kind: 1}
    return outcome


def rounds(files: dict[str, Path], name: str, count: int, seed: int) -> Counter[str]:
    rng, data = random.Random(f"validate-{name}-{seed}"), files[name].read_bytes()
    found: Counter[str] = Counter()
    for number in range(count):
        if number % 50 == 0:  # a quota of open uploads is not what is tested here
            sim = vault()
        found[attack(sim, damage.mutated(data, rng))] += 1
    return found


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files_are_validated_or_refused_without_a_rest(files, name):
    assert sum(rounds(files, name, 10, seed=0).values()) == 10


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", FORMATS)
def test_hundreds_of_damaged_files_are_validated_or_refused_without_a_rest(files, name):
    found = rounds(files, name, 300, seed=1)
    assert found["refused"] > 10
    assert found.total() == 300


@pytest.mark.parametrize("name", FORMATS)
def test_the_whole_file_is_validated(files, name):
    assert attack(vault(), files[name].read_bytes()) == "validated"
