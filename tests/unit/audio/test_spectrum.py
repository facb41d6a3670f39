"""The map shows where tones are, ignores level, and does not depend on how the signal is walked."""

import numpy as np
import pytest
from vault_audio import landmarks, spectrum

RATE = spectrum.RATE


def whole(samples: np.ndarray) -> np.ndarray:
    return np.concatenate([z[skip : skip + keep] for _, skip, keep, z in spectrum.normalised_blocks(samples)])


def noise(seconds: float, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(int(seconds * RATE)).astype(np.float32) * np.float32(0.1)


@pytest.mark.parametrize("hertz", [120.0, 440.0, 570.0, 620.0, 1000.0, 3000.0, 6800.0])
def test_a_tone_peaks_in_its_bin(hertz):
    time = np.arange(RATE) / RATE
    level = spectrum.log_spectrum(np.sin(2 * np.pi * hertz * time).astype(np.float32), 10, 30)
    expected = 24 * np.log2(hertz / spectrum.LOWEST_HZ)
    assert abs(int(level[10].argmax()) - expected) <= 1
    assert level[10].max() > level[10].mean() + 20


def test_a_click_is_at_its_time_in_both_bands():
    samples = np.zeros(4 * RATE, np.float32)
    samples[2 * RATE] = 1
    level = spectrum.log_spectrum(samples, 0, spectrum.frame_count(len(samples)))
    for band in (slice(0, 59), slice(59, 144)):
        heard = (10 ** (level[:, band] / 10)).sum(axis=1)
        centre = (heard * np.arange(len(heard))).sum() / heard.sum()
        assert centre == pytest.approx(80, abs=0.5)


def test_gain_cancels_out():
    samples = noise(3)
    assert np.abs(whole(samples) - whole(samples * np.float32(0.05))).max() < 0.02


def test_frames_and_blocks():
    assert [spectrum.frame_count(n) for n in (0, 1, 400, 401, 16000)] == [0, 1, 1, 2, 40]
    assert list(spectrum.normalised_blocks(np.zeros(0, np.float32))) == []
    samples = noise(70)
    blocks = list(spectrum.normalised_blocks(samples))
    assert [start for start, *_ in blocks] == [0, 1200, 2400]
    assert sum(keep for _, _, keep, _ in blocks) == spectrum.frame_count(len(samples))
    middle = spectrum.local_normalise(spectrum.log_spectrum(samples, 1100, 1300))
    assert np.abs(whole(samples)[1150:1250] - middle[50:150]).max() < 1e-3


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_the_map_is_always_finite(bad):
    samples = noise(1)
    samples[5000:5100] = bad
    assert np.isfinite(whole(samples)).all()


def test_running_mean_is_cut_at_the_edges():
    values = np.arange(12, dtype=np.float32).reshape(6, 2)
    expected = [values[max(0, i - 2) : i + 3].mean(axis=0) for i in range(6)]
    assert np.allclose(spectrum._running_mean(values, 2, 0), expected)


def test_landmarks_are_sorted_maxima_above_the_threshold():
    smoothed = landmarks.smooth(whole(noise(5)))
    peaks = landmarks.pick(smoothed, 0, 0, len(smoothed))
    assert np.all(np.diff(peaks.times.astype(int)) >= 0)
    rows = np.minimum(np.rint(peaks.times / 4).astype(int), len(smoothed) - 1)
    cols = np.rint(peaks.pitches / 8).astype(int)
    assert (smoothed[rows, cols] > 0.4).all()
    assert (peaks.levels >= landmarks.THRESHOLD * 8 - 1).all()
    assert 10 < len(peaks.times) / 5 < 60


def test_landmark_positions_are_finer_than_cells():
    row, col = np.mgrid[0:60, 0:144]
    bump = 3 * np.exp(-(((row - 30.25) / 3) ** 2) - ((col - 70.25) / 2) ** 2)
    peaks = landmarks.pick(bump.astype(np.float32), 0, 0, 60)
    assert peaks.times.tolist() == [121]
    assert peaks.pitches.tolist() == [562]


def test_joining_nothing():
    assert len(landmarks.join([]).times) == 0
