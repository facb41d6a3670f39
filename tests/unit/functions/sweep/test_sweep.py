"""sweep: stuck things move again, overdue things end, and what is past its time goes; a dry run touches nothing."""

from datetime import timedelta

import pytest
from ingesting import (
    OWNER,
    SERVICE,
    admitted,
    an_upload,
    compared,
    decided,
    fingerprinted,
    indexed,
    main_of,
    playing_decode,
    run,
    submitted,
    track_of,
    validated,
)  # fmt: skip
from killing import ends_the_same
from simulator import Killed, Simulator
from vault_domain.admission import vault_audio_key, vault_features_key, vault_query_key
from vault_domain.evidence import FingerprintRecord, Hit, Original
from vault_domain.ports import PostForm, Put
from vault_domain.rights import RevokeAsk
from vault_domain.tracks import Status
from vault_domain.uploads import Upload, UploadState, source_key

STUCK = timedelta(seconds=901)


def sweep(sim: Simulator, **event):
    return run("sweep", sim.container(), **event)


def done(sim: Simulator, **event) -> list[str]:
    """What a sweep did, after a dry run that must foretell it and change nothing."""
    before = sim.dump()
    foretold = sweep(sim, dry_run=True, **event)["plan"]
    assert sim.dump() == before
    answer = sweep(sim, **event)
    assert answer["plan"] == foretold
    assert (answer["done"], answer["failed"]) == (len(foretold), 0)
    return [item["do"] for item in foretold]


def upload_of(sim: Simulator, upload_id: str) -> Upload:
    found = sim.store.get(Upload, upload_id)
    assert found is not None
    return found


def test_nothing_to_do_in_an_empty_vault(sim: Simulator):
    assert done(sim) == []
    assert done(sim, now=True) == []


def test_an_upload_that_nobody_named_expires_and_goes(sim: Simulator):
    playing_decode(sim)
    waiting, ready = an_upload(sim, b""), an_upload(sim)
    validated(sim, ready)
    sim.clock.now += timedelta(days=1, seconds=1)
    assert done(sim) == ["ExpireUpload"] * 2
    assert {upload_of(sim, one).state for one in (waiting, ready)} == {UploadState.EXPIRED}
    assert done(sim) == ["PurgeUpload"] * 2
    assert not sim.buckets.open("quarantine").dump()
    assert done(sim) == []


def test_bytes_that_arrived_and_started_nothing_are_started(sim: Simulator):
    upload_id = an_upload(sim)
    assert done(sim) == []
    sim.clock.now += STUCK
    assert done(sim) == ["StartPipeline"]
    assert sim.task_log.started == [
        ("ingest", f"{upload_id}-1", {"bucket": "quarantine", "key": source_key(upload_id)})
    ]  # fmt: skip
    assert done(sim) == []


def test_each_failed_start_is_given_twice_the_time(sim: Simulator):
    an_upload(sim)
    for expected in (1, 2, 4):
        sim.clock.now += timedelta(seconds=900 * expected - 1)
        assert done(sim) == []
        sim.clock.now += timedelta(seconds=1)
        assert done(sim) == ["StartPipeline"]


@pytest.mark.parametrize(
    "reach", [lambda sim: fingerprinted(sim)[0], lambda sim: decided(sim)[0]], ids=["in checks", "not admitted"]
)
def test_a_track_that_stands_still_is_started_again(sim: Simulator, reach):
    upload_id = reach(sim)
    assert done(sim) == []
    sim.clock.now += STUCK
    assert done(sim) == ["StartPipeline"]
    assert sim.task_log.started[0][1] == f"{upload_id}-1"


def test_after_a_crash_nothing_is_given_time(sim: Simulator):
    playing_decode(sim)
    arrived, ready = an_upload(sim), an_upload(sim)
    validated(sim, ready)
    fingerprinted(sim)
    an_upload(sim, b"")
    assert done(sim) == []
    assert done(sim, now=True) == ["StartPipeline"] * 3
    assert {name for _, name, _ in sim.task_log.started} >= {f"{arrived}-1", f"{ready}-1"}


def test_a_track_that_waits_for_a_reviewer_is_left_alone(sim: Simulator):
    _, track_id = fingerprinted(sim)
    run("decide", sim.deps, track_id=track_id)
    sim.clock.now += timedelta(days=400)
    assert done(sim, now=True) == []


