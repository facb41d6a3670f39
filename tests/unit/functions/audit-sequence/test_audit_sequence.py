"""audit-sequence: nothing lost, doubled or reordered, whoever dies when, and however many run at once."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ingesting import main_of, run
from killing import ends_the_same
from records import later
from second_log import SecondReader
from simulator import Killed, Simulator, killed_everywhere
from vault_domain.checkpoints import NoteKey
from vault_domain.errors import Corrupt
from vault_domain.events import Actor, AuditEvent, Kind, make_event
from vault_store.log import LogWriter
from vault_store.log_reader import PUBLIC

ACTOR = Actor(id="fn:decide", role="system")
ORIGIN = "lemm.test/log"
ID_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


def happen(sim: Simulator, count: int = 1, minutes: float = 0, **data: Any) -> list[str]:
    """Events, as steps write them; ``minutes`` sets the writer's clock off."""
    ids = []
    for _ in range(count):
        event = make_event(sim.new_id("evt"), Kind.EVIDENCE_RECORDED, "trk_x", ACTOR, later(minutes=minutes), **data)
        sim.store.commit([], [event])
        ids.append(event.event_id)
    return ids


def public(sim: Simulator) -> Callable[[str], bytes]:
    bucket = sim.buckets.open("log")
    return lambda path: bucket.read(f"{PUBLIC}/{path}", limit=2**30)


def logged(sim: Simulator) -> list[str]:
    """The ids in the log, read and checked by the second implementation."""
    vkey = NoteKey(ORIGIN, sim.signer("log").public_key()).text()
    return [json.loads(entry)["event_id"] for entry in SecondReader(public(sim), vkey).entries()]


def holds(sim: Simulator) -> None:
    """Every event is in the log once, at the place that its record names."""
    ids = logged(sim)
    events = {event.event_id: event for event in sim.store.everything(AuditEvent)}
    assert sorted(ids) == sorted(events)
    assert all(events[event_id].sequence == place for place, event_id in enumerate(ids))


def test_nothing_happened_yet(sim: Simulator):
    assert run("audit-sequence", sim.deps) == {"outcome": "done", "added": 0, "size": 0}


def test_events_enter_in_order_of_time_whatever_order_they_were_written_in(sim: Simulator):
    ids = [happen(sim, minutes=minutes)[0] for minutes in (3, 1, 2)]
    assert run("audit-sequence", sim.deps) == {"outcome": "done", "added": 3, "size": 3}
    assert logged(sim) == [ids[1], ids[2], ids[0]]
    holds(sim)


def test_what_comes_late_with_an_old_time_is_appended(sim: Simulator):
    first = happen(sim, minutes=10)
    run("audit-sequence", sim.deps)
    late = happen(sim, minutes=-10)
    run("audit-sequence", sim.deps)
    assert logged(sim) == first + late
    holds(sim)


def test_an_event_of_any_size_and_more_than_a_tile(sim: Simulator):
    happen(sim, 300)
    happen(sim, 1, outcome="x" * 50_000)
    assert run("audit-sequence", sim.deps)["size"] == 301
    holds(sim)


def test_events_that_no_transaction_holds_together(sim: Simulator):
    happen(sim, 25, outcome="x" * 400_000)
    assert run("audit-sequence", sim.deps)["size"] == 25
    holds(sim)


def test_an_index_that_lags_shows_events_that_are_in_already(sim: Simulator):
    """And hides new ones: those come later."""
    happen(sim, 40)
    stale = {name: sim.store.find(AuditEvent, "unsequenced", name, limit=99) for name in ID_LETTERS}
    assert sum(len(page.items) for page in stale.values()) == 40
    run("audit-sequence", sim.deps)
    happen(sim, 1)

    class Lagging:
        get, commit = sim.records.get, sim.records.commit
        find = staticmethod(lambda kind, index, hash_key, **_: stale[hash_key])

    assert run("audit-sequence", sim.container(records=Lagging()))["added"] == 0
    assert run("audit-sequence", sim.container())["size"] == 41
    holds(sim)


