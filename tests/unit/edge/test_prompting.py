"""Names read while others ask: one thread looks, nobody waits for it, and what fails is not asked again at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from simulator import Simulator
from vault_domain.errors import Unavailable
from vault_domain.names import KnownName, to_snapshot
from vault_edge.name_lists import KEY
from vault_edge.prompting import LONGEST_PAUSE_S, PromptReader

PROMPT = "in the style of Grindelhoven"
WAIT_S = 20


class Watched:
    """A bucket that counts its readers, and may hold or fail them."""

    def __init__(self, bucket):
        self._bucket, self.heads = bucket, 0
        self.fails = False
        self.entered, self.go = threading.Event(), threading.Event()
        self.go.set()

    def head(self, key):
        self.heads += 1
        self.entered.set()
        assert self.go.wait(WAIT_S)
        if self.fails:
            raise Unavailable("out of reach")
        return self._bucket.head(key)

    def read_with_etag(self, key, *, limit):
        return self._bucket.read_with_etag(key, limit=limit)


@pytest.fixture
def bucket(sim: Simulator):
    held = sim.buckets.open("snapshots")
    held.write(KEY, to_snapshot(1, [KnownName("Grindelhoven")]), content_type="application/json")
    return Watched(held)


def named(reader):
    return [one.name for one in reader.read(PROMPT)[0].artists]


def test_one_thread_looks_while_the_others_go_on(sim, bucket):
    reader = PromptReader(bucket, sim.clock)
    assert named(reader) == ["Grindelhoven"]
    sim.clock.advance(seconds=6)
    bucket.entered.clear()
    bucket.go.clear()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(named, reader)
        assert bucket.entered.wait(WAIT_S)
        assert named(reader) == ["Grindelhoven"]
        assert not slow.done()
        bucket.go.set()
        assert slow.result(WAIT_S) == ["Grindelhoven"]
    assert bucket.heads == 2


def test_where_no_names_were_read_everybody_waits_for_the_first(sim, bucket):
    reader = PromptReader(bucket, sim.clock)
    bucket.go.clear()
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(named, reader) for _ in range(4)]
        assert bucket.entered.wait(WAIT_S)
        bucket.go.set()
        assert [one.result(WAIT_S) for one in asked] == [["Grindelhoven"]] * 4
    assert bucket.heads == 1


def test_failures_are_followed_by_longer_pauses_and_forgotten_after_a_success(sim, bucket):
    reader, began = PromptReader(bucket, sim.clock), sim.clock()
    bucket.fails = True
    tries = []
    for _ in range(300):
        before = bucket.heads
        assert reader.read(PROMPT)[1]["names"] == "unread"
        tries += [(sim.clock() - began) // timedelta(seconds=1)] if bucket.heads > before else []
        sim.clock.advance(seconds=1)
    assert tries == [0, 1, 3, 7, 15, 31, 63, 123, 183, 243]
    bucket.fails = False
    sim.clock.advance(seconds=LONGEST_PAUSE_S)
    assert named(reader) == ["Grindelhoven"]
    sim.clock.advance(seconds=5)
    heads = bucket.heads
    named(reader)
    assert bucket.heads == heads + 1


def test_while_the_store_is_out_of_reach_the_names_that_were_read_serve_on(sim, bucket):
    reader = PromptReader(bucket, sim.clock)
    assert named(reader) == ["Grindelhoven"]
    bucket.fails = True
    sim.clock.advance(seconds=3600)
    assert named(reader) == ["Grindelhoven"]
