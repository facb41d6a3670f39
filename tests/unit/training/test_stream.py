"""VaultStream against the real gateway functions over a simulated vault, and against a lying one."""

import io
import json
import tarfile
from urllib.parse import urlsplit

import httpx
import pytest
from granting import a_track, numbered, stock, take_back
from lemm.training import StreamProblem, VaultStream
from lemm.training.problems import TRIES
from lemm.training.tars import write_shard
from living_gateway import World
from simulator import Simulator
from vault_domain.leases import Lease
from vault_domain.training import RunTrack, TrainingRun
from vault_store.signer import Ed25519Signer
from wire import event, token

ONE, TWO = numbered("trk", 1), numbered("trk", 2)


@pytest.fixture
def world(sim: Simulator, load_step) -> World:
    stock(sim, a_track(1), a_track(2))
    return World(sim, load_step)


def stream_of(world: World, **more) -> VaultStream:
    bearer = token(world.sim, "system", "training")
    return VaultStream(
        "https://vault.example", bearer, run_id="run_one", model_id="m", transport=world, sleep=lambda _: None, **more
    )


def test_every_granted_track_arrives_verified(world: World) -> None:
    stream = stream_of(world)
    assert [(entry["track_id"], audio) for entry, audio in stream] == [(ONE, ONE.encode()), (TWO, TWO.encode())]
    assert stream.complete("a" * 64)["consumed_not_granted"] == 0
    run = world.sim.store.get(TrainingRun, "run_one")
    assert (run.state, run.consumed, run.reads) == ("completed", 2, 2)


def test_the_run_token_is_not_shown_to_the_store(world: World) -> None:
    list(stream_of(world))
    elsewhere = [request for request in world.seen if request.url.host != "vault.example"]
    assert len(elsewhere) == 2
    assert all("authorization" not in request.headers for request in elsewhere)


def test_what_was_taken_back_is_left_out_and_named(world: World) -> None:
    stream = stream_of(world)
    assert next(stream.entries())["track_id"] == ONE
    take_back(world.sim, ONE)
    assert [entry["track_id"] for entry, _ in stream] == [TWO]
    assert stream.skipped == {ONE: "revoked"}
    with pytest.raises(StreamProblem) as refusal:
        stream.read(ONE)
    assert (refusal.value.code, refusal.value.status) == ("revoked", 410)


def test_a_token_that_ran_out_is_asked_for_again(world: World) -> None:
    stream = stream_of(world)
    assert stream.read(ONE)
    world.sim.clock.advance(hours=7)
    fresh = stream_of(world)
    stream._gateway._token = fresh._gateway._token
    assert stream.read(TWO) == TWO.encode()


def test_a_manifest_that_was_replaced_is_fetched_again(world: World) -> None:
    first, second = stream_of(world), stream_of(world)
    assert first.read(TWO)
    take_back(world.sim, ONE)
    assert [entry["track_id"] for entry in second.entries()] == [TWO]
    assert first.read(TWO) == TWO.encode()


def test_an_unknown_track_is_refused_without_asking(world: World) -> None:
    stream = stream_of(world)
    list(stream.entries())
    before = len(world.seen)
    with pytest.raises(StreamProblem, match="not_found"):
        stream.read(numbered("trk", 9))
    assert len(world.seen) == before


@pytest.mark.parametrize("content", [b"", b"x", ONE.encode()[:-1] + b"!", ONE.encode() + b"more"])
def test_other_bytes_than_the_manifests_are_never_handed_out(world: World, content) -> None:
    world.trouble = lambda request: httpx.Response(200, content=content) if request.url.host == "vault" else None
    stream = stream_of(world)
    with pytest.raises(StreamProblem) as refusal:
        stream.read(ONE)
    assert refusal.value.code == "corrupt"
    assert sum(request.url.host == "vault" for request in world.seen) == TRIES


def test_a_store_that_stumbles_is_asked_again_with_a_fresh_link(world: World) -> None:
    falls = [httpx.Response(503), httpx.Response(403)]
    world.trouble = lambda request: falls.pop() if falls and request.url.host == "vault" else None
    assert stream_of(world).read(ONE) == ONE.encode()
    links = [request for request in world.seen if request.url.path.startswith("/training/objects/")]
    assert len(links) == 3
    assert world.sim.store.get(RunTrack, "run_one", f"granted#{ONE}").reads == 3


def test_a_vault_out_of_reach_is_said_so(world: World) -> None:
    def broken(request: httpx.Request) -> None:
        raise httpx.ConnectError("no route")

    world.trouble = broken
    with pytest.raises(StreamProblem, match="unreachable"):
        stream_of(world).open()
    assert len(world.seen) == TRIES


def test_a_manifest_signed_by_a_stranger_is_not_used(world: World) -> None:
    stranger = Ed25519Signer.from_secret("not the vault's secret at all", purpose="receipt")
    stream = stream_of(world, keys={stranger.key_id: stranger.public_key()})
    with pytest.raises(StreamProblem, match="trusted"):
        stream.open()


