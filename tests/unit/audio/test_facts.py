"""facts: figures that can be known in advance, and ffmpeg's own loudness meter."""

import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from vault_audio import facts
from vault_audio.decode import ffmpeg_path
from vault_domain.audio_rules import LOUDNESS_FLOOR, AudioFacts, judge

from .conftest import RATE, music


def measured(tmp_path: Path, samples: np.ndarray, rate: int = RATE) -> AudioFacts:
    soundfile.write(tmp_path / "x.au", samples, rate, subtype="PCM_16")
    return facts.measure(tmp_path / "x.au").facts


def tone(hertz: float, level: float, seconds: float = 20, rate: int = RATE) -> np.ndarray:
    return level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)


def codes(facts_: AudioFacts) -> tuple[set[str], set[str]]:
    verdict = judge(facts_)
    return {r.code for r in verdict.refusals}, {f.code for f in verdict.flags}


def ebur128(path: Path) -> float:
    command = [str(ffmpeg_path()), "-nostdin", "-nostats", "-i", str(path), "-af", "ebur128", "-f", "null", "-"]
    log = subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stderr
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", log)[-1])


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_loudness_agrees_with_ebur128(tmp_path, rate, channels):
    samples = music(12, rate=rate)[:, :channels] / 32768
    samples[: 4 * rate] *= 0.05  # a passage that the relative gate leaves out
    got = measured(tmp_path, samples, rate)
    assert got.loudness_lufs == pytest.approx(ebur128(tmp_path / "x.au"), abs=0.1)


def test_the_calibration_tone_of_the_standard(tmp_path):
    """BS.1770-4: 997 Hz at 0 dBFS in one channel reads -3.01 LUFS; at -20 in both, -20."""
    assert measured(tmp_path, tone(997, 0.999)).loudness_lufs == pytest.approx(-3.01, abs=0.05)
    both = np.stack([tone(997, 0.1)] * 2, axis=1)
    assert measured(tmp_path, both, RATE).loudness_lufs == pytest.approx(-20.0, abs=0.05)


def test_clean_music_is_neither_refused_nor_flagged(tmp_path):
    got = measured(tmp_path, music(20))
    assert codes(got) == (set(), set())
    assert got.duration_s == 20
    assert len(got.loudness_profile) == facts.PROFILE_PARTS
    assert AudioFacts.model_validate_json(got.model_dump_json()) == got


@pytest.mark.parametrize("samples", [np.zeros(20 * RATE), 0.0005 * np.ones(20 * RATE)])
def test_silence_is_refused(tmp_path, samples):
    got = measured(tmp_path, samples)
    assert codes(got)[0] == {"silent"}
    assert got.loudness_lufs == LOUDNESS_FLOOR


def test_a_click_in_silence_is_silent_and_half_silence_is_flagged(tmp_path):
    click = np.zeros(20 * RATE)
    click[5 * RATE : 5 * RATE + 500] = tone(500, 0.5, 1)[:500]
    assert codes(measured(tmp_path, click))[0] == {"silent"}
    half = music(20) / 32768
    half[6 * RATE :] = 0
    got = measured(tmp_path, half)
    assert got.silence_share == pytest.approx(0.7, abs=0.01)
    assert got.longest_silence_s == pytest.approx(14, abs=0.2)
    assert codes(got) == (set(), {"mostly_silent"})


@pytest.mark.parametrize(("gain", "refused", "flagged"), [(3000, True, True), (10, False, True), (0.9, False, False)])
def test_clipping_is_flagged_and_clipped_throughout_refused(tmp_path, gain, refused, flagged):
    samples = np.clip(gain * (music(20) / 32768), -1, 32767 / 32768)
    got = codes(measured(tmp_path, samples))
    assert ("clipped" in got[0], "clipping" in got[1]) == (refused, flagged)


def test_runs_at_full_scale_are_counted_across_blocks():
    signal = np.zeros(1000, dtype=np.float32)
    signal[[10, 20, 21, 30, 31, 32]] = 1.0  # one, two and three in a row: only the last is clipping
    signal[498:503] = -1.0
    signal[995:] = 1.0
    for cut in (1, 11, 31, 32, 499, 500, 501, 502, 503, 996, 999):
        total, running = 0, 0
        for part in (signal[:cut], signal[cut:]):
            found, running = facts.full_scale_runs(part, running)
            total += found
        assert total == 13, cut
    assert facts.full_scale_runs(signal, 0) == (13, 5)


def test_hints(tmp_path):
    rng = np.random.default_rng(1)
    white = rng.normal(0, 0.1, (20 * RATE, 2))
    brown = np.cumsum(rng.normal(0, 0.01, 20 * RATE))
    brown -= np.convolve(brown, np.ones(2001) / 2001, mode="same")
    assert "noise" in codes(measured(tmp_path, white))[1]
    assert "noise" in codes(measured(tmp_path, 0.3 * brown / np.abs(brown).max()))[1]
    assert codes(measured(tmp_path, tone(1000, 0.3)))[1] >= {"test_tone", "mono", "low_bandwidth"}
    assert codes(measured(tmp_path, 0.1 + 0.3 * (music(20) / 32768)))[1] == {"dc_offset"}


def test_channels(tmp_path):
    one = music(20)[:, :1] / 32768
    inverted = measured(tmp_path, np.hstack([one, -one]))
    assert "phase_cancels" in codes(inverted)[1]
    assert measured(tmp_path, np.hstack([one, one])).dual_mono
    rng = np.random.default_rng(2)
    assert measured(tmp_path, rng.normal(0, 0.1, (5 * RATE, 2))).mono_loss_db == pytest.approx(-3.01, abs=0.1)


@pytest.mark.parametrize("samples", [1, 100, 4410, 50_000])
def test_short_files_are_measured_and_refused(tmp_path, samples):
    assert "too_short" in codes(measured(tmp_path, music(2)[:samples]))[0]
