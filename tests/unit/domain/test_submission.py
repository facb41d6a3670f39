"""What a contributor may declare, and what in it asks for a person's eyes."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from records import HASH, a_declaration, a_metadata, an_id
from vault_domain.rights import ConsentFlags, flags_of
from vault_domain.submission import Metadata, RightsDeclaration, SubmitAsk, review_reasons

YEAR = 2026


@pytest.mark.parametrize(
    ("metadata", "rights", "codes"),
    [
        ({}, {}, []),
        ({}, {"is_cover": True, "is_original": False}, ["cover", "not_original"]),
        ({}, {"is_cover": True}, ["cover", "inconsistent_metadata"]),
        ({}, {"has_third_party_samples": True}, ["third_party_samples"]),
        ({"is_collaboration": True}, {}, ["inconsistent_metadata"]),
        ({"collaborator_names": ["DJ Ray"]}, {}, ["inconsistent_metadata"]),
        ({"is_collaboration": True, "collaborator_names": ["DJ Ray"]}, {}, []),
        ({"year": YEAR + 1}, {}, ["inconsistent_metadata"]),
        ({"year": YEAR}, {}, []),
        ({"year": 1990}, {}, ["inconsistent_metadata"]),
        ({"year": 1990, "release_status": "released"}, {}, []),
        ({"genre_tags": ["Ambient", "ambient"]}, {}, ["inconsistent_metadata"]),
        ({"release_status": "work_for_hire"}, {}, ["inconsistent_metadata"]),
        ({"release_status": "work_for_hire"}, {"rights_holder_type": "label"}, []),
    ],
)
def test_what_leads_to_a_reviewer(metadata, rights, codes):
    found = review_reasons(a_metadata(**metadata), a_declaration(**rights), YEAR)
    assert [reason.code for reason in found] == codes
    assert all(reason.detail for reason in found)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": ""}, {"title": "   "}, {"title": "x" * 201}, {"title": "a\x00b"}, {"title": "a\u202eb"},
        {"genre_tags": []}, {"genre_tags": ["x"] * 11}, {"genre_tags": [""]}, {"genre_tags": ["<b>"]},
        {"mood_tags": ["m"] * 21}, {"language": "english!"}, {"year": 1859}, {"year": 2201}, {"bpm": 19.9},
        {"bpm": 400.1}, {"bpm": float("nan")}, {"bpm": float("inf")}, {"release_status": "leaked"},
        {"collaborator_names": ["n"] * 31}, {"surprise": 1},
    ],
)  # fmt: skip
def test_malformed_metadata_is_refused(changes):
    with pytest.raises(ValidationError):
        a_metadata(**changes)


@pytest.mark.parametrize("changes", [{"territorial_scope": "moon"}, {"term": "a year"}, {"rights_holder_type": "x"}])
def test_rights_are_worldwide_perpetual_and_of_a_known_holder(changes):
    with pytest.raises(ValidationError):
        a_declaration(**changes)


def test_switches_are_off_unless_turned_on():
    declared = {"rights_holder_type": "individual", "is_original": True, "is_cover": False}
    plain = RightsDeclaration(**declared, has_third_party_samples=False, training_allowed=True)
    assert flags_of(plain).model_dump(exclude_defaults=True) == dict.fromkeys(ConsentFlags.model_fields, False) | {
        "training_allowed": True
    }


@given(st.text(max_size=300))
def test_a_title_is_refused_or_clean(text: str):
    try:
        title = a_metadata(title=text).title
    except ValidationError:
        return
    assert 1 <= len(title) <= 200
    assert title == title.strip()
    assert title == unicodedata.normalize("NFC", title)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in title)


@given(st.sampled_from(["EN", "en-gb", "Instrumental", "de", "zh-hant-tw"]))
def test_languages_are_lower_case(language: str):
    assert a_metadata(language=language).language == language.lower()


def test_an_ask_names_an_upload_and_a_text():
    ask = {"metadata": a_metadata().model_dump(), "rights": a_declaration().model_dump()}
    assert SubmitAsk(**ask, audio_upload_token=an_id("upl"), accepted_terms_sha256=HASH)
    for token, text in ((an_id("trk"), HASH), ("upl_x", HASH), (an_id("upl"), "A" * 64), (an_id("upl"), "")):
        with pytest.raises(ValidationError):
            SubmitAsk(**ask, audio_upload_token=token, accepted_terms_sha256=text)


def test_metadata_round_trips():
    metadata = a_metadata(bpm=110.5, year=2020, mood_tags=["dreamy"], collaborator_names=["Åsa"])
    assert Metadata.model_validate_json(metadata.model_dump_json()) == metadata
