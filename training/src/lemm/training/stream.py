"""A run's tracks, read through the gateway.

Promises of :class:`VaultStream`:

1. The manifest is used only after its signature, its type, its run and its
   purpose were checked, with keys that were given or that the vault publishes.
2. Bytes are handed out only when their number and SHA-256 are those of the
   signed manifest (features: those that the gateway wrote down for this read).
3. A track whose consent was taken back is never handed out again: iteration
   leaves it out and names it in ``skipped``, :meth:`read` raises ``revoked``.
4. Links that expired and servers that stumbled are tried again, a few times,
   with growing pauses; a lease that ran out is renewed.
5. The run token goes to the vault alone, never to the store that a link names.
6. The order of an epoch depends on its number, the seed and the tracks alone,
   so reading can go on where it stopped, in another process too.
7. A stream belongs to the process that opened it; a copy of it in a forked one
   refuses to read, and it can't be pickled. :class:`VaultSource` opens one in each.
"""

import itertools
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeGuard

import httpx
import numpy as np
from lemm.training.decoding import Audio, decode_audio, decode_features
from lemm.training.gateway import Gateway
from lemm.training.order import Place, epoch_order
from lemm.training.problems import SKIPPED, StreamProblem
from numpy.typing import NDArray

Json = dict[str, Any]


