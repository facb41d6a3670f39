"""A run as a PyTorch dataset: `DataLoader(VaultDataset(make), num_workers=4)`.

Every loader worker opens a stream of its own, with a lease of its own, and
reads its part of the epoch. What it handed out is known only in its process:
give the ``sha256`` of what you trained on to :meth:`VaultStream.declare` of the
stream that completes the run, as the training example does.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.utils.data import IterableDataset, get_worker_info

from lemm.training.decoding import decode_audio, decode_features
from lemm.training.order import Place
from lemm.training.stream import VaultStream


class VaultDataset(IterableDataset):  # type: ignore[misc]
    """One epoch of a run, as dictionaries: ``track_id``, ``sha256``, and the sound.

    Audio comes as ``samples``, shape=(channels, frames), float32, with ``rate``
    in Hz; features as ``features``, shape=(frames, bands), float16.
    ``make(worker)`` opens the stream of one worker, by the name of its lease;
    with processes that are spawned it must be picklable.
    """

    def __init__(self, make: Callable[[str], VaultStream], place: Place | int = 0) -> None:
        super().__init__()
        self._make = make
        self.place = Place(place) if isinstance(place, int) else place

    def __iter__(self) -> Iterator[dict[str, Any]]:
        info = get_worker_info()
        number, workers = (info.id, info.num_workers) if info is not None else (0, 1)
        with self._make(f"loader{number}") as stream:
            features = stream.manifest["schema"]["format"] == "features"
            for entry, data in stream.epoch(self.place, worker=number, workers=workers):
                known = {"track_id": entry["track_id"], "sha256": entry["sha256"]}
                yield {**known, **(_features(data) if features else _audio(data))}


def _audio(data: bytes) -> dict[str, Any]:
    found = decode_audio(data)
    return {"samples": torch.from_numpy(found.samples), "rate": found.rate}


def _features(data: bytes) -> dict[str, Any]:
    return {"features": torch.from_numpy(decode_features(data))}
