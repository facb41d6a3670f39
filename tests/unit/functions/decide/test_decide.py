"""decide: the decision tables over recorded evidence; the same findings are decided once."""

import pytest
from ingesting import OWNER, compared, decided, fingerprinted, main_of, report, run, track_of
from killing import ends_the_same
from simulator import Simulator
from vault_domain.errors import NotFound, Revoked
from vault_domain.events import AuditEvent, Kind
from vault_domain.evidence import Hit
from vault_domain.policy import Policy, PolicyVersion
from vault_domain.ports import Put
from vault_domain.rights import RevokeAsk
from vault_domain.tracks import HistoryRow, Status

OTHER = "trk_" + "1" * 26


def decide(sim: Simulator, track_id: str) -> str:
    return str(run("decide", sim.deps, track_id=track_id)["outcome"])


def hit(similarity: float, overlap: float = 20.0, **changes) -> tuple[Hit, ...]:
    return (Hit(**{"ref": OTHER, "similarity": similarity, "overlap_s": overlap, "detector": "fp_robust", **changes}),)


def test_clean_evidence_is_accepted_and_says_what_it_rests_on(sim: Simulator):
    _, track_id = decided(sim)
    track = track_of(sim, track_id)
    assert (track.status, track.verdict, track.verdict_policy) == (Status.PENDING_REVIEW, "accept", 1)
    (decision,) = [e for e in sim.store.everything(AuditEvent) if e.event is Kind.SUBMISSION_DECISION]
    assert decision.versions["policy"] == "1"
    assert decision.versions["calibration"] == "1"
    assert decision.versions["snapshot:vault"] == track.evidence_snapshot
    assert decision.data["outcome"] == "accept"


@pytest.mark.parametrize(
    ("hits", "outcome", "status", "dispute"),
    [
        (hit(0.39), "accept", Status.PENDING_REVIEW, False),
        (hit(0.4), "review", Status.PENDING_REVIEW, False),
        (hit(0.69), "review", Status.PENDING_REVIEW, False),
        (hit(0.9, overlap=14.9), "review", Status.PENDING_REVIEW, False),
        (hit(0.7, overlap=15.0), "reject", Status.DISPUTE_PENDING, True),
    ],
)
def test_the_external_table(sim: Simulator, hits, outcome, status, dispute):
    _, track_id = fingerprinted(sim)
    compared(sim, track_id)
    report(sim, track_id, "catalogue:open", hits=hits, max_similarity=hits[0].similarity)
    assert decide(sim, track_id) == outcome
    track = track_of(sim, track_id)
    assert (track.status, track.dispute_open) == (status, dispute)


@pytest.mark.parametrize(
    ("hits", "outcome", "code"),
    [
        (hit(1.0, same_audio=True), "reject", "duplicate"),
        (hit(0.95), "review", "near_duplicate"),
        (hit(0.2), "accept", "clean"),
    ],
)
def test_the_internal_table(sim: Simulator, hits, outcome, code):
    _, track_id = fingerprinted(sim)
    compared(sim, track_id, hits=hits)
    assert decide(sim, track_id) == outcome
    assert track_of(sim, track_id).reasons[0].code == code


def test_a_track_is_no_duplicate_of_itself(sim: Simulator):
    _, track_id = fingerprinted(sim)
    compared(sim, track_id, hits=hit(1.0, ref=track_id, same_audio=True))
    assert decide(sim, track_id) == "accept"


@pytest.mark.parametrize("status", ["failed", "not_checked"])
@pytest.mark.parametrize("source", ["vault", "catalogue:open"])
def test_a_check_that_was_not_made_is_never_clean(sim: Simulator, source, status):
    _, track_id = fingerprinted(sim)
    compared(sim, track_id)
    report(sim, track_id, source, status=status, reason="out of reach", snapshot=None)
    assert decide(sim, track_id) == "review"


def test_no_evidence_at_all_is_never_clean(sim: Simulator):
    _, track_id = fingerprinted(sim)
    assert decide(sim, track_id) == "review"


def test_acoustid_counts_once_it_is_configured():
    sim = Simulator(environ={"LEMM_ACOUSTID_CONFIGURED": "true"})
    _, track_id = fingerprinted(sim)
    compared(sim, track_id)
    assert decide(sim, track_id) == "review"
    report(sim, track_id, "acoustid", snapshot=None)
    assert decide(sim, track_id) == "accept"


@pytest.mark.parametrize("changes", [{"is_cover": True, "is_original": False}, {"year": 2150}])
def test_what_the_submission_says_leads_to_a_reviewer(sim: Simulator, changes):
    _, track_id = fingerprinted(sim, **changes)
    compared(sim, track_id)
    assert decide(sim, track_id) == "review"


def test_auto_accept_is_a_switch(sim: Simulator):
    policy = PolicyVersion(
        number=7, policy=Policy(auto_accept=False), author="acc", reason="people first", at=sim.clock(), is_head=True
    )
    sim.store.commit([Put(policy, 0)])
    _, track_id = fingerprinted(sim)
    compared(sim, track_id)
    assert decide(sim, track_id) == "review"
    assert track_of(sim, track_id).verdict_policy == 7


def test_the_same_findings_are_not_decided_twice(sim: Simulator):
    _, track_id = decided(sim)
    before = sim.dump()
    sim.clock.advance(hours=1)
    compared(sim, track_id)
    sim_before = len(sim.store.everything(AuditEvent))
    assert decide(sim, track_id) == "accept"
    assert len(sim.store.everything(AuditEvent)) == sim_before
    assert before["records"]["tracks"] == sim.dump()["records"]["tracks"]


def test_new_findings_are_decided_anew_until_admission(sim: Simulator):
    _, track_id = decided(sim)
    report(sim, track_id, hits=hit(1.0, same_audio=True))
    assert decide(sim, track_id) == "reject"
    track = track_of(sim, track_id)
    assert (track.status, track.verdict) == (Status.REJECTED, "reject")
    rows = [row.trigger for row in sim.store.everything(HistoryRow)]
    assert rows == ["submitted", "checks_started", "checks_finished", "checked_again", "rejected"]
    assert decide(sim, track_id) == "reject"


def test_a_track_that_was_taken_back_ends_here(sim: Simulator):
    _, track_id = fingerprinted(sim)
    main_of("revoke").take_back(track_id, RevokeAsk(), OWNER, sim.deps)
    with pytest.raises(Revoked):
        decide(sim, track_id)


def test_no_such_track(sim: Simulator):
    with pytest.raises(NotFound):
        decide(sim, OTHER)


@pytest.mark.parametrize("same_audio", [True, False])
def test_killed_anywhere_and_repeated(same_audio):
    def make():
        sim = Simulator()
        _, track_id = fingerprinted(sim)
        compared(sim, track_id, hits=hit(1.0, same_audio=same_audio))
        return sim, lambda deps: run("decide", deps, track_id=track_id)

    assert ends_the_same(make) == 2
