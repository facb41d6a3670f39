"""Notes between reviewers: kept in order, once each, and nobody else's to read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingesting import OWNER, STRANGER, main_of
from killing import ends_the_same
from records import NOW, an_id
from reviewing import ADMIN, ANNA, BEN, flagged, vote
from simulator import Simulator
from vault_domain.errors import Conflict, Forbidden
from vault_domain.events import AuditEvent, Kind
from vault_domain.notes import MOST_NOTES, NoteAsk, ReviewNote, write
from vault_domain.review import ReviewVote
from vault_edge.caller import Caller
from wire import event, token

HEARD = "The second half is a field recording of 1974"


def noted(sim: Simulator, track_id: str, caller: Caller = ANNA, words: str = HEARD, deps=None):
    return main_of("review").note(track_id, NoteAsk(note=words), caller, deps or sim.container())["notes"]


@given(st.lists(st.tuples(st.sampled_from([an_id("acc", 1), an_id("acc", 2)]), st.sampled_from(["one", "two"]))))
def test_notes_are_one_line_in_which_nothing_is_lost_and_repeats_in_a_row_are_one(said: list[tuple[str, str]]):
    kept: list[ReviewNote] = []
    for by, words in said:
        made = write(an_id("trk"), kept, by, NoteAsk(note=words), NOW)
        assert (made is None) == bool(kept and (kept[-1].by, kept[-1].note) == (by, words))
        kept += [made] if made else []
    assert [one.number for one in kept] == list(range(1, len(kept) + 1))
    assert all((one.by, one.note) in said for one in kept)


def test_there_is_an_end_to_them():
    full = [
        ReviewNote(track_id=an_id("trk"), number=number, by=an_id("acc"), note="a note", at=NOW)
        for number in range(1, MOST_NOTES + 1)
    ]
    with pytest.raises(Conflict):
        write(an_id("trk"), full, an_id("acc", 1), NoteAsk(note="one more"), NOW)


def test_reviewers_read_what_others_noted_and_it_is_no_vote(sim: Simulator):
    _, track_id = flagged(sim)
    noted(sim, track_id)
    noted(sim, track_id)
    assert [one["by"] for one in noted(sim, track_id, BEN, "So it is")] == [ANNA.id, BEN.id]
    shown = main_of("review").evidence(track_id, ADMIN, sim.container())
    assert [one["note"] for one in shown["notes"]] == [HEARD, "So it is"]
    assert sim.store.list(ReviewVote, track_id).items == ()
    vote(sim, track_id, ANNA)
    told = [one.data for one in sim.store.everything(AuditEvent) if one.event is Kind.REVIEW_NOTED]
    assert sorted(one["note"] for one in told) == [1, 2]


def test_nobody_else_writes_or_reads_them(sim: Simulator, load_step):
    _, track_id = flagged(sim)
    noted(sim, track_id)
    for caller in (OWNER, STRANGER, Caller(OWNER.id, "reviewer"), Caller(OWNER.id, "admin")):
        with pytest.raises(Forbidden):
            noted(sim, track_id, caller)
    for step, path in (("tracks", f"/tracks/{track_id}"), ("review", f"/review/{track_id}/questions")):
        answer = load_step(step).app.answer(event("GET", path, bearer=token(sim, subject=OWNER.id)))
        assert (answer["statusCode"], HEARD in json.dumps(answer)) == (200, False)


def test_noting_killed_anywhere_and_repeated():
    def make():
        sim = Simulator()
        _, track_id = flagged(sim)
        return sim, lambda deps: noted(sim, track_id, deps=deps)

    assert ends_the_same(make) >= 1
