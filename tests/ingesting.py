"""A track on its way into a simulated vault: each function calls one real step, with recorded answers of ``decode``."""

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import soundfile
from simulator import Simulator
from vault_domain.audio_rules import AudioFacts
from vault_domain.canonical import sha256_hex
from vault_domain.evidence import SourceReport
from vault_domain.ids import make_id
from vault_domain.policy import Policy, PolicyVersion, Thresholds
from vault_domain.ports import PostForm, Put
from vault_domain.tracks import Track
from vault_domain.uploads import source_key
from vault_edge.caller import Caller
from vault_edge.deps import Deps
from vault_edge.index import VAULT
from vault_edge.loading import load_folder
from vault_edge.texts import contribution_terms

ROOT = Path(__file__).resolve().parent.parent
OWNER = Caller(make_id("acc", b"owner".ljust(16)), "contributor")
STRANGER = Caller(make_id("acc", b"stranger".ljust(16)), "contributor")
SERVICE = Caller(make_id("svc", b"service".ljust(16)), "system", frozenset({"safety"}))
RATE = 16_000


@cache
def main_of(step: str) -> ModuleType:
    """The step's module; its handlers are plain functions that take their dependencies."""
    module = load_folder(ROOT / "functions" / step)
    if step == "fingerprint":  # the same samples give the same features: one extraction does for all worlds
        module.extract = _remembered(module.extract)
    return module


