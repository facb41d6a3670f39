"""The worked example, for real: it learns from vault audio, and its lineage can be proved afterwards."""

import hashlib
import io

import pytest
from granting import OWNER, stock_audio
from lemm.training import VaultStream
from lemm.training.access import service_token
from lemm.verify import Trusted, verify_file
from lineages import Training
from living_gateway import World
from simulator import Simulator
from sounds import as_file, piece
from wire import body_of, token

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow


@pytest.fixture
def world(sim: Simulator, load_step) -> World:
    for number in range(1, 7):
        stock_audio(sim, number, as_file(piece(number, 12.0), "FLAC"))
    return World(sim, load_step)


def stream_of(world: World, run_id: str = "run_one") -> VaultStream:
    return VaultStream(
        "https://vault.example", token(world.sim, "system", "training"), run_id=run_id, model_id="tiny",
        spec={"format": "features", "model_version": "1"}, transport=world, sleep=lambda _: None, prefetch=2,
    )  # fmt: skip


def test_it_learns_and_its_lineage_is_on_record_and_proved(world: World, load_step, tmp_path):
    from lemm.training.example import Predictor, run

    torch.set_num_threads(1)
    training = Training(world.sim, load_step, tracks=0)

    def register(sha256: str):
        body = {"model_version": "1", "runs": ["run_one"], "weights_sha256": sha256}
        return body_of(training.call("model-registry", "POST", "/models/tiny/versions", body))

    with stream_of(world) as stream:
        trained, version = run(stream, register, epochs=2)
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
        example.run(stream, lambda sha256: {})
    assert stream.ended["state"] == "failed"


def test_a_loader_of_pytorch_reads_all_of_an_epoch(world: World):
    from lemm.training.torch_data import VaultDataset
    from torch.utils.data import DataLoader

    seen = list(DataLoader(VaultDataset(lambda worker: stream_of(world)), batch_size=None))
    assert len({one["track_id"] for one in seen}) == 6
    assert all(one["features"].shape[1] == 80 for one in seen)


def test_a_services_token_is_fetched_before_it_runs_out():
    class Api:
        token, logins = None, 0

        def service_login(self, client_id, client_secret):
            self.logins += 1
            self.token = f"token {self.logins}"

    api, now = Api(), [0.0]
    fetch = service_token(api, OWNER, "secret", clock=lambda: now[0])
    assert (fetch(), fetch()) == ("token 1", "token 1")
    now[0] = 600.0
    assert fetch() == "token 2"
