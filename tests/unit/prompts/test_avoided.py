"""What is to be avoided, what is wanted in spite of a negation, and what is the user's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_domain.names import KnownName
from vault_domain.policy import SHIPPED
from vault_domain.prompts import decide_prompt
from vault_prompts import Classifier, NameIndex, signs_of
from vault_prompts.avoided import stretches, without
from vault_prompts.cues import asks_copy
from vault_prompts.own import claims_own
from vault_prompts.reading import clean, words

INDEX = NameIndex([KnownName("Metallica"), KnownName("Queen"), KnownName("Daft Punk"), KnownName("The Beatles")])
CLASSIFIER = Classifier.load()


def judged(prompt):
    signs = signs_of(prompt, INDEX, CLASSIFIER)
    verdict = decide_prompt(signs, SHIPPED)
    return (
        verdict.outcome,
        {reason.code for reason in verdict.reasons},
        {one.name: one.negated for one in signs.artists},
    )


@pytest.mark.parametrize(
    "prompt",
    [
        "less like Metallica, more piano",
        "not like Metallica, softer",
        "without sounding like Metallica",
        "without any Metallica riffs",
        "please don't copy Metallica",
        "don't make it a cover of Metallica",
        "not a cover of Metallica, something new",
        "it shouldn't be anything like Metallica",
        "anything but Metallica",
        "stay away from Metallica",
        "never like Metallica",
        "nicht wie Metallica",
        "ohne Metallica",
        "rien comme Metallica",
        "no quiero que suene a Metallica",
        "senza Metallica",
        "не как Metallica",
        "bez Metallica",
        "niet zoals Metallica",
    ],
)
def test_who_is_avoided_leads_to_a_warning_at_most(prompt):
    outcome, codes, names = judged(prompt)
    assert (outcome, names) == ("warn", {"Metallica": True})
    assert "artist_avoided" in codes


def test_a_name_that_begins_with_a_little_word_and_names_in_a_row_are_avoided_too():
    assert judged("not like The Beatles or Metallica")[2] == {"The Beatles": True, "Metallica": True}
    assert judged("neither like Metallica nor Daft Punk")[2] == {"Metallica": True, "Daft Punk": True}


@pytest.mark.parametrize(
    "prompt",
    [
        "not unlike Metallica",
        "don't avoid Metallica",
        "nothing but Metallica",
        "nothing less than Metallica",
        "none other than Metallica",
        "not only like Metallica",
        "why not like Metallica?",
        "can't get enough of Metallica",
        "without vocals, like Metallica",
        "no drums like Metallica",
        "no estilo de Metallica",
        "not pop, but like Metallica",
        "not jazz. Like Metallica",
        "not like Queen but like Metallica",
        "not like Metallica here, like Metallica there",
    ],
)
def test_a_negation_of_something_else_or_a_double_one_avoids_nobody(prompt):
    outcome, _, names = judged(prompt)
    assert names["Metallica"] is False
    assert outcome in ("stricter", "reject")


@pytest.mark.parametrize(
    "prompt", ['without copying "Yesterday"', 'nothing like "Silver Harbour"', 'anything but a copy of "Yesterday"']
)
def test_titles_that_are_avoided_are_a_warning_as_names_are(prompt):
    assert judged(prompt)[:2] == ("warn", {"work_avoided"})


def test_copies_of_nothing_named_that_are_avoided_are_no_wish():
    assert judged("original music, not a copy of anything")[0] == "allow"


@pytest.mark.parametrize(
    "prompt", ["Metallicaの「夜の港」みたいに", "тише, но как Metallica", "un groupe qui ne joue que Metallica"]
)
def test_words_that_only_sound_like_a_negation_are_none(prompt):
    assert judged(prompt)[0] == "stricter"


def test_a_copy_that_is_avoided_and_asked_for_is_asked_for():
    assert judged('not a copy of "Yesterday", a note for note cover of "Yesterday" by The Beatles')[0] == "reject"


@pytest.mark.parametrize(
    ("prompt", "asked"),
    [
        ("exactly 120 bpm", False),
        ("exactly two minutes", False),
        ("an exact loop of eight bars", False),
        ("two identical bars", False),
        ("exakt 90 Sekunden", False),
        ("carbon fibre sounds", False),
        ("exactly like that song", True),
        ("an exact copy", True),
        ("the exact same tune", True),
        ("identical to it", True),
        ("exakt wie im Original", True),
        ("identique à l'original", True),
        ("somebody, identical voice", True),
        ("la misma canción, idéntica", True),
        ("dos compases idénticos", False),
        ("EXACT REPLICA", True),
        ("exactly the same melody", True),
    ],
)
def test_exactly_alone_asks_for_no_copy(prompt, asked):
    assert asks_copy(clean(prompt)) is asked


def test_a_name_beside_an_exact_tempo_is_not_rejected():
    assert judged("Metallica, exactly 120 bpm")[0] == "stricter"


@pytest.mark.parametrize(
    ("prompt", "own"),
    [
        ("a cover of my own song", True),
        ("remix a track I recorded", True),
        ("a tune that we wrote", True),
        ("meine eigene Melodie", True),
        ("ma propre chanson", True),
        ("mi propia canción", True),
        ("мою собственную песню", True),
        ("自分で作った曲", True),
        ("제가 만든 노래", True),
        ("我自己写的歌", True),
        ("my own cover of Yesterday", False),
        ("my favourite song", False),
        ("my own favourite song", False),
        ("a cover for my own party", False),
        ("a song I love", False),
    ],
)
def test_what_is_said_to_be_ones_own(prompt, own):
    assert claims_own(clean(prompt)) is own


@pytest.mark.parametrize(
    "prompt",
    [
        'a note for note cover of "Yesterday" with my own voice',
        'a note for note cover of "Yesterday", my own lyrics',
        'a cover of "Yesterday" for my own song',
        'mix my own song with an exact copy of "Yesterday"',
        'an exact copy of my own recording of "Yesterday"',
        "my own song, close to Silver Harbour by Somebody Else",
    ],
)
def test_one_s_own_voice_words_or_song_beside_another_make_no_other_song_one_s_own(prompt):
    assert "own_work" not in judged(prompt)[1]
    assert judged(prompt)[0] in ("stricter", "reject")


def test_ones_own_work_is_never_rejected_and_a_named_artist_counts_as_ever():
    assert judged('an exact cover of my own song "Blue Door"')[:2] == ("stricter", {"own_work"})
    assert judged("a remix of my own track, more techno")[0] == "allow"
    assert judged('a cover of my own song "Blue Door", like Metallica')[0] == "stricter"
    assert judged('a cover of "Yesterday" for my own party')[0] == "reject"


@given(
    st.lists(
        st.sampled_from(["not", "no", "without", "like", "Metallica", "a", ",", "but", "unlike", '"', "copy"]),
        max_size=20,
    )
)
def test_stretches_lie_in_order_inside_the_text_and_stop_at_the_ends_of_clauses(parts):
    cleaned = clean(" ".join(parts))
    at = 0
    for one in stretches(cleaned, words(cleaned)):
        assert at <= one.start < one.end <= len(cleaned)
        assert not set(',"') & set(cleaned[one.start : one.end])
        at = one.end


@given(st.text(max_size=80))
def test_any_text_has_stretches_and_without_them_it_is_no_longer(text):
    cleaned = clean(text)
    spans = [(one.start, one.end) for one in stretches(cleaned, words(cleaned))]
    assert len(without(cleaned, spans)) <= len(cleaned)