def _remembered(extract: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[bytes, Any] = {}

    def remembered(samples: Any, embed: Any = None) -> Any:
        key = samples.tobytes()
        if embed is not None or key not in known:
            known[key] = extract(samples, embed)
        return known[key]

    return remembered


def run(step: str, deps: Deps, **event: Any) -> Any:
    """What the state machine gets back."""
    app = main_of(step).app
    app.bind(deps)
    return app.run_step(event, "test")


@cache
def sound(seed: int = 1, seconds: float = 6.0) -> bytes:
    """Seeded notes of free pitch and length as 16 kHz mono FLAC, the form of analysis audio."""
    random = np.random.default_rng(seed)
    samples = np.zeros(int(RATE * (seconds + 2)), np.float32)
    for _ in range(int(seconds * 5)):
        time = np.arange(int(RATE * random.uniform(0.1, 0.9))) / RATE
        pitch, glide = 150 * 2 ** random.uniform(0, 4), random.uniform(-0.3, 0.3)
        start = int(random.uniform(0, seconds) * RATE)
        note = np.exp(-3 * time) * np.sin(2 * np.pi * pitch * (time + glide * time**2))
        samples[start : start + len(time)] += random.uniform(0.05, 0.2) * note
    file = io.BytesIO()
    soundfile.write(file, samples[: int(RATE * seconds)], RATE, format="FLAC")
    return file.getvalue()


FACTS = AudioFacts(
    duration_s=60, channels=2, sample_rate=44100, loudness_lufs=-14, peak_dbfs=-1, clipped_share=0, silence_share=0,
    longest_silence_s=0, dc_offset=0, bandwidth_hz=16000, noise_share=0.1, tone_share=0.1, dual_mono=False,
    mono_loss_db=-1,
)  # fmt: skip


def answer_of_decode(data: bytes, **facts: Any) -> dict[str, Any]:
    """What ``decode`` says of bytes that hold a recording."""
    return {
        "content_sha256": sha256_hex(data), "audio_sha256": sha256_hex(b"samples" + data), "duration_s": 60.0,
        "sample_rate": 44100, "channels": 2, "container": "flac", "codec": "flac", "chromaprint": "AQAAAA",
        "recipe": 1, "facts": FACTS.model_copy(update=facts).model_dump(mode="json"),
    }  # fmt: skip


def playing_decode(sim: Simulator, error: Exception | None = None, **facts: Any) -> None:
    """Let ``decode`` hear every source as what it is, write both derivatives, or refuse at the end."""

    def decode(ask: Any) -> dict[str, Any]:
        bucket = sim.bucket(ask["bucket"])
        data = bucket.read(ask["key"], ask["version_id"], limit=2**30)
        if error is not None:
            raise error
        bucket.write(ask["targets"]["canonical"], b"canonical " + data, content_type="audio/flac")
        bucket.write(ask["targets"]["analysis"], data, content_type="audio/flac")
        return answer_of_decode(data, **facts)

    sim.functions["LEMM_FUNCTION_DECODE"] = decode


def an_upload(sim: Simulator, data: bytes | None = None, caller: Caller = OWNER, deps: Deps | None = None) -> str:
    """An opened upload whose bytes have arrived, unless ``data`` is empty."""
    data = sound() if data is None else data
    module = main_of("upload-presign")
    ask = module.UploadAsk(filename="piece.flac", bytes=max(1, len(data)), content_type="audio/flac")
    opened = module.open_form(ask, caller, deps or sim.deps)
    if data:
        sim.post(PostForm(**opened["form"]), data)
    return str(opened["upload_id"])


def ask_for(upload_id: str, **changes: Any) -> Any:
    """A plain submission of this upload; ``changes`` go to metadata or rights by their names."""
    metadata = {"title": "Glass City", "artist_display_name": "Nova Arc", "genre_tags": ["ambient", "electronic"]}
    rights: dict[str, Any] = {
        "rights_holder_type": "individual", "is_original": True, "is_cover": False,
        "has_third_party_samples": False, "training_allowed": True,
        "internal_experiment_ok": True, "product_ok": True, "evaluation_ok": True,
    }  # fmt: skip
    module = main_of("submit")
    for name, value in changes.items():
        part = metadata if name in module.SubmitAsk.model_fields["metadata"].annotation.model_fields else rights
        part[name] = value
    terms = changes.get("accepted_terms_sha256", contribution_terms().sha256)
    return module.SubmitAsk(
        audio_upload_token=upload_id,
        metadata=metadata,
        rights={k: v for k, v in rights.items() if k != "accepted_terms_sha256"},
        accepted_terms_sha256=terms,
    )


def submitted(sim: Simulator, upload_id: str, caller: Caller = OWNER, deps: Deps | None = None, **changes: Any) -> str:
    """The track that a submission made."""
    return str(main_of("submit").submit(ask_for(upload_id, **changes), caller, deps or sim.deps)["track_id"])


def validated(sim: Simulator, upload_id: str, deps: Deps | None = None) -> Any:
    return run("validate", deps or sim.deps, key=source_key(upload_id))


def report(sim: Simulator, track_id: str, source: str = "vault", **changes: Any) -> SourceReport:
    """Put a report on record: clean and of the present snapshot, unless ``changes`` say otherwise."""
    side = "internal" if source == "vault" else "external"
    snapshot = sim.container().index.reader(VAULT).snapshot_id if source == "vault" else "c" * 64
    fields = {"subject": track_id, "source": source, "side": side, "status": "checked", "snapshot": snapshot}
    made = SourceReport(**{**fields, "calibration": "1", "at": sim.clock(), **changes})
    present = sim.store.get(SourceReport, track_id, f"source#{source}")
    sim.store.commit([Put(made, present.version if present else 0)])
    return made


def compared(sim: Simulator, track_id: str, **vault: Any) -> None:
    """Clean reports of all required sources, but for what ``vault`` says."""
    report(sim, track_id, **vault)
    report(sim, track_id, "catalogue:open")


def fingerprinted(sim: Simulator, data: bytes | None = None, caller: Caller = OWNER, **changes: Any) -> tuple[str, str]:
    """Upload and track, up to and with ``fingerprint``."""
    playing_decode(sim)
    upload_id = an_upload(sim, data, caller)
    assert validated(sim, upload_id)["outcome"] == "validated"
    track_id = submitted(sim, upload_id, caller, **changes)
    run("fingerprint", sim.container(embedder=None), upload_id=upload_id, track_id=track_id)
    return upload_id, track_id


def decided(sim: Simulator, data: bytes | None = None, caller: Caller = OWNER, **changes: Any) -> tuple[str, str]:
    """Upload and track, up to and with ``decide``."""
    upload_id, track_id = fingerprinted(sim, data, caller, **changes)
    compared(sim, track_id)
    run("decide", sim.deps, track_id=track_id)
    return upload_id, track_id


def admitted(sim: Simulator, data: bytes | None = None, caller: Caller = OWNER, **changes: Any) -> tuple[str, str]:
    """Upload and track, up to and with ``admit``."""
    upload_id, track_id = decided(sim, data, caller, **changes)
    assert run("admit", sim.deps, track_id=track_id)["outcome"] == "accepted"
    return upload_id, track_id


def track_of(sim: Simulator, track_id: str) -> Track:
    found = sim.store.get(Track, track_id)
    assert found is not None
    return found


def indexed(sim: Simulator) -> set[str]:
    """Tracks that a search of the vault would find, by a container that remembers nothing."""
    opened = sim.container().index.reader(VAULT)
    return {entry.id for shard in opened.shards for entry in shard.tracks} - set(opened.manifest.removed)


def lonely_vault(seed: int = 0) -> Simulator:
    """A vault whose policy asks its own index alone, and holds only near-certain matches against a track.

    How well detectors tell short tunes apart is measured elsewhere.
    """
    sim = Simulator(seed)
    policy = Policy(required_sources=("vault",), thresholds=Thresholds(weak=0.97, strong=0.99))
    version = PolicyVersion(number=2, policy=policy, author="acc", reason="alone", at=sim.clock(), is_head=True)
    sim.store.commit([Put(version, 0)])
    playing_decode(sim)
    return sim
