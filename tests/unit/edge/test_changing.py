"""Shared ways of changing state: lost races, journeys of a track, membership of the index."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ingesting import admitted, decided, indexed, sound, track_of
from records import a_track, an_id
from simulator import Simulator
from vault_audio.features import Features, extract
from vault_domain.errors import Conflict, LostRace, StaleEvidence
from vault_domain.events import Actor, AuditEvent, Kind
from vault_domain.ports import Put
from vault_domain.tracks import HistoryRow, Status, Track, Trigger
from vault_edge import membership
from vault_edge.index import VAULT
from vault_edge.journey import Journey
from vault_edge.racing import TRIES, settled

SYSTEM = Actor(id="fn:test", role="system")


# --- races -------------------------------------------------------------------


@pytest.mark.parametrize("losses", range(TRIES))
def test_a_lost_race_is_run_again(losses: int):
    tries = []

    def attempt() -> str:
        tries.append(1)
        if len(tries) <= losses:
            raise LostRace
        return "done"

    assert settled(attempt) == "done"
    assert len(tries) == losses + 1


@pytest.mark.parametrize(("error", "expected"), [(LostRace, TRIES), (StaleEvidence, 1), (Conflict, 1)])
def test_what_stays_lost(error, expected):
    tries = []

    def attempt() -> None:
        tries.append(1)
        raise error

    with pytest.raises(error):
        settled(attempt)
    assert len(tries) == expected


# --- journeys ----------------------------------------------------------------


@pytest.fixture
def track(sim: Simulator) -> Track:
    sim.store.commit([Put(a_track(), 0)])
    return track_of(sim, an_id("trk"))


def test_steps_rows_and_events_are_one_commit(sim: Simulator, track: Track):
    journey = Journey(sim.deps, track, SYSTEM)
    journey.take(Trigger.CHECKS_STARTED)
    journey.take(Trigger.UPLOAD_FAILED)
    journey.tell(Kind.EVIDENCE_RECORDED, status="checked")
    assert sim.store.everything(HistoryRow) == ()
    journey.commit()
    stored = track_of(sim, track.track_id)
    assert (stored.status, stored.steps, stored.version) == (Status.REJECTED, 2, 2)
    assert [row.target for row in sim.store.everything(HistoryRow)] == ["pending_automated_checks", "rejected"]
    assert len(sim.store.everything(AuditEvent)) == 3


def test_a_journey_from_an_old_reading_is_lost_whole(sim: Simulator, track: Track):
    early, late = Journey(sim.deps, track, SYSTEM), Journey(sim.deps, track, SYSTEM)
    early.take(Trigger.CHECKS_STARTED)
    early.commit()
    late.take(Trigger.UPLOAD_FAILED)
    before = sim.dump()
    with pytest.raises(LostRace):
        late.commit()
    assert sim.dump() == before


# --- membership --------------------------------------------------------------


def features(seed: int) -> Features:
    import io

    import soundfile

    samples, _ = soundfile.read(io.BytesIO(sound(seed, 4.0)), dtype="float32")
    return extract(samples).without_dense()


def snapshot(sim: Simulator) -> str:
    return sim.container().index.reader(VAULT).snapshot_id


def test_entering_needs_the_index_that_was_searched(sim: Simulator):
    first, second, index = an_id("trk", 1), an_id("trk", 2), sim.deps.index
    searched = snapshot(sim)
    membership.enter(index, first, features(1), searched, sim.clock())
    with pytest.raises(StaleEvidence):
        membership.enter(index, second, features(2), searched, sim.clock())
    for wrong in (None, "", "0" * 64):
        with pytest.raises(StaleEvidence):
            membership.enter(index, second, features(2), wrong, sim.clock())
    assert indexed(sim) == {first}


def test_entering_again_is_free_even_after_others_came(sim: Simulator):
    first, second, index = an_id("trk", 1), an_id("trk", 2), sim.deps.index
    searched = snapshot(sim)
    membership.enter(index, first, features(1), searched, sim.clock())
    membership.enter(index, second, features(2), snapshot(sim), sim.clock())
    before = snapshot(sim)
    membership.enter(index, first, features(1), searched, sim.clock())
    assert snapshot(sim) == before


moves = st.lists(st.sampled_from(["enter", "leave"]), min_size=1, max_size=5)


@settings(max_examples=25, deadline=None)
@given(moves)
def test_whoever_left_stays_out_in_whatever_order(names: list[str]):
    sim, track_id = Simulator(), an_id("trk", 1)
    kept = features(1)
    for name in names:
        if name == "enter":
            membership.enter(sim.deps.index, track_id, kept, snapshot(sim), sim.clock())
        else:
            membership.leave(sim.deps.index, track_id, sim.clock())
    assert membership.holds(sim.deps.index, track_id) is ("leave" not in names)


def test_two_containers_admit_different_tracks_at_once(sim: Simulator):
    """Both were compared with the same index: one enters, the other is told to compare again."""
    _, first = decided(sim)
    _, second = decided(sim, sound(2))
    outcomes = []
    for track_id in (first, second):
        found = track_of(sim, track_id)
        try:
            membership.enter(sim.container().index, track_id, features(3), found.evidence_snapshot, sim.clock())
            outcomes.append("entered")
        except StaleEvidence:
            outcomes.append("stale")
    assert outcomes == ["entered", "stale"]


def test_an_admitted_track_is_held(sim: Simulator):
    _, track_id = admitted(sim)
    assert membership.holds(sim.container().index, track_id)
    assert not membership.holds(sim.container().index, an_id("trk", 7))
