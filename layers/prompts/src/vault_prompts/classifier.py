"""The classifier of prompts: a verified ONNX model, run on one thread, the same numbers every time.

Accepted only when (1) the manifest is JSON of the known format, for this front end's settings and buckets; (2) the
model beside it has the stated size and SHA-256; (3) onnxruntime takes it, with the agreed inputs and output.
Anything else raises ``ModelDamaged``.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from vault_prompts.frontend import BUCKETS, SETTINGS, featurise

BUNDLED = Path(__file__).with_name("manifest.json")
FORMAT = "lemm-prompts/1"
INTENTS = ("song", "artist", "clone")
_LARGEST = 2**26


class ModelDamaged(ValueError):
    """The model or its manifest is missing, altered or of an unknown format."""


@dataclass(frozen=True, slots=True)
class Chances:
    """How likely a prompt names a song, names an artist, asks for a copy or cover: 0 to 1."""

    song: float
    artist: float
    clone: float


class Classifier:
    """A verified model with the limits it was measured at. Make one with ``load`` and keep it."""

    def __init__(self, session: Any, identity: str, limits: dict[str, float]) -> None:
        self._session = session
        self.identity = identity
        self.limits = limits

    @classmethod
    def load(cls, path: Path = BUNDLED) -> Self:
        """The bundled model, or the one whose manifest is ``path``."""
        manifest = _manifest(path)
        model = _model(path.parent / "classifier.onnx", manifest)
        return cls(_session(model), f"{FORMAT}-{manifest['version']}-{manifest['sha256'][:12]}", manifest["limits"])

    def judge(self, text: str) -> Chances:
        """The chances of one prompt; of the text as it is written."""
        ids, weights = featurise(text)
        song, artist, clone = self._session.run(None, {"ids": ids, "weights": weights})[0].tolist()
        return Chances(song, artist, clone)


def _manifest(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelDamaged(f"{path.name}: missing or not JSON") from error
    if not isinstance(found, dict):
        raise ModelDamaged(f"{path.name}: not an object")
    agreed = {
        "format": FORMAT, "frontend_settings": SETTINGS, "buckets": BUCKETS, "intents": list(INTENTS),
        "file": "classifier.onnx",
    }  # fmt: skip
    for name, value in agreed.items():
        if found.get(name) != value:
            raise ModelDamaged(f"{path.name}: {name} is not {value!r}")
    limits = found.get("limits")
    if not isinstance(limits, dict) or not all(isinstance(limits.get(name), float) for name in INTENTS):
        raise ModelDamaged(f"{path.name}: limits are missing")
    if not all(0 < limits[name] < 1 for name in INTENTS) or not all(
        isinstance(found.get(k), str) for k in ("sha256", "version")
    ):
        raise ModelDamaged(f"{path.name}: limits lie between 0 and 1, hash and version are text")
    return found


def _model(path: Path, manifest: dict[str, Any]) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise ModelDamaged(f"{path.name}: over {_LARGEST} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise ModelDamaged(f"{path.name}: {error.strerror}") from error
    if len(data) != manifest.get("bytes") or hashlib.sha256(data).hexdigest() != manifest["sha256"]:
        raise ModelDamaged(f"{path.name}: its size or SHA-256 is not the manifest's")
    return data


def _session(model: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own errors share no base class
        raise ModelDamaged("onnxruntime refuses the model") from error
    if [one.name for one in session.get_inputs()] != ["ids", "weights"] or session.get_outputs()[0].shape != [
        len(INTENTS)
    ]:
        raise ModelDamaged("the model does not take ids and weights, or does not give three chances")
    return session
