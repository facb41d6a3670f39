"""Appeals: when they can be made, by whom they are decided, and what an upheld one approves."""

from typing import Any

import pytest
from records import HASH, NOW, a_track, an_id, an_upload, later
from vault_domain.appeals import (
    Appeal,
    AppealAsk,
    AppealDecisionAsk,
    answered,
    approval_of,
    decide,
    file,
    final_reasons,
    is_overdue,
    open_dispute,
)
from vault_domain.decision import Verdict
from vault_domain.erasure import wordless_appeal
from vault_domain.errors import Conflict, Forbidden
from vault_domain.policy import Policy
from vault_domain.reasons import Reason
from vault_domain.review import ReviewVote, still_approved
from vault_domain.tracks import Status, Track
from vault_domain.uploads import Refusal, Upload, UploadState

WHY = AppealAsk(reason="I recorded it myself")
STRONG = Reason(code="strong_external_match", refs=("song",))


def rejected(**changes: Any) -> Track:
    return a_track(**{"status": Status.REJECTED, "reasons": (STRONG,), "steps": 3, **changes})


def heard(**changes: Any) -> Upload:
    return an_upload(**{"state": UploadState.VALIDATED, **changes})


def a_vote(number: int, vote: str) -> ReviewVote:
    return ReviewVote(
        track_id=an_id("trk"), reviewer=an_id("acc", number), role="reviewer", vote=vote, evidence_sha256=HASH, at=NOW
    )  # type: ignore[arg-type]


def filed(*votes: ReviewVote) -> Appeal:
    return file(rejected(), heard(), votes, WHY, later(days=1), Policy())


def decision(outcome: str = "upheld", findings: str = HASH) -> AppealDecisionAsk:
    return AppealDecisionAsk(outcome=outcome, findings_sha256=findings, answer="It is one person")  # type: ignore[arg-type]


def test_an_appeal_keeps_what_the_track_was_rejected_for_and_by_whom():
    appeal = filed(a_vote(1, "reject"), a_vote(2, "approve"))
    assert (appeal.rejected_for, appeal.rejected_by, appeal.step) == ((STRONG,), (an_id("acc", 1),), 3)


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.REJECTED])
def test_only_a_rejection_is_appealed_against(status: Status):
    with pytest.raises(Conflict):
        file(rejected(status=status), heard(), (), WHY, NOW, Policy())


@pytest.mark.parametrize(
    "upload",
    [None, heard(purged=NOW), heard(state=UploadState.REFUSED, refusal=Refusal(code="not_audio", detail="text"))],
)
def test_without_a_recording_there_is_nothing_to_look_at_again(upload: Upload | None):
    with pytest.raises(Conflict):
        file(rejected(), upload, (), WHY, NOW, Policy())


def test_the_time_for_it_ends():
    file(rejected(), heard(), (), WHY, later(days=59, hours=23), Policy())
    with pytest.raises(Conflict):
        file(rejected(), heard(), (), WHY, later(days=60), Policy())


def test_who_rejected_does_not_decide_and_what_is_decided_stays():
    appeal = filed(a_vote(1, "reject"))
    with pytest.raises(Forbidden):
        decide(appeal, an_id("acc", 1), decision(), HASH, NOW)
    with pytest.raises(Conflict):
        decide(appeal, an_id("acc", 2), decision(), "b" * 64, NOW)
    decided = decide(appeal, an_id("acc", 2), decision(), HASH, NOW)
    assert (decided.outcome, decided.decided_by, decided.findings_sha256) == ("upheld", an_id("acc", 2), HASH)
    with pytest.raises(Conflict):
        decide(decided, an_id("acc", 3), decision("dismissed"), HASH, NOW)


def test_upheld_it_approves_in_the_face_of_these_findings_alone():
    approval = approval_of(Verdict("reject", (STRONG,)), HASH, NOW)
    assert still_approved(approval, Verdict("reject", (STRONG,))) == approval
    other = Reason(code="strong_external_match", refs=("another",))
    assert still_approved(approval, Verdict("reject", (STRONG, other))) is None


def test_dismissed_it_says_why():
    decided = decide(filed(), an_id("acc", 2), decision("dismissed"), HASH, NOW)
    assert [reason.code for reason in final_reasons(rejected(), decided)] == [STRONG.code, "appeal_dismissed"]


def test_an_answer_counts_after_its_words_were_erased():
    dispute = open_dispute(rejected(appeal_until=later(days=60)), NOW)
    erased = wordless_appeal(answered(dispute, WHY, later(days=1), Policy()))
    assert (erased.reason, is_overdue(erased, later(days=99), Policy())) == (None, False)
    assert is_overdue(dispute, later(days=99), Policy())
    with pytest.raises(Conflict):
        answered(erased, WHY, later(days=2), Policy())
    assert decide(erased, an_id("acc", 2), decision("dismissed"), HASH, NOW).outcome == "dismissed"
