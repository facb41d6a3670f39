"""Tracks are added, removed and merged while searches run: each search sees one whole index, and no stale one."""

import time
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest
from simulator import Simulator
from vault_audio.features import Features, extract
from vault_domain import snapshots
from vault_edge import index_care
from vault_edge.index import VAULT
from vault_index.search import search
from vault_index.shard import build_shard
from vault_index.snapshot import ShardCache

AT = "2026-03-01T12:00:00Z"
STAYS = "trk_0"
ROUNDS = 9
READERS = 2


@pytest.fixture(scope="module")
def tracks() -> dict[str, Features]:
    """Six seconds of plucked noise each."""
    made = {}
    for seed in range(ROUNDS):
        rng = np.random.default_rng(seed)
        notes = [
            np.sin(np.arange(8_000) * rng.uniform(0.05, 0.6)) * np.exp(-np.arange(8_000) / 2_000) for _ in range(12)
        ]
        made[f"trk_{seed}"] = extract((np.concatenate(notes) * 0.4).astype(np.float32))
    return made


class Register:
    """What a writer has been told is done: what is in, and what is out for good."""

    def __init__(self) -> None:
        self.added: frozenset[str] = frozenset()
        self.leaving: frozenset[str] = frozenset()
        self.gone: frozenset[str] = frozenset()
        self.merged = 0
        self.searches = 0

    def searched_on(self) -> bool:
        """Wait until somebody has searched what there is now; false if nobody does."""
        seen, until = self.searches, time.monotonic() + 20
        while self.searches < seen + READERS and time.monotonic() < until:
            time.sleep(0.002)
        return self.searches > seen


def written(sim: Simulator, tracks: dict[str, Features], register: Register) -> None:
    """Add each track; now and then take one out, and merge the parts."""
    deps = sim.container()
    for number, (name, features) in enumerate(tracks.items()):
        data = build_shard([(name, features)])
        part = snapshots.part_of(data, 1, features.duration_s)
        deps.index.change(VAULT, lambda present, part=part: snapshots.with_part(present, part, AT), [data])
        register.added |= {name}
        assert register.searched_on()
        if number % 3 == 2:
            leaves = f"trk_{number - 1}"
            register.leaving |= {leaves}
            deps.index.change(VAULT, lambda present, leaves=leaves: snapshots.without_tracks(present, [leaves], AT))
            register.gone |= {leaves}
        if number % 2:
            found = index_care.loaded(index_care.store_of(deps), ShardCache())
            assert found is not None
            register.merged += index_care.compact(deps, *found)


def searched(sim: Simulator, query: Features, register: Register, writing: "Future[None]") -> None:
    """Search in a container of its own until the writer has ended, and hold each answer against the register."""
    index = sim.container().index
    while not writing.done():
        added, gone = register.added, register.gone
        manifest, _, shards = index.reader(VAULT)
        leaving = register.leaving
        named = [track.id for shard in shards for track in shard.tracks if track.id not in manifest.removed]
        assert len(named) == len(set(named)), "a track that is merged is there once"
        assert added - leaving <= set(named), "what was added is found from then on"
        assert not gone & set(named), "what was taken out is not found any more"
        if STAYS in added:
            best = search(shards, query, removed=frozenset(manifest.removed))[0]
            assert (best.track, best.similarity > 0.9) == (STAYS, True)
        register.searches += 1


def test_searches_see_one_whole_index_while_it_changes(sim: Simulator, tracks: dict[str, Features]):
    register = Register()
    with ThreadPoolExecutor(READERS + 1) as pool:
        writing = pool.submit(written, sim, tracks, register)
        reading = [pool.submit(searched, sim, tracks[STAYS], register, writing) for _ in range(READERS)]
        for one in (*reading, writing):
            one.result(60)
    assert register.merged > 0
    left = sim.container().index.listed(VAULT)
    assert left == set(tracks) - register.gone
