"""A piece of a recording: the right seconds, at the right rate, drawn as it sounds."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from vault_audio.snippets import RATE, as_flac, cut, mel_picture, peaks
from vault_domain.errors import Corrupt


def recording(folder: Path, rate: int, channels: int = 2) -> Path:
    """Four seconds, each of another pitch: 300, 600, 1200, 2400 Hz."""
    time = np.arange(rate) / rate
    tones = np.concatenate([0.5 * np.sin(2 * np.pi * 300 * 2**octave * time) for octave in range(4)])
    path = folder / "tones.flac"
    soundfile.write(path, np.stack([tones] * channels, axis=1), rate)
    return path


def pitch(samples: np.ndarray) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(samples))) * RATE / len(samples))


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 96_000])
@pytest.mark.parametrize("second", [0, 2])
def test_the_wanted_second_at_16_khz(tmp_path: Path, rate: int, second: int):
    samples = cut(recording(tmp_path, rate), second, second + 1)
    assert len(samples) == RATE
    assert abs(pitch(samples) - 300 * 2**second) < 2
    assert 0.45 < np.abs(samples[1000:-1000]).max() < 0.55


def test_past_the_end_there_is_nothing(tmp_path: Path):
    path = recording(tmp_path, 44_100)
    assert len(cut(path, 3.5, 9)) == RATE // 2
    assert len(cut(path, 8, 9)) == 0


def test_what_is_sent_is_flac_of_these_samples(tmp_path: Path):
    samples = cut(recording(tmp_path, 44_100), 0, 1)
    back, rate = soundfile.read(io.BytesIO(as_flac(samples)), dtype="float32")
    assert rate == RATE
    assert np.abs(back - samples).max() < 1e-4


def test_what_is_not_a_recording_is_damaged(tmp_path: Path):
    path = tmp_path / "x.flac"
    path.write_bytes(b"nothing")
    with pytest.raises(Corrupt):
        cut(path, 0, 1)


def test_peaks_follow_the_level(tmp_path: Path):
    loud = np.concatenate([np.zeros(RATE), np.ones(RATE)]).astype(np.float32)
    drawn = peaks(loud, 100)
    assert drawn[0] == [0, 0]
    assert drawn[-1] == [127, 127]
    assert len(drawn) == 100
    assert peaks(loud[:0], 100) == []


def test_the_picture_rises_with_the_pitch(tmp_path: Path):
    path = recording(tmp_path, 44_100)
    rows = np.array(mel_picture(cut(path, 0, 4), 48, 240))
    assert rows.shape == (240, 48)
    assert (rows.min(), rows.max()) == (0, 255)
    loudest = rows.argmax(axis=1)
    assert loudest[20] < loudest[80] < loudest[140] < loudest[200]
    assert len(mel_picture(cut(path, 0, 0.01), 48, 240)[0]) == 48
