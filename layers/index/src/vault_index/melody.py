"""The same tune in another arrangement: candidates by the second, then every key, tempo and place exactly.

Promise: :func:`search` answers the tracks whose tune the query may play, best
first, each with where, how much faster and how much higher, and a similarity
whose meaning is the melody calibration's. It reads only what it is given.

A reference is rows of twelve pitch classes, four a second, without time or key of
its own (``vault_audio.melody``). Two sequences are compared as Ellis and Poliner
(2007) compare beat chromas, by cross-correlation over time and the twelve
rotations, but with trial tempos in place of beats. The score is divided by what
the query reaches against itself played backwards, which has the same notes and
rhythm but another tune: repetitive and static music resembles everything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vault_index import calibration as calibrations
from vault_index import coarse
from vault_index.calibration import Calibration
from vault_index.shard import Shard
from vault_index.tunes import CLASSES, STEPS_PER_SECOND, Floats, Rows, sharpened, stretched, unpacked

DETECTOR: Final = "melody"
SETTINGS: Final = 1
"""Settings of the rows that this build compares."""

TEMPOS: Final = tuple(float(np.exp(x)) for x in np.linspace(np.log(0.8), np.log(1.25), 23))
LEAST_S: Final = 12.0
"""A shorter query is no tune: nothing is answered."""

WINDOW_S: Final = 30.0
HOP_S: Final = 15.0
CANDIDATES: Final = 24
_REGION: Final = 352  # rows of a reference compared at a time: 88 s
_SIZE: Final = 512
_SCALE: Final = 10.0
_SELF_FLOOR: Final = 0.4
_LEAST_SHAPE: Final = 0.3  # of the energy that a query of full rows has
_GAIN: Final = 0.2  # a step belongs to the passage if it agrees more than this


@dataclass(frozen=True, eq=False)
class Tune:
    """One track of the catalogue with its rows, shape (n, 6)."""

    track: str
    duration_s: float
    rows: Rows


@dataclass(frozen=True)
class TuneMatch:
    """Seconds of query and reference; ``tempo_factor`` over 1: the query is faster;
    ``pitch_semitones`` over 0: it is higher (octaves are not told apart)."""

    track: str
    similarity: float
    raw: float
    query_start: float
    query_end: float
    ref_start: float
    ref_end: float
    tempo_factor: float
    pitch_semitones: int


@dataclass(frozen=True)
class _Place:
    """Where a window of the query lies best in one track: ``start`` rows after row ``begin`` of the reference."""

    score: float
    begin: int
    start: int
    tempo: float
    turn: int


def search(
    books: Sequence["Book"],
    query: Rows,
    *,
    removed: frozenset[str] = frozenset(),
    calibration: Calibration | None = None,
    limit: int = 20,
) -> list[TuneMatch]:
    """Matches of the query's rows among the tunes of these books, best first."""
    seconds = len(query) / STEPS_PER_SECOND
    held = [book for book in books if book.tunes]
    if seconds < LEAST_S or not held:
        return []
    used = calibration or builtin()
    total = sum(book.seconds for book in held)
    best: dict[str, TuneMatch] = {}
    rows = unpacked(query)
    for start, stop in windows(len(rows)):
        for tune, found in _window(held, rows[start:stop], removed):
            known = best.get(tune.track)
            if known is None or found.score > known.raw:
                similarity = used.similarity(found.score, seconds, total)
                best[tune.track] = _match(tune, found, rows[start:stop], start, similarity)
    return sorted(best.values(), key=lambda match: (-match.raw, match.track))[:limit]


def windows(count: int) -> list[tuple[int, int]]:
    """Stretches of a query of ``count`` rows that are compared one by one."""
    size, hop = int(WINDOW_S * STEPS_PER_SECOND), int(HOP_S * STEPS_PER_SECOND)
    if count <= size * 1.25:
        return [(0, count)]
    return [(start, start + size) for start in [*range(0, count - size, hop), count - size]]


@dataclass(frozen=True, eq=False)
class Book:
    """The tunes of a catalogue, prepared once for any number of searches."""

    tunes: tuple[Tune, ...]
    outline: coarse.Coarse
    seconds: float

    @property
    def nbytes(self) -> int:
        """Bytes of what was prepared; the rows themselves are the part's."""
        return self.outline.nbytes

    @staticmethod
    def of(tunes: Sequence[Tune]) -> "Book":
        """Tracks without rows are left out."""
        kept = tuple(tune for tune in tunes if len(tune.rows))
        return Book(kept, coarse.Coarse.of([tune.rows for tune in kept]), sum(tune.duration_s for tune in kept))


def book_of(shard: Shard) -> Book:
    """The tunes of a part, prepared at the first search and kept with it."""

    def made() -> Book:
        known = [(track, shard.tunes.rows(number)) for number, track in enumerate(shard.tracks)]
        return Book.of([Tune(track.id, track.duration_s, rows) for track, rows in known if rows is not None])

    return shard.derived.once(Book, made)


@lru_cache(maxsize=1)
def builtin() -> Calibration:
    """The melody calibration that ships with this package."""
    data = resources.files("vault_index").joinpath("melody.json").read_bytes()
    return calibrations.parse(data, "melody.json")


