"""A run as a PyTorch dataset: ``DataLoader(VaultDataset(source), num_workers=4)``.

Every loader worker opens a stream of its own, with a lease of its own, and
reads its part of the epoch: each track has one worker for the whole epoch, so
none comes twice. Workers may be forked or spawned, and may persist: the number
of the epoch is in shared memory. What they handed out is told to the stream that
completes the run by :func:`declared`.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from lemm.training.decoding import decode_audio, decode_features
from lemm.training.stream import VaultStream
from torch.utils.data import IterableDataset, get_worker_info

Json = dict[str, Any]


class VaultDataset(IterableDataset):  # type: ignore[misc]
    """One epoch of a run, as dictionaries: ``track_id``, ``sha256``, and the sound.

    Audio comes as ``samples``, shape=(channels, frames), float32, with ``rate``
    in Hz; features as ``features``, shape=(frames, bands), float16.
    ``source(worker)`` opens the stream of one worker, by the name of its lease:
    a :class:`VaultSource`, or another callable that opens a fresh one; spawned
    workers need one that can be pickled. ``wanted`` says which entries of the
    manifest to read. To go on within an epoch, give its number and the ids that
    were trained on as ``done``; the number of workers may be another then.
    """

    def __init__(
        self,
        source: Callable[[str], VaultStream],
        *,
        epoch: int = 0,
        done: Iterable[str] = (),
        wanted: Callable[[Json], bool] | None = None,
        name: str = "loader",
    ) -> None:
        super().__init__()
        self._source, self._wanted, self._name = source, wanted, name
        self._begun, self._done = epoch, frozenset(done)
        self._epoch = torch.tensor([epoch]).share_memory_()

    def set_epoch(self, epoch: int) -> None:
        """Which epoch the next iteration reads, in every worker."""
        self._epoch[0] = epoch

    def __iter__(self) -> Iterator[Json]:
        info = get_worker_info()
        number, workers = (info.id, info.num_workers) if info is not None else (0, 1)
        epoch = int(self._epoch[0])
        with self._source(f"{self._name}{number}") as stream:
            features = stream.manifest["schema"]["format"] == "features"
            for entry, data in stream.epoch(epoch, worker=number, workers=workers, wanted=self._to_read(epoch)):
                known = {"track_id": entry["track_id"], "sha256": entry["sha256"]}
                yield {**known, **(_features(data) if features else _audio(data))}

    def _to_read(self, epoch: int) -> Callable[[Json], bool]:
        done = self._done if epoch == self._begun else frozenset[str]()
        wanted = self._wanted
        return lambda entry: entry["track_id"] not in done and (wanted is None or wanted(entry))


def declared(batches: Iterable[Json], stream: VaultStream) -> Iterator[Json]:
    """A loader's batches, or single tracks; each one's audio is declared to the stream that completes the run."""
    for batch in batches:
        found = batch["sha256"]
        stream.declare([found] if isinstance(found, str) else found)
        yield batch


def _audio(data: bytes) -> Json:
    found = decode_audio(data)
    return {"samples": torch.from_numpy(found.samples), "rate": found.rate}


def _features(data: bytes) -> Json:
    return {"features": torch.from_numpy(decode_features(data))}
