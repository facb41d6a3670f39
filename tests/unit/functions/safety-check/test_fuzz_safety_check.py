"""safety-check against damaged copies: an answer or a refusal, and never a pass for what is still a copy.

A second judge listens to what came through: where Chromaprint, which the decision does not rest on, still finds the
vault's track in the damaged copy, an ``allow`` is a failure.
"""

import base64
import os
import random
import time
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from ingesting import ROOT
from simulator import Simulator
from sounds import as_file, in_vault, piece, registered
from vault_audio import chromaprint_match
from vault_audio.decode import decode
from vault_domain.errors import AudioRefused
from vault_domain.events import AuditEvent, Kind
from vault_domain.safety import OutputCheck
from wire import body_of, event, token

FORMATS = ("WAV", "FLAC", "MP3", "OGG")
S = 12.0
ROUNDS = int(os.environ.get("LEMM_FUZZ_ROUNDS", "60"))
"""Per format, in the slow suite; 2,500 make ten thousand."""


def _damage():
    spec = spec_from_file_location("shared_fuzz", ROOT / "tests" / "unit" / "audio" / "test_fuzz_decode.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.mutated


mutated = _damage()
CODES = {cls.code for cls in (AudioRefused, *AudioRefused.__subclasses__())}


@pytest.fixture
def ready(sim: Simulator, load_step):
    """The function over a vault with one track, a catalogue with another, and the real decoder."""
    in_vault(sim, 1, as_file(piece(1, S)))
    registered(sim, ("Known piece", as_file(piece(4, S))))
    decoder = load_step("decode")
    decoder.app.bind(sim.container())
    sim.functions["LEMM_FUNCTION_DECODE"] = lambda payload: decoder.handler(payload, None)
    return load_step("safety-check")


def items(data: bytes):
    """What Chromaprint hears of a file; nothing where it is refused."""
    with TemporaryDirectory() as folder:
        try:
            return decode(data, Path(folder)).items
        except AudioRefused:
            return None


def attack(sim: Simulator, step, data: bytes, number: int, original) -> str:
    """One damaged copy, checked: what was answered, and that records, events and objects agree with it."""
    output = f"out_fuzz_{number}"
    body = {"output_id": output, "model_id": "m", "audio_base64": base64.b64encode(data).decode()}
    began = time.monotonic()
    result = step.handler(event("POST", "/safety/checks", body=body, bearer=token(sim, "system", "safety")), None)
    assert time.monotonic() - began < 60
    answer = body_of(result)
    checks = [one for one in sim.store.everything(OutputCheck) if one.output_id == output]
    told = [one for one in sim.store.everything(AuditEvent) if one.subject == output and one.event is Kind.OUTPUT_CHECK]
    assert not [key for key in sim.buckets.open("outputs").dump() if output in key and not key.startswith("features/")]
    if result["statusCode"] == 200:
        assert [one.outcome for one in checks] == [answer["outcome"]]
        assert len(told) == 1
        heard = items(data) if answer["outcome"] == "allow" else None
        assert heard is None or not chromaprint_match.match(heard, original), "still a copy, and allowed"
        return str(answer["outcome"])
    assert (checks, told) == ([], [])
    assert answer["code"] in CODES
    return "refused"


def rounds(sim: Simulator, step, name: str, count: int, seed: int) -> Counter[str]:
    rng, data = random.Random(f"safety-{name}-{seed}"), as_file(piece(1, S), name)
    original, found = items(data), Counter()
    for number in range(count):
        found[attack(sim, step, mutated(data, rng), number, original)] += 1
    return found


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_copies_are_blocked_or_refused_and_never_allowed_by_accident(sim, ready, name):
    assert rounds(sim, ready, name, 6, seed=0).total() == 6


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", FORMATS)
def test_many_damaged_copies_are_blocked_or_refused_and_never_allowed_by_accident(sim, ready, name):
    found = rounds(sim, ready, name, ROUNDS, seed=1)
    assert found.total() == ROUNDS
    assert found["block"] + found["refused"] > ROUNDS / 2, found


def test_the_undamaged_copy_is_blocked_and_the_second_judge_knows_it(sim, ready):
    data = as_file(piece(1, S), "MP3")
    assert attack(sim, ready, data, 1, items(data)) == "block"
    assert chromaprint_match.match(items(data), items(as_file(piece(1, S))))
    assert not chromaprint_match.match(items(as_file(piece(2, S))), items(data))