def test_a_track_whose_bytes_never_came_is_refused(sim: Simulator):
    upload_id = an_upload(sim, b"")
    track_id = submitted(sim, upload_id)
    sim.clock.now += timedelta(days=1, seconds=1)
    assert done(sim) == ["RefuseUpload"]
    sim.clock.now += STUCK
    assert done(sim) == ["StartPipeline"]
    assert validated(sim, upload_id)["outcome"] == "refused"
    run("bind-submission", sim.deps, upload_id=upload_id, conclude=True)
    track = track_of(sim, track_id)
    assert (track.status, track.reasons[0].code) == (Status.REJECTED, "never_arrived")


def test_parking_is_visible_and_resumed(sim: Simulator):
    playing_decode(sim)
    upload_id = an_upload(sim)
    state = {"bucket": "b", "key": source_key(upload_id)}
    answer = sweep(sim, park={"input": state, "step": "validate", "error": "Unavailable"})
    assert answer == {"upload_id": upload_id, "parked": True}
    shown = main_of("upload-presign").show(upload_id, OWNER, sim.deps)
    assert (shown["parked"]["step"], shown["parked"]["error"]) == ("validate", "Unavailable")
    sim.clock.now += STUCK
    assert done(sim) == ["StartPipeline"]
    assert upload_of(sim, upload_id).parked is None


@pytest.mark.parametrize("state", ["bound", "validated"])
def test_parking_finds_the_upload_in_whatever_the_execution_held(sim: Simulator, state):
    upload_id, track_id = fingerprinted(sim)
    held = {
        "bound": {"upload_id": upload_id, "track_id": track_id},
        "validated": {"validated": {"upload_id": upload_id}},
    }
    assert sweep(sim, park={"input": held[state], "step": "decide", "error": "X"})["parked"] is True


def test_a_track_that_was_taken_back_is_not_parked(sim: Simulator):
    upload_id, track_id = fingerprinted(sim)
    main_of("revoke").take_back(track_id, RevokeAsk(), OWNER, sim.deps)
    asked = {"input": {"upload_id": upload_id}, "step": "decide", "error": "Revoked"}
    assert sweep(sim, park=asked)["parked"] is False


def test_an_admitted_track_leaves_nothing_in_quarantine(sim: Simulator):
    admitted(sim)
    assert done(sim) == ["PurgeUpload"]
    assert not sim.buckets.open("quarantine").dump()
    assert len(sim.buckets.open("vault").dump()) == 3
    assert done(sim) == []


def test_rejected_audio_stays_until_its_time_is_up(sim: Simulator):
    _, track_id = fingerprinted(sim)
    hit = Hit(ref="trk_" + "1" * 26, similarity=1.0, detector="fp_exact", same_audio=True)
    compared(sim, track_id, hits=(hit,))
    run("decide", sim.deps, track_id=track_id)
    sim.clock.now += timedelta(days=89)
    assert done(sim, now=True) == []
    sim.clock.now += timedelta(days=2)
    assert done(sim) == ["PurgeUpload"]
    assert not sim.buckets.open("quarantine").dump()


def test_a_dispute_keeps_the_audio(sim: Simulator):
    _, track_id = fingerprinted(sim)
    track = track_of(sim, track_id)
    sim.store.commit([Put(track.with_changes(status=Status.DISPUTE_PENDING), track.version)])
    sim.clock.now += timedelta(days=1000)
    assert done(sim, now=True) == []


def test_a_refused_track_lets_go_of_its_sound(sim: Simulator):
    _, track_id = decided(sim)
    sim.kill_at(2)
    with pytest.raises(Killed):
        run("admit", sim.deps, track_id=track_id)
    sim.revive()
    assert len(sim.store.everything(Original)) == 1
    hit = Hit(ref="trk_" + "1" * 26, similarity=1.0, detector="fp_exact", same_audio=True)
    compared(sim, track_id, hits=(hit,))
    assert run("decide", sim.deps, track_id=track_id)["outcome"] == "reject"
    assert done(sim) == ["ReleaseClaim"]
    assert not sim.store.everything(Original)


@pytest.mark.parametrize("keeps", [True, False])
def test_removed_audio_goes_after_its_time(sim: Simulator, keeps):
    _, track_id = admitted(sim, keep_fingerprints_after_revocation=keeps)
    sweep(sim)
    main_of("revoke").take_back(track_id, RevokeAsk(), OWNER, sim.container())
    sim.clock.now += timedelta(days=29)
    assert done(sim) == []
    sim.clock.now += timedelta(days=2)
    assert done(sim) == ["PurgeAudio"]
    vault = sim.bucket("vault")
    assert vault.head(vault_audio_key(track_id)) is None
    assert vault.head(vault_query_key(track_id)) is None
    assert (vault.head(vault_features_key(track_id)) is not None) is keeps
    assert (track_id in indexed(sim)) is keeps
    assert done(sim, now=True) == []


