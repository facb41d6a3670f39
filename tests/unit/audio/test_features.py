"""Features are a pure function of the samples; their bytes survive honest storage and no other."""

import hashlib
import struct
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vault_audio import features
from vault_domain.errors import Corrupt

RATE = 16_000


def sound(seconds: float, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    out = np.zeros(int(seconds * RATE))
    t = np.arange(RATE) / RATE
    for start in range(0, len(out), RATE // 4):
        note = np.sin(2 * np.pi * rng.uniform(150, 2000) * t) * np.exp(-6 * t) * 0.2
        out[start : start + RATE] += note[: len(out) - start]
    return out.astype(np.float32)


def embed(samples):
    count = max(1, len(samples) // RATE)
    rng = np.random.default_rng(len(samples))
    times = np.stack([np.arange(count), np.arange(count) + 5], axis=1).astype(np.float32)
    return SimpleNamespace(
        track=rng.standard_normal(512).astype(np.float32),
        segments=rng.standard_normal((count, 512)).astype(np.float32),
        times=times,
    )


@pytest.mark.parametrize("with_embedding", [False, True])
@pytest.mark.parametrize("dense", [False, True])
def test_pack_and_unpack_agree(dense, with_embedding):
    made = features.extract(sound(4), embed if with_embedding else None)
    data = features.pack(made, dense)
    back = features.unpack(data)
    assert features.pack(back, dense) == data
    assert np.array_equal(back.peak_times, made.peak_times)
    assert np.array_equal(back.peak_pitches, made.peak_pitches)
    assert (back.dense is not None) == dense
    if dense:
        assert np.array_equal(back.dense, made.dense)
    if with_embedding:
        assert np.array_equal(back.segment_vectors, made.segment_vectors)
        assert np.array_equal(back.track_vector, made.track_vector)
        assert np.array_equal(back.segment_times, made.segment_times)


def test_same_sound_same_bytes():
    assert features.pack(features.extract(sound(7)), True) == features.pack(features.extract(sound(7)), True)


def test_embeddings_made_apart_pack_to_the_same_bytes():
    heard = np.concatenate([sound(4), np.array([np.nan, 9.0], np.float32)])
    apart = features.with_embedding(features.extract(heard), features.embedded(heard, embed))
    assert features.pack(apart, dense=True) == features.pack(features.extract(heard, embed), dense=True)


@pytest.mark.parametrize("with_embedding", [False, True])
def test_sixteen_bit_samples_in_a_file_say_the_same(tmp_path, with_embedding):
    whole = np.rint(sound(35) * 20_000).astype("<i2")
    whole.tofile(tmp_path / "x.pcm")
    mapped = np.memmap(tmp_path / "x.pcm", dtype="<i2", mode="r")
    plain, given_embed = whole.astype(np.float32) / 32768, embed if with_embedding else None
    same = [features.pack(features.extract(heard, given_embed), True) for heard in (mapped, plain)]
    assert same[0] == same[1]


def test_gain_moves_no_landmark():
    music = sound(6) + np.random.default_rng(3).standard_normal(6 * RATE).astype(np.float32) * np.float32(1e-3)
    loud, quiet = features.extract(music), features.extract(music * np.float32(0.1))
    shared = set(zip(loud.peak_times.tolist(), loud.peak_pitches.tolist(), strict=True))
    shared &= set(zip(quiet.peak_times.tolist(), quiet.peak_pitches.tolist(), strict=True))
    assert len(shared) > 0.9 * len(loud.peak_times)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0), np.zeros(1), np.ones(1), np.zeros(50_000), np.full(50_000, 0.7), np.full(50_000, np.nan),
        np.full(9_000, np.inf), np.full(9_000, -np.inf),
    ],
)  # fmt: skip
def test_nothing_to_hear_gives_few_landmarks(samples):
    made = features.extract(samples.astype(np.float32))
    assert len(made.peak_times) <= 60  # the edges of a constant are clicks
    assert made.duration_s == len(samples) / RATE
    assert features.pack(features.unpack(features.pack(made, True)), True) == features.pack(made, True)


def test_silence_has_no_landmarks():
    assert len(features.extract(np.zeros(200_000, np.float32)).peak_times) == 0


def test_bad_samples_hurt_their_neighbourhood_only():
    clean = sound(12)
    broken = clean.copy()
    broken[RATE] = np.nan
    a, b = features.extract(clean), features.extract(broken)
    late_a, late_b = a.peak_times[a.peak_times > 480], b.peak_times[b.peak_times > 480]
    assert np.array_equal(late_a, late_b)


def test_full_scale_square_and_clipping_are_finite():
    made = features.extract(np.sign(sound(3)).astype(np.float32) * 1e6)
    assert len(made.peak_times) > 0


def test_blocks_leave_no_seam():
    """A long signal walked in blocks has the landmarks of its parts."""
    whole = sound(65)
    long, short = features.extract(whole), features.extract(whole[25 * RATE : 40 * RATE])
    inside = (long.peak_times > 27 * 160) & (long.peak_times < 38 * 160)
    expected = set(zip((long.peak_times[inside] - 25 * 160).tolist(), long.peak_pitches[inside].tolist(), strict=True))
    found = set(zip(short.peak_times.tolist(), short.peak_pitches.tolist(), strict=True))
    assert len(expected & found) >= 0.97 * len(expected)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_bytes_are_corrupt(pick):
    data = bytearray(DATA)
    if pick.draw(st.booleans()):
        data[pick.draw(st.integers(0, len(data) - 1))] ^= 1 << pick.draw(st.integers(0, 7))
    else:
        data = data[: pick.draw(st.integers(0, len(data) - 1))]
    with pytest.raises(Corrupt):
        features.unpack(bytes(data))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_forged_headers_with_a_right_hash_are_corrupt_or_read(pick):
    """Someone who can compute hashes gets no crash and no huge allocation either."""
    body = bytearray(DATA[:-32])
    for _ in range(pick.draw(st.integers(1, 4))):
        body[pick.draw(st.integers(4, 43))] = pick.draw(st.integers(0, 255))
    forged = bytes(body) + hashlib.sha256(bytes(body)).digest()
    try:
        made = features.unpack(forged)
    except Corrupt:
        return
    assert np.isfinite(made.duration_s)


def test_impossible_numbers_are_corrupt():
    for at, value in ((12, struct.pack("<d", float("nan"))), (12, struct.pack("<d", -1.0)), (8, struct.pack("<I", 9))):
        body = bytearray(DATA[:-32])
        body[at : at + len(value)] = value
        with pytest.raises(Corrupt):
            features.unpack(bytes(body) + hashlib.sha256(bytes(body)).digest())


DATA = features.pack(features.extract(sound(2)), True)
