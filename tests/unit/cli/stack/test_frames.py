"""Frames: whatever is cut off is dropped, whatever is damaged is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lemm.stack import frames
from vault_domain.errors import Corrupt

PAYLOADS = st.lists(st.binary(max_size=200), min_size=1, max_size=6)


def file_of(payloads: list[bytes]) -> bytes:
    return b"".join(frames.encode(number, payload) for number, payload in enumerate(payloads, 1))


def read(data: bytes, *, may_be_torn: bool = True) -> frames.Reading:
    return frames.read(data, name="segment", may_be_torn=may_be_torn)


@given(PAYLOADS)
def test_what_was_written_is_read(payloads):
    data = file_of(payloads)
    assert read(data, may_be_torn=False) == frames.Reading(tuple(payloads), len(data), torn=False)


@given(PAYLOADS, st.data())
def test_a_file_cut_anywhere_keeps_its_whole_frames(payloads, data):
    whole = file_of(payloads)
    cut = data.draw(st.integers(0, len(whole)))
    ends = [len(file_of(payloads[:count])) for count in range(len(payloads) + 1)]
    kept = max(count for count, end in enumerate(ends) if end <= cut)
    assert read(whole[:cut]) == frames.Reading(tuple(payloads[:kept]), ends[kept], torn=cut != ends[kept])


@given(PAYLOADS, st.binary(min_size=1, max_size=40), st.data())
def test_a_bit_flipped_before_the_last_frame_is_refused(payloads, last, data):
    damaged = bytearray(file_of([*payloads, last]))
    reach = len(file_of(payloads)) * 8
    bit = data.draw(st.integers(0, reach - 1))
    damaged[bit // 8] ^= 1 << (bit % 8)
    with pytest.raises(Corrupt, match="segment: "):
        read(bytes(damaged))


@given(PAYLOADS, st.data())
def test_only_the_last_file_may_be_torn(payloads, data):
    whole = file_of(payloads)
    cut = data.draw(st.integers(1, len(frames.encode(1, payloads[-1])) - 1))
    with pytest.raises(Corrupt):
        read(whole[:-cut], may_be_torn=False)


@given(PAYLOADS, st.binary(min_size=1, max_size=100))
def test_rubbish_after_the_last_frame_is_dropped(payloads, rubbish):
    reading = read(file_of(payloads) + b"\0" + rubbish)
    assert reading.payloads == tuple(payloads)
    assert reading.torn


def test_a_missing_frame_is_refused():
    data = frames.encode(1, b"one") + frames.encode(3, b"three")
    with pytest.raises(Corrupt, match="frame 2 is missing"):
        read(data)
