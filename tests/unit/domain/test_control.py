"""Proof of control: a label for one account, never a way around a finding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import NOW, a_hit, a_report, an_id, later
from vault_domain.control import (
    MOST_OPEN,
    NOTHING,
    ControlAsk,
    ControlProof,
    OwnCatalogue,
    RecordAsk,
    code_of,
    is_open,
    open_proof,
    own_catalogue,
    record,
    withdraw,
)
from vault_domain.decision import decide_submission
from vault_domain.errors import Conflict, Expired, Forbidden, TooMany
from vault_domain.evidence import findings_sha256
from vault_domain.policy import Policy
from vault_domain.reasons import Reason

OWN = OwnCatalogue(frozenset({"nova arc"}), frozenset({"open:7"}))
WAIVED = Policy(own_catalogue_needs_review=False)
SEEN = RecordAsk(found=True, where="https://music.example/nova, signed Nova Arc")


def a_proof(**changes) -> ControlProof:
    made = open_proof((), an_id("acc"), ControlAsk(artist="Nova  Arc", release="Glass City, 2024", refs=("open:7",)),
                      an_id("ctl"), code_of("0123456789abcdef"), NOW)  # fmt: skip
    return made.with_changes(**changes)


HITS = st.builds(
    a_hit, st.sampled_from([0.2, 0.5, 0.9]), st.just(30.0), ref=st.sampled_from(["open:7", "open:8", "x"]),
    artist=st.sampled_from(["", "Nova Arc", "NOVA  arc", "Somebody"]),
)  # fmt: skip


@given(st.lists(HITS, max_size=4), st.booleans())
def test_only_own_hits_are_labelled_and_others_decide_as_ever(hits, waived):
    policy = WAIVED if waived else Policy()
    reports = (a_report("vault"), a_report("catalogue:open", *hits))
    found = decide_submission(reports, (), policy, own=OWN)
    without = tuple(hit for hit in hits if not OWN.covers(hit))
    plain = decide_submission((a_report("vault"), a_report("catalogue:open", *without)), (), policy)
    labels = [reason for reason in found.reasons if reason.code == "own_catalogue_match"]
    if plain.outcome == "accept" and labels and not waived:
        assert found.outcome == "review"
    else:
        assert found.outcome == plain.outcome
    if found.outcome != "reject":
        assert len(labels) == sum(hit.similarity >= 0.4 for hit in hits if OWN.covers(hit))
    assert found.dispute == plain.dispute


def test_what_nobody_proved_covers_nothing():
    hit = a_hit(0.9, artist="Nova Arc")
    assert not NOTHING.covers(hit)
    for proof in (a_proof(), a_proof(state="not_found"), a_proof(state="withdrawn")):
        assert own_catalogue([proof]) == NOTHING
    assert own_catalogue([a_proof(state="verified")]) == OWN


def test_a_duplicate_in_the_vault_stays_one():
    report = a_report("vault", a_hit(1.0, same_audio=True, artist="Nova Arc"))
    assert decide_submission((report, a_report("catalogue:open")), (), WAIVED, own=OWN).outcome == "reject"


def test_a_source_that_was_not_asked_stays_a_ground():
    reports = (a_report("vault"), a_report("catalogue:open", a_hit(0.9, artist="Nova Arc"), status="failed"))
    assert decide_submission(reports, (), WAIVED, own=OWN).outcome == "review"


def test_labels_are_part_of_what_a_decision_rests_on():
    reports, flags = (a_report("vault"),), (Reason(code="cover"),)
    assert findings_sha256(reports, flags) == findings_sha256(reports, flags, ())
    assert findings_sha256(reports, flags) != findings_sha256(reports, flags, ("open:7",))


def test_a_code_is_good_for_a_while_and_looked_at_once_by_somebody_else():
    proof = a_proof()
    assert proof.code == "LEMM-0123-4567-89AB"
    assert record(proof, an_id("acc", 2), SEEN, NOW).state == "verified"
    with pytest.raises(Forbidden):
        record(proof, an_id("acc"), SEEN, NOW)
    with pytest.raises(Expired):
        record(proof, an_id("acc", 2), SEEN, later(days=31))
    with pytest.raises(Conflict):
        record(proof.with_changes(state="not_found"), an_id("acc", 2), SEEN, NOW)


def test_what_was_verified_can_be_withdrawn_by_another():
    proof = a_proof(state="verified")
    assert withdraw(proof, an_id("acc", 3), "It was another Nova Arc", NOW).state == "withdrawn"
    with pytest.raises(Forbidden):
        withdraw(proof, an_id("acc"), "It was another Nova Arc", NOW)
    with pytest.raises(Conflict):
        withdraw(a_proof(), an_id("acc", 3), "It was another Nova Arc", NOW)


def test_open_proofs_are_bounded():
    ask = ControlAsk(artist="A", release="Release", refs=())
    many = [a_proof() for _ in range(MOST_OPEN)]
    with pytest.raises(TooMany):
        open_proof(many, an_id("acc"), ask, an_id("ctl"), a_proof().code, NOW)
    assert not is_open(a_proof(), later(days=30))
    assert open_proof(many, an_id("acc"), ask, an_id("ctl"), a_proof().code, later(days=31))
