"""Feature-space views: shapes, seeds, and that pitch and tempo mean what they say."""

import numpy as np
from vault_models import frontend
from vault_models.pool import MARGIN, Version
from vault_models.stretching import shift_pitch, stretch
from vault_models.training.views import FRAMES, crop, draw_batch

RATE = frontend.RATE


def sweep() -> np.ndarray:
    """Twelve seconds that climb from 220 to 880 Hz, with a click each second."""
    t = np.arange(12 * RATE) / RATE
    audio = 0.3 * np.sin(2 * np.pi * 220 * 12 / np.log(4) * (4 ** (t / 12) - 1))
    audio[::RATE] += 0.5
    return audio.astype(np.float32)


def version(audio: np.ndarray, tempo: float = 1.0, semitones: float = 0.0) -> Version:
    return Version(frontend.log_bands(audio, margin=MARGIN).astype(np.float16), tempo, semitones)


def ridge(features: np.ndarray) -> np.ndarray:
    return features.argmax(axis=1)


def test_a_shift_of_features_equals_a_shift_of_pitch():
    audio = sweep()
    bands = 3 * frontend.PER_OCTAVE / 12
    in_features = ridge(crop(version(audio), 180.0, 1.0, bands))
    in_sound = ridge(crop(version(shift_pitch(audio, 3.0)), 180.0, 1.0, 0.0))
    assert np.median(np.abs(in_features - in_sound)) <= 1


def test_a_scaling_of_time_equals_a_stretch_around_the_same_moment():
    audio = sweep()
    in_features = ridge(crop(version(audio), 180.0, 1.2, 0.0))
    in_sound = ridge(crop(version(stretch(audio, 1.2), tempo=1.2), 180.0, 1.0, 0.0))
    assert np.median(np.abs(in_features - in_sound)) <= 1


def test_a_batch_depends_on_its_seed_alone_and_is_finite():
    pieces = [[version(sweep()), version(sweep()[::-1].copy())], [version(sweep() * np.float32(0.1))]]
    chances = np.array([0.5, 0.5])
    first, again = (draw_batch(pieces, chances, np.random.default_rng(3), 12) for _ in range(2))
    other = draw_batch(pieces, chances, np.random.default_rng(4), 12)
    assert first.views.shape == (2, 12, FRAMES, frontend.BANDS)
    assert np.array_equal(first.views, again.views)
    assert np.isfinite(first.views).all()
    assert not np.array_equal(first.views, other.views)
    assert set(first.pieces) == {0, 1}
