"""submit: one upload and one consent become one track; twice is once; a receipt says exactly what was agreed."""

import pytest
from ingesting import OWNER, STRANGER, an_upload, ask_for, main_of, playing_decode, run, submitted, track_of, validated
from killing import ends_the_same
from simulator import Simulator
from vault_domain.errors import Conflict, NotFound, TermsOutdated, TrainingNotAllowed
from vault_domain.events import AuditEvent
from vault_domain.rights import Consent, RightsRecord
from vault_domain.tracks import GenreEntry, HistoryRow, Status, Track
from vault_domain.uploads import Upload
from vault_edge.texts import contribution_terms
from vault_store.dsse import open_sealed


def submit(sim: Simulator, upload_id: str, caller=OWNER, **changes):
    return main_of("submit").submit(ask_for(upload_id, **changes), caller, sim.deps)


def test_everything_is_on_record_at_once(sim: Simulator):
    answer = submit(sim, an_upload(sim))
    track = track_of(sim, answer["track_id"])
    assert (track.status, answer["status"]) == (Status.SUBMITTED, "submitted")
    assert {row.genre for row in sim.store.everything(GenreEntry)} == {"ambient", "electronic"}
    assert [row.trigger for row in sim.store.everything(HistoryRow)] == ["submitted"]
    assert len(sim.store.everything(Consent)) == len(sim.store.everything(RightsRecord)) == 1
    assert sim.store.get(Upload, track.upload_id).track_id == track.track_id
    kinds = sorted(event.event.value for event in sim.store.everything(AuditEvent))
    assert kinds == ["rights.consent_given", "track.submitted", "upload.opened"]


def test_the_receipt_is_signed_and_names_exactly_the_text(sim: Simulator):
    answer = submit(sim, an_upload(sim), internal_demo_ok=True)
    signer = sim.signer("receipt")
    said = open_sealed(answer["receipt"], "consent-receipt", {signer.key_id: signer.public_key()})
    terms = main_of("submit").terms().model_dump()
    assert said["terms"] == {"title": terms["title"], "sha256": terms["sha256"]}
    assert contribution_terms().text == terms["text"]
    assert said["flags"]["internal_demo_ok"] is True
    assert said["flags"]["allow_per_artist_adapters"] is False
    assert said["track_id"] == answer["track_id"]


def test_the_same_submission_twice_is_the_same_track(sim: Simulator):
    upload_id = an_upload(sim)
    first, again = submit(sim, upload_id), submit(sim, upload_id)
    assert first == again
    assert len(sim.store.everything(Track)) == 1


def test_another_submission_of_the_same_upload_is_refused(sim: Simulator):
    upload_id = an_upload(sim)
    submit(sim, upload_id)
    with pytest.raises(Conflict):
        submit(sim, upload_id, title="Another title")


def test_somebody_elses_upload_is_not_there(sim: Simulator):
    with pytest.raises(NotFound):
        submit(sim, an_upload(sim), STRANGER)


def test_an_old_text_is_refused(sim: Simulator):
    with pytest.raises(TermsOutdated):
        submit(sim, an_upload(sim), accepted_terms_sha256="0" * 64)
    assert not sim.store.everything(Track)


def test_inclusion_needs_the_consent_to_training(sim: Simulator):
    with pytest.raises(TrainingNotAllowed):
        submit(sim, an_upload(sim), training_allowed=False)


def test_collaborators_are_parties_whose_consent_is_awaited(sim: Simulator):
    answer = submit(sim, an_upload(sim), is_collaboration=True, collaborator_names=["DJ Ray", "A. Rivera"])
    assert answer["awaiting_consent_of"] == ["DJ Ray", "A. Rivera"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"is_cover": True, "is_original": False}, "cover"),
        ({"has_third_party_samples": True}, "third_party_samples"),
        ({"year": 2190}, "inconsistent_metadata"),
        ({"genre_tags": ["ambient", "ambient"]}, "inconsistent_metadata"),
    ],
)
def test_what_asks_for_a_reviewer_is_said_at_once(sim: Simulator, change, code):
    assert code in [reason["code"] for reason in submit(sim, an_upload(sim), **change)["review_reasons"]]


def test_a_waiting_pipeline_is_woken(sim: Simulator):
    playing_decode(sim)
    upload_id = an_upload(sim)
    validated(sim, upload_id)
    sim.task_log.waiting.add("token")
    run("bind-submission", sim.deps, upload_id=upload_id, token="token")
    track_id = submitted(sim, upload_id)
    assert sim.task_log.succeeded == {"token": {"upload_id": upload_id, "track_id": track_id}}


def test_a_token_that_nobody_waits_on_any_more_does_no_harm(sim: Simulator):
    playing_decode(sim)
    upload_id = an_upload(sim)
    validated(sim, upload_id)
    run("bind-submission", sim.deps, upload_id=upload_id, token="gone")
    assert submitted(sim, upload_id)


def test_killed_anywhere_and_repeated():
    def make():
        sim = Simulator()
        playing_decode(sim)
        upload_id = an_upload(sim)
        validated(sim, upload_id)
        sim.task_log.waiting.add("token")
        run("bind-submission", sim.deps, upload_id=upload_id, token="token")
        return sim, lambda deps: submitted(sim, upload_id, deps=deps)

    assert ends_the_same(make) >= 4
