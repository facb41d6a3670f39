"""au: what soundfile reads, at whatever pace it is written; facts and hashes that do not know the pace."""

import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from vault_audio import facts
from vault_audio.au import AuReader, StreamInfo
from vault_domain.errors import Corrupt

from .conftest import RATE, music


def written(path: Path, subtype: str = "PCM_16", channels: int = 2) -> Path:
    samples = music(2)[:, :channels].astype(np.int32) << 16
    soundfile.write(path, samples | (0x1234 << 8 if subtype == "PCM_24" else 0), RATE, subtype=subtype)
    return path


def joined(sound: AuReader, frames: int = 1000) -> np.ndarray:
    return np.concatenate(list(sound.blocks(frames)))


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("subtype", "bits"), [("PCM_16", 16), ("PCM_24", 24)])
def test_the_samples_are_those_that_soundfile_reads(tmp_path, subtype, bits, channels):
    path = written(tmp_path / "x.au", subtype, channels)
    with AuReader(path) as sound:
        assert sound.info() == StreamInfo(RATE, channels, bits, 2 * RATE)
        got = joined(sound)
    assert np.array_equal(got, soundfile.read(path, dtype="int32", always_2d=True)[0])


def test_a_file_is_followed_until_its_writer_has_ended(tmp_path):
    whole = written(tmp_path / "whole.au")
    data, slow, ended = whole.read_bytes(), tmp_path / "slow.au", threading.Event()
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(facts.measure, slow, ended.is_set)
        with slow.open("wb", buffering=0) as file:
            for start, stop in [(0, 3), (3, 23), (23, 25), (25, 70_001), (70_001, 300_000), (300_000, len(data))]:
                file.write(data[start:stop])
                time.sleep(0.02)
                assert not following.done()
        ended.set()
        assert following.result() == facts.measure(whole)


@given(cut=st.integers(min_value=0, max_value=400))
def test_a_file_cut_anywhere_is_refused_or_read_to_its_last_whole_frame(tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("cut")
    data = written(folder / "x.au").read_bytes()[:cut]
    (folder / "y.au").write_bytes(data)
    if cut < 24:
        with pytest.raises(Corrupt):
            AuReader(folder / "y.au")
        return
    with AuReader(folder / "y.au") as sound:
        assert sum(len(block) for block in sound.blocks(7)) == sound.info().samples == (cut - 24) // 4


@pytest.mark.parametrize(
    "words",
    [(8, 0, 3, RATE, 2), (24, 0, 6, RATE, 2), (24, 0, 3, 0, 2), (24, 0, 3, 2**31, 2), (24, 0, 3, RATE, 0),
     (24, 0, 3, RATE, 2**31), (2**31, 0, 3, RATE, 2)],
)  # fmt: skip
def test_what_is_no_such_file_is_corrupt(tmp_path, words):
    for magic in (b".snd", b"RIFF"):
        (tmp_path / "x.au").write_bytes(magic + struct.pack(">5I", *words) + bytes(60))
        with pytest.raises(Corrupt):
            AuReader(tmp_path / "x.au")


def test_a_file_that_is_never_written_is_not_waited_for(tmp_path):
    with pytest.raises(Corrupt):
        AuReader(tmp_path / "x.au")
