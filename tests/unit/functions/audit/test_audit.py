"""audit: searches for admins, the log's files for everybody, proofs that hold offline."""

import base64
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ingesting import run
from records import NOW, an_id, later
from second_log import SecondReader
from simulator import Simulator
from vault_domain.checkpoints import parse_key
from vault_domain.events import Actor, Kind, make_event
from vault_domain.proofs import check_proof, parse_proof
from vault_store.signer import verify
from wire import body_of, event, token

ADMIN, STEP = Actor(id=an_id("acc"), role="admin"), Actor(id="fn:decide", role="system")


@pytest.fixture
def audit(sim: Simulator, load_step):
    """Three events an hour apart, two of them in the log."""
    happen(sim, 0, Kind.EVIDENCE_RECORDED, "trk_a", STEP)
    happen(sim, 1, Kind.SUBMISSION_DECISION, "trk_a", STEP)
    run("audit-sequence", sim.container())
    happen(sim, 2, Kind.POLICY_CHANGE, "policy", ADMIN)
    return load_step("audit")


def happen(sim: Simulator, hour: int, kind: Kind, subject: str, actor: Actor) -> None:
    sim.store.commit([], [make_event(an_id("evt", hour), kind, subject, actor, later(hours=hour))])


def get(module, path: str, query: str = "", bearer: str | None = None):
    return module.handler(event("GET", path, query=query, bearer=bearer), None)


def found(module, sim: Simulator, query: str):
    answer = get(module, "/audit/events", query, token(sim, "admin"))
    assert answer["statusCode"] == 200, answer
    return [one["event_id"] for one in body_of(answer)["events"]]


def logs_file(module, path: str) -> bytes:
    answer = get(module, f"/audit/{path}")
    if answer["statusCode"] != 200:
        raise LookupError(path)
    return base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()


def test_events_are_found_by_what_who_kind_and_time(audit, sim: Simulator):
    one, two, three = (an_id("evt", hour) for hour in range(3))
    assert found(audit, sim, "subject=trk_a") == [two, one]
    assert found(audit, sim, f"actor={ADMIN.id}") == [three]
    assert found(audit, sim, "kind=submission_decision&subject=trk_a") == [two]
    assert found(audit, sim, "kind=policy_change&subject=trk_a") == []
    assert found(audit, sim, "subject=trk_a&since=2026-03-01T12:30:00Z") == [two]
    assert found(audit, sim, "subject=trk_a&until=2026-03-01T12:30:00Z") == [one]


def test_everything_of_a_run_is_found_by_its_name(audit, sim: Simulator):
    """What is about the run itself, and each read of a track under it."""
    reads = {number: {"run_id": f"run_{'one' if number < 6 else 'two'}"} for number in (4, 5, 6)}
    for number, data in reads.items():
        read = make_event(an_id("evt", number), Kind.VAULT_ACCESS, "trk_a", STEP, later(hours=number), **data)
        sim.store.commit([], [read])
    happen(sim, 3, Kind.RUN_OPENED, "run_one", ADMIN)
    assert found(audit, sim, "run=run_one") == [an_id("evt", number) for number in (5, 4, 3)]
    assert found(audit, sim, "run=run_one&subject=trk_a") == [an_id("evt", number) for number in (5, 4)]
    assert found(audit, sim, f"run=run_one&actor={ADMIN.id}") == [an_id("evt", 3)]
    assert found(audit, sim, "run=run_three") == []
    run("audit-sequence", sim.container())
    assert found(audit, sim, "run=run_two") == [an_id("evt", 6)]


def test_pages_follow_each_other(audit, sim: Simulator):
    answer = body_of(get(audit, "/audit/events", "subject=trk_a&limit=1", token(sim, "admin")))
    assert [one["event_id"] for one in answer["events"]] == [an_id("evt", 1)]
    assert found(audit, sim, f"subject=trk_a&limit=1&cursor={answer['cursor']}") == [an_id("evt", 0)]


@pytest.mark.parametrize("query", ["", "since=2026-03-01T12:30:00", "subject=a&since=2026-03-01T12:30:00", "kind=x", "run=x", "subject=a&cursor=x"])  # fmt: skip  # noqa: E501
def test_a_search_that_is_none_is_refused(audit, sim: Simulator, query: str):
    assert get(audit, "/audit/events", query, token(sim, "admin"))["statusCode"] == 422


@pytest.mark.parametrize("role", ["contributor", "reviewer", "system"])
def test_only_admins_search(audit, sim: Simulator, role: str):
    assert get(audit, "/audit/events", "subject=trk_a", token(sim, role))["statusCode"] == 403
    assert get(audit, "/audit/events", "subject=trk_a")["statusCode"] == 401


