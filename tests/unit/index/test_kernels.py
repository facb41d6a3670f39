"""The C loops against the plain meaning of each, written again in a few slow lines; and at their edges."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vault_index import coincidence, kernels, keys, refine, verify, votes
from vault_index.protocols import BINS, STEPS_PER_FRAME, STEPS_PER_SECOND
from vault_index.shard import Shard, build_shard
from vault_index.verify import LEAST_LANDMARKS, STRETCHES, Alignment, Landmarks, QueryMap

SEEDS = st.integers(0, 2**32 - 1)


def random_map(rng: np.random.Generator, frames: int = 200) -> QueryMap:
    values = rng.integers(-127, 128, frames * BINS).astype(np.int8)
    cells = np.sort(rng.choice(frames * BINS, 150, replace=False)).astype(np.int64)
    times = cells // BINS * STEPS_PER_FRAME + rng.uniform(-1.9, 1.9, len(cells))
    return QueryMap(values, frames, 0.3, 1.1, cells, times, cells % BINS + rng.uniform(-0.4, 0.4, len(cells)))


def random_marks(rng: np.random.Generator, count: int) -> Landmarks:
    return Landmarks(np.sort(rng.uniform(-500, 900, count)), rng.uniform(-3, BINS + 3, count))


def values_again(query: QueryMap, marks: Landmarks, anchor: float, tempo: float, shift: float, offset: float = 0.0):
    out = []
    for time, pitch in zip(marks.times, marks.pitches, strict=True):
        row = int(np.rint((anchor + (time - offset) / tempo) / STEPS_PER_FRAME))
        bin_ = int(np.rint(pitch + shift))
        inside = 0 <= row < query.frames and 0 <= bin_ < BINS
        out.append(query.values[row * BINS + bin_] * query.scale - query.level if inside else 0.0)
    return np.array(out)


@given(SEEDS, st.floats(0.5, 1.6), st.floats(-26, 26))
@settings(max_examples=40)
def test_values_are_the_cells_where_landmarks_fall(seed, tempo, shift):
    rng = np.random.default_rng(seed)
    query, marks = random_map(rng), random_marks(rng, 60)
    found = verify.values_at(query, marks, 300.0, tempo, shift)
    assert found == pytest.approx(values_again(query, marks, 300.0, tempo, shift), abs=1e-4)


def stretch_again(values: np.ndarray, seconds: np.ndarray) -> float:
    whole = seconds[-1] - seconds[0]
    best = -np.inf
    for length in [*[x for x in STRETCHES if x < whole], whole]:
        for start in range(len(seconds)):
            if start and seconds[start] > seconds[-1] - length:
                break
            own = values[start:][seconds[start:] <= seconds[start] + length]
            best = max(best, own.sum() / np.sqrt(max(len(own), LEAST_LANDMARKS)))
    return best


@given(SEEDS)
@settings(max_examples=8)
def test_a_trial_is_the_best_stretch_of_the_best_change(library_shard, seed):
    rng = np.random.default_rng(seed)
    query, shard = random_map(rng), library_shard
    entry = shard.tracks[int(rng.integers(len(shard.tracks)))]
    seed_ = Alignment(
        shard.tracks.index(entry),
        float(rng.uniform(0.8, 1.2)),
        1.0,
        400.0,
        entry.base * 8 + 900.0,
        3,
        -1e9,
        0,
        800,
        0,
        0,
    )
    grid = refine.Grid(np.array([0.99, 1.0, 1.02]), np.array([-4.0, 0.0]), np.array([-0.5, 0.0, 1.0]))
    found = refine.moved(shard, query, seed_, grid, 0.0, 800.0)
    before, after = 400 * seed_.tempo * 0.99 - 4, 400 * seed_.tempo * 0.99 - 4
    marks = verify.landmarks_near(shard, seed_.track, seed_.place, before, after)
    seconds = (400.0 + marks.times / seed_.tempo) / STEPS_PER_SECOND
    scores = {
        (t, o, s): stretch_again(values_again(query, marks, 400.0, t * seed_.tempo, 1.0 + s, o), seconds)
        for t in grid.tempos for o in grid.offsets for s in grid.shifts
    }  # fmt: skip
    assert found.score == pytest.approx(max(scores.values()), abs=1e-3)
    chosen = (found.tempo / seed_.tempo, found.place - seed_.place, found.shift - 1.0)
    nearest = min(scores, key=lambda key: sum(abs(a - b) for a, b in zip(key, chosen, strict=True)))
    assert scores[nearest] == pytest.approx(found.score, abs=1e-3)


@given(SEEDS)
@settings(max_examples=30)
def test_pairs_are_near_and_use_each_landmark_once(seed):
    rng = np.random.default_rng(seed)
    query, marks = random_map(rng), random_marks(rng, 200)
    own, other = verify.pairs(query, marks, 100.0, 1.0, 0.0)
    assert len(set(other.tolist())) == len(other)
    frame = np.rint((100.0 + marks.times[own]) / STEPS_PER_FRAME)
    assert (np.abs(frame - query.cells[other] // BINS) <= 2).all()
    assert (np.abs(np.rint(marks.pitches[own]) - query.cells[other] % BINS) <= 1).all()
    cells = (np.rint((100.0 + marks.times) / STEPS_PER_FRAME) * BINS + np.rint(marks.pitches)).astype(int)
    left = set(query.cells.tolist()) - set(query.cells[other].tolist())
    inside = (marks.pitches > 0) & (marks.pitches < BINS - 1)
    for lonely in set(np.flatnonzero(inside).tolist()) - set(own.tolist()):
        assert cells[lonely] not in left


@pytest.fixture(scope="module")
def library_shard(library):
    return Shard.open(build_shard(library))


def test_votes_count_each_anchor_of_a_cell_once(library_shard, monkeypatch):
    """With room for everything, the best cell's votes are those of a plain count."""
    monkeypatch.setattr(votes, "_SURVIVORS", 10**6)
    shard = library_shard
    made = shard.features(2)
    own = slice(*np.searchsorted(made.peak_times, [800, 1600]))
    window = votes.Window(made.peak_times[own] - 800.0, made.peak_pitches[own].astype(float))
    stage = votes.Stage("one", (votes.UNCHANGED,), "any", 10**9, probe=False, followers=4)
    found = votes.candidates(shard, votes.Lookups(window), stage)
    asked = keys.triplets(window.times, window.pitches, 4)
    cells: Counter[tuple[int, int, int]] = Counter()
    voted = set()
    for hash_, anchor in zip(asked.hashes.tolist(), asked.anchors.tolist(), strict=True):
        bucket = hash_ >> (32 - shard.hash_bits) << 4
        for posting in shard.postings[shard.starts[bucket] : shard.starts[bucket + 16]].tolist():
            shift = int(window.bins[anchor]) - (posting >> 24)
            offset = (posting & 0xFFFFFF) - int(np.rint(window.times[anchor] / 8))
            cell = ((offset + (1 << 23)) // 8, shift, int(window.blocks[anchor]))
            if abs(shift) <= votes.WIDEST_SHIFT and (cell, anchor) not in voted:
                voted.add((cell, anchor))
                cells[cell] += 1

    def total(cell: tuple[int, int, int], least: int) -> int:
        """A single vote is no cell of its own, and the sketch may leave it out as a neighbour."""
        steps = np.eye(3, dtype=int)
        beside = [max(cells[tuple(np.add(cell, one))], cells[tuple(np.subtract(cell, one))]) for one in steps]
        return cells[cell] + sum(count for count in beside if count >= least)

    voted_twice = [cell for cell, count in cells.items() if count > 1]
    low, high = (max(total(cell, least) for cell in voted_twice) for least in (2, 1))
    assert low <= found.votes[0] <= high
    assert found.track[0] == 2


@given(SEEDS, st.integers(1, 60))
@settings(max_examples=20)
def test_coincidences_are_the_surplus_over_the_neighbourhood(seed, count):
    rng = np.random.default_rng(seed)
    units = np.sort(rng.integers(0, 3000, 4000)).astype(np.int32)
    starts = np.linspace(0, 4000, BINS + 1).astype(np.int64)
    for a, b in pairwise(starts):
        units[a:b].sort()
    pitch, time = rng.integers(0, BINS, count).astype(np.int32), rng.integers(0, 200, count).astype(np.int32)
    length, near = 3300, 200
    table, upcoming = np.empty(length + 1, np.uint16), np.empty(count, np.int64)
    at, total, surplus = np.empty(5, np.int64), np.empty(5), np.empty(5)
    made = kernels.coincide(
        units.ctypes.data, starts.ctypes.data, pitch.ctypes.data, time.ctypes.data, count, 210, length, near, 3.0,
        upcoming.ctypes.data, table.ctypes.data, 5, at.ctypes.data, total.ctypes.data, surplus.ctypes.data,
    )  # fmt: skip
    plain = np.zeros(length + 1)
    for p, t in zip(pitch, time, strict=True):
        np.add.at(plain, units[starts[p] : starts[p + 1]] - t + 210, 1)
    both = plain[:-1] + plain[1:]
    chance = np.array([both[max(0, i - near) : i + near + 1].mean() for i in range(length)])
    expected = (both - chance) / np.sqrt(chance + 1)
    padded = np.concatenate([[-1e9], expected, [-1e9]])
    peaks = np.flatnonzero((expected >= 3) & (expected >= padded[:-2]) & (expected >= padded[2:]))
    best = sorted(expected[peaks], reverse=True)[:5]
    assert sorted(surplus[:made], reverse=True) == pytest.approx(best)
    assert np.allclose(expected[at[:made]], surplus[:made])
    assert np.allclose(both[at[:made]], total[:made])


def test_arrays_of_another_kind_are_refused():
    with pytest.raises(TypeError):
        kernels.address(np.zeros(3, np.float32), np.float64)
    with pytest.raises(TypeError):
        kernels.address(np.zeros((4, 4))[:, 1], np.float64)


def test_a_window_of_too_many_landmarks_is_refused():
    many = np.arange(1 << 16, dtype=float)
    with pytest.raises(ValueError, match="65,535"):
        votes.Lookups(votes.Window(many, many))


def test_pitches_beyond_the_bins_coincide_with_nothing(library_shard):
    window = votes.Window(np.arange(5) * 100.0, np.full(5, 5000.0))
    found = coincidence.candidates(library_shard, coincidence.by_pitch(library_shard), window)
    assert found is None
