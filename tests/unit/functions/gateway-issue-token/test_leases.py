"""Leases over HTTP: workers of a run, what a renewal says, limits that are told, ends that hold."""

import pytest
from granting import numbered, take_back
from lineages import SPEC, Training
from simulator import Simulator, killed_everywhere
from vault_domain.events import AuditEvent, Kind
from vault_domain.leases import Lease
from vault_domain.letters import words
from vault_domain.lineage import ModelTrainingRun
from vault_domain.messages import Message, Topic
from vault_domain.policy import Policy, PolicyVersion
from vault_domain.ports import Put
from vault_domain.rights import RightsRecord
from vault_domain.run_tracks import leaves_of, root_hex
from vault_domain.tracks import Status, Track
from vault_domain.training import RunTrack, TrainingRun
from vault_edge.texts import contribution_terms
from wire import body_of


@pytest.fixture
def training(sim: Simulator, load_step) -> Training:
    return Training(sim, load_step)


def lease(training: Training, worker: str = "w1", run_id: str = "run_one", **more):
    path = f"/training/runs/{run_id}/leases"
    return training.call("gateway-issue-token", "POST", path, {"worker": worker}, **more)


def under(training: Training, **changes) -> None:
    head = training.sim.store.get(PolicyVersion, "policy", "policy#head")
    number = head.number + 1 if head else 2
    made = PolicyVersion(
        number=number, policy=Policy(**changes), author="acc", reason="for a test", at=training.sim.clock(),
        is_head=True,
    )  # fmt: skip
    training.sim.store.commit([Put(made, head.version if head else 0)])


def told(training: Training, kind: Kind):
    return [one for one in training.sim.store.everything(AuditEvent) if one.event is kind]


def test_each_worker_reads_under_its_own_lease(training: Training):
    main = training.open()["token"]
    answer = lease(training)
    assert answer["statusCode"] == 201, answer["body"]
    assert body_of(answer)["dropped"] == []
    assert training.read(main, 1) == training.read(body_of(answer)["token"], 2) == 302
    assert [(one.worker, one.reads) for one in training.sim.store.everything(Lease)] == [("main", 1), ("w1", 1)]
    assert {one.data["worker"] for one in told(training, Kind.VAULT_ACCESS)} == {"main", "w1"}


def test_a_renewal_says_what_was_taken_back_or_locked_since(training: Training):
    training.open()
    track = training.sim.store.get(Track, numbered("trk", 3))
    training.sim.clock.advance(minutes=1)
    take_back(training.sim, numbered("trk", 2))
    locked = track.with_changes(status=Status.UNDER_INVESTIGATION, changed=training.sim.clock())
    training.sim.store.commit([Put(locked, track.version)])
    assert body_of(lease(training))["dropped"] == [
        {"track_id": numbered("trk", 2), "code": "revoked"}, {"track_id": numbered("trk", 3), "code": "policy"},
    ]  # fmt: skip
    assert sorted(one.data["dropped"] for one in told(training, Kind.RUN_LEASED)) == [0, 2]


def test_a_renewal_names_tracks_whose_consent_does_not_cover_the_purpose_any_more(training: Training):
    training.open()
    training.sim.clock.advance(minutes=1)
    switched(training, 1, product_ok=False)
    switched(training, 2, evaluation_ok=False)  # another purpose than the run's
    assert body_of(lease(training))["dropped"] == [{"track_id": numbered("trk", 1), "code": "policy"}]
    training.sim.clock.advance(minutes=1)
    switched(training, 1, product_ok=True)
    assert body_of(lease(training))["dropped"] == []
    for number in (1, 2, 3):
        training.sim.clock.advance(minutes=1)
        switched(training, number, product_ok=False)
    assert body_of(lease(training))["code"] == "policy"


def switched(training: Training, number: int, **flags: bool) -> None:
    """The owner changes what is allowed, through the function for it."""
    track_id = numbered("trk", number)
    rights = training.sim.store.get(RightsRecord, track_id)
    assert rights is not None
    body = {
        "expects": rights.consent_version, "flags": rights.flags.model_dump() | flags,
        "accepted_terms_sha256": contribution_terms().sha256,
    }  # fmt: skip
    answer = training.call("consent", "POST", f"/tracks/{track_id}/consent", body, role="contributor")
    assert answer["statusCode"] < 300, answer["body"]


def test_an_accounts_leases_together_keep_within_its_minute(training: Training):
    under(training, lease_reads_per_minute=100, job_reads_per_minute=4)
    first = training.open()["token"]
    second = body_of(lease(training))["token"]
    other = training.open(run_id="run_two")["token"]
    read = [training.read(one, 1) for one in (first, second, other, first, second, other)]
    assert read == [302, 302, 302, 302, 429, 429]
    assert {one.data["cause"] for one in told(training, Kind.RUN_ALARM)} == {"job_rate"}
    training.sim.clock.advance(minutes=1)
    assert training.read(other, 1) == 302