@pytest.mark.parametrize(("role", "status"), [("contributor", 403), ("reviewer", 403), ("admin", 200), ("system", 200)])
def test_who_may_have_proofs(audit, sim: Simulator, role: str, status: int):
    assert get(audit, f"/audit/proof/{an_id('evt')}", bearer=token(sim, role))["statusCode"] == status


def test_an_outsider_reads_and_checks_the_whole_log(audit):
    reader = SecondReader(lambda path: logs_file(audit, path), logs_file(audit, "key").decode().strip())
    assert [json.loads(entry)["event_id"] for entry in reader.entries()] == [an_id("evt", 0), an_id("evt", 1)]


def test_a_proof_holds_offline(audit, sim: Simulator):
    answer = get(audit, f"/audit/proof/{an_id('evt', 1)}", bearer=token(sim, "admin"))
    key = parse_key(logs_file(audit, "key").decode())
    proven = check_proof(parse_proof(answer["body"].encode()), key, verify)
    assert (proven.index, proven.checkpoint.size, proven.event["subject"]) == (1, 2, "trk_a")


def test_a_proof_shows_that_an_older_checkpoint_is_continued(audit, sim: Simulator):
    run("audit-sequence", sim.container())
    answer = get(audit, f"/audit/proof/{an_id('evt', 2)}", "since=2", bearer=token(sim, "admin"))
    key = parse_key(logs_file(audit, "key").decode())
    proven = check_proof(parse_proof(answer["body"].encode()), key, verify)
    assert (proven.older.size, proven.checkpoint.size) == (2, 3)
    for since, status in (("1", 404), ("4", 422), ("0", 422)):  # no checkpoint at 1; the log is shorter than 4
        wrong = get(audit, f"/audit/proof/{an_id('evt', 2)}", f"since={since}", bearer=token(sim, "admin"))
        assert wrong["statusCode"] == status


def test_an_event_that_is_not_signed_for_yet_has_no_proof(audit, sim: Simulator):
    assert get(audit, f"/audit/proof/{an_id('evt', 2)}", bearer=token(sim, "admin"))["statusCode"] == 409
    assert get(audit, f"/audit/proof/{an_id('evt', 9)}", bearer=token(sim, "admin"))["statusCode"] == 404


def test_before_the_first_event_there_is_nothing(sim: Simulator, load_step):
    module = load_step("audit")
    for path in ("checkpoint", "key", "tile/0/000.p/1"):
        assert get(module, f"/audit/{path}")["statusCode"] == 404


@pytest.mark.parametrize(
    "path",
    ["tile/0/000", "tile/0/000.p/9", "tile/64/000", "tile/entries/000.p/1/2", "tile/0/../head", "tile/x/000",
     "tile/0/x000/000", "tile/%2e%2e/head", "tile/0/000.p/02", "tile/0/001"],
)  # fmt: skip
def test_what_is_no_file_of_the_log_is_not_found(audit, path: str):
    assert get(audit, f"/audit/{path}")["statusCode"] == 404


def test_a_smaller_tile_is_cut_from_the_full_one(sim: Simulator, load_step):
    for number in range(256):
        sim.store.commit([], [make_event(an_id("evt", number), Kind.VAULT_ACCESS, "trk_a", STEP, NOW)])
    run("audit-sequence", sim.container())
    module = load_step("audit")
    whole, bundle = logs_file(module, "tile/0/000"), logs_file(module, "tile/entries/000")
    assert logs_file(module, "tile/0/000.p/7") == whole[: 7 * 32]
    part = logs_file(module, "tile/entries/000.p/7")
    assert bundle.startswith(part)
    assert part.count(b'"event_id"') == 7


def test_files_are_cached_for_good_and_the_checkpoint_is_not(audit):
    assert "immutable" in get(audit, "/audit/tile/0/000.p/2")["headers"]["cache-control"]
    assert get(audit, "/audit/checkpoint")["headers"]["cache-control"] == "public, max-age=5"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_the_second_reader_refuses_every_flipped_bit(audit, data: st.DataObject):
    """In a checkpoint, a tile or a bundle, wherever it is."""
    key = logs_file(audit, "key").decode().strip()
    path = data.draw(st.sampled_from(["checkpoint", "tile/0/000.p/2", "tile/entries/000.p/2"]))
    good = logs_file(audit, path)
    at, bit = data.draw(st.integers(0, len(good) - 1)), data.draw(st.integers(0, 7))
    bad = good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1 :]
    reader = SecondReader(lambda asked: bad if asked == path else logs_file(audit, asked), key)
    with pytest.raises(Exception):  # noqa: B017, PT011 - any refusal will do
        reader.entries()
