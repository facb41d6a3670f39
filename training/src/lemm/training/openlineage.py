"""Run events for an OpenLineage backend, sent over HTTP by the training job.

Event form: OpenLineage 2-0-2 (https://openlineage.io/spec/2-0-2/OpenLineage.json).
The job sends START, RUNNING at each epoch that begins, and one of COMPLETE and FAIL. A
backend that is away never stops training: what could not be sent is kept and
sent first the next time, in order.

    lineage = OpenLineage("http://127.0.0.1:5000/api/v1/lineage", namespace="studio")
    with lineage.following(stream):
        ...
        stream.complete(weights_sha256)
"""

import uuid
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

import httpx
from lemm.training.stream import VaultStream

Json = dict[str, Any]
SCHEMA = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_FACETS = "https://openlineage.io/spec/facets/1-0-1"
VERSION_FACET = f"{_FACETS}/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet"
PRODUCER = "urn:lemm:training"
RUN_NAMES = uuid.UUID("9d9c5a8e-2f0b-4c1e-8a53-6e1f0c6c7d11")
"""Namespace of the UUIDs that stand for our run ids."""
MAX_WAITING = 1000
EventType = Literal["START", "RUNNING", "COMPLETE", "FAIL"]


def run_uuid(run_id: str) -> str:
    """The UUID that stands for a run id: the same for everybody."""
    return str(uuid.uuid5(RUN_NAMES, run_id))


class OpenLineage:
    """One backend. ``url`` is the whole address that run events are posted to."""

    def __init__(
        self,
        url: str,
        *,
        namespace: str = "lemm",
        headers: dict[str, str] | None = None,
        seconds: float = 5.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._url, self._namespace, self._clock = url, namespace, clock
        self._http = httpx.Client(timeout=seconds, trust_env=False, headers=headers, transport=transport)
        self._waiting: deque[Json] = deque(maxlen=MAX_WAITING)

    @property
    def unsent(self) -> int:
        """Events that the backend has not taken yet."""
        return len(self._waiting)

    @contextmanager
    def following(self, stream: VaultStream) -> Iterator[None]:
        """START now, RUNNING at each epoch; at the end COMPLETE when the stream's run was completed, else FAIL."""
        self.tell("START", stream)
        stream.on_epoch = partial(self._running, stream)
        try:
            yield
        except BaseException:
            self.tell("FAIL", stream)
            raise
        finally:
            stream.on_epoch = lambda: None
        self.tell("COMPLETE" if (stream.ended or {}).get("state") == "completed" else "FAIL", stream)

    def tell(self, kind: EventType, stream: VaultStream) -> bool:
        """Send one event, after those that wait; whether the backend has taken all of them."""
        self._waiting.append(run_event(kind, stream.manifest, stream.ended, self._namespace, self._clock()))
        while self._waiting:
            if not self._sent(self._waiting[0]):
                return False
            self._waiting.popleft()
        return True

    def _running(self, stream: VaultStream) -> None:
        self.tell("RUNNING", stream)

    def _sent(self, event: Json) -> bool:
        try:
            return self._http.post(self._url, json=event).is_success
        except httpx.HTTPError:
            return False


def run_event(kind: EventType, manifest: Json, ended: Json | None, namespace: str, now: datetime) -> Json:
    """One run event: packs as inputs, at the end with the root of the granted tracks; the weights as output."""
    spec, root = manifest["spec"], (ended or {}).get("tracks_root")
    inputs = [_dataset(f"lemm://packs/{pack}", namespace, root) for pack in spec["packs"]]
    weights = (ended or {}).get("weights_sha256")
    name = f"{spec['model_id']}@{spec['model_version']}" if spec.get("model_version") else spec["model_id"]
    outputs = [_dataset(f"lemm://models/{name}", namespace, weights)] if weights and kind == "COMPLETE" else []
    return {
        "eventType": kind,
        "eventTime": now.isoformat(),
        "run": {"runId": run_uuid(manifest["run_id"])},
        "job": {"namespace": namespace, "name": f"train.{spec['model_id']}"},
        "inputs": inputs,
        "outputs": outputs,
        "producer": PRODUCER,
        "schemaURL": SCHEMA,
    }


def _dataset(name: str, namespace: str, version: str | None) -> Json:
    if version is None:
        return {"namespace": namespace, "name": name}
    facet = {"_producer": PRODUCER, "_schemaURL": VERSION_FACET, "datasetVersion": version}
    return {"namespace": namespace, "name": name, "facets": {"version": facet}}
