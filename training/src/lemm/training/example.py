"""A worked example: train a small model on vault audio, and leave its lineage behind.

    pip install 'lemm-training[torch]'
    export LEMM_CLIENT_ID=... LEMM_CLIENT_SECRET=...
    python -m lemm.training.example https://vault.example --model tiny --version 1 --run run_tiny_1 --workers 2

A predictor of the next log-mel frame (three small convolutions over the 32
frames before it) is trained for a few epochs on features from the gateway,
with early stopping on tracks that it never sees in training. Loader workers read
ahead, each under a lease of its own. The run is then completed with the weights'
hash and all audio that any worker was given, and the version is registered.
"""

import argparse
import hashlib
import io
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lemm.training.decoding import decode_features
from lemm.training.source import VaultSource
from lemm.training.stream import VaultStream
from lemm.training.torch_data import VaultDataset, declared
from torch import nn
from torch.utils.data import DataLoader

BANDS, PAST, WIDTH = 80, 32, 48
HELD_OUT = 8
"""One track in so many is kept for validation, chosen by its audio's hash: the same in every run."""
Json = dict[str, Any]


@dataclass(frozen=True)
class Trained:
    """Weights, their SHA-256, and the mean validation error before training and after each epoch."""

    weights: bytes
    sha256: str
    errors: tuple[float, ...]


class Predictor(nn.Module):  # type: ignore[misc]
    """The frame after ``PAST`` frames; shape=(batch, BANDS, PAST) to (batch, BANDS)."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(BANDS, WIDTH, 5, stride=2), nn.GELU(),
            nn.Conv1d(WIDTH, WIDTH, 5, stride=2), nn.GELU(),
            nn.Flatten(), nn.LazyLinear(BANDS),
        )  # fmt: skip

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """The last frame, changed by what was learned."""
        return frames[:, :, -1] + self.layers(frames)


def train(
    stream: VaultStream,
    source: Callable[[str], VaultStream],
    *,
    workers: int = 0,
    epochs: int = 4,
    batch: int = 64,
    rate: float = 1e-3,
    seed: int = 0,
) -> Trained:
    """Train on a run of format ``features``; each epoch reads the run again, in another order.

    ``stream`` validates and is told what was used; ``source`` opens a stream of the same run for each loader worker.
    """
    data = VaultDataset(source, wanted=learned_from)
    loader = DataLoader(data, batch_size=None, num_workers=workers, persistent_workers=workers > 0)
    torch.manual_seed(seed)
    model = Predictor()
    model(torch.zeros(1, BANDS, PAST))
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01)
    best = (_error(model, stream), _weights(model))
    errors = [best[0]]
    for epoch in range(epochs):
        model.train()
        data.set_epoch(epoch)
        for one in declared(loader, stream):
            _learn(model, optimiser, frames_of(one["features"]), batch)
        errors.append(_error(model, stream))
        if errors[-1] < best[0]:
            best = (errors[-1], _weights(model))
        elif len(errors) > 2:
            break  # early stopping: what is not learned by now would be learned by heart
    return Trained(best[1], hashlib.sha256(best[1]).hexdigest(), tuple(errors))


def held_out(entry: Json) -> bool:
    """Whether a track is for validation."""
    return int(str(entry["sha256"])[:8], 16) % HELD_OUT == 0


def learned_from(entry: Json) -> bool:
    """Whether a track is for training; a function of this module, so that spawned workers find it."""
    return not held_out(entry)


def frames_of(features: torch.Tensor) -> torch.Tensor:
    """Features as examples, shape=(frames - PAST, BANDS, PAST + 1), levelled to about unit range."""
    found = features.float() / 10 + 1
    return found.unfold(0, PAST + 1, 4) if len(found) > PAST else found.new_zeros((0, BANDS, PAST + 1))


def _learn(model: Predictor, optimiser: torch.optim.Optimizer, frames: torch.Tensor, batch: int) -> None:
    order = torch.randperm(len(frames))
    for chosen in order.split(batch):
        optimiser.zero_grad()
        loss = nn.functional.mse_loss(model(frames[chosen, :, :PAST]), frames[chosen, :, PAST])
        loss.backward()
        optimiser.step()


def _error(model: Predictor, stream: VaultStream) -> float:
    """Mean error over the held-out tracks, or over all where none is held out."""
    model.eval()
    kept = [entry for entry in stream.entries() if held_out(entry)] or list(stream.entries())
    total, count = 0.0, 0
    with torch.no_grad():
        for _, data in stream.these(kept):
            frames = frames_of(torch.from_numpy(decode_features(data)))
            total += nn.functional.mse_loss(model(frames[:, :, :PAST]), frames[:, :, PAST], reduction="sum").item()
            count += frames[:, :, PAST].numel()
    return total / max(1, count)


def _weights(model: Predictor) -> bytes:
    out = io.BytesIO()
    torch.save(model.state_dict(), out)
    return out.getvalue()


def run(
    stream: VaultStream, source: Callable[[str], VaultStream], version: str, **options: Any
) -> tuple[Trained, Json]:
    """Train, complete the run with the weights' hash, register the version; a failure ends the run as failed."""
    try:
        trained = train(stream, source, **options)
    except BaseException:
        stream.complete(outcome="failed")
        raise
    stream.complete(trained.sha256)
    return trained, stream.register(version, trained.sha256)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--model", required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--run", required=True)
    parser.add_argument("--weights", type=Path, default=Path("weights.pt"), help="where the weights are written")
    parser.add_argument("--workers", type=int, default=2, help="processes that read ahead; 0 reads in this one")
    given = parser.parse_args()
    options = {
        "run_id": given.run, "model_id": given.model, "model_type": "next-frame",
        "spec": {"format": "features", "model_version": given.version},
    }  # fmt: skip
    source = VaultSource(given.url, os.environ["LEMM_CLIENT_ID"], os.environ["LEMM_CLIENT_SECRET"], options)
    with source() as stream:
        trained, version = run(stream, source, given.version, workers=given.workers)
    given.weights.write_bytes(trained.weights)
    sys.stdout.write(json.dumps({"errors": trained.errors, "version": version}) + "\n")


if __name__ == "__main__":
    main()
