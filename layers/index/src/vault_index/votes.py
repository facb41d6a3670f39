"""Candidate alignments: triplets of the query vote for (tempo, pitch shift, offset).

Promise: :func:`candidates` looks a stretch of query landmarks up in one shard
and returns the alignments that most anchors agree on within some ten seconds.
The work has a bound that does not grow with the shard: when the posting lists
found are longer than the stage's budget, the longest lists, which say least,
are left out. Of a list only the pitch classes are read that the stage allows.

Votes are sparse. For each trial tempo they are first counted in a hashed table
(a sketch); only hits in its fullest cells are then counted exactly, each query
anchor once. A cell is 400 ms of offset, one bin of pitch and one block of the
query; its votes and those of its better neighbours in each are added up.
"""

from dataclasses import dataclass, replace
from threading import Lock
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vault_index import kernels, keys
from vault_index.protocols import STEPS_PER_BIN, STEPS_PER_SECOND
from vault_index.shard import MAX_UNITS, Shard

TEMPO_STEP: Final = 1.04
UNCHANGED: Final = 18
TEMPOS: Final = TEMPO_STEP ** np.arange(-UNCHANGED, 13)
"""Trial tempo factors (query faster than reference), 0.49 to 1.60; ``TEMPOS[UNCHANGED]`` is one."""

WIDEST_SHIFT: Final = 26  # bins: 13 semitones
_LINKED_PLAY: Final = 1  # bins either side of a shift that the tempo tells
_BLOCK_STEPS: Final = 5 * STEPS_PER_SECOND
_MOST_BLOCKS: Final = 250
_MOST_LANDMARKS: Final = 1 << 16
_SURVIVORS: Final = 3_000  # hits of one tempo that are counted exactly
_LEAST: Final = 3
_POOL: Final = 1000  # cells described
_STRETCH_BITS: Final = 5
_PER_TRACK: Final = 4


@dataclass(frozen=True)
class Stage:
    """One step of the cascade: which tempos, which pitch shifts, how many postings at most per 10 s of query."""

    name: str
    tempos: tuple[int, ...]
    shift: str  # "none", "speed" (pitch follows tempo) or "any"
    budget: int
    """Postings read at most; they lie by pitch class, so that some nine bins more are read than ``play`` asks for."""
    probe: bool = True
    followers: int = keys.FOLLOWERS_ASKED
    most: int = 32
    """Candidates that go on to verification, per 10 s of query."""

    @property
    def play(self) -> int:
        """Bins either side of the shift that goes with the tempo."""
        return WIDEST_SHIFT if self.shift == "any" else _LINKED_PLAY