class VaultStream:
    """One run of one job.

    ``token`` is the service's access token, or a function that gives a fresh
    one. ``keys`` maps key ids to raw public keys that are trusted; without it
    the vault's published ones are, which protects against storage and transport
    but not against the vault's own server. ``worker`` names this reader's
    lease; ``prefetch`` tracks are read ahead, each by a thread with a lease of
    its own. Further fields of the data spec (``model_version``, ``code_version``,
    ``config_sha256``, ``hyper_parameters``, ``format``) go into ``spec``.
    """

    def __init__(
        self,
        url: str,
        token: str | Callable[[], str],
        *,
        run_id: str,
        model_id: str,
        model_type: str = "unspecified",
        purpose: str = "internal_experiment",
        packs: tuple[str, ...] | None = None,
        filters: Mapping[str, Any] | None = None,
        seed: int = 0,
        spec: Mapping[str, Any] | None = None,
        worker: str = "main",
        prefetch: int = 1,
        keys: Mapping[str, bytes] | None = None,
        seconds: float = 60.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        asked: Json = {"run_id": run_id, "model_id": model_id, "model_type": model_type, "purpose": purpose}
        asked |= {"seed": seed} if seed else {}
        asked |= {"packs": list(packs)} if packs else {}
        asked |= {"filters": dict(filters)} if filters else {}
        self._gateway = Gateway(
            url, token if callable(token) else lambda: token, {**asked, **(spec or {})},
            keys=keys, seconds=seconds, transport=transport, sleep=sleep,
        )  # fmt: skip
        self._worker, self._prefetch = worker, max(1, prefetch)
        self._manifest: Json | None = None
        self.place = Place()
        """Where iteration stands; give it to :meth:`epoch` to go on from there."""
        self.skipped: dict[str, str] = {}
        """Tracks that were left out, and the code of the refusal."""
        self._consumed: dict[str, None] = {}
        self.on_epoch: Callable[[], None] = lambda: None
        """Called when an epoch begins, or goes on."""
        self.ended: Json | None = None
        """The run's record, once it was completed or given up here."""

    def __reduce__(self) -> str:
        raise TypeError("a stream can't be handed to another process; hand a VaultSource and open one in each")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._gateway.close()

    # --- the manifest ---------------------------------------------------------

    @property
    def manifest(self) -> Json:
        """The verified manifest; asked for at first use."""
        return self._manifest if self._manifest is not None else self.open()

    def open(self) -> Json:
        """Ask for the run's manifest and token (again), and verify it."""
        self._manifest = self._gateway.manifest()
        return self._manifest

    def shards(self) -> Iterator[Json]:
        """The manifest's shards: ``shard``, ``samples``, ``bytes``, ``seconds``, ``sha256`` and ``tracks``."""
        yield from self.manifest["shards"]

    def entries(self) -> Iterator[Json]:
        """The manifest's tracks: ``track_id``, ``place``, ``sha256``, ``bytes``, ``duration_s``, ``genres``, rights."""
        for shard in self.shards():
            yield from shard["tracks"]

    # --- reading ----------------------------------------------------------------

    def __iter__(self) -> Iterator[tuple[Json, bytes]]:
        """Every track that may be read now, with its object, in the manifest's order."""
        yield from self.epoch(Place(), shuffle=False)

    def epoch(
        self,
        place: Place | int = 0,
        *,
        worker: int = 0,
        workers: int = 1,
        shuffle: bool = True,
        wanted: Callable[[Json], bool] | None = None,
    ) -> Iterator[tuple[Json, bytes]]:
        """One epoch's tracks from ``place`` on, shuffled by the seed; of several workers, this one's part.

        ``wanted`` chooses among the manifest's entries; it moves no other track to another place or worker.
        """
        begun = Place(place) if isinstance(place, int) else place
        self.on_epoch()
        entries = filter(wanted, self.entries()) if wanted else self.entries()
        order = epoch_order(entries, self.manifest["seed"], begun, worker, workers, shuffle)
        for entry, found in self._ahead(order):
            self.place = Place(begun.epoch, entry["track_id"])
            if self._kept(found, entry):
                yield entry, found

    def these(self, entries: Iterable[Json]) -> Iterator[tuple[Json, bytes]]:
        """These entries of the manifest, as far as they may be read now, in the order given."""
        for entry, found in self._ahead(entries):
            if self._kept(found, entry):
                yield entry, found

    def _kept(self, found: bytes | StreamProblem, entry: Json) -> TypeGuard[bytes]:
        """Whether there is an object to hand out; writes down what is handed out, and what is left out."""
        if isinstance(found, StreamProblem):
            self.skipped[entry["track_id"]] = found.code
            return False
        self._consumed[entry["sha256"]] = None
        return True

    def audio(self, place: Place | int = 0, **part: Any) -> Iterator[tuple[Json, Audio]]:
        """Like :meth:`epoch`, decoded. Raises ``ValueError`` for a run of features."""
        self._check_format("audio")
        return ((entry, decode_audio(data)) for entry, data in self.epoch(place, **part))

    def features(self, place: Place | int = 0, **part: Any) -> Iterator[tuple[Json, NDArray[np.float16]]]:
        """Like :meth:`epoch`: log-mel features, shape=(frames, bands), of a run with ``spec={"format": "features"}``.

        No audio leaves the vault for them. Raises ``ValueError`` for a run of audio.
        """
        self._check_format("features")
        return ((entry, decode_features(data)) for entry, data in self.epoch(place, **part))

    def _check_format(self, wanted: str) -> None:
        found = self.manifest["spec"].get("format", "audio")
        if found != wanted:
            raise ValueError(f"this run's format is {found}, not {wanted}: the spec says which")

    def read(self, track_id: str) -> bytes:
        """One track's object, verified. Raises :class:`StreamProblem`."""
        entry = next((entry for entry in self.entries() if entry["track_id"] == track_id), None)
        if entry is None:
            raise StreamProblem("not_found", f"{track_id} is not in the run's manifest")
        data = self._gateway.read(entry, self._worker)
        self._consumed[entry["sha256"]] = None
        return data

    def _ahead(self, order: Iterable[Json]) -> Iterator[tuple[Json, bytes | StreamProblem]]:
        """Each entry with its object or refusal, in order; a few are under way at once."""
        names: SimpleQueue[str] = SimpleQueue()
        for number in range(self._prefetch):
            names.put(self._worker if number == 0 else f"{self._worker}-{number}")
        waiting: deque[tuple[Json, Future[bytes | StreamProblem]]] = deque()
        entries = iter(order)
        with ThreadPoolExecutor(self._prefetch) as pool:
            try:
                for entry in itertools.islice(entries, self._prefetch):
                    waiting.append((entry, pool.submit(self._one, entry, names)))
                while waiting:
                    entry, future = waiting.popleft()
                    found = future.result()
                    for following in itertools.islice(entries, 1):
                        waiting.append((following, pool.submit(self._one, following, names)))
                    yield entry, found
            finally:
                for _, future in waiting:
                    future.cancel()

    def _one(self, entry: Json, names: "SimpleQueue[str]") -> bytes | StreamProblem:
        if entry["track_id"] in self._gateway.dropped:
            return StreamProblem(self._gateway.dropped[entry["track_id"]], "taken out since the run began")
        worker = names.get()
        try:
            return self._gateway.read(entry, worker)
        except StreamProblem as problem:
            if problem.code not in SKIPPED:
                raise
            return problem
        finally:
            names.put(worker)

    # --- the end ------------------------------------------------------------------

    def declare(self, sha256s: Iterable[str]) -> None:
        """Add audio that another process of this job used, by the ``sha256`` of its entries."""
        self._consumed.update(dict.fromkeys(sha256s))

    @property
    def consumed(self) -> tuple[str, ...]:
        """The audio that was handed out here or declared, in the order of its first use."""
        return tuple(self._consumed)

    def register(self, model_version: str, weights_sha256: str, runs: Iterable[str] = ()) -> Json:
        """Register a version of this run's model, made in this run or in ``runs``."""
        named = list(runs) or [self.manifest["run_id"]]
        body = {"model_version": model_version, "runs": named, "weights_sha256": weights_sha256}
        return self._gateway.register(body)

    def complete(self, weights_sha256: str | None = None, outcome: str = "completed") -> Json:
        """End the run; says which audio was used."""
        body = {"outcome": outcome, "weights_sha256": weights_sha256, "consumed_sha256": list(self._consumed)}
        self.ended = self._gateway.complete(body)
        return self.ended