@pytest.mark.parametrize("pauses", [(5,), (31, 369)])
def test_fingerprints_that_are_withdrawn_after_a_revocation_go_wholly(sim: Simulator, pauses):
    _, track_id = admitted(sim, keep_fingerprints_after_revocation=True)
    sweep(sim)
    revoke = main_of("revoke")
    revoke.take_back(track_id, RevokeAsk(), OWNER, sim.container())
    for days in pauses:
        sim.clock.now += timedelta(days=days)
        sweep(sim)
    assert track_id in indexed(sim)
    answer = revoke.forget(track_id, OWNER, sim.container())
    assert revoke.forget(track_id, OWNER, sim.container()) == answer
    assert track_id not in indexed(sim)
    sim.clock.now += timedelta(days=31 if len(pauses) == 1 else 1)
    sweep(sim)
    assert sim.bucket("vault").head(vault_features_key(track_id)) is None
    assert sim.store.get(FingerprintRecord, track_id) is None
    assert done(sim, now=True) == []


def test_a_revocation_that_was_cut_off_before_the_index_is_finished(sim: Simulator):
    _, track_id = admitted(sim)
    sim.kill_at(1, after=True)
    with pytest.raises(Killed):
        main_of("revoke").take_back(track_id, RevokeAsk(), OWNER, sim.container())
    sim.revive()
    assert indexed(sim) == {track_id}
    assert "HideTrack" in done(sim)
    assert not indexed(sim)
    assert done(sim) == []


def test_an_output_that_was_sent_for_a_check_goes_after_a_day(sim: Simulator):
    module = main_of("upload-presign")
    ask = module.UploadAsk(filename="o.wav", bytes=4, content_type="audio/wav", purpose="output")
    sim.post(PostForm(**module.open_form(ask, SERVICE, sim.deps)["form"]), b"RIFF")
    assert done(sim, now=True) == []
    sim.clock.now += timedelta(days=1, seconds=1)
    assert done(sim) == ["ExpireUpload"]
    assert done(sim) == ["PurgeUpload"]
    assert not sim.buckets.open("outputs").dump()


def test_a_plan_that_time_has_overtaken_does_no_harm(sim: Simulator):
    """The pipeline moves on between the plan and its execution: the instruction falls away."""
    upload_id, track_id = decided(sim)
    sim.clock.now += STUCK
    module = main_of("sweep")
    planned = sweep(sim, dry_run=True)["plan"]
    assert [item["do"] for item in planned] == ["StartPipeline"]
    run("admit", sim.container(), track_id=track_id)
    instruction = module.plan_upload.__globals__["StartPipeline"](upload_id, planned[0]["name"], planned[0]["why"])
    assert module.carry_out(instruction, sim.deps, timedelta(seconds=900)) is False
    assert not sim.task_log.started


def test_one_instruction_that_fails_does_not_keep_the_others(sim: Simulator):
    first = an_upload(sim)
    an_upload(sim)
    sim.clock.now += STUCK
    from vault_domain.errors import Unavailable

    class Tasks:
        def start(self, machine, name, document):
            if name.startswith(first):
                raise Unavailable("not now")
            return sim.task_log.start(machine, name, document)

    answer = run("sweep", sim.container(tasks=Tasks()))
    assert (answer["done"], answer["failed"]) == (1, 1)


def _stuck(sim: Simulator) -> None:
    an_upload(sim)
    sim.clock.now += STUCK


def _overdue(sim: Simulator) -> None:
    an_upload(sim)
    sim.clock.now += timedelta(days=2)


def _expired(sim: Simulator) -> None:
    _overdue(sim)
    sweep(sim)


def _removed(sim: Simulator) -> None:
    _, track_id = admitted(sim)
    sweep(sim)
    main_of("revoke").take_back(track_id, RevokeAsk(), OWNER, sim.container())
    sim.clock.now += timedelta(days=31)


@pytest.mark.parametrize("reach", [_stuck, _overdue, _expired, admitted, _removed])
def test_killed_anywhere_and_repeated(reach):
    def make():
        sim = Simulator()
        reach(sim)
        return sim, lambda deps: _twice(deps)

    def _twice(deps):
        return run("sweep", deps), run("sweep", deps)

    assert ends_the_same(make) >= 2