@dataclass(frozen=True, eq=False)
class Window:
    """A stretch of query landmarks; times in 6.25 ms from its start, pitches in 1/8 bins."""

    times: NDArray[np.float64]
    pitches: NDArray[np.float64]

    @property
    def bins(self) -> NDArray[np.int32]:
        """Pitches as postings count them."""
        return np.rint(self.pitches / STEPS_PER_BIN).astype(np.int32)

    @property
    def blocks(self) -> NDArray[np.int32]:
        """The block of the query that each landmark lies in; from one on, so that each has two neighbours."""
        return np.minimum(self.times // _BLOCK_STEPS + 1, _MOST_BLOCKS).astype(np.int32)


@dataclass(frozen=True, eq=False)
class Candidates:
    """Parallel arrays. ``anchor`` is a query time (steps), ``place`` the reference time (steps on
    the shard's time line) that it falls on, ``shift`` in bins."""

    tempo: NDArray[np.float64]
    shift: NDArray[np.int64]
    anchor: NDArray[np.float64]
    place: NDArray[np.float64]
    votes: NDArray[np.int64]
    track: NDArray[np.int64]

    def only(self, rows: list[int] | NDArray[np.bool_]) -> "Candidates":
        """These rows, in this order."""
        return Candidates(
            self.tempo[rows], self.shift[rows], self.anchor[rows], self.place[rows], self.votes[rows], self.track[rows]
        )


@dataclass(frozen=True, eq=False)
class Asked:
    """Keys of a window at some trial tempos: those of trial k lie from ``bounds[k]`` to ``bounds[k + 1]``.

    ``anchors`` hold the anchor's number, and in the lowest bit whether this is a key's neighbour."""

    tempos: NDArray[np.int32]
    hashes: NDArray[np.uint32]
    anchors: NDArray[np.int32]
    bounds: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Lists:
    """The posting lists that a shard has for the keys asked: where each begins, its postings, and who asks.

    Lists that are too long for the budget may be left out already."""

    first: NDArray[np.uint32]
    length: NDArray[np.int32]
    anchor: NDArray[np.int32]
    bounds: NDArray[np.int64]
    postings: int
    """How many all of them have."""


class Lookups:
    """A window and what its keys found, shard by shard: several stages ask the same."""

    def __init__(self, window: Window) -> None:
        if len(window.times) >= _MOST_LANDMARKS:
            raise ValueError("a window holds at most 65,535 landmarks")
        self.window = window
        self._lock = Lock()
        self._asked: dict[tuple[tuple[int, ...], int], Asked] = {}
        self._lists: dict[tuple[str, Stage], Lists] = {}

    def asked(self, stage: Stage) -> Asked:
        """The stage's keys, the same for every shard; made once, whoever asks first."""
        known = (stage.tempos, stage.followers)
        with self._lock:
            if known not in self._asked:
                self._asked[known] = _ask(self.window, stage)
            return self._asked[known]

    def lists(self, shard: Shard, stage: Stage) -> Lists:
        """For these keys the postings whose pitch the stage allows."""
        known = (shard.sha256, replace(stage, name="", most=0))
        if known not in self._lists:
            self._lists[known] = _listed(shard, self.window, self.asked(stage), stage)
        return self._lists[known]


def candidates(
    shard: Shard, lookups: Lookups, stage: Stage, excluded: frozenset[int] = frozenset(), most: int | None = None
) -> Candidates:
    """The ``most`` best alignments that this stage finds, outside the excluded tracks."""
    found = _counted(shard, lookups, stage, _silenced(shard, excluded))
    return found.only(spread(found, excluded)[: stage.most if most is None else most])


def postings_touched(shard: Shard, lookups: Lookups, stage: Stage) -> int:
    """How many postings the stage's keys have in this shard."""
    return lookups.lists(shard, stage).postings


def _ask(window: Window, stage: Stage) -> Asked:
    count, tempos = len(window.times), np.array(stage.tempos, np.int32)
    room = len(tempos) * count * stage.followers * (stage.followers - 1)
    hashes, anchors = np.empty(room, np.uint32), np.empty(room, np.int32)
    scaled, bounds = np.empty(count), np.empty(len(tempos) + 1, np.int64)
    kernels.keys(
        kernels.address(window.times, np.float64), kernels.address(window.pitches, np.float64), count,
        kernels.address(TEMPOS, np.float64), kernels.address(tempos, np.int32), len(tempos), stage.followers,
        kernels.address(scaled, np.float64), kernels.address(hashes, np.uint32), kernels.address(anchors, np.int32),
        kernels.address(bounds, np.int64),
    )  # fmt: skip
    return Asked(tempos, hashes[: bounds[-1]], anchors[: bounds[-1]], bounds)


def _listed(shard: Shard, window: Window, asked: Asked, stage: Stage) -> Lists:
    room = len(asked.hashes) + 1
    first, length, anchor = np.empty(room, np.uint32), np.empty(room, np.int32), np.empty(room, np.int32)
    bounds, touched = np.empty_like(asked.bounds), np.zeros(1, np.int64)
    bins, linked = window.bins, _linked_shift(stage)
    made = kernels.lists(
        kernels.address(shard.starts, np.uint32), shard.hash_bits, kernels.address(asked.hashes, np.uint32),
        kernels.address(asked.anchors, np.int32), kernels.address(asked.bounds, np.int64),
        kernels.address(asked.tempos, np.int32), len(asked.tempos), stage.probe, kernels.address(bins, np.int32),
        kernels.address(linked, np.int32), stage.play, stage.budget, kernels.address(first, np.uint32),
        kernels.address(length, np.int32), kernels.address(anchor, np.int32), kernels.address(bounds, np.int64),
        kernels.address(touched, np.int64),
    )  # fmt: skip
    return Lists(first[:made], length[:made], anchor[:made], bounds, int(touched[0]))


def _linked_shift(stage: Stage) -> NDArray[np.int32]:
    """The pitch shift (bins) that goes with each trial tempo: that of a changed playing speed, or none."""
    if stage.shift != "speed":
        return np.zeros(len(TEMPOS), np.int32)
    return np.asarray(np.rint(24 * np.log2(TEMPOS)), np.int32)


def _silenced(shard: Shard, excluded: frozenset[int]) -> NDArray[np.uint8] | None:
    """Stretches of the shard's time line, 1.6 s each, that belong to excluded tracks; gaps are wider than one."""
    if not excluded:
        return None
    out = np.zeros((MAX_UNITS >> _STRETCH_BITS) + 1, np.uint8)
    for number in excluded:
        track = shard.tracks[number]
        out[track.base >> _STRETCH_BITS : (track.base + int(track.duration_s * 20) + 1 >> _STRETCH_BITS) + 1] = 1
    return out


def _counted(shard: Shard, lookups: Lookups, stage: Stage, silenced: NDArray[np.uint8] | None) -> Candidates:
    """Cells that most anchors agree on, best first, as alignments."""
    window, tempos, lists = lookups.window, lookups.asked(stage).tempos, lookups.lists(shard, stage)
    cells, offset = np.empty((_POOL, 4), np.int32), np.empty(_POOL)
    bins, blocks, linked = window.bins, window.blocks, _linked_shift(stage)
    made = kernels.votes(
        kernels.address(shard.postings, np.uint32), kernels.address(lists.first, np.uint32),
        kernels.address(lists.length, np.int32), kernels.address(lists.anchor, np.int32),
        kernels.address(lists.bounds, np.int64), kernels.address(tempos, np.int32), len(tempos),
        kernels.address(window.times, np.float64),
        kernels.address(bins, np.int32), kernels.address(blocks, np.int32), len(window.times),
        kernels.address(TEMPOS, np.float64), kernels.address(linked, np.int32), stage.play, stage.budget,
        None if silenced is None else kernels.address(silenced, np.uint8), _SURVIVORS, _LEAST, _POOL,
        kernels.address(cells, np.int32), kernels.address(offset, np.float64),
    )  # fmt: skip
    if made < 0:
        raise MemoryError("no memory to count votes in")
    return _described(shard, window, cells[:made].astype(np.int64), offset[:made])


def _described(shard: Shard, window: Window, cells: NDArray[np.int64], offset: NDArray[np.float64]) -> Candidates:
    """Alignments for cells: the mean offset of a cell's hits, at its middle anchor."""
    tempo = np.asarray(TEMPOS[cells[:, 0]], np.float64)
    at = window.times[cells[:, 3]]
    place = offset * keys.UNIT + at * tempo
    track = np.searchsorted(shard.bases, place / keys.UNIT + keys.UNIT, side="right") - 1
    return Candidates(tempo, cells[:, 1], at, place, cells[:, 2], track).only(track >= 0)


def spread(found: Candidates, excluded: frozenset[int]) -> list[int]:
    """Which candidates to keep: a few per track, so that one that repeats itself leaves room for others."""
    kept: list[int] = []
    taken: dict[int, int] = {}
    for number, track in enumerate(found.track.tolist()):
        if track not in excluded and taken.get(track, 0) < _PER_TRACK:
            taken[track] = taken.get(track, 0) + 1
            kept.append(number)
    return kept
