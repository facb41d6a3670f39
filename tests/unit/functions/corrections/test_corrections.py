"""corrections: the owner's words set right, on record, and looked at again where somebody judged them."""

import pytest
from ingesting import OWNER, STRANGER, admitted, an_upload, decided, main_of, run, submitted, track_of
from killing import ends_the_same
from reviewing import ANNA, BEN, flagged, seen, vote
from simulator import Simulator
from vault_domain.corrections import CorrectionAsk, MetadataVersion
from vault_domain.errors import Conflict, NotFound
from vault_domain.events import AuditEvent, Kind
from vault_domain.flags import Flag, FlagsAsk
from vault_domain.messages import Message, Topic
from vault_domain.rights import RightsRecord, allows
from vault_domain.submission import Metadata
from vault_domain.tracks import GenreEntry, Status


def correct(sim: Simulator, track_id: str, caller=OWNER, deps=None, expects=None, **changes):
    track = track_of(sim, track_id)
    metadata = Metadata.model_validate({**track.metadata.model_dump(), **changes})
    asked = CorrectionAsk(expects=expects or track.metadata_version, metadata=metadata, reason="a slip")
    return main_of("corrections").set_right(track_id, asked, caller, deps or sim.container())


def test_every_version_stays(sim: Simulator):
    _, track_id = admitted(sim)
    answer = correct(sim, track_id, title="Glass Town", genre_tags=["ambient", "dub"])
    assert (answer.metadata_version, answer.changed, answer.checked_again) == (2, ["title", "genre_tags"], False)
    assert track_of(sim, track_id).metadata.title == "Glass Town"
    shown = main_of("corrections").show(track_id, OWNER, sim.container())
    assert [(one.number, one.metadata.title) for one in shown.versions] == [(1, "Glass City"), (2, "Glass Town")]
    assert {row.genre for row in sim.store.everything(GenreEntry)} == {"ambient", "dub"}
    (told,) = [one for one in sim.store.everything(AuditEvent) if one.event is Kind.TRACK_CORRECTED]
    assert "Glass" not in told.model_dump_json()


def test_a_renamed_artist_in_review_needs_votes_on_what_is_said_now(sim: Simulator):
    _, track_id = flagged(sim)
    before = seen(sim, track_id)
    vote(sim, track_id, ANNA)
    assert correct(sim, track_id, artist_display_name="Nova").checked_again
    ((_, name, _),) = sim.task_log.started
    assert name.endswith("corrected-2")
    run("decide", sim.container(), track_id=track_id)
    assert seen(sim, track_id) != before
    with pytest.raises(Conflict):
        vote(sim, track_id, BEN, evidence=before)
    vote(sim, track_id, BEN)
    assert track_of(sim, track_id).approval is None
    vote(sim, track_id, ANNA)
    assert track_of(sim, track_id).approval is not None


def test_a_contradiction_set_right_stands_against_the_track_no_more(sim: Simulator):
    _, track_id = flagged(sim)
    correct(sim, track_id, year=2031)
    run("decide", sim.container(), track_id=track_id)
    assert "inconsistent_metadata" in {reason.code for reason in track_of(sim, track_id).reasons}
    correct(sim, track_id, year=2026)
    run("decide", sim.container(), track_id=track_id)
    assert "inconsistent_metadata" not in {reason.code for reason in track_of(sim, track_id).reasons}


def test_a_collaborator_who_is_added_has_to_consent(sim: Simulator):
    _, track_id = admitted(sim)
    answer = correct(sim, track_id, is_collaboration=True, collaborator_names=["DJ Ray"])
    assert answer.awaiting_consent_of == ["DJ Ray"]
    assert allows(sim.store.get(RightsRecord, track_id), "product") == "party_missing"
    with pytest.raises(Conflict):
        correct(sim, track_id, is_collaboration=False, collaborator_names=[])


def flags_of(sim: Simulator) -> list[tuple[str, bool]]:
    """What reviewers find in their list: words, and whether they are open."""
    return [(one.words, one.outcome is None) for one in sim.store.everything(Flag)]


def test_in_the_vault_a_question_goes_to_reviewers_as_a_flag_of_the_owner(sim: Simulator):
    _, track_id = admitted(sim)
    answer = correct(sim, track_id, year=2031)
    assert (answer.reviewer_asked, answer.status) == (True, "accepted")
    ((words, is_open),) = flags_of(sim)
    assert is_open
    assert "The year lies in the future" in words
    told = [one for one in sim.store.everything(Message) if one.topic is Topic.FLAGGED]
    assert [(one.recipient, one.about) for one in told] == [("reviewers", track_id)]
    claims = main_of("claims")
    claims.settle_flags(track_id, FlagsAsk(outcome="dismissed", reason="A slip of the pen"), ANNA, sim.container())
    assert correct(sim, track_id, year=2031).reviewer_asked is False
    assert correct(sim, track_id, year=2031, artist_display_name="Nova").reviewer_asked
    assert [is_open for _, is_open in flags_of(sim)] == [True]
    assert track_of(sim, track_id).status is Status.ACCEPTED


def test_a_plain_correction_in_the_vault_asks_nobody(sim: Simulator):
    _, track_id = admitted(sim)
    assert correct(sim, track_id, title="Glass Town").reviewer_asked is False
    assert flags_of(sim) == []


def test_on_its_way_in_a_question_stops_the_admission(sim: Simulator):
    _, track_id = decided(sim)
    assert correct(sim, track_id, year=2031).checked_again
    assert run("admit", sim.container(), track_id=track_id)["outcome"] == "pending_review"
    assert run("decide", sim.container(), track_id=track_id)["outcome"] == "review"
    assert run("admit", sim.container(), track_id=track_id)["outcome"] == "pending_review"


def test_a_question_may_be_killed_anywhere():
    def make():
        sim = Simulator()
        _, track_id = admitted(sim)
        return sim, lambda deps: correct(sim, track_id, deps=deps, expects=1, year=2031)

    assert ends_the_same(make) >= 2


def test_only_the_owner_corrects(sim: Simulator):
    _, track_id = admitted(sim)
    for caller in (STRANGER, ANNA):
        with pytest.raises(NotFound):
            correct(sim, track_id, caller, title="Mine")
    with pytest.raises(NotFound):
        main_of("corrections").show(track_id, STRANGER, sim.container())
    assert main_of("corrections").show(track_id, ANNA, sim.container()).metadata_version == 1


def test_twice_is_once(sim: Simulator):
    track_id = submitted(sim, an_upload(sim))
    correct(sim, track_id, title="B")
    again = correct(sim, track_id, title="B", expects=1)
    assert (again.changed, again.metadata_version) == ([], 2)
    assert len(sim.store.list(MetadataVersion, track_id).items) == 2


def test_a_correction_may_be_killed_anywhere():
    def world():
        sim = Simulator()
        _, track_id = flagged(sim)
        return sim, lambda deps: correct(sim, track_id, deps=deps, expects=1, artist_display_name="Nova")

    assert ends_the_same(world) >= 4
