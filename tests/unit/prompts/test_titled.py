"""Titles without quotation marks: seen after what says so; not places, kinds of music and starts of sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_domain.names import KnownName
from vault_prompts import Classifier, NameIndex, signs_of

INDEX = NameIndex([KnownName("Grindelhoven"), KnownName("Velmarion Quist"), KnownName("Queen")])
CLASSIFIER = Classifier.load()


def announced(prompt):
    return signs_of(prompt, INDEX, CLASSIFIER).announced


@pytest.mark.parametrize(
    "prompt",
    [
        "the riff of Silver Harbour, but slower",
        "use the chord progression from Harbour of the Silver Moon",
        "a jazzy remix of Silver Harbour",
        "like the song Harbour, with strings",
        "make it close to Harbour by Grindelhoven",
        "Silver Harbour by Grindelhoven, for piano",
        "Silver Harbour by Somebody Else, for piano",
        "slow and soft, Grindelhoven's Silver Harbour",
        "etwas wie das Lied Silberhafen",
        "comme la chanson Havre, plus lente",
        "como la canción Puerto, más lenta",
        "как песня Гавань, медленнее",
    ],
)
def test_a_title_is_seen_without_quotation_marks(prompt):
    assert announced(prompt)


@pytest.mark.parametrize(
    "prompt",
    [
        "a melody from New Orleans, trumpet",
        "the chorus of Delta Blues",
        "the riff from Grindelhoven",
        "a song by Grindelhoven",
        "vocals by Velmarion Quist",
        "Calm Piano by the sea",
        "A Remix Of Silver And Gold In The Night",
        "Soft drums. Harbour sounds by night",
        "no cover of Silver Harbour",
        "nothing like Silver Harbour by Grindelhoven",
        "a version of a Celtic tune",
        "Beats by Grindelhoven",
        "ein Intro von Klavier und Geige",
        "the song should be slow",
        "a melody of three notes",
    ],
)
def test_what_is_no_title(prompt):
    assert not announced(prompt)


@given(
    st.lists(
        st.sampled_from(
            ["the", "song", "Silver", "by", "Grindelhoven", "'s", "remix", "of", ",", ".", "Queen", "no", "夜"]
        ),
        max_size=14,
    )
)
def test_any_row_of_words_can_be_read(parts):
    announced(" ".join(parts))
