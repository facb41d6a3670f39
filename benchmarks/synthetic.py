"""Landmarks for size: many tracks that no recording stands behind, as dense and as varied as real ones.

Each track is cut from the landmarks of composed pieces: blocks of a few seconds
in random order, each transposed at random, so that short-range structure is
that of music and nothing longer than a block recurs. Good for the size and the
speed of an index; never for figures of accuracy.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from vault_audio.features import Features, extract
from vault_models.compose import compose

BLOCK_STEPS = 480  # 3 s of 6.25 ms steps
STEPS_PER_SECOND = 160
PITCH_STEPS = 16  # 1/192 octave: one semitone
RATE = 16_000


def bases(count: int, seconds: float = 60.0) -> list[Features]:
    """Features of ``count`` composed pieces."""
    pieces = (compose(9_000 + n, seconds, sample_rate=RATE).audio for n in range(count))
    return [extract(np.ascontiguousarray(audio.mean(axis=1), dtype=np.float32)).without_dense() for audio in pieces]


def tracks(count: int, seconds: float, sources: Sequence[Features], seed: int = 1) -> Iterator[tuple[str, Features]]:
    """``count`` synthetic tracks of about ``seconds``, by name."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        yield f"synthetic-{number:06d}", _track(seconds, sources, rng)


def _track(seconds: float, sources: Sequence[Features], rng: np.random.Generator) -> Features:
    blocks = int(np.ceil(seconds * STEPS_PER_SECOND / BLOCK_STEPS))
    parts = [_block(sources[int(rng.integers(len(sources)))], position, rng) for position in range(blocks)]
    times, pitches, levels = (np.concatenate([part[k] for part in parts]) for k in range(3))
    order = np.lexsort((pitches, times))
    return Features(
        sources[0].settings,
        blocks * BLOCK_STEPS / STEPS_PER_SECOND,
        times[order].astype(np.uint32),
        pitches[order].astype(np.uint16),
        levels[order],
        melody=np.concatenate([part[3] for part in parts]),
    )


def _block(source: Features, position: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    last = int(source.duration_s * STEPS_PER_SECOND) - BLOCK_STEPS
    start = int(rng.integers(max(1, last)))
    low, high = np.searchsorted(source.peak_times, (start, start + BLOCK_STEPS))
    shift = int(rng.integers(-6, 7)) * PITCH_STEPS
    pitches = source.peak_pitches[low:high].astype(np.int64) + shift
    kept = (pitches >= 0) & (pitches < 144 * 8)
    times = source.peak_times[low:high].astype(np.int64) - start + position * BLOCK_STEPS
    return times[kept], pitches[kept], source.peak_levels[low:high][kept], _rows(source, start, shift // PITCH_STEPS)


def _rows(source: Features, start: int, semitones: int) -> np.ndarray:
    """The block's rows of pitch classes, as many semitones higher."""
    assert source.melody is not None
    first, count = start * 4 // STEPS_PER_SECOND, 4 * BLOCK_STEPS // STEPS_PER_SECOND
    rows = np.resize(source.melody[first : first + count], (count, source.melody.shape[1]))
    classes = np.roll(np.stack([rows >> 4, rows & 15], axis=2).reshape(count, -1), semitones, axis=1)
    return (classes[:, 0::2] << 4 | classes[:, 1::2]).astype(np.uint8)
