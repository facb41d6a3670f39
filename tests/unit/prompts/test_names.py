"""Finding names: in every disguise, and never where ordinary words are meant."""

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_domain.names import KnownName
from vault_domain.policy import SHIPPED
from vault_domain.prompts import decide_prompt
from vault_prompts.classifier import Classifier
from vault_prompts.cues import announced, around, meant
from vault_prompts.names import NameIndex
from vault_prompts.reading import clean, words
from vault_prompts.signs import signs_of

INDEX_NAMES = (
        KnownName("Metallica", ("Металлика",)), KnownName("Daft Punk", ("ダフト・パンク",)), KnownName("Queen"),
        KnownName("Kiss"), KnownName("Prince"), KnownName("Air"), KnownName("Rush"), KnownName("The Police"),
        KnownName("Simple Minds"), KnownName("Tom Waits"), KnownName("P!nk", ("Pink",)), KnownName("AC/DC"),
        KnownName("周杰倫", ("Jay Chou", "周杰伦")), KnownName("Кино", ("Kino",)), KnownName("ABBA"),
        KnownName("Rain", source="vault", participating=True), KnownName("Fennimar", source="vault", participating=True),
        KnownName("Cold Harbour", common=True), KnownName("Glass", common=False),
)  # fmt: skip
INDEX = NameIndex(INDEX_NAMES)
COMMON = ("Queen", "Kiss", "Prince", "Air", "Rush", "The Police", "Simple Minds", "P!nk", "Cold Harbour")


def named(prompt):
    cleaned = clean(prompt)
    found = words(cleaned)
    return {one.known.name for one in INDEX.find(cleaned, found) if meant(one, around(one, found, cleaned))}


@pytest.mark.parametrize(
    "written",
    [
        "Metallica", "metallica", "METALLICA", "Metalica", "Metallicca", "Mettalica", "Metalllliiica", "M3t4ll1c4", "m e t a l l i c a",
        "M.e.t.a.l.l.i.c.a", "Met-al-lica", "Mеtаllicа", "Ｍｅｔａｌｌｉｃａ", "𝓜𝓮𝓽𝓪𝓵𝓵𝓲𝓬𝓪", "Me\u200btallica", "Metállïca", "Металлика",
        "Металлики", "メタリカ", "@etallica", "Metallica's", "metall1ca",
    ],
)  # fmt: skip
def test_a_name_is_found_however_it_is_written(written):
    assert "Metallica" in named(f"make something like {written} please")


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("ダフト・パンク風の曲", "Daft Punk"), ("ダフトパンクっぽい", "Daft Punk"), ("周杰倫風格的歌", "周杰倫"), ("模仿周杰伦", "周杰倫"),
        ("песня как у группы Кино", "Кино"), ("ac dc riff", "AC/DC"), ("АВВА, танцы", "ABBA"), ("daftpunk robots", "Daft Punk"),
    ],
)  # fmt: skip
def test_other_scripts_and_spacings(prompt, name):
    assert name in named(prompt)


@pytest.mark.parametrize(
    "prompt",
    [
        "a queen dances in the snow", "the queen of hearts", "kiss me in the rain", "one last kiss", "a prince and a pauper",
        "like a prince in exile", "light as air", "by air and by sea", "rush hour in the city", "the police are coming",
        "simple minds think alike", "pink clouds", "Queen of the night, bring me home", "Kiss me. Air. Rush.",
        "Tom waits at the station", "A Queen And Her Prince In Love", "rain on the roof", "sounds like rain", "a metallic sound",
        "die Queen tanzt", "in the style of a queen's court", "cold harbour at dawn", "a kiss by the sea, like a prince",
        "KISS ME UNDER THE STARS", "Rush through the night with me",
    ],
)  # fmt: skip
def test_ordinary_words_are_no_alarm(prompt):
    assert named(prompt) == set()


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("in the style of Queen", "Queen"), ("in the style of queen", "Queen"), ("sounds like Queen", "Queen"),
        ("harmonies by Queen", "Queen"), ("a Queen song", "Queen"), ("Queen-style choirs like Queen", "Queen"),
        ("inspired by Kiss", "Kiss"), ("funk like Prince", "Prince"), ("sung by Prince", "Prince"), ("im Stil von Air", "Air"),
        ("dans le style de Air", "Air"), ("al estilo de Queen", "Queen"), ("в стиле Queen", "Queen"), ("tribute to the Police", "The Police"),
        ("a chorus like Simple Minds", "Simple Minds"), ("the band Rush", "Rush"), ("like Glass", "Glass"), ("some glass, please", "Glass"),
        ("songs by Rain", "Rain"), ("drones of Fennimar", "Fennimar"),
    ],
)  # fmt: skip
def test_the_same_words_are_artists_where_the_text_says_so(prompt, name):
    assert name in named(prompt)


@pytest.mark.parametrize(("name", "frame"), list(product(COMMON, ("a song about {}", "{} and night", "my {} is gone"))))
def test_small_letters_without_a_cue_never_alarm(name, frame):
    assert named(frame.format(name.lower().replace("!", "i"))) == set()