def _window(books: Sequence[Book], rows: Floats, removed: frozenset[str]) -> Iterator[tuple[Tune, _Place]]:
    """The likeliest tracks of all books, each with where the query lies best in it."""
    if not _shaped(rows):
        return
    trials = [stretched(rows, tempo) for tempo in TEMPOS]
    spectra, expected = _spectra(trials), _against_itself(trials, rows) + _SELF_FLOOR
    found: list[tuple[coarse.Candidate, Tune]] = []
    for book in books:
        without = frozenset(number for number, tune in enumerate(book.tunes) if tune.track in removed)
        own = coarse.candidates(book.outline, rows, without, CANDIDATES)
        found += [(one, book.tunes[one.number]) for one in own]
    for one, tune in sorted(found, key=lambda pair: (pair[0].distance, pair[1].track))[:CANDIDATES]:
        begin = max(0, min(one.near - _REGION // 3, len(tune.rows) - _REGION))
        yield tune, _placed(spectra, trials, _region(tune, begin), begin, expected)


def _region(tune: Tune, begin: int) -> Floats:
    return sharpened(unpacked(tune.rows[begin : begin + _REGION]))


def _shaped(rows: Floats) -> bool:
    """Whether enough of the query moves for a comparison to mean anything."""
    return float((rows * rows).sum()) >= _LEAST_SHAPE * len(rows)


def _unit(trial: Floats) -> Floats:
    sharp = sharpened(trial)
    return np.asarray(sharp / max(float(np.sqrt((sharp * sharp).sum())), 1e-6), np.float32)


def _spectra(trials: Sequence[Floats]) -> NDArray[np.complex64]:
    """Conjugate transforms of all trial tempos: shape (trials, 257, 12)."""
    padded = np.zeros((len(trials), _SIZE, CLASSES), np.float32)
    for number, trial in enumerate(trials):
        padded[number, : len(trial)] = _unit(trial)
    return np.conj(np.fft.fft(np.fft.rfft(padded, axis=1), axis=2)).astype(np.complex64)


def _correlated(spectra: NDArray[np.complex64], reference: Floats) -> Floats:
    """Agreement for every trial, place and rotation: shape (trials, 512, 12); negative places wrap."""
    own = np.fft.fft(np.fft.rfft(reference, _SIZE, axis=0), axis=1).astype(np.complex64)
    turned = np.fft.ifft(spectra * own, axis=2)
    return np.asarray(np.fft.irfft(turned, _SIZE, axis=1), np.float32)


def _places(length: int, count: int) -> NDArray[np.int64]:
    """Where a trial of ``length`` may begin in ``count`` rows: half of it must lie inside."""
    inside = min(length // 2, count)
    return np.arange(inside - length, count - inside + 1)


def _placed(
    spectra: NDArray[np.complex64], trials: Sequence[Floats], region: Floats, begin: int, expected: float
) -> _Place:
    """The best trial, place and rotation in a stretch of a reference that starts at row ``begin``."""
    agreed = _correlated(spectra, region)
    best = _Place(0.0, begin, 0, 1.0, 0)
    for number, trial in enumerate(trials):
        places = _places(len(trial), len(region))
        part = agreed[number, places % _SIZE]
        top = int(part.argmax())
        score = _SCALE * float(part.flat[top]) / expected
        if score > best.score:
            best = _Place(score, begin, int(places[top // CLASSES]), TEMPOS[number], top % CLASSES)
    return best


def _against_itself(trials: Sequence[Floats], rows: Floats) -> float:
    """Root mean square agreement of the query with itself played backwards, over some trial tempos."""
    chosen = list(trials[::4])
    agreed = _correlated(_spectra(chosen), sharpened(rows)[::-1])
    parts = [agreed[n, _places(len(trial), len(rows)) % _SIZE].reshape(-1) for n, trial in enumerate(chosen)]
    return float(np.sqrt(np.mean(np.concatenate(parts) ** 2)))


def _match(tune: Tune, place: _Place, rows: Floats, first: int, similarity: float) -> TuneMatch:
    """``rows`` of the query, the ``first``-th and on, as they lie in the tune."""
    region = np.roll(_region(tune, place.begin), -place.turn, axis=1)
    low, high = _agreeing(_unit(stretched(rows, place.tempo)), region, place.start)
    ref = [(place.begin + place.start + at) / STEPS_PER_SECOND for at in (low, high)]
    query = [(first + min(at / place.tempo, len(rows))) / STEPS_PER_SECOND for at in (low, high)]
    return TuneMatch(
        tune.track, similarity, place.score, query[0], query[1], ref[0], min(ref[1], tune.duration_s),
        place.tempo, (6 - place.turn) % CLASSES - 6,
    )  # fmt: skip


def _agreeing(trial: Floats, reference: Floats, start: int) -> tuple[int, int]:
    """First and last step of the stretch of the trial that agrees best: a maximum-sum interval."""
    low, high = max(0, -start), min(len(trial), len(reference) - start)
    if high <= low:
        return 0, 0
    length = np.sqrt(len(trial))
    agreed = (trial[low:high] * reference[low + start : high + start]).sum(axis=1) * length - _GAIN
    total = np.concatenate([[0.0], np.cumsum(agreed)])
    gain = total - np.minimum.accumulate(total)
    stop = int(gain.argmax())
    begin = int(total[: stop + 1].argmin())
    return low + begin, low + max(stop, begin)
