"""Parts are deterministic, and damage is always noticed and named."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vault_domain.errors import Corrupt
from vault_index import shard as shards
from vault_index.shard import Shard, ShardFull, build_shard


@pytest.fixture(scope="module")
def data(library):
    return build_shard(library[:3])


def test_same_items_same_bytes(library, data):
    assert build_shard(library[:3]) == data


def test_it_opens_from_bytes_and_from_a_file(tmp_path, data, library):
    file = tmp_path / "one.shard"
    file.write_bytes(data)
    for source in (data, file, str(file)):
        shard = Shard.open(source)
        assert [track.id for track in shard.tracks] == ["song-0", "song-1", "song-2"]
        assert shard.seconds == pytest.approx(120)
        again = shard.features(1)
        assert np.array_equal(again.peak_times, library[1][1].peak_times)
        off = again.peak_pitches.astype(int) - library[1][1].peak_pitches
        assert np.abs(off).max() <= 1


def test_a_rebuilt_part_is_the_same(data):
    shard = Shard.open(data)
    assert build_shard((track.id, shard.features(n)) for n, track in enumerate(shard.tracks)) == data


def test_embeddings_are_kept(library):
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((4, 512)).astype(np.float32)
    times = np.array([[0, 5], [2, 7], [4, 9], [6, 11]], np.float32)
    rich = replace(library[0][1], track_vector=vectors.mean(axis=0), segment_vectors=vectors, segment_times=times)
    shard = Shard.open(build_shard([("rich", rich), ("plain", library[1][1])]))
    assert shard.vectors.shape == (4, 512)
    kept = shard.features(0).segment_vectors
    assert kept is not None
    cosine = (kept * vectors).sum(axis=1) / np.linalg.norm(kept, axis=1) / np.linalg.norm(vectors, axis=1)
    assert cosine.min() > 0.999
    assert shard.features(1).track_vector is None


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_flipped_bit_or_cut_is_corrupt(data, pick):
    damaged = bytearray(data)
    if pick.draw(st.booleans()):
        at = pick.draw(st.integers(0, len(data) - 1))
        damaged[at] ^= 1 << pick.draw(st.integers(0, 7))
    else:
        damaged = damaged[: pick.draw(st.integers(0, len(data) - 1))]
    with pytest.raises(Corrupt, match="shelf-7"):
        Shard.open(bytes(damaged), "shelf-7")


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=400))
def test_forged_parts_with_a_right_hash_are_corrupt(junk):
    import hashlib

    for body in (junk, b"LVSH\x01\x00\x00\x00" + junk):
        with pytest.raises(Corrupt):
            Shard.open(body + hashlib.sha256(body).digest())


def test_other_settings_are_not_mixed_in(library):
    with pytest.raises(ValueError, match="settings"):
        build_shard([("odd", replace(library[0][1], settings=7))])


def test_a_part_has_an_end(library):
    with pytest.raises(ShardFull):
        build_shard([("endless", replace(library[0][1], duration_s=7.5 * 3600.0))])
    with pytest.raises(ShardFull):
        build_shard((str(n), replace(library[0][1], duration_s=7 * 3600.0)) for n in range(34))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(Corrupt, match=r"gone\.shard"):
        Shard.open(tmp_path / "gone.shard")


def test_tunes_are_kept_and_parts_without_them_are_as_before(library):
    plain = [(name, replace(features, melody=None)) for name, features in library[:3]]
    mixed = [plain[0], library[1], plain[2]]
    shard = Shard.open(build_shard(mixed))
    assert [shard.tunes.rows(n) is None for n in range(3)] == [True, False, True]
    assert np.array_equal(shard.tunes.rows(1), library[1][1].melody)
    assert np.array_equal(shard.features(1).melody, library[1][1].melody)
    without = build_shard(plain)
    assert b"melody" not in without
    assert all(Shard.open(without).tunes.rows(n) is None for n in range(3))
    assert build_shard((t.id, shard.features(n)) for n, t in enumerate(shard.tracks)) == build_shard(mixed)


@pytest.mark.parametrize("counts", [[1, 1], [1, 1, 1], [40, 40, 40, 40]])
def test_tunes_that_do_not_fit_their_tracks_are_corrupt(library, counts, monkeypatch):
    made = {"melody": np.zeros(24, np.uint8), "melody_rows": np.array(counts, "<u4")}
    monkeypatch.setattr(shards, "packed_tunes", lambda tunes: made)
    with pytest.raises(Corrupt):
        Shard.open(build_shard(library[:3]))