def test_a_full_batch_is_followed_by_the_next(sim: Simulator, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(main_of("audit-sequence"), "BATCH", 7)
    happen(sim, 20)
    assert run("audit-sequence", sim.deps) == {"outcome": "done", "added": 20, "size": 20}
    assert sorted(info.key for info in sim.buckets.open("log").list("public/checkpoints/")) == [
        "public/checkpoints/14",
        "public/checkpoints/20",
        "public/checkpoints/7",
    ]
    holds(sim)


def test_its_key_is_published(sim: Simulator):
    happen(sim)
    run("audit-sequence", sim.deps)
    assert f"public_key#{sim.signer('log').key_id}" in str(sim.store.dump()["keys"])


def test_twice_is_once(sim: Simulator):
    happen(sim, 5)
    run("audit-sequence", sim.deps)
    before = sim.dump()
    assert run("audit-sequence", sim.container())["added"] == 0
    assert sim.dump() == before


@pytest.mark.parametrize(("before", "now"), [(0, 3), (2, 3), (254, 4)])
def test_killed_at_any_point_and_run_again_ends_the_same(before: int, now: int):
    def make():
        sim = Simulator()
        happen(sim, before)
        run("audit-sequence", sim.deps)
        happen(sim, now, minutes=1)
        return sim, lambda deps: run("audit-sequence", deps)

    assert ends_the_same(make) >= 10


def test_killed_at_any_point_with_events_arriving_before_the_repeat():
    """What was signed stays where it was; what came in between comes after, or earlier if nothing was signed."""

    def make():
        sim = Simulator()
        happen(sim, 2)
        run("audit-sequence", sim.deps)
        happen(sim, 2, minutes=5)
        return sim, lambda deps: (happen(sim, 1, minutes=-5), run("audit-sequence", deps))

    for _, sim in killed_everywhere(make):
        holds(sim)


@pytest.mark.parametrize("stall", range(1, 10))
def test_two_at_once_one_wins(stall: int):
    """A second sequencer runs whole before the first one's n-th effect."""
    sim = Simulator()
    happen(sim, 3)
    run("audit-sequence", sim.deps)
    happen(sim, 3, minutes=1)
    effects = {"left": stall}
    rival: list[Any] = []

    class Stalling:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def __getattr__(self, name: str) -> Any:
            found = getattr(self.inner, name)
            if name not in ("write", "write_if", "commit"):
                return found

            def effect(*given: Any, **named: Any) -> Any:
                effects["left"] -= 1
                if effects["left"] == 0:
                    happen(sim, 1, minutes=-1)
                    rival.append(run("audit-sequence", sim.container()))
                    app.bind(slow)
                return found(*given, **named)

            return effect

    app = main_of("audit-sequence").app
    slow = sim.container(records=Stalling(sim.records), bucket=lambda name: Stalling(sim.bucket(name)))
    outcome = run("audit-sequence", slow)
    assert outcome["outcome"] in ("done", "overtaken")
    run("audit-sequence", sim.container())
    holds(sim)
    assert not rival or len(logged(sim)) == 7


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(-3, 3), st.none() | st.tuples(st.integers(1, 9), st.booleans())))
)
def test_any_life_of_a_log(lives: list[tuple[int, int, tuple[int, bool] | None]]):
    """Events with any clock, deaths anywhere: published checkpoints only ever grow, by appending."""
    sim, seen = Simulator(), list[str]()
    for count, minutes, death in lives:
        happen(sim, count, minutes=minutes)
        if death:
            sim.kill_at(death[0], after=death[1])
        try:
            run("audit-sequence", sim.container())
        except Killed:
            pass
        finally:
            sim.revive()
        if sim.buckets.open("log").head("public/checkpoint"):
            now = logged(sim)
            assert now[: len(seen)] == seen
            seen = now
    happen(sim, 1)
    run("audit-sequence", sim.container())
    assert logged(sim)[: len(seen)] == seen
    holds(sim)


def test_a_changed_tile_stops_the_log(sim: Simulator):
    happen(sim, 3)
    run("audit-sequence", sim.deps)
    sim.buckets.open("log").write("public/tile/0/000.p/3", b"\0" * 96, content_type="x")
    happen(sim, 1)
    before = sim.dump()
    with pytest.raises(Corrupt, match="do not have the root that was signed"):
        run("audit-sequence", sim.deps)
    assert sim.dump() == before


@pytest.mark.parametrize("key", ["sequencer/head", "public/checkpoint"])
def test_a_changed_head_or_checkpoint_stops_the_log(sim: Simulator, key: str):
    happen(sim, 3)
    run("audit-sequence", sim.deps)
    bucket = sim.buckets.open("log")
    data = bytearray(bucket.read(key, limit=10_000))
    data[len(ORIGIN) + 1] ^= 1
    bucket.write(key, bytes(data), content_type="x")
    happen(sim, 1)
    with pytest.raises(Corrupt, match="does not hold"):
        run("audit-sequence", sim.deps)


def test_a_head_whose_entries_are_lost_or_changed_is_not_published(sim: Simulator):
    happen(sim, 3)
    sim.kill_at(4)  # the key, the staged entries, the head; then dead
    with pytest.raises(Killed):
        run("audit-sequence", sim.deps)
    sim.revive()
    bucket = sim.buckets.open("log")
    (staged,) = [info.key for info in bucket.list("sequencer/staged/")]
    data = bucket.read(staged, limit=10_000)
    bucket.write(staged, data[:-1] + b"!", content_type="x")
    with pytest.raises(Corrupt, match="do not lead to the signed root"):
        run("audit-sequence", sim.container())
    bucket.delete(staged, all_versions=True)
    with pytest.raises(Corrupt, match="are missing"):
        run("audit-sequence", sim.container())
    bucket.write(staged, data, content_type="x")
    assert run("audit-sequence", sim.container())["size"] == 3
    holds(sim)


def test_the_writer_never_publishes_backwards(sim: Simulator):
    writer = LogWriter(sim.bucket("log"), ORIGIN, sim.signer("log"))
    heads = []
    for size in range(2):
        head = writer.append(writer.head(), [b"%d" % size])
        writer.write_files(head, [b"%d" % size])
        writer.publish(head)
        heads.append(head)
    writer.publish(heads[0])
    assert writer.head().published == 2