@given(st.text(max_size=200))
def test_any_text_can_be_searched_and_finds_lie_inside_it(text):
    cleaned = clean(text)
    found = words(cleaned)
    for one in INDEX.find(cleaned, found):
        assert 0 <= one.first <= one.last < len(found)
        around(one, found, cleaned)


@given(st.lists(st.sampled_from(["Metallica", "like", "Daft", "Punk", "a", "Queen", "the", "song"]), max_size=12))
def test_finds_of_one_kind_never_overlap(parts):
    cleaned = clean(" ".join(parts))
    found = INDEX.find(cleaned, words(cleaned))
    for vault in (False, True):
        kind = [one for one in found if (one.known.source == "vault") is vault]
        assert all(a.last < b.first for a, b in pairwise(kind))


@given(st.integers(1, 7), st.sampled_from("aeioulnrst"))
def test_one_wrong_letter_in_a_long_name_is_still_it(place, letter):
    name = "Metallica"
    assert named(f"like {name[:place] + letter + name[place + 1 :]}") == {"Metallica"}


@pytest.mark.parametrize(
    ("prompt", "is_wanted"),
    [
        ('something close to "Silver Harbour"', True), ('like "Silver Harbour", slower', True), ("「夜の港」みたいな曲", True),
        ('the riff from "Silver Harbour"', True), ("wie „Silberhafen“", True), ("как песня «Гавань»", True), ("'나의 항구' 같은 노래", False),
        ('my song is called "Silver Harbour"', False), ('use the line "hold on to me" twice', False), ('the word "like" repeats', False),
        ("no quotes at all, like water", False),
    ],
)  # fmt: skip
def test_a_quoted_title_is_wanted_where_a_phrase_announces_it(prompt, is_wanted):
    cleaned = clean(prompt)
    assert announced(cleaned, words(cleaned)) is is_wanted


@pytest.mark.parametrize("upload", ["Metalica", "M3tallica", "MetaLLLica", "Mеtаllica", "metallica"])
def test_an_upload_under_a_listed_name_in_disguise_makes_nobody_participating(upload):
    index = NameIndex([KnownName(upload, source="vault", participating=True), KnownName("Metallica")])
    for prompt in (f"like {upload}", "like Metallica"):
        cleaned = clean(prompt)
        assert [one.known.participating for one in index.find(cleaned, words(cleaned))] == [False]


@pytest.mark.parametrize(
    ("upload", "prompt"),
    [
        ("Metallica Tribute Zone", "riffs like Metallica Tribute Zone"), ("like Metallica", "something like Metallica"),
        ("Metallika", "riffs like Metallika"), ("Mettalico", "riffs like Mettalico"), ("The Metallica", "by The Metallica"),
        ("Метолика", "как Метолика"), ("Daft Punk Robots", "in the style of daft punk robots"), ("Queen Band", "in the style of Queen Band"),
        ("style of Daft Punk", "in the style of Daft Punk"), ("Jay Chou 2", "a song by Jay Chou 2"),
    ],
)  # fmt: skip
def test_an_upload_under_a_name_around_or_near_a_listed_one_hides_nothing(upload, prompt):
    listed = [KnownName("Metallica", ("Металлика",)), KnownName("Daft Punk"), KnownName("Queen"), KnownName("Jay Chou")]
    classifier = Classifier.load()

    def judged(names):
        signs = signs_of(prompt, NameIndex(names), classifier)
        return decide_prompt(signs, SHIPPED).outcome, {one.name for one in signs.artists if not one.participating}

    assert judged([*listed, KnownName(upload, source="vault", participating=True)]) == judged(listed)
    assert judged(listed)[0] == "stricter"


@given(st.lists(st.sampled_from(["Metallica", "like", "Daft", "Punk", "a", "Queen", "the", "song", "Metalica"]), max_size=9),
       st.lists(st.sampled_from(["Metallica", "like", "Daft", "Punk", "Queen", "Metalica", "band"]), min_size=1, max_size=3))  # fmt: skip
def test_no_upload_changes_which_listed_names_are_found(parts, upload):
    prompt = clean(" ".join(parts))
    more = NameIndex([*INDEX_NAMES, KnownName(" ".join(upload), source="vault", participating=True)])
    listed = [one for one in INDEX.find(prompt, words(prompt)) if one.known.source != "vault"]
    assert [one for one in more.find(prompt, words(prompt)) if one.known.source != "vault"] == listed


def test_an_artist_whom_an_admin_lists_as_participating_counts_as_such_in_spite_of_a_name_inside():
    index = NameIndex([KnownName("Rain Dogs", participating=True), KnownName("Rain")])
    signs = signs_of("songs by Rain Dogs", index, Classifier.load())
    assert [(one.name, one.participating) for one in signs.artists] == [("Rain Dogs", True)]


def test_an_artist_who_is_both_avoided_and_wanted_is_wanted():
    signs = signs_of(
        "less like Metallica in the verse, in the style of Metallica in the chorus", INDEX, Classifier.load()
    )
    assert [(one.name, one.negated) for one in signs.artists] == [("Metallica", False)]
