"""The worked example, for real: it learns from vault audio, and its lineage can be proved afterwards."""

import hashlib
import io

import pytest
from granting import stock_audio
from lemm.training import VaultStream
from lemm.verify import Trusted, verify_file
from lineages import Training
from living_gateway import World, served
from simulator import Simulator
from sounds import as_file, piece
from vault_domain.leases import Lease
from wire import token

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow


@pytest.fixture
def world(sim: Simulator, load_step) -> World:
    for number in range(1, 7):
        stock_audio(sim, number, as_file(piece(number, 12.0), "FLAC"))
    return World(sim, load_step)


def stream_of(world: World, run_id: str = "run_one", worker: str = "main") -> VaultStream:
    return VaultStream(
        "https://vault.example", token(world.sim, "system", "training"), run_id=run_id, model_id="tiny",
        spec={"format": "features", "model_version": "1"}, transport=world, sleep=lambda _: None, prefetch=2,
        worker=worker,
    )  # fmt: skip


def test_it_learns_and_its_lineage_is_on_record_and_proved(world: World, load_step, tmp_path):
    from lemm.training.example import Predictor, run

    torch.set_num_threads(1)
    training = Training(world.sim, load_step, tracks=0)

    with stream_of(world) as stream:
        trained, version = run(stream, lambda worker: stream_of(world, worker=worker), "1", epochs=2)
    assert trained.errors[-1] < 0.9 * trained.errors[0]
    assert trained.sha256 == hashlib.sha256(trained.weights).hexdigest() == version["weights_sha256"]
    model = Predictor()
    model(torch.zeros(1, 80, 32))
    model.load_state_dict(torch.load(io.BytesIO(trained.weights), weights_only=True))
    assert version["revoked_since"]["summary"] == "all 6 tracks still allowed"
    assert version["runs"][0]["tracks_read"] == 6
    key = training.sequenced()
    proof = training.call("lineage", "GET", "/models/tiny/versions/1/proof", role="admin")["body"]
    (tmp_path / "proof.json").write_text(proof)
    assert "tiny@1 was trained in 1 run(s)" in verify_file(tmp_path / "proof.json", Trusted(log=key)).says


def test_a_training_that_breaks_off_ends_its_run_as_failed(world: World, load_step, monkeypatch):
    from lemm.training import example

    def broken(*_):
        raise RuntimeError("no memory")

    monkeypatch.setattr(example, "_learn", broken)
    stream = stream_of(world)
    with pytest.raises(RuntimeError, match="no memory"):
        example.run(stream, lambda worker: stream_of(world, worker=worker), "1")
    assert stream.ended["state"] == "failed"


def test_a_loader_of_pytorch_reads_all_of_an_epoch(world: World):
    from lemm.training.torch_data import VaultDataset
    from torch.utils.data import DataLoader

    seen = list(DataLoader(VaultDataset(lambda worker: stream_of(world, worker=worker)), batch_size=None))
    assert len({one["track_id"] for one in seen}) == 6
    assert all(one["features"].shape[1] == 80 for one in seen)
    done = [one["track_id"] for one in seen[:4]]
    data = VaultDataset(lambda worker: stream_of(world, worker=worker), done=done)
    assert [one["track_id"] for one in data] == [one["track_id"] for one in seen[4:]]
    data.set_epoch(1)
    assert len(list(data)) == 6


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_two_loader_workers_share_an_epoch_and_the_run_hears_of_all(world: World, start: str):
    from lemm.training.torch_data import VaultDataset, declared
    from torch.utils.data import DataLoader

    with served(world) as url:
        source = world.source(url, run_id="run_one", model_id="tiny", spec={"format": "features"}, seed=5)
        data = VaultDataset(source)
        loader = DataLoader(
            data, batch_size=None, num_workers=2, persistent_workers=True, multiprocessing_context=start
        )
        with source() as stream:
            orders = []
            for epoch in range(2):
                data.set_epoch(epoch)
                orders.append([one["track_id"] for one in declared(loader, stream)])
            ended = stream.complete("a" * 64)
    assert [len(order) for order in orders] == [6, 6]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(set(orders[0]))
    assert orders[0] != orders[1]
    assert (ended["consumed"], ended["consumed_not_granted"], ended["reads"]) == (6, 0, 12)
    leases = {one.worker: one.reads for one in world.sim.store.everything(Lease)}
    assert set(leases) == {"main", "loader0", "loader1"}
    assert min(leases["loader0"], leases["loader1"]) > 0
