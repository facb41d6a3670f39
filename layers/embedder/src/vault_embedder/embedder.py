"""From samples to embeddings: one thread, the same bytes every time, bounded memory.

What is promised: segments lie every ``hop_samples`` and cover the input; a
segment below -80 dBFS is left out, because an embedding of nothing resembles
every other nothing; the track embedding is the normalised mean of the
segments, and all zeros when none is left. Input shorter than a segment is
filled with zeros. NaN and infinity are refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from vault_embedder import manifest as manifests
from vault_embedder.manifest import Manifest, ModelDamaged

BUNDLED = Path(__file__).with_name("manifest.json")
SILENCE = 1e-4  # root mean square, -80 dBFS
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """``track`` (512,), unit length or zero; ``segments`` (k, 512), unit length; ``times`` (k, 2) seconds."""

    track: Floats
    segments: Floats
    times: Floats


class Embedder:
    """A verified model, ready to embed. Make one with ``load`` and keep it: loading takes a while."""

    def __init__(self, manifest: Manifest, session: Any) -> None:
        self.manifest = manifest
        self._session = session

    @classmethod
    def load(cls, path: Path | str | None = None) -> Self:
        """The bundled model, or the one whose manifest (or whose folder) is ``path``; verified first."""
        place = BUNDLED if path is None else Path(path)
        place = place / "manifest.json" if place.is_dir() else place
        manifest = manifests.read(place)
        return cls(manifest, _session(manifests.read_model(place, manifest), manifest))

    @property
    def identity(self) -> str:
        """Name, version and hash of the model; embeddings of different identities are not comparable."""
        return self.manifest.identity

    @property
    def sample_rate(self) -> int:
        return self.manifest.sample_rate

    def embed(self, samples: Floats) -> Embedding:
        """Embed mono float32 ``samples`` (n,) at ``sample_rate``; any n, zero included."""
        audio = _checked(samples)
        kept, points = self._audible(audio), []
        step = self.manifest.piece_segments
        for first in range(0, self._count(len(audio)), step):
            inside = kept[(kept >= first) & (kept < first + step)]
            if len(inside):
                points.append(self._piece(audio, first)[inside - first])
        segments = np.concatenate(points) if points else self._none()
        return Embedding(_mean(segments, self.manifest.dimensions), segments, self._times(kept, len(audio)))

    def _none(self) -> Floats:
        return np.zeros((0, self.manifest.dimensions), dtype=np.float32)

    def _count(self, samples: int) -> int:
        beyond = max(0, samples - self.manifest.segment_samples)
        return 1 + -(-beyond // self.manifest.hop_samples) if samples else 0

    def _audible(self, audio: Floats) -> NDArray[np.int64]:
        """Indexes of the segments that are not silent."""
        hop, size = self.manifest.hop_samples, self.manifest.segment_samples
        count = self._count(len(audio))
        energy = np.array([np.dot(p, p) for p in (audio[i * hop : (i + 1) * hop] for i in range(count + size // hop))])
        per_segment = np.lib.stride_tricks.sliding_window_view(energy, size // hop).sum(axis=1)[:count]
        return np.flatnonzero(per_segment > SILENCE**2 * size).astype(np.int64)

    def _piece(self, audio: Floats, first: int) -> Floats:
        """The piece's segments from ``first`` on, run with their context so that cuts leave no mark."""
        hop, size = self.manifest.hop_samples, self.manifest.segment_samples
        total = self._count(len(audio))
        start = max(0, first - self.manifest.context_segments)
        last = min(total, first + self.manifest.piece_segments)
        stop = min(total, last + self.manifest.context_segments)
        wanted = (stop - start - 1) * hop + size
        cut = audio[start * hop : start * hop + wanted]
        whole = np.pad(cut, (0, wanted - len(cut)))
        points: Floats = self._session.run(None, {"samples": whole})[0]
        return points[first - start : last - start]

    def _times(self, kept: NDArray[np.int64], samples: int) -> Floats:
        starts = kept * self.manifest.hop_samples
        ends = np.minimum(starts + self.manifest.segment_samples, samples)
        return (np.stack([starts, ends], axis=1) / self.manifest.sample_rate).astype(np.float32)


def _checked(samples: Floats) -> Floats:
    if not isinstance(samples, np.ndarray) or samples.ndim != 1 or samples.dtype.kind != "f":
        raise ValueError("samples must be a one-dimensional array of floats")
    audio = np.ascontiguousarray(samples, dtype=np.float32)
    if not np.isfinite(audio).all():
        raise ValueError("samples hold NaN or infinity")
    return audio


def _mean(segments: Floats, dimensions: int) -> Floats:
    if not len(segments):
        return np.zeros(dimensions, dtype=np.float32)
    centre = segments.mean(axis=0, dtype=np.float64)
    unit: Floats = (centre / max(float(np.linalg.norm(centre)), 1e-12)).astype(np.float32)
    return unit


def _session(model: bytes, manifest: Manifest) -> Any:
    """One single-threaded session; onnxruntime is imported only here, since it is slow to import."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own errors share no base class
        raise ModelDamaged(f"{manifest.file}: onnxruntime refuses it") from error
    shape = session.get_outputs()[0].shape
    if [i.name for i in session.get_inputs()] != ["samples"] or shape[-1] != manifest.dimensions:
        raise ModelDamaged(f"{manifest.file}: not samples in, {manifest.dimensions} dimensions out")
    return session
