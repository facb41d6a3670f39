"""Corrections: versions stay, questions come and go with the words, and no rights holder is written out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import NOW, a_metadata, a_rights, a_track, later
from vault_domain.admission import favoured
from vault_domain.corrections import MOST, CorrectionAsk, changed_fields, correct
from vault_domain.errors import Conflict, TooMany
from vault_domain.ports import Delete, Put
from vault_domain.reasons import Reason
from vault_domain.rights import Party, revoke
from vault_domain.submission import metadata_reasons, review_reasons
from vault_domain.tracks import GenreEntry, Status, Track

NAMES = st.lists(st.sampled_from(["Ray", "Kim", "Lou"]), max_size=3, unique=True).map(tuple)
METADATA = st.builds(
    lambda names, mark, year, release, tags: a_metadata(
        collaborator_names=names, is_collaboration=mark, year=year, release_status=release, genre_tags=tags
    ),
    NAMES, st.booleans(), st.sampled_from([None, 1999, 2026, 2031]),
    st.sampled_from(["unreleased", "released", "work_for_hire"]),
    st.lists(st.sampled_from(["ambient", "dub"]), min_size=1, max_size=2),
)  # fmt: skip
COVER = Reason(code="cover", detail="Declared to be a cover of another work.")


def ask(metadata, expects: int = 1) -> CorrectionAsk:
    return CorrectionAsk(expects=expects, metadata=metadata, reason="a slip of the pen")


def a_case(metadata, status=Status.PENDING_REVIEW, **changes) -> Track:
    flags = (COVER, *metadata_reasons(metadata, "individual", NOW.year))
    return a_track(metadata=metadata, status=status, flags=flags, **changes)


def rights_for(track: Track):
    named = track.metadata.collaborator_names
    return a_rights(parties=tuple(Party(name=name, holder=f"party:{n}") for n, name in enumerate(named)))


@given(METADATA, METADATA, st.sampled_from([Status.SUBMITTED, Status.PENDING_REVIEW, Status.DISPUTE_PENDING]))
def test_the_flags_are_those_of_the_words_in_force(before, after, status):
    track = a_case(before, status)
    if set(before.collaborator_names) - set(after.collaborator_names):
        with pytest.raises(Conflict):
            correct(track, rights_for(track), ask(after), later(days=1))
        return
    made = correct(track, rights_for(track), ask(after), later(days=1))
    own = [flag for flag in made.track.flags if flag.code != "corrected"]
    assert own == [COVER, *metadata_reasons(after, "individual", NOW.year)]
    assert made.recheck == (status is Status.PENDING_REVIEW and made.track.flags != track.flags)
    assert [party.name for party in made.rights.parties][: len(before.collaborator_names)] == list(
        before.collaborator_names
    )
    assert {party.name for party in made.rights.parties} == set(after.collaborator_names)
    assert len({party.holder for party in made.rights.parties}) == len(made.rights.parties)
    assert made.fields == changed_fields(before, after)


@given(METADATA, METADATA)
def test_in_the_vault_every_new_question_is_asked_and_nothing_else_moves(before, after):
    track = a_case(before, Status.ACCEPTED)
    if set(before.collaborator_names) - set(after.collaborator_names):
        return
    made = correct(track, rights_for(track), ask(after), later(days=1))
    gained = [flag for flag in made.track.flags if flag not in track.flags]
    assert bool(made.question) == bool(gained)
    assert all(flag.detail in made.question for flag in gained)
    assert bool({"artist_display_name", "release_status"} & set(made.fields)) <= bool(made.question)
    assert (made.track.status, made.recheck) == (Status.ACCEPTED, False)


@pytest.mark.parametrize("status", [Status.REJECTED, Status.REJECTED_FINAL, Status.REMOVED, Status.UNDER_INVESTIGATION])
def test_what_is_decided_or_investigated_stays_as_it_is(status):
    with pytest.raises(Conflict):
        correct(a_case(a_metadata(), status), a_rights(), ask(a_metadata(title="B")), NOW)


def test_a_new_name_in_review_means_new_votes_once():
    track = a_case(a_metadata())
    made = correct(track, a_rights(), ask(a_metadata(artist_display_name="Nova")), NOW)
    assert [flag.code for flag in made.track.flags] == ["cover", "corrected"]
    again = correct(made.track, a_rights(), ask(a_metadata(artist_display_name="Arc"), 2), NOW)
    assert [flag.code for flag in again.track.flags] == ["cover", "corrected"]
    assert again.track.flags != made.track.flags
    title = correct(made.track, a_rights(), ask(a_metadata(artist_display_name="Nova", title="B"), 2), NOW)
    assert (title.track.flags, title.recheck) == (made.track.flags, False)


def test_what_is_on_its_way_in_is_decided_anew_where_a_question_arises():
    track = a_case(a_metadata(), verdict="accept")
    made = correct(track, a_rights(), ask(a_metadata(year=2031)), NOW)
    assert (favoured(made.track), made.track.was_favoured, made.recheck, made.question) == (False, True, True, "")
    plain = correct(track, a_rights(), ask(a_metadata(title="B")), NOW)
    assert (plain.track.metadata.title, favoured(plain.track)) == ("B", True)


def test_stale_revoked_and_endless_corrections_are_refused():
    track = a_case(a_metadata())
    with pytest.raises(Conflict):
        correct(track, a_rights(), ask(a_metadata(title="B"), 2), NOW)
    with pytest.raises(Conflict):
        correct(track, revoke(a_rights(), "", NOW), ask(a_metadata(title="B")), NOW)
    with pytest.raises(TooMany):
        correct(track.with_changes(metadata_version=MOST + 1), a_rights(), ask(a_metadata(title="B"), MOST + 1), NOW)


def test_genre_rows_follow():
    track = a_case(a_metadata(genre_tags=["ambient", "dub"]))
    made = correct(track, a_rights(), ask(a_metadata(genre_tags=["dub", "house"])), NOW)
    rows = tuple(GenreEntry(track_id=track.track_id, genre=tag, submitted=NOW) for tag in ("ambient", "dub"))
    changes = [one for one in made.changes(rows) if isinstance(one.record, GenreEntry)]
    assert [(type(one), one.record.genre) for one in changes] == [(Put, "house"), (Delete, "ambient")]


def test_splitting_the_reasons_left_the_submissions_own_as_they_were():
    from records import a_declaration

    found = review_reasons(a_metadata(year=2031), a_declaration(is_cover=True), NOW.year)
    assert [reason.code for reason in found] == ["cover", "inconsistent_metadata", "inconsistent_metadata"]
