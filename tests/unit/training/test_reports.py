"""What a job tells others of its run: OpenLineage events that survive an outage, an MLflow input with the root."""

import json

import httpx
import pytest
from granting import a_track, stock
from lemm.training import VaultStream
from lemm.training.mlflow_input import dataset_input, log_input
from lemm.training.openlineage import OpenLineage, run_uuid
from living_gateway import World
from simulator import Simulator
from wire import token


class Backend(httpx.BaseTransport):
    def __init__(self) -> None:
        self.down, self.seen = False, []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("away")
        self.seen.append((request.url.path, json.loads(request.content)))
        return httpx.Response(201)


@pytest.fixture
def stream(sim: Simulator, load_step) -> VaultStream:
    stock(sim, a_track(1), a_track(2))
    return VaultStream(
        "https://vault.example", token(sim, "system", "training"), run_id="run_one", model_id="m",
        spec={"model_version": "2"}, transport=World(sim, load_step), sleep=lambda _: None,
    )  # fmt: skip


@pytest.fixture
def backend() -> Backend:
    return Backend()


def lineage(backend: Backend, sim: Simulator) -> OpenLineage:
    return OpenLineage("http://127.0.0.1:5000/api/v1/lineage", namespace="studio", clock=sim.clock, transport=backend)


def test_a_run_is_told_from_start_to_end(stream, backend, sim):
    told = lineage(backend, sim)
    with told.following(stream):
        for epoch in range(2):
            list(stream.epoch(epoch))
        stream.complete("c" * 64)
    events = [event for _, event in backend.seen]
    assert [event["eventType"] for event in events] == ["START", "RUNNING", "RUNNING", "COMPLETE"]
    assert {event["run"]["runId"] for event in events} == {run_uuid("run_one")}
    last = events[-1]
    assert last["job"] == {"namespace": "studio", "name": "train.m"}
    assert last["inputs"][0]["facets"]["version"]["datasetVersion"] == stream.ended["tracks_root"]
    assert (last["outputs"][0]["name"], last["outputs"][0]["facets"]["version"]["datasetVersion"]) == (
        "lemm://models/m@2", "c" * 64,
    )  # fmt: skip
    assert {"eventTime", "producer", "schemaURL", "run", "job"} <= set(events[0])


def test_what_breaks_off_or_was_given_up_is_a_failure(stream, backend, sim):
    def broken():
        with lineage(backend, sim).following(stream):
            raise RuntimeError("no memory")

    with pytest.raises(RuntimeError):
        broken()
    with lineage(backend, sim).following(stream):
        stream.complete(outcome="failed")
    assert [event["eventType"] for _, event in backend.seen] == ["START", "FAIL", "START", "FAIL"]


def test_a_backend_that_is_away_stops_nobody_and_gets_all_of_it_later(stream, backend, sim):
    told = lineage(backend, sim)
    backend.down = True
    assert not told.tell("START", stream)
    assert not told.tell("RUNNING", stream)
    assert told.unsent == 2
    backend.down = False
    stream.complete("c" * 64)
    assert told.tell("COMPLETE", stream)
    assert [event["eventType"] for _, event in backend.seen] == ["START", "RUNNING", "COMPLETE"]


def test_mlflow_gets_the_root_as_digest(stream, backend):
    with pytest.raises(ValueError, match="complete the run first"):
        dataset_input(stream)
    list(stream)
    stream.complete("c" * 64)
    log_input("http://127.0.0.1:5001", "abc", stream, backend)
    ((path, body),) = backend.seen
    assert path == "/api/2.0/mlflow/runs/log-inputs"
    (found,) = body["datasets"]
    root = stream.ended["tracks_root"]
    assert found["dataset"]["digest"] == root[:36]
    assert {"key": "lemm.tracks_root", "value": root} in found["tags"]
    assert json.loads(found["dataset"]["profile"]) == {"tracks_granted": 2, "reads": 2, "consumed": 2}
