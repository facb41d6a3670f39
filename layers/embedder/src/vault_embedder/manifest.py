"""The manifest beside a model, and the check that both are what they claim to be.

Accepted only when: (1) the manifest is JSON of the known format; (2) its
geometry is whole and sensible; (3) the model file lies beside it, of the
stated size; (4) its SHA-256 is the stated one. Anything else raises
``ModelDamaged``, which names the part.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = "lemm-embedder/1"
_LARGEST = 2**30
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}\.onnx")
_NUMBERS = (
    "bytes",
    "opset",
    "sample_rate",
    "dimensions",
    "segment_samples",
    "hop_samples",
    "context_segments",
    "piece_segments",
)


class ModelDamaged(ValueError):
    """The model or its manifest is missing, altered or of an unknown format."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the code needs to know of a model; the file holds more (licence, training, figures)."""

    name: str
    version: str
    file: str
    sha256: str
    bytes: int
    opset: int
    sample_rate: int
    dimensions: int
    segment_samples: int
    hop_samples: int
    context_segments: int  # segments of context that a piece of a long input needs on either side
    piece_segments: int  # segments per run of the model, context aside: bounds the memory

    @property
    def identity(self) -> str:
        """What calibration and snapshots record: embeddings of two identities never mix."""
        return f"{self.name}-{self.version}-{self.sha256[:12]}"


def read(path: Path) -> Manifest:
    """Steps 1 and 2: the manifest at ``path``, without touching the model."""
    document = _document(path)
    try:
        numbers = {key: _positive(document, key) for key in _NUMBERS}
        manifest = Manifest(
            name=_text(document, "name"), version=_text(document, "version"), file=_text(document, "file"),
            sha256=_text(document, "sha256"), **numbers,
        )  # fmt: skip
    except (KeyError, TypeError) as error:
        raise ModelDamaged(f"{path.name}: {error}") from error
    if not _FILE.fullmatch(manifest.file):
        raise ModelDamaged(f"{path.name}: file {manifest.file!r} is not a plain .onnx name")
    if not re.fullmatch(r"[0-9a-f]{64}", manifest.sha256):
        raise ModelDamaged(f"{path.name}: sha256 is not 64 hexadecimal digits")
    if manifest.segment_samples % manifest.hop_samples or manifest.bytes > _LARGEST:
        raise ModelDamaged(f"{path.name}: a segment must be whole hops, and the model under 1 GiB")
    return manifest


def read_model(path: Path, manifest: Manifest) -> bytes:
    """Steps 3 and 4: the model's bytes, verified."""
    model = path.parent / manifest.file
    try:
        if model.stat().st_size != manifest.bytes:
            raise ModelDamaged(f"{manifest.file}: {model.stat().st_size} bytes, the manifest says {manifest.bytes}")
        data = model.read_bytes()
    except OSError as error:
        raise ModelDamaged(f"{manifest.file}: {error.strerror}") from error
    if hashlib.sha256(data).hexdigest() != manifest.sha256:
        raise ModelDamaged(f"{manifest.file}: its SHA-256 is not the manifest's")
    return data


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelDamaged(f"{path.name}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ModelDamaged(f"{path.name}: not JSON") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ModelDamaged(f"{path.name}: not of format {FORMAT}")
    return document


def _positive(document: dict[str, Any], key: str) -> int:
    value = document[key]
    if type(value) is not int or not 0 <= value < 2**40 or (value == 0 and key != "context_segments"):
        raise ModelDamaged(f"manifest: {key} must be a whole number above zero")
    return int(value)


def _text(document: dict[str, Any], key: str) -> str:
    value = document[key]
    if not isinstance(value, str) or not 0 < len(value) <= 200:
        raise ModelDamaged(f"manifest: {key} must be a short text")
    return value
