"""admit: one track per sound, in an index that it was compared with, or not at all."""

import pytest
from ingesting import (
    OWNER,
    STRANGER,
    admitted,
    compared,
    decided,
    fingerprinted,
    indexed,
    main_of,
    run,
    sound,
    track_of,
)  # fmt: skip
from killing import ends_the_same
from simulator import Killed, Simulator
from vault_audio.features import unpack
from vault_domain.admission import vault_audio_key, vault_features_key
from vault_domain.canonical import sha256_hex
from vault_domain.errors import Corrupt, NotFound, StaleEvidence
from vault_domain.events import AuditEvent, Kind
from vault_domain.evidence import FingerprintRecord, Original
from vault_domain.rights import RevokeAsk
from vault_domain.tracks import Status
from vault_domain.uploads import features_key


def admit(sim: Simulator, track_id: str) -> str:
    return str(run("admit", sim.container(), track_id=track_id)["outcome"])


def test_an_accepted_track_is_in_the_vault_and_in_the_index(sim: Simulator):
    _, track_id = decided(sim)
    assert admit(sim, track_id) == "accepted"
    track, vault = track_of(sim, track_id), sim.bucket("vault")
    audio = vault.read(vault_audio_key(track_id), limit=2**26)
    assert audio == b"canonical " + sound()
    assert (track.status, track.stored) == (Status.ACCEPTED, f"lemm://vault/{track_id}")
    assert (track.stored_sha256, track.stored_bytes) == (sha256_hex(audio), len(audio))
    kept = vault.read(vault_features_key(track_id), limit=2**26)
    record = sim.store.get(FingerprintRecord, track_id)
    assert record is not None
    assert (record.features, record.features_sha256) == (f"vault/{vault_features_key(track_id)}", sha256_hex(kept))
    assert unpack(kept).dense is None
    assert indexed(sim) == {track_id}
    assert Kind.INDEX_CHANGED in {event.event for event in sim.store.everything(AuditEvent)}


def test_again_is_the_same(sim: Simulator):
    _, track_id = admitted(sim)
    before = sim.dump()
    assert admit(sim, track_id) == "accepted"
    assert sim.dump() == before


def test_of_two_identical_sounds_exactly_one_enters_and_the_other_names_it(sim: Simulator):
    _, first = decided(sim)
    _, second = decided(sim, caller=STRANGER)
    assert admit(sim, first) == "accepted"
    assert admit(sim, second) == "rejected"
    refused = track_of(sim, second)
    assert (refused.status, refused.reasons[0].code, refused.reasons[0].refs) == (
        Status.REJECTED, "duplicate", (first,)
    )  # fmt: skip
    assert indexed(sim) == {first}
    assert sim.bucket("vault").head(vault_audio_key(second)) is None


def test_a_track_that_was_compared_with_an_older_index_is_compared_again(sim: Simulator):
    _, first = decided(sim)
    _, second = decided(sim, sound(2), STRANGER)
    admit(sim, first)
    with pytest.raises(StaleEvidence):
        admit(sim, second)
    assert indexed(sim) == {first}
    compared(sim, second)
    assert run("decide", sim.deps, track_id=second)["outcome"] == "accept"
    assert admit(sim, second) == "accepted"
    assert indexed(sim) == {first, second}


def test_a_claim_of_a_refused_or_removed_track_claims_nothing(sim: Simulator):
    _, first = admitted(sim)
    main_of("revoke").take_back(first, RevokeAsk(), OWNER, sim.deps)
    assert not sim.store.everything(Original)
    _, second = decided(sim, caller=STRANGER)
    assert admit(sim, second) == "accepted"


@pytest.mark.parametrize("effect", range(1, 7))
def test_taken_back_while_on_its_way_in(effect):
    sim = Simulator()
    _, track_id = decided(sim)
    sim.kill_at(effect)
    with pytest.raises(Killed):
        run("admit", sim.deps, track_id=track_id)
    sim.revive()
    main_of("revoke").take_back(track_id, RevokeAsk(), OWNER, sim.deps)
    assert admit(sim, track_id) == "removed"
    assert not indexed(sim)
    assert not sim.store.everything(Original)
    assert not sim.buckets.open("vault").dump()


def test_taken_back_just_before_the_last_commit(sim: Simulator):
    """The race itself: the index holds the track already, and its status changes before it is recorded."""
    _, track_id = decided(sim)
    inner, calls = sim.records.commit, []

    def racing(changes, events=()):
        calls.append(len(calls))
        if len(calls) == 2:
            main_of("revoke").take_back(track_id, RevokeAsk(), OWNER, sim.container())
        return inner(changes, events)

    class Records:
        commit = staticmethod(racing)

        def __getattr__(self, name):
            return getattr(sim.store, name)

    deps = sim.container(records=Records())
    assert run("admit", deps, track_id=track_id)["outcome"] == "removed"
    assert not indexed(sim)
    assert not sim.buckets.open("vault").dump()
    assert track_of(sim, track_id).status is Status.REMOVED


def test_a_track_that_was_not_decided_in_favour_stays_where_it_is(sim: Simulator):
    _, track_id = fingerprinted(sim)
    assert admit(sim, track_id) == "pending_automated_checks"
    run("decide", sim.deps, track_id=track_id)
    assert admit(sim, track_id) == "pending_review"
    assert not indexed(sim)


def test_features_that_do_not_match_their_record(sim: Simulator):
    upload_id, track_id = decided(sim)
    sim.bucket("quarantine").write(features_key(upload_id), b"something else", content_type="x/y")
    with pytest.raises(Corrupt):
        admit(sim, track_id)


def test_no_such_track(sim: Simulator):
    with pytest.raises(NotFound):
        admit(sim, "trk_" + "0" * 26)


def test_killed_anywhere_and_repeated():
    def make():
        sim = Simulator()
        _, track_id = decided(sim)
        return sim, lambda deps: run("admit", deps, track_id=track_id)

    assert ends_the_same(make) >= 12


def test_a_rejected_duplicate_killed_anywhere_and_repeated():
    def make():
        sim = Simulator()
        _, first = decided(sim)
        _, second = decided(sim, caller=STRANGER)
        admit(sim, first)
        return sim, lambda deps: run("admit", deps, track_id=second)

    assert ends_the_same(make) == 2
