"""Titles of the vault: found where a song is asked for, in any case and language; never in ordinary use of words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_domain.names import KnownName, KnownTitle
from vault_domain.policy import SHIPPED
from vault_domain.prompts import decide_prompt
from vault_prompts import Classifier, NameIndex, TitleIndex, signs_of

G = ("Grindelhoven",)
NAMES = NameIndex([KnownName("Grindelhoven"), KnownName("Velmarion Quist"), KnownName("Queen"), KnownName("銀座楽団")])
TITLES = TitleIndex(
    KnownTitle(title, G)
    for title in (
        "Silver Harbour", "Hello", "Happy", "Summer", "Dance", "Blue Sky", "Home", "Rain", "Night Drive",
        "Piano", "Queen", "Time After Time", "Let It Be", "All of Me", "Umbrella", "Ferrandel",
        "Distant Thunder", "Angels", "Africa", "The Long Road Back to Ferrandel", "Silberhafen", "Port d'Argent",
        "銀の港町", "夜", "Серебряная гавань", "Jazz", "1999", "Dream", "Love", "Christmas", "New York",
        "Heartbeat", "Dark Techno", "Wings of Ferrandel", "So What",
    )
)  # fmt: skip
CLASSIFIER = Classifier.load()


def asked(prompt):
    return signs_of(prompt, NAMES, CLASSIFIER, TITLES).titles


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("silver harbour by grindelhoven but slower", "Silver Harbour"),
        ("hello by Grindelhoven, on a kalimba", "Hello"),
        ("Grindelhoven's hello, for string quartet", "Hello"),
        ("do happy, Grindelhoven, as a waltz", "Happy"),
        ("something close to „Silberhafen“", "Silberhafen"),
        ("an acoustic take on 'Silver Harbour'", "Silver Harbour"),
        ("dans l'esprit de « Port d'Argent »", "Port d'Argent"),
        ("「銀の港町」をピアノで", "銀の港町"),
        ("хочу «Серебряная гавань» под гитару", "Серебряная гавань"),
        ("a cover of silver harbour", "Silver Harbour"),
        ("remix of time after time with 808s", "Time After Time"),
        ("let it be remix, drum and bass", "Let It Be"),
        ("the song umbrella? no, the song Umbrella, as bossa nova", "Umbrella"),
        ("the song time after time in a minor key", "Time After Time"),
        ("the chorus of the long road back to ferrandel, sung by children", "The Long Road Back to Ferrandel"),
        ("a lounge version of Happy", "Happy"),
        ("give me a cover of Hello, but sad", "Hello"),
        ("something like Silver Harbour, only faster", "Silver Harbour"),
        ("all of me, the way Grindelhoven plays it", "All of Me"),
        ("silver harbour karaoke track", "Silver Harbour"),
        ("s1lver h4rbour cover", "Silver Harbour"),
        ('make the track "Hello" into a march', "Hello"),
        ("как песня Серебряная гавань, медленнее", "Серебряная гавань"),
    ],
)
def test_a_title_that_is_asked_for_is_found(prompt, title):
    assert asked(prompt) == (title,)


ORDINARY = [
    "Hello there, little bird: a lullaby",
    "hello world chiptune jingle",
    "a happy song for summer",
    "Happy ukulele tune, summer vibes",
    "dance music like in the summer of 1999",
    "blue sky, warm rain, soft piano",
    "home sweet home, banjo",
    "rain on the window, night drive home",
    "Night drive synthwave",
    "piano like rain",
    "queen of the night aria style",
    "let it be slow and quiet",
    "all of me is tired, sad ballad lyrics",
    "the song should be happy",
    "a song about home",
    "the track needs more piano",
    "a chorus of angels",
    "choir of angels singing at Christmas",
    "African percussion, drums of Africa",
    "a remix of jazz and dark techno",
    "a version of a summer dance",
    "cover of darkness, a dark ambient piece",
    "the melody of distant thunder and rain",
    "distant thunder rolls over a silver harbour at night",
    "sounds like distant thunder",
    "dream pop like a summer dream",
    "love song with heartbeat drums",
    "Umbrella in the rain, French accordion",
    "a trip to New York by night, jazz",
    "Jazz by night, piano by the sea",
    "the intro from silence to a loud dance beat",
    "A Happy Summer Dance",
    "Summer. Rain. Home. A suite in three parts",
    'write lyrics with the word "hello" in every line',
    "they say 'hello' and dance",
    'lyrics: "hello, hello, I am home"',
    "time after time he tried, folk story",
    "so what if it is loud",
    "Ein Lied über den Sommer, happy und tanzbar",
    "une chanson d'amour pour Noël, piano",
    "夜の雨、静かなピアノ",
    "a remix of Summer vibes and Home comforts",
    "Love is all you feel, Christmas choir",
    "The song Happy people sing at weddings",
    "play piano softly",
    "a take on Christmas carols",
    "a twist on Jazz standards",
]


@pytest.mark.parametrize("prompt", ORDINARY)
def test_ordinary_use_of_its_words_is_no_title(prompt):
    assert asked(prompt) == ()


def test_what_is_to_be_avoided_is_no_wish():
    signs = signs_of("no cover of silver harbour please", NAMES, CLASSIFIER, TITLES)
    assert (signs.titles, signs.avoided) == ((), True)


def test_it_is_judged_as_a_song_and_a_cover_of_it_as_a_copy():
    verdict = decide_prompt(signs_of("silver harbour karaoke track", NAMES, CLASSIFIER, TITLES), SHIPPED)
    assert verdict.outcome in ("stricter", "reject")
    assert "Silver Harbour" in {ref for reason in verdict.reasons for ref in reason.refs}


@given(
    st.lists(
        st.sampled_from(
            ["song", "Hello", "silver", "harbour", "by", "Grindelhoven", "'s", "remix", "of", '"', ",", "夜", "no"]
        ),
        max_size=14,
    )
)  # fmt: skip
def test_any_row_of_words_can_be_read_and_says_only_titles_that_there_are(parts):
    text = " ".join(parts)
    assert set(asked(text)) <= {"Silver Harbour", "Hello", "夜"}


def test_nothing_known_is_nothing_found():
    assert signs_of("a cover of silver harbour", NAMES, CLASSIFIER, TitleIndex()).titles == ()
