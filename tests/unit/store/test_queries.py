"""Cursors: they go on where they stopped, in their own query, and nowhere else."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vault_domain.errors import BadRequest
from vault_store.queries import Cursors, Query

CURSORS = Cursors()
QUERY = Query("notes", "note", "by_author", "ada", since="b", until="y")
words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)


@given(words.map(lambda text: "m" + text), words, words)
def test_a_cursor_gives_back_its_position(value, pk, sk):
    assert CURSORS.open(QUERY, CURSORS.seal(QUERY, (value, pk, sk))) == (value, pk, sk)


@given(st.text(max_size=300))
def test_no_text_is_a_cursor(text):
    with pytest.raises(BadRequest):
        CURSORS.open(QUERY, text)


@given(st.binary(max_size=200))
def test_no_bytes_are_a_cursor(raw):
    with pytest.raises(BadRequest):
        CURSORS.open(QUERY, base64.urlsafe_b64encode(raw).rstrip(b"=").decode())


@given(st.data())
def test_a_flipped_bit_is_noticed(data):
    raw = bytearray(base64.urlsafe_b64decode(CURSORS.seal(QUERY, ("m", "p", "s")) + "=="))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadRequest):
        CURSORS.open(QUERY, base64.urlsafe_b64encode(raw).rstrip(b"=").decode())


@pytest.mark.parametrize(
    "position", [("m",), ("m", "p"), ("a", "p", "s"), ("z", "p", "s"), ("", "p", "s"), (), ("m", "", "s")]
)
def test_a_position_outside_the_query_is_refused_even_with_a_good_tag(position):
    with pytest.raises(BadRequest):
        CURSORS.open(QUERY, CURSORS.seal(QUERY, position))


def test_another_key_makes_other_cursors():
    with pytest.raises(BadRequest):
        CURSORS.open(QUERY, Cursors(b"another key").seal(QUERY, ("m", "p", "s")))


def test_the_cursor_is_this_text():
    assert CURSORS.seal(QUERY, ("m", "p", "s")) == "yq3yWe71V7gXQHI4vqKba1sibSIsInAiLCJzIl0"