def test_refusals_have_their_codes(training: Training):
    token = training.open()["token"]
    assert lease(training, subject=numbered("svc", 9))["statusCode"] == 404
    assert lease(training, "Not A Name")["statusCode"] == 422
    under(training, training_open=False)
    assert body_of(lease(training))["code"] == "policy"
    other = {**SPEC, "run_id": "run_two"}
    assert body_of(training.call("gateway-issue-token", "POST", "/training/tokens", other))["code"] == "policy"
    assert training.read(token, 1) == 403
    under(training)
    training.sim.clock.advance(minutes=1)
    for number in (1, 2, 3):
        take_back(training.sim, numbered("trk", number))
    assert body_of(lease(training))["code"] == "revoked"
    training.sim.clock.advance(hours=7)
    assert body_of(lease(training))["code"] == "expired"


def test_a_lease_that_ran_out_is_renewed_while_the_run_lasts(training: Training):
    token = training.open()["token"]
    training.sim.clock.advance(minutes=16)
    assert training.read(token, 1) == 401
    fresh = body_of(lease(training, "main"))["token"]
    assert training.read(fresh, 1) == 302


def test_ending_a_run_ends_its_leases_and_a_read_judged_before_is_not_written(training: Training):
    """The run is closed between a read's judgement and its record: the read must lose, and the lineage stand."""
    token, sim, load = training.open()["token"], training.sim, training.load
    module, inner, done = training.load("gateway-fetch"), sim.records, []

    class Interrupted:
        def __getattr__(self, name):
            return getattr(inner, name)

        def commit(self, changes, events=()):
            if not done:
                done.append(True)
                assert training.complete()["statusCode"] == 200
            inner.commit(changes, events)

    module.app.bind(sim.container(records=Interrupted()))
    training.load = lambda step: module if step == "gateway-fetch" else load(step)
    assert training.read(token, 1) == 410
    assert told(training, Kind.VAULT_ACCESS) == []
    (lineage,) = sim.store.everything(ModelTrainingRun)
    assert (lineage.reads, lineage.tracks_root) == (0, root_hex(leaves_of(sim.store.everything(RunTrack))))
    assert all(one.ended for one in sim.store.everything(Lease))


def test_rate_and_volume_are_limited_and_told_once(training: Training):
    under(training, lease_reads_per_minute=2)
    token = training.open()["token"]
    assert [training.read(token, 1) for _ in range(5)] == [302, 302, 429, 429, 429]
    (alarm,) = told(training, Kind.RUN_ALARM)
    assert (alarm.data["cause"], alarm.subject) == ("rate", "run_one")
    training.sim.clock.advance(minutes=1)
    under(training, run_passes_alarm=1, run_passes_max=2)
    assert [training.read(token, 1) for _ in range(6)] == [302, 302, 302, 302, 429, 429]
    assert [one.data["cause"] for one in told(training, Kind.RUN_ALARM)].count("volume") == 1
    letters = training.sim.store.everything(Message)
    assert sorted(one.facts["why"].split(" ")[0] for one in letters) == ["rate", "volume"]
    assert {(one.recipient, one.topic, one.about) for one in letters} == {("admins", Topic.RUN_ALARM, "run_one")}
    assert "run_one" in words(letters[0])[1]
    assert training.sim.store.get(RunTrack, "run_one", f"granted#{numbered('trk', 1)}").reads == 6


def test_killed_anywhere_a_run_ends_once_and_its_lineage_is_its_rows(load_step):
    def make():
        sim = Simulator()

        def load(name):
            module = load_step(name)
            module.app.bind(sim.deps)
            return module

        training = Training(sim, load)
        opened = training.open()
        for number in (1, 1, 2):
            training.read(opened["token"], number)
        module = load_step("gateway-issue-token")

        def step(deps):
            module.app.bind(deps)
            training.load = lambda name: module
            assert training.complete(numbers=(1,))["statusCode"] == 200

        return sim, step

    for label, sim in killed_everywhere(make):
        (lineage,) = sim.store.everything(ModelTrainingRun)
        assert sim.store.get(TrainingRun, "run_one").state == "completed", label
        assert (lineage.reads, lineage.tracks_declared) == (3, 1), label
        assert lineage.tracks_root == root_hex(leaves_of(sim.store.everything(RunTrack))), label
        closed = [one for one in sim.store.everything(AuditEvent) if one.event is Kind.RUN_CLOSED]
        assert len(closed) == 1, label
