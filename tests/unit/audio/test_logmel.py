"""Log-mel features: their shape, what they say of a tone, and the bytes of a fixed example."""

import hashlib
import io

import numpy as np
import pytest
import soundfile
from vault_audio.logmel import BANDS, FLOOR, log_mel, to_npy


def a_file(tmp_path, samples, rate):
    path = tmp_path / "one.flac"
    soundfile.write(path, samples, rate, format="FLAC", subtype="PCM_16")
    return path


def tone(hertz, rate, seconds, channels=1):
    wave = 0.5 * np.sin(2 * np.pi * hertz * np.arange(round(rate * seconds)) / rate)
    return np.stack([wave] * channels, axis=1)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000])
def test_frames_follow_the_stated_setting_at_every_rate(tmp_path, rate):
    found = log_mel(a_file(tmp_path, tone(440, rate, 25.3, 2), rate))
    window, hop = round(0.032 * rate), round(0.010 * rate)
    assert found.shape == ((round(rate * 25.3) - window) // hop + 1, BANDS)
    assert found.dtype == np.float16
    assert np.isfinite(found).all()


@pytest.mark.parametrize("hertz", [100, 440, 1000, 3500])
def test_a_tone_is_loudest_in_its_band_with_its_power(tmp_path, hertz):
    found = log_mel(a_file(tmp_path, tone(hertz, 16000, 3), 16000)).astype(float)
    edges = 700 * (10 ** (np.linspace(2595 * np.log10(1 + 20 / 700), 2595 * np.log10(1 + 8000 / 700), 82) / 2595) - 1)
    loudest = found.mean(axis=0).argmax()
    assert edges[loudest] <= hertz <= edges[loudest + 2]
    assert found.std(axis=0)[loudest] < 0.1


def test_silence_noise_and_very_short_sound(tmp_path):
    assert (log_mel(a_file(tmp_path, np.zeros(16000), 16000)) == np.float16(np.log(FLOOR))).all()
    assert log_mel(a_file(tmp_path, tone(440, 16000, 0.01), 16000)).shape == (1, BANDS)


def test_blocks_leave_no_seam(tmp_path):
    """A recording longer than a block gives the frames of its parts."""
    rng = np.random.default_rng(1)
    samples = rng.normal(0, 0.1, 16000 * 30)
    whole = log_mel(a_file(tmp_path, samples, 16000))
    late = log_mel(a_file(tmp_path, samples[160 * 2000 :], 16000))
    assert np.array_equal(whole[2000:], late)


def test_the_bytes_are_numpys_own(tmp_path):
    found = log_mel(a_file(tmp_path, tone(440, 16000, 1), 16000))
    data = to_npy(found)
    assert np.array_equal(np.load(io.BytesIO(data), allow_pickle=False), found)
    assert data.startswith(b"\x93NUMPY\x01\x00")
    assert hashlib.sha256(data).hexdigest() == hashlib.sha256(to_npy(found.copy(order="F"))).hexdigest()