def test_a_manifest_that_was_changed_or_swapped_is_not_used(world: World) -> None:
    honest = stream_of(world)
    honest.open()
    answer = json.loads(_last_answer(world))

    def swapped(request: httpx.Request) -> httpx.Response | None:
        path = urlsplit(str(request.url)).path
        return httpx.Response(201, json=answer) if path == "/training/tokens" else None

    world.trouble = swapped
    other = VaultStream(
        "https://vault.example", token(world.sim, "system", "training"), run_id="run_two", model_id="m",
        transport=world, sleep=lambda _: None,
    )  # fmt: skip
    with pytest.raises(StreamProblem, match="another run"):
        other.open()
    answer["manifest"]["payload"] = answer["manifest"]["payload"][:-8] + "AAAAAAA="
    with pytest.raises(StreamProblem, match="trusted"):
        honest.open()


def _last_answer(world: World) -> str:
    bearer = token(world.sim, "system", "training")
    spec = {"run_id": "run_one", "model_id": "m", "model_type": "unspecified", "purpose": "internal_experiment"}
    return world.modules["gateway-issue-token"].handler(
        event("POST", "/training/tokens", body=spec, bearer=bearer), None
    )["body"]


def test_refusals_of_the_grant_carry_their_code(world: World) -> None:
    with pytest.raises(StreamProblem) as refusal:
        stream_of(world, packs=("unknown",)).open()
    assert refusal.value.code == "licence"


def many(world: World, *numbers: int) -> None:
    stock(world.sim, *(a_track(number) for number in numbers))


def test_reading_ahead_keeps_the_order_and_gives_each_thread_a_lease(world: World) -> None:
    many(world, *range(3, 13))
    plain = [entry["track_id"] for entry, _ in stream_of(world, seed=7).epoch()]
    ahead = stream_of(world, seed=7, prefetch=3)
    assert [entry["track_id"] for entry, _ in ahead.epoch()] == plain
    assert sorted(plain) != plain
    assert {lease.worker for lease in world.sim.store.everything(Lease)} <= {"main", "main-1", "main-2"}
    run = world.sim.store.get(TrainingRun, "run_one")
    assert run is not None
    assert sum(row.reads for row in world.sim.store.everything(RunTrack)) == 2 * len(plain)


def test_an_epoch_goes_on_in_another_process_where_it_stopped(world: World) -> None:
    many(world, *range(3, 10))
    whole = [entry["track_id"] for entry, _ in stream_of(world, seed=3).epoch(1)]
    first = stream_of(world, seed=3)
    reading = first.epoch(1)
    begun = [next(reading)[0]["track_id"] for _ in range(3)]
    reading.close()
    take_back(world.sim, whole[4])
    rest = [entry["track_id"] for entry, _ in stream_of(world, seed=3).epoch(first.place)]
    assert begun + rest == [one for one in whole if one != whole[4]]


def test_leaving_early_cancels_what_was_read_ahead(world: World) -> None:
    many(world, *range(3, 10))
    stream = stream_of(world, prefetch=2)
    next(iter(stream))
    assert len(stream.consumed) == 1
    assert stream.complete()["consumed"] == 1


def test_workers_share_an_epoch_and_their_words_are_joined(world: World) -> None:
    many(world, *range(3, 10))
    parts = [stream_of(world, worker=f"w{n}") for n in range(2)]
    seen = [[entry["sha256"] for entry, _ in part.epoch(worker=n, workers=2)] for n, part in enumerate(parts)]
    head = stream_of(world)
    head.declare([one for part in seen for one in part])
    assert (len(head.consumed), head.complete()["consumed_not_granted"]) == (9, 0)


def test_a_lease_that_ran_out_is_renewed_and_what_was_dropped_is_not_asked_for(world: World) -> None:
    many(world, 3)
    stream = stream_of(world)
    stream.open()
    world.sim.clock.advance(minutes=20)
    stream._gateway._token = stream_of(world)._gateway._token
    take_back(world.sim, numbered("trk", 3))
    assert [entry["track_id"] for entry, _ in stream] == [ONE, TWO]
    assert stream.skipped == {numbered("trk", 3): "revoked"}
    asked = [request.url.path for request in world.seen if request.url.path.endswith(numbered("trk", 3))]
    assert asked == []


def test_a_rate_limit_is_waited_for(world: World) -> None:
    waits: list[float] = []
    stream = stream_of(world)
    stream._gateway._sleep = waits.append
    refusal = {"code": "over_limit", "detail": "too many reads"}
    falls = [httpx.Response(429, json=refusal, headers={"retry-after": "60"})]
    world.trouble = lambda request: falls.pop() if falls and "/objects/" in request.url.path else None
    assert stream.read(ONE) == ONE.encode()
    assert waits == [60.0]


def test_shards_are_tar_archives_of_pairs(world: World) -> None:
    many(world, *range(3, 105))
    stream = stream_of(world)
    assert [(one["shard"], one["samples"]) for one in stream.shards()] == [(0, 100), (1, 4)]
    first, again = io.BytesIO(), io.BytesIO()
    written = write_shard(stream, 1, first)
    assert written == tuple(numbered("trk", n) for n in (101, 102, 103, 104))
    write_shard(stream, 1, again)
    assert first.getvalue() == again.getvalue()
    with tarfile.open(fileobj=io.BytesIO(first.getvalue())) as archive:
        assert archive.getnames()[:2] == [f"{written[0]}.flac", f"{written[0]}.json"]
        member = archive.extractfile(f"{written[0]}.flac")
        assert member is not None
        assert member.read() == written[0].encode()
    with pytest.raises(ValueError, match="no shard 2"):
        write_shard(stream, 2, io.BytesIO())
