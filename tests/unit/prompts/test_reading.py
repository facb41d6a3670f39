"""Words and their readings: whatever a prompt is dressed in, the plain letters come out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_prompts.reading import MAX_CHARS, clean, readings, skeleton, squeezed, words


def read(text):
    return [word.plain for word in words(clean(text))]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Motörhead & Beyoncé", ["motorhead", "beyonce"]),
        ("Mеtаllicа", ["metallica"]),
        ("АВВА", ["avva"]),
        ("D a f t P u n k", ["daftpunk"]),
        ("d.a.f.t-p.u.n.k!", ["daftpunk"]),
        ("ＤＡＦＴ 𝕻𝖚𝖓𝖐", ["daft", "punk"]),
        ("Me\u200bta\u2060lli\u00adca", ["metallica"]),
        ("Z̷̡a̴l̸g̵o", ["zalgo"]),
        ("a I b", ["aib"]),
        ("Queen's songs", ["queen", "songs"]),
        ("ダフト・パンク風", ["dafutopanku", "feng"]),
        ("lo-fi 80s, 120bpm", ["lo", "fi", "80s", "120bpm"]),
    ],
)  # fmt: skip
def test_what_a_text_says(text, plain):
    assert read(text) == plain


@pytest.mark.parametrize(
    ("word", "meant"),
    [("M3t4ll1c4", "metallica"), ("P!nk", "pink"), ("Ke$ha", "kesha"), ("АВВА", "abba"), ("@d3le", "adele")],
)
def test_signs_and_look_alikes_have_a_second_reading(word, meant):
    assert meant in readings(word)


@pytest.mark.parametrize("word", ["80s", "120bpm", "c4", "7th", "1980s", "909"])
def test_measures_are_read_as_they_are(word):
    assert readings(word) == (word,)


@given(st.text(max_size=300))
def test_any_text_gives_ascii_words_inside_it_and_the_same_ones_again(text):
    cleaned = clean(text)
    found = words(cleaned)
    assert found == words(cleaned)
    for word in found:
        assert 0 <= word.start < word.end <= len(cleaned)
        assert all(one and one.isascii() and one.isalnum() and one == one.lower() for one in word.readings)
    assert [word.start for word in found] == sorted(word.start for word in found)


@given(st.text(max_size=200))
def test_cleaning_twice_is_cleaning_once(text):
    assert clean(clean(text)) == clean(text)


@given(st.text(alphabet="abcdefgh ", max_size=60), st.integers(0, 2**16))
def test_invisible_signs_change_nothing(text, seed):
    hidden = "".join(char + "\u200b\u2060\u00ad\ufeff"[(seed + place) % 4] for place, char in enumerate(text))
    assert clean(hidden) == clean(text)


def test_endless_texts_are_cut():
    assert len(clean("ab " * 10_000)) <= MAX_CHARS


def test_keys():
    assert squeezed("meeetaalllica") == squeezed("metallica") == "metalica"
    assert skeleton("dafutopanku") == skeleton("daftpunk")
